// What a statement must say beside its outcome, given its evidence. The station copies it in; a verifier misses it when it is not there.

import { opensGate } from "../../terminal/gate.js";
import { isKnown } from "./fields.js";
import { staysIsolated } from "./isolated.js";
import { outcomeOf } from "./outcome.js";
import type { Reason } from "./reasons.js";
import type { Claim, Evidence, Statement } from "./statement.js";
import type { KeyRow, Limitation, StatementFinding } from "./statement-erasure.js";
import { limitations, statementFindings } from "./statement-erasure.js";

export function limitationsOf(body: Evidence): readonly Limitation[] {
  const levels = body.areas.flatMap(({ verification }) => verification.level);
  const methods = body.areas.map(({ verification }) => verification.method);
  const memory = body.device.unprovenMemory;
  const says: Readonly<Record<keyof typeof limitations, boolean>> = {
    addressable: levels.includes("V3"),
    probed: body.keys.some(({ level }) => level.includes("V2")),
    sampled: methods.includes("sampled-read"),
    seedFill: levels.includes("V4"),
    streamFill: levels.includes("V5"),
    reload: body.areas.length > 0 && !staysIsolated(body),
    blank: isFoundBlank(body),
    settlement: body.settlement.length > 0,
    unit: body.device.identityLevel === "P0" || body.device.identityLevel === "P1",
    relay: body.device.identityLevel === "P3",
    tampered: isTampered(body),
    memory: !isKnown(memory) || memory.length > 0,
  };
  return pick(says).map((key) => limitations[key]);
}

export function findingsOf(body: Evidence): Statement["findings"] {
  const views = body.settlement.map(({ hostView }) => hostView);
  const says: Readonly<Record<StatementFinding, boolean>> = {
    OWNER_FIRST_USE: body.grant?.trust === "first-use",
    HOST_VIEW_UNAVAILABLE: views.some((view) => !isKnown(view) || "unavailable" in view),
    FOUND_BLANK: isFoundBlank(body),
    UNIT_UNPROVEN: outcomeOf(body).reasons.includes("UNIT_UNPROVEN"),
    TAMPERED: isTampered(body),
    NOT_NOTIFIED: body.keys.some(isDestroyed) && (body.notified ?? []).length === 0,
    SLOT_RETAINED: body.keysRetained.length > 0,
    WARN_LEFT: body.settlement.some(({ after }) => after.some(({ gate, count }) => gate === "WARN" && count > 0)),
    DEPOT_NETWORK_USED: false, // known to the people only; a statement may add it
    TRACE_GAP: false, // the station's journal has the numbers, a statement only sums
  };
  return pick(says).map((code) => ({ code, severity: statementFindings[code] }));
}

const NOT_DATA: readonly Reason[] = ["LOGICAL_DELETE", "FLOOR_NOT_COVERED", "BELOW_FLOOR", "BELOW_MINIMUM", "FOUND_BLANK"];
const NOT_KEYS: readonly Reason[] = ["SLOT_KEPT", "BELOW_FLOOR", "BELOW_MINIMUM"];

/** The most that may be claimed. A terminal that was tampered with goes to those who look into it, and a label has nothing to promise. */
export function claimsOf(body: Evidence): readonly Claim[] {
  if (isTampered(body)) return [];
  const { outcome, reasons } = outcomeOf(body);
  const erased = outcome === "ERASED" || outcome === "ERASED_WITH_EXCEPTIONS";
  const says: Readonly<Record<Claim, boolean>> = {
    PAYMENT_DATA_ERASED: erased && !reasons.some((reason) => NOT_DATA.includes(reason)),
    KEY_SLOTS_EMPTY: erased && !reasons.some((reason) => NOT_KEYS.includes(reason)),
    SETTLED_AS_TERMINAL_REPORTS:
      body.settlement.length > 0 && body.settlement.every(({ outcome, exceptions = [] }) => opensGate(outcome) && exceptions.length === 0),
    UNIT_PROVEN: body.device.identityLevel === "P2" || body.device.identityLevel === "P3",
  };
  return pick(says);
}

function pick<K extends string>(says: Readonly<Record<K, boolean>>): K[] {
  return (Object.keys(says) as K[]).filter((key) => says[key]); // keys of a full record
}

/** Whoever did it: the keys' owners have to hear of it. */
const isDestroyed = ({ result, action }: KeyRow) => (result === "erased" && action !== "none") || result === "zeroised-by-tamper";

const isTampered = ({ device }: Evidence) => device.tamperStatus.state === "tampered";

function isFoundBlank({ areas, keys }: Evidence): boolean {
  const rows = [...areas.map(({ result, technique }) => [result, technique]), ...keys.map(({ result, action }) => [result, action])];
  return rows.some(([result, act]) => result === "erased" && act === "none");
}
