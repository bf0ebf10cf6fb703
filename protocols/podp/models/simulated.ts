// The simulated terminals as the agent knows them. Their maker's key is no secret (its scalar is in the README): it vouches for make-believe units only.
import type { Algorithm, KeyType } from "../../../src/terminal/facts.js";
import type { Model, ModelArea, ModelSlots } from "../../../src/terminal/model.js";

const SIMULATED_MAKER =
  "04c8a178fb41b23752d1ab2ff8b8fa61276bd1fc5494af1e5bec314bb37e997f12ba6d993077492b9209aeae2c1bca5bd243236f7dbd8641dd0d61e88e3c30323d";

const slots = (type: KeyType, algorithm: Algorithm, from: number, to: number, usage: string): ModelSlots => ({
  type,
  algorithm,
  from,
  to,
  usage,
  after: "absent",
});
const identity: ModelSlots = {
  type: "IDENTITY",
  algorithm: "P256",
  from: 0,
  to: 0,
  usage: "device identity",
  after: "retained",
  reason: "vendor-identity",
};
const flash = (id: number, name: string, size: number, ...classes: ModelArea["classes"]): ModelArea => ({
  id,
  name,
  classes,
  size,
  storage: "flash",
  method: "block-erase",
});

const common = {
  version: 1,
  manufacturer: "podp simulator",
  dialect: "unionpay",
  longestDelay: 2000,
  deduplicates: "proven",
  batchWraps: { last: "999999", first: "000001" },
  vendorKeys: [SIMULATED_MAKER],
} as const;

const traditional: Model = {
  id: "podp-traditional",
  ...common,
  dialects: { "00100000027": "edc" },
  areas: [
    flash(1, "transaction log", 122_880, "SAD", "CHD", "BIZ"),
    flash(2, "merchant parameters", 4096, "BIZ"),
    flash(3, "operators and passwords", 4096, "PII", "SEC"),
    flash(4, "communication credentials", 4096, "SEC"),
    flash(5, "e-signature images", 4096, "PII"),
    flash(6, "logs and traces", 8192, "SAD", "CHD", "OPS"),
    flash(7, "last receipt", 4096, "CHD", "PII"),
    { ...flash(8, "device identity", 4096, "ID"), keep: "vendor identity and serial number" },
  ],
  slots: [
    slots("TPK", "TDES", 0, 9, "PIN working keys"),
    slots("TAK", "TDES", 0, 9, "MAC working keys"),
    slots("TDK", "TDES", 0, 9, "data working keys"),
    slots("TPK", "SM4", 0, 9, "PIN working keys"),
    slots("TAK", "SM4", 0, 9, "MAC working keys"),
    slots("TDK", "SM4", 0, 9, "data working keys"),
    slots("TLS", "P256", 0, 0, "acquirer TLS client key"),
    slots("TMK", "TDES", 0, 9, "master keys"),
    slots("TMK", "SM4", 0, 9, "master keys"),
    identity,
  ],
};

const small: Model = {
  id: "podp-small",
  ...common,
  areas: [
    flash(1, "transaction log", 768, "SAD", "CHD", "BIZ"),
    flash(2, "parameters and credentials", 512, "PII", "SEC", "BIZ"),
    flash(3, "traces and last receipt", 512, "SAD", "CHD", "PII"),
  ],
  slots: [
    slots("TPK", "TDES", 0, 1, "PIN working keys"),
    slots("TAK", "TDES", 0, 1, "MAC working keys"),
    slots("TMK", "TDES", 0, 1, "master keys"),
    identity,
  ],
};

const tiny: Model = {
  id: "podp-tiny",
  ...common,
  areas: [
    flash(1, "transaction log", 512, "SAD", "CHD", "BIZ"),
    flash(2, "parameters, passwords and traces", 384, "SAD", "PII", "SEC", "BIZ"),
  ],
  slots: [slots("TPK", "TDES", 0, 0, "PIN working keys"), slots("TMK", "TDES", 0, 0, "master keys"), identity],
};

const multi: Model = {
  ...small,
  id: "podp-multi",
  areas: [
    flash(1, "transaction log", 4096, "SAD", "CHD", "BIZ"),
    flash(2, "parameters and credentials", 1024, "PII", "SEC", "BIZ"),
    flash(3, "traces and last receipt", 512, "SAD", "CHD", "PII"),
    flash(4, "stored-value log", 512, "CHD", "BIZ"),
    flash(5, "points, instalment and DCC batches", 512, "CHD", "BIZ"),
    flash(6, "event log", 256, "CHD", "BIZ", "OPS"),
  ],
};

const large: Model = {
  ...small,
  id: "podp-large",
  areas: [
    flash(1, "transaction log", 65_536, "SAD", "CHD", "BIZ"),
    flash(2, "parameters, credentials and traces", 524_288, "SAD", "CHD", "PII", "SEC", "BIZ"),
  ],
};

export const simulatedModels: readonly Model[] = [
  traditional,
  small,
  tiny,
  { ...tiny, id: "podp-mute" },
  { ...tiny, id: "podp-forgetful", settlementState: "none" },
  multi,
  large,
  { ...small, id: "podp-production" },
];
