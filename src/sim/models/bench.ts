// Terminals that no merchant has: each shows one thing, and the small ones are played in tests by the hundred thousand.
import { common, identityKey, keys, type SimModel } from "./shape.js";

/** Everything once and as little of it as there can be. */
const small: SimModel = {
  ...common,
  name: "podp-small",
  firmware: "SIM-1.0.0",
  hardware: "SIM-S1",
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
  keys: [keys("TMK", "TDES", 0, 1, 0), keys("TPK", "TDES", 0, 1, 0), keys("TAK", "TDES", 0, 1, 0), identityKey],
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
  keys: [keys("TMK", "TDES", 0, 0, 0), keys("TPK", "TDES", 0, 0, 0), identityKey],
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

export const benchModels: readonly SimModel[] = [
  small,
  tiny,
  { ...tiny, name: "podp-mute", hostQuery: false },
  { ...tiny, name: "podp-forgetful", keepsOps: false },
  multi,
  large,
  { ...small, name: "podp-production", environment: "production" },
];
