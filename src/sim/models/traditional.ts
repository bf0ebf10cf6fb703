// The counter-top terminal with a printer: two acquirers, two groups of keys.
import { common, identityKey, keys, type SimModel } from "./shape.js";

export const traditional: SimModel = {
  ...common,
  name: "podp-traditional",
  firmware: "SIM-3.4.1",
  hardware: "SIM-T1 rev B",
  maxFrame: 4096,
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
    identityKey,
  ],
  fillable: [1, 2, 3, 4, 5, 6, 7],
};
