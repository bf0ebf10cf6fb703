// podp-mpos and podp-handheld: readers beside a phone. Little memory of their own; what the phone's app holds is out of reach.
import type { Elsewhere, Model } from "../../../src/terminal/model.js";
import { common, flash, inside, settlementRecord, slots, unfillable, unitItself } from "./parts.js";

const phone = (...data: Elsewhere["data"]): Elsewhere => ({
  data,
  what: "phone of the merchant and its app",
  why: "never connected here; to be seen to by its owner",
  for: "people",
});

export const mpos: Model = {
  id: "podp-mpos",
  deviceClass: "MPOS",
  ...common,
  networks: ["bluetooth"],
  acquirerSets: 1,
  areas: [
    flash(1, "transaction buffer", 512, ["D01", "D02", "D03", "D04", "D05"], "SAD", "CHD", "BIZ"),
    flash(2, "parameters and pairing", 256, ["D13", "D14"], "PII", "SEC", "BIZ"),
  ],
  slots: [
    slots("TPK", "TDES", 1, 200, "PIN working keys"),
    slots("TMK", "TDES", 1, 200, "master keys"),
    slots("IPEK", "TDES", 0, 1, "DUKPT initial and future keys"),
    unitItself,
  ],
  elsewhere: [settlementRecord, phone("D06", "D07", "D09", "D15", "D16", "D21", "D22", "D24"), ...inside],
};

export const handheld: Model = {
  id: "podp-handheld",
  deviceClass: "HANDHELD",
  ...common,
  networks: ["sim", "wifi", "bluetooth"],
  dialect: "edc",
  acquirerSets: 1,
  areas: [
    flash(1, "transaction log", 512, ["D01", "D02", "D03", "D04", "D05"], "SAD", "CHD", "BIZ"),
    flash(2, "parameters and credentials", 384, ["D13", "D14", "D15", "D16"], "PII", "SEC", "BIZ"),
    flash(3, "traces and last receipt", 256, ["D07", "D09", "D22"], "SAD", "CHD", "PII"),
  ].map(unfillable),
  slots: [
    slots("TPK", "TDES", 0, 1, "PIN working keys"),
    slots("TAK", "TDES", 0, 1, "MAC working keys"),
    slots("TMK", "TDES", 0, 1, "master keys"),
    { ...slots("TLK", "TDES", 0, 0, "load key"), after: "default", reason: "vendor-firmware", defaultKcv: "dedc4c" },
    unitItself,
  ],
  elsewhere: [settlementRecord, phone("D06", "D21", "D24"), ...inside],
};
