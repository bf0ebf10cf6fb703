// Proofs: what must have been seen before a step that moves money or destroys may be called. Only a look mints one; none is ever stored.
import { DecomError } from "../base/errors.js";
import { type Census, type Identity, type Item, kinds } from "./facts.js";

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

/** Items that keep the gate shut: everything but what is only reported. */
export function blocking(census: Census): readonly Item[] {
  return census.items.filter((item) => kinds[item.kind].gate !== "WARN");
}

/** Nothing that blocks is left, seen in a census after settlement. Needed for COMMIT and ARM. */
export class ErasePermit {
  readonly #seen: Seen;
  private constructor(at: Seen) {
    this.#seen = at;
  }
  get seen(): Seen {
    return this.#seen;
  }

  /** `outcomes` says per account how its settlement ended, from looking; an account without one keeps the gate shut. */
  static look(identity: Identity, census: Census, accounts: readonly string[], outcomes: ReadonlyMap<string, string>): ErasePermit {
    Counted.look(identity, census);
    const left = blocking(census);
    if (left.length > 0) {
      const stans = left.map((item) => item.stan);
      throw new DecomError("batch.open", `census after settle shows ${left.length} open (STAN ${stans.join(", ")})`, { stans });
    }
    for (const account of accounts) {
      const outcome = outcomes.get(account);
      if (outcome !== "NOTHING_TO_SETTLE" && outcome !== "BALANCED" && outcome !== "BALANCED_AFTER_UPLOAD") {
        throw new DecomError("settle.unknown", `acquirer account ${account} has outcome ${outcome ?? "none"}`, { account, outcome });
      }
    }
    return new ErasePermit(seen(identity, census));
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
