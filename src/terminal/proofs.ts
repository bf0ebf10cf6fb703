// Proofs: what must have been seen before a step that moves money or destroys may be called. Only a look mints one; none is ever stored.
import { DecomError } from "../base/errors.js";
import type { SampleFacts } from "./driver.js";
import type { Census, Identity } from "./facts.js";
import { type GateFacts, stopsAt } from "./gate.js";

/** What a proof was seen on. When any of it has changed, the proof is worth nothing. */
export interface Seen {
  readonly serial: string;
  readonly bootNumber: number;
  readonly censusHash: string;
}

function seen(identity: Identity, census: Census): Seen {
  return { serial: identity.serial, bootNumber: identity.bootNumber, censusHash: census.hash };
}

/** A whole census was read: every area that can hold money answered. Needed to send any money message. */
export class Counted {
  readonly #seen: Seen;
  private constructor(at: Seen) {
    this.#seen = at;
  }
  get seen(): Seen {
    return this.#seen;
  }

  static look(identity: Identity, census: Census): Counted {
    if (census.unread.length > 0) {
      throw new DecomError("batch.unread", `area ${census.unread.join(", ")} cannot be read`, { areas: census.unread });
    }
    const strange = census.items.filter((item) => item.kind === "U24");
    if (strange.length > 0)
      throw new DecomError("batch.unknown-item", `${strange.length} records of unknown kind`, { count: strange.length });
    return new Counted(seen(identity, census));
  }
}

/** The gate was seen open, in a census after settlement. Needed for COMMIT and ARM. */
export class ErasePermit {
  readonly #seen: Seen;
  private constructor(at: Seen) {
    this.#seen = at;
  }
  get seen(): Seen {
    return this.#seen;
  }

  /** Throws what keeps the gate shut; see gate.ts. */
  static look(identity: Identity, facts: Omit<GateFacts, "identity">): ErasePermit {
    const [first, ...more] = stopsAt({ ...facts, identity });
    if (first !== undefined) {
      const { code, why, stans } = first;
      throw new DecomError(code, why, { ...(stans.length === 0 ? {} : { stans }), more: more.map((stop) => stop.why) });
    }
    return new ErasePermit(seen(identity, facts.census));
  }
}

/** An area that a wipe erased was read back blank. Needed to fill it. */
export class Blank {
  readonly #seen: { readonly serial: string; readonly life: number; readonly op: string; readonly area: number };
  private constructor(seen: { serial: string; life: number; op: string; area: number }) {
    this.#seen = seen;
  }

  static look({ serial, life }: Identity, op: string, area: number, { nonBlank, macAgrees }: SampleFacts): Blank | undefined {
    return nonBlank === 0 && macAgrees ? new Blank({ serial, life, op, area }) : undefined;
  }

  /** Throws `proof.stale`. A restart in between is no matter: what was filled by then stays this proof's own. */
  mustBe(identity: Identity, op: string, area: number): void {
    const { serial, life } = this.#seen;
    if (serial === identity.serial && life === identity.life && op === this.#seen.op && area === this.#seen.area) return;
    throw new DecomError(
      "proof.stale",
      `area ${this.#seen.area} was seen blank on ${serial} in life ${life}, this is area ${area} of ${identity.serial} in life ${identity.life}`,
    );
  }
}

/** Throws `proof.stale` unless what the proof saw is still so. The driver calls it before the bytes leave. */
export function stillTrue(proof: Counted | ErasePermit, identity: Identity, censusHash: string | undefined): void {
  const { serial, bootNumber, censusHash: hash } = proof.seen;
  if (serial !== identity.serial || bootNumber !== identity.bootNumber || (proof instanceof ErasePermit && hash !== censusHash)) {
    throw new DecomError(
      "proof.stale",
      `the proof was seen on ${serial} boot ${bootNumber}, this is ${identity.serial} boot ${identity.bootNumber}`,
    );
  }
}
