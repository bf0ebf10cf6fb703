// Proofs: what must have been seen before a step that moves money or destroys may be called. Only a look mints one; none is ever stored.
import { DecomError } from "../base/errors.js";
import type { Census, Identity, SampleFacts } from "./facts.js";
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

/** An area was read back blank after the wipe that erased it. Needed to fill it. */
export class Blank {
  readonly #serial: string;
  readonly #op: string;
  readonly #area: number;
  private constructor(serial: string, op: string, area: number) {
    this.#serial = serial;
    this.#op = op;
    this.#area = area;
  }

  /** Undefined where anything is left to be read. */
  static look({ serial }: Identity, op: string, area: number, { nonBlank, macAgrees }: SampleFacts): Blank | undefined {
    return nonBlank === 0 && macAgrees ? new Blank(serial, op, area) : undefined;
  }

  /** Throws `proof.stale` for another terminal, wipe or area. A restart is no matter: what was filled since is filled under this proof. */
  mustBe({ serial }: Identity, op: string, area: number): void {
    if (serial === this.#serial && op === this.#op && area === this.#area) return;
    throw new DecomError(
      "proof.stale",
      `area ${this.#area} of ${this.#serial} was seen blank after wipe ${this.#op}, this is area ${area} of ${serial} after ${op}`,
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
