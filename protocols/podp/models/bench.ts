// Models that no merchant has: each shows one thing, and the small ones are played in tests by the hundred thousand.
import type { DataArea } from "../../../src/terminal/data-areas.js";
import type { Model } from "../../../src/terminal/model.js";
import { cards, common, flash, inside, settlementRecord, slots, unfillable, unitItself } from "./parts.js";

const records: readonly DataArea[] = ["D01", "D02", "D03", "D04", "D05"];
const parameters: readonly DataArea[] = ["D13", "D14", "D15", "D16"];

const small: Model = {
  id: "podp-small",
  deviceClass: "TRADITIONAL",
  ...common,
  networks: ["sim", "lan"],
  areas: [
    flash(1, "transaction log", 768, [...records, "D10", "D11"], "SAD", "CHD", "BIZ"),
    flash(2, "parameters and credentials", 512, parameters, "PII", "SEC", "BIZ"),
    flash(3, "traces and last receipt", 512, ["D07", "D09", "D22"], "SAD", "CHD", "PII"),
  ],
  slots: [
    slots("TPK", "TDES", 0, 1, "PIN working keys"),
    slots("TAK", "TDES", 0, 1, "MAC working keys"),
    slots("TMK", "TDES", 0, 1, "master keys"),
    unitItself,
  ],
  elsewhere: [settlementRecord, cards("SIM card"), ...inside],
};

const tiny: Model = {
  ...small,
  id: "podp-tiny",
  areas: [
    flash(1, "transaction log", 512, [...records, "D10", "D11"], "SAD", "CHD", "BIZ"),
    flash(2, "parameters, passwords and traces", 384, ["D13", "D14", "D22"], "SAD", "PII", "SEC", "BIZ"),
  ].map(unfillable),
  slots: [slots("TPK", "TDES", 0, 0, "PIN working keys"), slots("TMK", "TDES", 0, 0, "master keys"), unitItself],
};

const multi: Model = {
  ...small,
  id: "podp-multi",
  acquirerSets: 12,
  areas: [
    flash(1, "transaction log", 4096, ["D01", "D02", "D04", "D05"], "SAD", "CHD", "BIZ"),
    flash(2, "parameters and credentials", 1024, parameters, "PII", "SEC", "BIZ"),
    flash(3, "traces and last receipt", 512, ["D07", "D09", "D22"], "SAD", "CHD", "PII"),
    unfillable(flash(4, "stored-value log", 512, ["D10"], "CHD", "BIZ")),
    unfillable(flash(5, "points, instalment and DCC batches", 512, ["D11"], "CHD", "BIZ")),
    unfillable(flash(6, "event log", 256, ["D03"], "CHD", "BIZ", "OPS")),
  ],
};

const large: Model = {
  ...small,
  id: "podp-large",
  areas: [
    flash(1, "transaction log", 65_536, [...records, "D10", "D11"], "SAD", "CHD", "BIZ"),
    flash(2, "parameters, credentials and traces", 524_288, [...parameters, "D07", "D09", "D22"], "SAD", "CHD", "PII", "SEC", "BIZ"),
  ],
};

export const benchModels: readonly Model[] = [
  small,
  tiny,
  { ...tiny, id: "podp-mute" },
  { ...tiny, id: "podp-forgetful", settlementState: "none" },
  multi,
  large,
  { ...small, id: "podp-production" },
];
