// The e-signature terminal: no printer, customers sign on glass and pay by code; domestic algorithms only.
import { common, identityKey, keys, type SimModel } from "./shape.js";

export const esign: SimModel = {
  ...common,
  name: "podp-esign",
  firmware: "SIM-E2.1",
  hardware: "SIM-E1",
  block: 256,
  areas: [
    { id: 1, classes: ["SAD", "CHD", "BIZ"], blocks: 3, holds: ["transactions"] },
    { id: 2, classes: ["PII"], blocks: 2, holds: ["signatures"] },
    { id: 3, classes: ["PII", "SEC", "BIZ"], blocks: 2, holds: ["orders", "receipt"] },
    { id: 4, classes: ["PII", "SEC", "BIZ"], blocks: 2, holds: ["merchant", "operators", "comms", "location"] },
    { id: 5, classes: ["SAD", "CHD", "OPS"], blocks: 1, holds: ["traces"] },
    { id: 6, classes: ["ID"], blocks: 1, holds: ["identity"] },
  ],
  fillable: [1, 2, 3, 4, 5],
  accounts: [
    {
      acquirer: "00100000001",
      name: "NIGHT MARKET 12",
      currency: "156",
      items: [
        ["U01", 2],
        ["U08", 1],
        ["U14", 1],
      ],
    },
  ],
  keys: [
    keys("TMK", "SM4", 0, 1, 0),
    keys("TPK", "SM4", 0, 1, 0),
    keys("TAK", "SM4", 0, 1, 0),
    keys("TDK", "SM4", 0, 1, 0),
    keys("TLS", "P256", 0, 0, 0),
    identityKey,
  ],
};
