// A terminal model as data: what one kind of terminal is expected to hold, so that more or less than that is a finding.

import { hex } from "../base/bytes.js";
import { sha256 } from "../base/sign.js";
import type { DataArea } from "./data-areas.js";
import type { Dialect } from "./dialects/dialect.js";
import { type DialectName, dialects } from "./dialects/list.js";
import type { ContentClass, EraseMethod, SlotRange } from "./facts.js";
import type { Network } from "./isolation.js";

export interface ModelArea {
  readonly id: number;
  readonly name: string;
  /** Which of the data areas that terminals have lie in it. */
  readonly data: readonly DataArea[];
  readonly classes: readonly ContentClass[];
  readonly size: number;
  readonly storage: "flash" | "emmc" | "eeprom" | "secure-memory" | "ram";
  readonly method: EraseMethod;
  /** What the firmware really does under that method, where it is less than the method's name says. */
  readonly technique?: "delete" | "restore-default";
  /** How its wipe can be looked at: read back, or filled as well. */
  readonly verify: "read-back" | "fill";
  /** Left by plan, with the reason. */
  readonly keep?: string;
  /** What becomes of one that is left: nothing when absent; no command reaches it; settling clears it. */
  readonly keptAs?: "not-supported" | "host-cleared";
}

export interface ModelSlots extends SlotRange {
  readonly usage: string;
  readonly owner: "acquirer" | "maker";
  /** What a wipe leaves; `default`: the maker's key of `defaultKcv`, which the firmware puts back by itself. */
  readonly after: "absent" | "retained" | "default";
  readonly reason?: "vendor-identity" | "vendor-firmware" | "by-order";
  /** Six hex digits, lower case. */
  readonly defaultKcv?: string;
  readonly data?: readonly DataArea[];
}

/** What belongs to a returned terminal and lies where no plan can name it. */
export interface Elsewhere {
  readonly data: readonly DataArea[];
  readonly what: string;
  readonly why: string;
  /** Somebody has to see to it; nobody can: commands do not reach it. */
  readonly for: "people" | "nobody";
}

export type DeviceClass = "TRADITIONAL" | "ESIGN" | "SMART" | "MPOS" | "HANDHELD";

export interface Model {
  readonly id: string;
  readonly version: number;
  readonly deviceClass: DeviceClass;
  readonly manufacturer: string;
  readonly areas: readonly ModelArea[];
  readonly slots: readonly ModelSlots[];
  readonly elsewhere: readonly Elsewhere[];
  /** Form of the firmware's serial number, and whether the registry's number of the terminal (TUSN) is the same. */
  readonly serial: { readonly form: string; readonly tusn: "none" | "same" };
  /** Sets of acquirer, MID and TID that it can hold. */
  readonly acquirerSets: number;
  /** Milliseconds that its wipe and its restart may take. */
  readonly limits: { readonly wipe: number; readonly boot: number };
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
  /** Over which it can be reached: what has to be taken away before it is out of everybody's reach. */
  readonly networks: readonly Network[];
}

/**
 * What a wipe takes: all that the model does not leave, and of what it leaves only by choice whatever is asked for. Asking for more takes
 * more, asking for less does not take less; what makes the unit itself is never taken.
 */
export function areasToWipe({ areas }: Model, requested: readonly ContentClass[]): readonly ModelArea[] {
  const asked = ({ classes }: ModelArea) => classes.some((one) => one !== "ID" && requested.includes(one));
  return areas.filter((area) => area.keep === undefined || (area.keptAs === undefined && asked(area)));
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
