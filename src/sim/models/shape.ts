// What a simulated terminal is described by. The driver's side keeps its own description of each: repeated on purpose, as a fence.
import type { Algorithm, ContentClass, Environment, KeyType, Kind, SlotRange } from "../../terminal/facts.js";
import type { Dialect } from "../host/dialects/dialect.js";

/** Files of records. A model that has no file of its own for stored value, sub-batches or events keeps these in the transaction log. */
export const recordFiles = ["transactions", "stored-value", "sub-batch", "events"] as const;
export type RecordFile = (typeof recordFiles)[number];

/** What lies in an area: which of the makers of test content in contents.ts fill it. */
export type Content =
  | RecordFile
  | "merchant"
  | "operators"
  | "comms"
  | "signatures"
  | "traces"
  | "receipt"
  | "identity"
  | "history"
  | "location"
  | "orders"
  | "apps"
  | "people"
  | "updates"
  | "crash"
  | "backup"
  | "key-file"
  | "lists";

export const isRecordFile = (content: Content): content is RecordFile => recordFiles.some((file) => file === content);

export interface SimArea {
  readonly id: number;
  readonly classes: readonly ContentClass[];
  readonly blocks: number;
  readonly holds: readonly Content[];
  /** The same in every terminal of this model: a wipe may leave it. */
  readonly kept?: true;
}

export interface SimAccount {
  readonly acquirer: string;
  readonly name: string;
  readonly currency: string;
  /** What its acquirer's host speaks; unionpay when absent. */
  readonly dialect?: Dialect["name"];
  /** Kind and how many; every seventh sale is a refund. */
  readonly items: readonly (readonly [Kind, number])[];
}

export interface SimKeys extends SlotRange {
  /** Slots that hold a key from the factory on. */
  readonly used: readonly number[];
  /** The maker's own: neither a wipe nor an opened case takes it. */
  readonly kept?: true;
  /** Hex; what the firmware puts back by itself when a slot of this range is erased. */
  readonly reseeds?: string;
}

export interface SimModel {
  readonly name: string;
  readonly firmware: string;
  readonly hardware: string;
  readonly environment: Environment;
  /** False: a restart takes with it what it was asked and what it had sent, as in firmware that knows only its last settlement. */
  readonly keepsOps?: false;
  readonly maxFrame: number;
  readonly window: number;
  readonly block: number;
  readonly areas: readonly SimArea[];
  readonly accounts: readonly SimAccount[];
  readonly keys: readonly SimKeys[];
  /** Areas that take FILL; none: the terminal lacks the capability. */
  readonly fillable: readonly number[];
  readonly hostQuery: boolean;
  /** Milliseconds at speed 1. */
  readonly ms: {
    readonly answer: number;
    readonly signature: number;
    readonly erase: number;
    /** For each KiB that it programs or hashes by itself. */
    readonly kibibyte: number;
    readonly host: number;
    readonly hostPatience: number;
    readonly print: number;
    readonly boot: number;
  };
}

export const keys = (type: KeyType, algorithm: Algorithm, from: number, to: number, ...used: readonly number[]): SimKeys => ({
  type,
  algorithm,
  from,
  to,
  used,
});

/** The unit's own key, which stays. */
export const identityKey: SimKeys = { ...keys("IDENTITY", "P256", 0, 0, 0), kept: true };

/** What all simulated terminals have in common. */
export const common = {
  environment: "simulator",
  maxFrame: 1024,
  window: 4,
  hostQuery: true,
  ms: { answer: 4, signature: 150, erase: 120, kibibyte: 1, host: 900, hostPatience: 60_000, print: 1500, boot: 2500 },
} as const;
