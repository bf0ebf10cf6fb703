// Every place where a simulated terminal's firmware could do or say something else than the honest thing, and the firmware that does not.
import type { ProbeRange, SlotRange, TotalRow } from "../terminal/facts.js";
import type { Listed } from "./keys.js";
import type { SimModel } from "./models/shape.js";
import type { LogRecord } from "./records.js";
import type { Stores } from "./stores.js";

/** What a hook may look at and touch. */
export interface Scene {
  readonly stores: Stores;
  readonly model: SimModel;
}

/** Whose key signs an attestation, and who vouches for it. */
export interface Signer {
  /** P-256 private scalar. */
  readonly scalar: Uint8Array;
  /** The serial number in the maker's certificate. */
  readonly serial: string;
  /** The maker's private scalar. */
  readonly maker: Uint8Array;
}

/** Each is asked in one place, with what honest firmware would do or say as its last word. */
export interface Firmware {
  /** The memory that this terminal works on. */
  memory(real: Stores): Stores;
  /** At every start. `wiped`: its last wipe is done. */
  started(at: Scene, wiped: boolean): void;
  /** A wipe is armed, and nothing is erased yet. */
  armed(at: Scene): void;
  /** Whether a block of an area is erased when it should be, and the keys of a range. */
  erases(at: Scene, area: number, block: number): boolean;
  forgets(range: SlotRange): boolean;
  /** Whether it takes a block for erased that is, or is not, blank. */
  reports(blank: boolean): boolean;
  /** The pace at which its port says it is open, baud; `own` is undefined for one without a pace. */
  port(own: number | undefined): number | undefined;
  /** The serial number that it says it has, since this start. */
  serial(own: string, wiped: boolean): string;
  /** The bytes that it says an area has. */
  size(at: Scene, area: number, own: number): number;
  /** The records that it counts, sends and settles. */
  records(own: readonly LogRecord[]): readonly LogRecord[];
  totals(rows: readonly TotalRow[]): readonly TotalRow[];
  slots(listed: readonly Listed[]): readonly Listed[];
  probed(ranges: readonly ProbeRange[], wiped: boolean): readonly ProbeRange[];
  cannotPay(own: number, wiped: boolean): number;
  /** The bytes of a block that a look at it is made of. */
  readsBack(at: Scene, area: number, own: Uint8Array): Uint8Array;
  /** Whether the bytes of a fill are written to memory. */
  keepsFill(at: Scene, area: number): boolean;
  /** The bytes of a block that a PROOF is made of; `again` makes those of a seed once more. */
  proves(at: Scene, area: number, own: Uint8Array, again: (() => Uint8Array) | undefined): Uint8Array;
  /** The nonce that goes into an answer. */
  nonce(of: "sample" | "proof" | "attest", asked: Uint8Array): Uint8Array;
  signer(own: Signer): Signer;
}

export const honest: Firmware = {
  memory: (real) => real,
  started: () => undefined,
  armed: () => undefined,
  erases: () => true,
  forgets: () => true,
  reports: (blank) => blank,
  port: (own) => own,
  serial: (own) => own,
  size: (_at, _area, own) => own,
  records: (own) => own,
  totals: (rows) => rows,
  slots: (listed) => listed,
  probed: (ranges) => ranges,
  cannotPay: (own) => own,
  readsBack: (_at, _area, own) => own,
  keepsFill: () => true,
  proves: (_at, _area, own) => own,
  nonce: (_of, asked) => asked,
  signer: (own) => own,
};
