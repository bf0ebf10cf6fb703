// podp-traditional: the counter-top terminal with a printer, two acquirers and two groups of keys.
import type { Model } from "../../../src/terminal/model.js";
import { cards, common, deviceIdentity, flash, identity, inside, pinPad, settlementRecord, slots, tlsClient } from "./parts.js";

export const traditional: Model = {
  id: "podp-traditional",
  deviceClass: "TRADITIONAL",
  ...common,
  networks: ["sim", "lan", "modem"],
  dialects: { "00100000027": "edc" },
  areas: [
    flash(1, "transaction log", 122_880, ["D01", "D02", "D03", "D04", "D05", "D10", "D11"], "SAD", "CHD", "BIZ"),
    flash(2, "merchant parameters", 4096, ["D13"], "BIZ"),
    flash(3, "operators and passwords", 4096, ["D14"], "PII", "SEC"),
    flash(4, "communication credentials", 4096, ["D15", "D16"], "SEC"),
    flash(5, "e-signature images", 4096, ["D06"], "PII"),
    flash(6, "logs and traces", 8192, ["D22"], "SAD", "CHD", "OPS"),
    flash(7, "last receipt", 4096, ["D07", "D09"], "CHD", "PII"),
    deviceIdentity(8, 4096),
  ],
  slots: [
    slots("TPK", "TDES", 0, 9, "PIN working keys"),
    slots("TAK", "TDES", 0, 9, "MAC working keys"),
    slots("TDK", "TDES", 0, 9, "data working keys"),
    slots("TPK", "SM4", 0, 9, "PIN working keys"),
    slots("TAK", "SM4", 0, 9, "MAC working keys"),
    slots("TDK", "SM4", 0, 9, "data working keys"),
    tlsClient("P256", 0),
    slots("TMK", "TDES", 0, 9, "master keys"),
    slots("TMK", "SM4", 0, 9, "master keys"),
    identity,
  ],
  elsewhere: [settlementRecord, cards("SIM card, SAM"), pinPad, ...inside],
};
