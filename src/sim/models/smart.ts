// The Android terminal: apps, accounts and logs beside the payment data, and keys that decide what may be loaded.
import { common, identityKey, keys, type SimModel } from "./shape.js";

export const smart: SimModel = {
  ...common,
  name: "podp-smart",
  firmware: "SIM-A11.4",
  hardware: "SIM-A1",
  block: 512,
  areas: [
    { id: 1, classes: ["SAD", "CHD", "BIZ"], blocks: 2, holds: ["transactions"] },
    { id: 2, classes: ["BIZ"], blocks: 1, holds: ["merchant", "history"] },
    { id: 3, classes: ["PII", "BIZ"], blocks: 1, holds: ["apps"] },
    { id: 4, classes: ["PII", "SEC"], blocks: 1, holds: ["people", "operators", "location"] },
    { id: 5, classes: ["SEC"], blocks: 1, holds: ["comms", "updates"] },
    { id: 6, classes: ["SAD", "CHD", "OPS"], blocks: 1, holds: ["traces", "crash"] },
    { id: 7, classes: ["CHD", "PII", "SEC", "BIZ"], blocks: 1, holds: ["receipt", "signatures", "orders"] },
    { id: 8, classes: ["K", "SEC", "BIZ"], blocks: 1, holds: ["backup", "key-file"] },
    { id: 9, classes: ["OPS"], blocks: 1, holds: ["lists"], kept: true },
    { id: 10, classes: ["ID"], blocks: 1, holds: ["identity"] },
  ],
  fillable: [1, 2, 3, 4, 5, 6, 7, 8],
  accounts: [
    {
      acquirer: "00100000001",
      name: "GALLERY CAFE",
      currency: "156",
      items: [
        ["U01", 3],
        ["U05", 1],
      ],
    },
    { acquirer: "00100000027", name: "GALLERY CAFE (CARDS)", currency: "156", dialect: "edc", items: [["U01", 2]] },
  ],
  keys: [
    keys("TMK", "AES", 0, 3, 0, 1),
    keys("TPK", "AES", 0, 3, 0, 1),
    keys("TAK", "AES", 0, 3, 0, 1),
    keys("IPEK", "AES", 0, 1, 0),
    keys("TLE", "TDES", 0, 0, 0),
    keys("TLS", "RSA", 0, 1, 0),
    keys("STORAGE", "AES", 0, 0, 0),
    keys("LOADER", "RSA", 0, 1, 0),
    { ...keys("FIRMWARE", "RSA", 0, 0, 0), kept: true },
    identityKey,
  ],
};
