// A terminal model as data: what one kind of terminal is expected to hold, so that more or less than that is a finding.

import { hex } from "../base/bytes.js";
import { sha256 } from "../base/sign.js";
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
  /** The acquirer recognises a repeated offline advice by account, batch and STAN, and books it once. */
  readonly deduplicates: "proven" | "unproven";
  /** The batch number after this one. */
  readonly batchWraps: { readonly last: string; readonly first: string };
  /** Uncompressed P-256 points of makers whose device certificates count, in hex. */
  readonly vendorKeys: readonly string[];
}

/** The model as a document: its JSON, written once, in declared order, with LF at the end. */
export function modelSha256(model: Model): string {
  const known = hashes.get(model) ?? hex(sha256(Buffer.from(`${JSON.stringify(model)}\n`)));
  hashes.set(model, known);
  return known;
}
const hashes = new WeakMap<Model, string>();
