// Card readers beside a phone, mPOS and handheld: little memory, many key slots, and a firmware that puts its maker's load key back.
import { common, identityKey, keys, type SimModel } from "./shape.js";

export const mpos: SimModel = {
  ...common,
  name: "podp-mpos",
  firmware: "SIM-R4.0",
  hardware: "SIM-R1",
  block: 128,
  areas: [
    { id: 1, classes: ["SAD", "CHD", "BIZ"], blocks: 4, holds: ["transactions"] },
    { id: 2, classes: ["PII", "SEC", "BIZ"], blocks: 2, holds: ["merchant", "operators"] },
  ],
  fillable: [1, 2],
  accounts: [
    {
      acquirer: "00100000001",
      name: "FLOWER CART",
      currency: "156",
      items: [
        ["U01", 2],
        ["U03", 1],
      ],
    },
  ],
  keys: [keys("TMK", "TDES", 1, 200, 1, 200), keys("TPK", "TDES", 1, 200, 1), keys("IPEK", "TDES", 0, 1, 0), identityKey],
};

export const handheld: SimModel = {
  ...common,
  name: "podp-handheld",
  firmware: "SIM-H1.7",
  hardware: "SIM-H1",
  block: 128,
  areas: [
    { id: 1, classes: ["SAD", "CHD", "BIZ"], blocks: 4, holds: ["transactions"] },
    { id: 2, classes: ["PII", "SEC", "BIZ"], blocks: 3, holds: ["merchant", "operators", "comms"] },
    { id: 3, classes: ["SAD", "CHD", "PII"], blocks: 2, holds: ["traces", "receipt"] },
  ],
  fillable: [],
  accounts: [
    {
      acquirer: "00100000027",
      name: "COURIER 7",
      currency: "156",
      dialect: "edc",
      items: [
        ["U01", 2],
        ["U05", 1],
      ],
    },
  ],
  keys: [
    { ...keys("TLK", "TDES", 0, 0, 0), reseeds: "5041595345564e4d414b455254455354" },
    keys("TMK", "TDES", 0, 1, 0),
    keys("TPK", "TDES", 0, 1, 0),
    keys("TAK", "TDES", 0, 1, 0),
    identityKey,
  ],
};
