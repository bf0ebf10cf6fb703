// What holds for each podp command before it is carried out: who may ask, what the terminal must be able to, and whether while it works.
import type { Capability } from "../../../src/terminal/facts.js";
import type { rights } from "../codes.js";
import type { CommandName } from "../messages.js";

/** Rights of which the grant must give one; `any`: an open session, `none`: not even that. */
export const needs: Readonly<Record<CommandName, readonly (keyof typeof rights)[] | "any" | "none">> = {
  identify: "none",
  locate: "none",
  challenge: "none",
  open: "none",
  rollover: "any",
  lock: "any",
  unlock: ["unlock"],
  reboot: "any",
  totals: ["read"],
  census: ["read"],
  read: ["read"],
  lastSettlement: ["read"],
  areaList: ["read"],
  keyList: ["read"],
  keyProbe: ["read"],
  canPay: ["read"],
  pendingSend: ["settle"],
  settleStart: ["settle"],
  settleStatus: ["read"],
  hostQuery: ["settle"],
  getOp: ["read"],
  releaseOp: ["settle", "wipe"],
  prepare: ["wipe"],
  abortPrepared: ["wipe"],
  commit: ["wipe"],
  arm: ["wipe"],
  sample: ["read"],
  attest: ["read"],
  fillBegin: ["fill"],
  fillEnd: ["fill"],
  fillRelease: ["fill"],
  proof: ["fill"],
};
/** What a terminal may lack. */
export const capable: Readonly<Partial<Record<CommandName, Capability>>> = {
  hostQuery: "host-query",
  fillBegin: "fill",
  fillEnd: "fill",
  fillRelease: "fill",
  proof: "fill",
  attest: "attest",
};
/** Answered ACCEPTED: the work follows the answer. */
export const accepted: ReadonlySet<CommandName> = new Set(["pendingSend", "settleStart", "arm"]);
/** Those that take as long as a signature. */
export const signing: ReadonlySet<CommandName> = new Set(["open", "commit", "attest"]);
/** Answered while an op is under way. */
export const always: ReadonlySet<CommandName> = new Set([
  "identify",
  "locate",
  "challenge",
  "open",
  "lock",
  "totals",
  "census",
  "read",
  "lastSettlement",
  "areaList",
  "keyList",
  "keyProbe",
  "canPay",
  "settleStatus",
  "getOp",
  "sample",
  "attest",
]);
