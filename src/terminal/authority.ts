// Who allows what, in terms every family shares; how it looks on the wire is the family's.
import type { Exception, Ruling } from "./exceptions.js";
import type { ContentClass } from "./facts.js";

export type Right = "read" | "settle" | "unlock" | "wipe" | "fill" | "sealed";

/** What an owner allows on one terminal in one life. */
export interface GrantFacts {
  /** SHA-256 of the order file written with an empty grant field. */
  readonly orderSha256: string;
  readonly serial: string;
  readonly life: number;
  readonly rights: readonly Right[];
  /** 8 bytes, hex. */
  readonly depot: string;
  /** Content classes that a wipe plan must erase whole. */
  readonly scopeFloor: readonly ContentClass[];
  readonly passFloor: number;
  /** Exceptions and rulings in the family's own form, hex, sorted. */
  readonly exceptions: readonly string[];
}

export interface PassFacts {
  readonly ownerKeyId: string;
  readonly depot: string;
  /** The station's wire key, 65 bytes. */
  readonly stationKey: Uint8Array;
  readonly passNumber: number;
}

type Sign = (bytes: Uint8Array) => Uint8Array;

export interface GrantMaker {
  grant(facts: GrantFacts, ownerKeyId: string, sign: Sign): Uint8Array;
  pass(facts: PassFacts, sign: Sign): Uint8Array;
  /** Throws `order.exception` for what the family's grant cannot carry. */
  exceptions(exceptions: readonly Exception[], rulings: readonly Ruling[]): readonly string[];
  /** `undefined` when the bytes are not a grant. */
  readGrant(bytes: Uint8Array): (GrantFacts & { readonly ownerKeyId: string }) | undefined;
}
