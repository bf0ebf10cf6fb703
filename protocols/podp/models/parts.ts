// What the descriptions of the simulated terminals are put together from. Their maker's key is no secret (its scalar is in the README): it vouches for make-believe units only.
import type { DataArea } from "../../../src/terminal/data-areas.js";
import type { Algorithm, KeyType } from "../../../src/terminal/facts.js";
import type { Elsewhere, ModelArea, ModelSlots } from "../../../src/terminal/model.js";

const SIMULATED_MAKER =
  "04c8a178fb41b23752d1ab2ff8b8fa61276bd1fc5494af1e5bec314bb37e997f12ba6d993077492b9209aeae2c1bca5bd243236f7dbd8641dd0d61e88e3c30323d";

export const common = {
  version: 2,
  manufacturer: "podp simulator",
  dialect: "unionpay",
  longestDelay: 2000,
  deduplicates: "proven",
  batchWraps: { last: "999999", first: "000001" },
  vendorKeys: [SIMULATED_MAKER],
  serial: { form: "SIM[0-9]{7,}", tusn: "same" },
  acquirerSets: 2,
  limits: { wipe: 1_800_000, boot: 60_000 },
} as const;

type Classes = ModelArea["classes"];

/** Flash that a wipe erases block by block, that can be read back and filled. */
export function flash(id: number, name: string, size: number, data: readonly DataArea[], ...classes: Classes): ModelArea {
  return { id, name, data, classes, size, storage: "flash", method: "block-erase", verify: "fill" };
}

export const unfillable = (area: ModelArea): ModelArea => ({ ...area, verify: "read-back" });

export function deviceIdentity(id: number, size: number): ModelArea {
  return { ...unfillable(flash(id, "device identity", size, ["D32"], "ID")), keep: "vendor identity and serial number" };
}

export function slots(type: KeyType, algorithm: Algorithm, from: number, to: number, usage: string): ModelSlots {
  return { type, algorithm, from, to, usage, owner: "acquirer", after: "absent" };
}

export const identity: ModelSlots = {
  ...slots("IDENTITY", "P256", 0, 0, "device identity"),
  owner: "maker",
  after: "retained",
  reason: "vendor-identity",
};

/** Of a terminal whose identity lies in no area. */
export const unitItself: ModelSlots = { ...identity, data: ["D32"] };

export const tlsClient = (algorithm: Algorithm, to: number): ModelSlots => ({
  ...slots("TLS", algorithm, 0, to, "acquirer TLS client key"),
  data: ["D18"],
});

/** Whatever the class of a terminal: what its own memory keeps beside the areas. */
export const inside: readonly Elsewhere[] = [
  {
    data: ["D27", "D29", "D30"],
    what: "clock, settings, trace and batch counters, operation journal",
    why: "kept by the terminal; not addressable by commands",
    for: "nobody",
  },
  {
    data: ["D31"],
    what: "spare and worn blocks",
    why: "not in the addressable view; areas are erased with their free space",
    for: "nobody",
  },
];

export const settlementRecord: Elsewhere = {
  data: ["D08"],
  what: "record of the last settlement",
  why: "dropped by the terminal when the wipe ends; not read back",
  for: "nobody",
};

export const cards = (what: string): Elsewhere => ({
  data: ["D25"],
  what,
  why: "to be taken out and accounted for by a person",
  for: "people",
});
export const pinPad: Elsewhere = {
  data: ["D26"],
  what: "external PIN pad",
  why: "a terminal of its own; not presented here",
  for: "people",
};
