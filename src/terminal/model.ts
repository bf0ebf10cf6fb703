// A terminal model as data: what one kind of terminal is expected to hold, so that more or less than that is a finding.

import { hex } from "../base/bytes.js";
import { sha256 } from "../base/sign.js";
import type { Dialect } from "./dialects/dialect.js";
import { type DialectName, dialects } from "./dialects/list.js";
import type { ContentClass, EraseMethod, SlotRange } from "./facts.js";

export interface ModelArea {
  readonly id: number;
  readonly name: string;
  readonly classes: readonly ContentClass[];
  readonly size: number;
  readonly storage: "flash" | "eeprom" | "secure-memory";
  readonly method: EraseMethod;
  /** Kept by plan, with the reason. */
  readonly keep?: string;
}

export interface ModelSlots extends SlotRange {
  readonly usage: string;
  readonly after: "absent" | "retained";
  readonly reason?: "vendor-identity" | "vendor-firmware" | "by-order";
}

export interface Model {
  readonly id: string;
  readonly version: number;
  readonly manufacturer: string;
  readonly areas: readonly ModelArea[];
  readonly slots: readonly ModelSlots[];
  /** How its hosts speak of settlements, and which acquirers' hosts speak otherwise. */
  readonly dialect: DialectName;
  readonly dialects?: Readonly<Record<string, DialectName>>;
  /** Of the way to its host, where it is known to be another than the dialect's: see `Dialect.longestDelay`. */
  readonly longestDelay?: number;
  /** The acquirer recognises a repeated offline advice by account, batch and STAN, and books it once. */
  readonly deduplicates: "proven" | "unproven";
  /** Its terminals do not remember what became of a settlement: it is concluded from batch number, records and last settlement. */
  readonly settlementState?: "none";
  /** The batch number after this one. */
  readonly batchWraps: { readonly last: string; readonly first: string };
  /** Uncompressed P-256 points of makers whose device certificates count, in hex. */
  readonly vendorKeys: readonly string[];
}

export function dialectOf({ dialect, dialects: others = {}, longestDelay }: Model, acquirer: string): Dialect {
  return { ...dialects[others[acquirer] ?? dialect], ...(longestDelay === undefined ? {} : { longestDelay }) };
}

/** The number of the batch that follows, as this model counts. */
export function nextBatch({ batchWraps: { last, first } }: Model, batch: string): string {
  return batch === last ? first : String(Number(batch) + 1).padStart(batch.length, "0");
}

/** The model as a document: its JSON, written once, in declared order, with LF at the end. */
export function modelSha256(model: Model): string {
  const known = hashes.get(model) ?? hex(sha256(Buffer.from(`${JSON.stringify(model)}\n`)));
  hashes.set(model, known);
  return known;
}
const hashes = new WeakMap<Model, string>();
