// podp-esign: the e-signature terminal. No printer; customers sign on glass and pay by code; domestic algorithms only.
import type { Model } from "../../../src/terminal/model.js";
import { common, deviceIdentity, flash, identity, inside, settlementRecord, slots, tlsClient } from "./parts.js";

export const esign: Model = {
  id: "podp-esign",
  deviceClass: "ESIGN",
  ...common,
  networks: ["sim"],
  areas: [
    flash(1, "transaction log", 768, ["D01", "D02", "D03", "D04", "D05"], "SAD", "CHD", "BIZ"),
    flash(2, "e-signature images", 512, ["D06"], "PII"),
    flash(3, "orders, codes and digital receipts", 512, ["D07", "D09", "D24"], "PII", "SEC", "BIZ"),
    flash(4, "parameters, credentials and location", 512, ["D13", "D14", "D15", "D16", "D23"], "PII", "SEC", "BIZ"),
    flash(5, "logs and traces", 256, ["D22"], "SAD", "CHD", "OPS"),
    deviceIdentity(6, 256),
  ],
  slots: [
    slots("TPK", "SM4", 0, 1, "PIN working keys"),
    slots("TAK", "SM4", 0, 1, "MAC working keys"),
    slots("TDK", "SM4", 0, 1, "data working keys"),
    tlsClient("P256", 0),
    slots("TMK", "SM4", 0, 1, "master keys"),
    identity,
  ],
  elsewhere: [
    settlementRecord,
    { data: ["D25"], what: "eSIM profile", why: "cannot be pulled; to be deleted by its operator", for: "people" },
    ...inside,
  ],
};
