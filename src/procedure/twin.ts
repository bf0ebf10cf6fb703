// Two terminals with one serial number: what this station has seen of the one cannot be true of the other, so both are set aside.
import { DecomError } from "../base/errors.js";
import type { RunRecord } from "../evidence/record.js";
import type { StationLog } from "../evidence/station-log.js";
import { type Identity, opCounter } from "../terminal/facts.js";

/**
 * Throws `identity.twice` when a certificate of this station says that this life was ended by a wipe. What was found blank was not wiped by
 * the run that says so, and its life goes on.
 */
export function refuseEndedLife(stationLog: StationLog, { serial, life }: Pick<Identity, "serial" | "life">): void {
  const records = stationLog.lines.map(({ record }) => record);
  const wiped = new Set(records.flatMap((one) => (one.kind === "end" && one.endState === "CERT" && one.blank !== true ? [one.runId] : [])));
  const ended = records.find((one) => one.kind === "intent" && one.serial === serial && one.life === life && wiped.has(one.runId));
  if (ended?.kind !== "intent") return;
  throw new DecomError(
    "identity.twice",
    `${serial} was wiped in life ${life} under certificate ${ended.certId}, and is in life ${life} now`,
    {
      certId: ended.certId,
    },
  );
}

/** Throws `identity.twice` when a terminal is behind itself: boot numbers never fall, and op numbers not within one boot. Call before its identity is written down. */
export function refuseOlderSelf(record: RunRecord, { serial, bootNumber, nextOp }: Identity): void {
  const seen = record.identities.map(({ identity }) => identity);
  const boot = Math.max(0, ...seen.map((identity) => identity.bootNumber), ...record.inspections.map((look) => look.bootNumber));
  const next = Math.max(0, ...seen.map((identity) => identity.nextOp), ...record.usedOps.map((op) => opCounter(op) + 1));
  if (bootNumber > boot || (bootNumber === boot && nextOp >= next)) return;
  throw new DecomError(
    "identity.twice",
    `${serial} was seen at boot ${boot}, op ${next}; now it says boot ${bootNumber}, op ${nextOp}, so it is not the one this run began on`,
  );
}
