// The simulated terminals as data. The driver's side keeps its own description of them: repeated on purpose, as a fence.
import type { Algorithm, ContentClass, Environment, KeyType, Kind, SlotRange } from "../terminal/facts.js";
import type { Dialect } from "./host/dialects/dialect.js";

/** Files of records. A model that has no file of its own for stored value, sub-batches or events keeps these in the transaction log. */
export const recordFiles = ["transactions", "stored-value", "sub-batch", "events"] as const;
export type RecordFile = (typeof recordFiles)[number];

/** What lies in an area: which of the makers of test content in provision.ts fill it. */
export type Content = RecordFile | "merchant" | "operators" | "comms" | "signatures" | "traces" | "receipt" | "identity";

export interface SimArea {
  readonly id: number;
  readonly classes: readonly ContentClass[];
  readonly blocks: number;
  readonly holds: readonly Content[];
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

const keys = (type: KeyType, algorithm: Algorithm, from: number, to: number, ...used: readonly number[]): SimKeys => ({
  type,
  algorithm,
  from,
  to,
  used,
});
const ms = { answer: 4, signature: 150, erase: 120, kibibyte: 1, host: 900, hostPatience: 60_000, print: 1500, boot: 2500 } as const;

const traditional: SimModel = {
  name: "podp-traditional",
  firmware: "SIM-3.4.1",
  hardware: "SIM-T1 rev B",
  environment: "simulator",
  maxFrame: 4096,
  window: 4,
  block: 4096,
  areas: [
    { id: 1, classes: ["SAD", "CHD", "BIZ"], blocks: 30, holds: ["transactions"] },
    { id: 2, classes: ["BIZ"], blocks: 1, holds: ["merchant"] },
    { id: 3, classes: ["PII", "SEC"], blocks: 1, holds: ["operators"] },
    { id: 4, classes: ["SEC"], blocks: 1, holds: ["comms"] },
    { id: 5, classes: ["PII"], blocks: 1, holds: ["signatures"] },
    { id: 6, classes: ["SAD", "CHD", "OPS"], blocks: 2, holds: ["traces"] },
    { id: 7, classes: ["CHD", "PII"], blocks: 1, holds: ["receipt"] },
    { id: 8, classes: ["ID"], blocks: 1, holds: ["identity"] },
  ],
  accounts: [
    {
      acquirer: "00100000001",
      name: "HARBOUR TEA HOUSE",
      currency: "156",
      items: [
        ["U01", 29],
        ["U05", 2],
        ["U08", 2],
        ["U10", 1],
      ],
    },
    {
      acquirer: "00100000027",
      name: "HARBOUR TEA HOUSE (CARDS)",
      currency: "156",
      dialect: "edc",
      items: [
        ["U01", 17],
        ["U03", 1],
        ["U09", 1],
      ],
    },
  ],
  keys: [
    keys("TMK", "TDES", 0, 9, 0, 1),
    keys("TPK", "TDES", 0, 9, 0, 1),
    keys("TAK", "TDES", 0, 9, 0, 1),
    keys("TDK", "TDES", 0, 9, 0),
    keys("TMK", "SM4", 0, 9, 0),
    keys("TPK", "SM4", 0, 9, 0),
    keys("TAK", "SM4", 0, 9, 0),
    keys("TDK", "SM4", 0, 9, 0),
    keys("TLS", "P256", 0, 0, 0),
    keys("IDENTITY", "P256", 0, 0, 0),
  ],
  fillable: [1, 2, 3, 4, 5, 6, 7],
  hostQuery: true,
  ms,
};

/** Everything once and as little of it as there can be. */
const small: SimModel = {
  ...traditional,
  name: "podp-small",
  firmware: "SIM-1.0.0",
  hardware: "SIM-S1",
  maxFrame: 1024,
  block: 256,
  areas: [
    { id: 1, classes: ["SAD", "CHD", "BIZ"], blocks: 3, holds: ["transactions"] },
    { id: 2, classes: ["PII", "SEC", "BIZ"], blocks: 2, holds: ["merchant", "operators", "comms"] },
    { id: 3, classes: ["SAD", "CHD", "PII"], blocks: 2, holds: ["traces", "receipt"] },
  ],
  fillable: [1, 2, 3],
  accounts: [
    {
      acquirer: "00100000001",
      name: "CORNER KIOSK",
      currency: "156",
      items: [
        ["U01", 3],
        ["U03", 1],
        ["U05", 1],
      ],
    },
  ],
  keys: [keys("TMK", "TDES", 0, 1, 0), keys("TPK", "TDES", 0, 1, 0), keys("TAK", "TDES", 0, 1, 0), keys("IDENTITY", "P256", 0, 0, 0)],
};

/** Less than that: one pending advice, two areas, one working key. Crash tests play hundreds of thousands of runs on it. */
const tiny: SimModel = {
  ...small,
  name: "podp-tiny",
  block: 128,
  areas: [
    { id: 1, classes: ["SAD", "CHD", "BIZ"], blocks: 4, holds: ["transactions"] },
    { id: 2, classes: ["SAD", "PII", "SEC", "BIZ"], blocks: 3, holds: ["merchant", "operators", "traces"] },
  ],
  fillable: [],
  accounts: [
    {
      acquirer: "00100000001",
      name: "CORNER KIOSK",
      currency: "156",
      items: [
        ["U01", 2],
        ["U05", 1],
      ],
    },
  ],
  keys: [keys("TMK", "TDES", 0, 0, 0), keys("TPK", "TDES", 0, 0, 0), keys("IDENTITY", "P256", 0, 0, 0)],
};

const twelve = Array.from({ length: 12 }, (_, i) => String(i + 1).padStart(2, "0"));

/** As many acquirers as a terminal can have, and a file of its own for each sort of record. */
const multi: SimModel = {
  ...small,
  name: "podp-multi",
  hardware: "SIM-M12",
  areas: [
    { id: 1, classes: ["SAD", "CHD", "BIZ"], blocks: 16, holds: ["transactions"] },
    { id: 2, classes: ["PII", "SEC", "BIZ"], blocks: 4, holds: ["merchant", "operators", "comms"] },
    { id: 3, classes: ["SAD", "CHD", "PII"], blocks: 2, holds: ["traces", "receipt"] },
    { id: 4, classes: ["CHD", "BIZ"], blocks: 2, holds: ["stored-value"] },
    { id: 5, classes: ["CHD", "BIZ"], blocks: 2, holds: ["sub-batch"] },
    { id: 6, classes: ["CHD", "BIZ", "OPS"], blocks: 1, holds: ["events"] },
  ],
  accounts: twelve.map((n) => ({ acquirer: `001000000${n}`, name: `MARKET HALL ${n}`, currency: "156", items: [["U01", 2]] })),
};

/** Memory that takes a while on a serial line: 64 KiB and 512 KiB. */
const large: SimModel = {
  ...small,
  name: "podp-large",
  hardware: "SIM-L1",
  maxFrame: 4096,
  block: 4096,
  areas: [
    { id: 1, classes: ["SAD", "CHD", "BIZ"], blocks: 16, holds: ["transactions"] },
    { id: 2, classes: ["SAD", "CHD", "PII", "SEC", "BIZ"], blocks: 128, holds: ["merchant", "operators", "comms", "traces", "receipt"] },
  ],
  fillable: [1, 2],
};

export const simModels: readonly SimModel[] = [
  traditional,
  small,
  tiny,
  { ...tiny, name: "podp-mute", hostQuery: false },
  { ...tiny, name: "podp-forgetful", keepsOps: false },
  multi,
  large,
  { ...small, name: "podp-production", environment: "production" },
];

export function simModel(name: string): SimModel | undefined {
  return simModels.find((model) => model.name === name);
}
