// Whether this journal knows everything that was done to the terminal: a folder from a backup, or another station's run, must not act on what it does not know.
import { DecomError } from "../base/errors.js";
import { opCounter } from "../terminal/facts.js";
import type { Run } from "./context.js";

/** Call after a session began and before anything is sent. */
export function refuseUnknownOps(run: Run): void {
  const { identity } = run.terminal;
  const record = run.record();
  const begun = record.identities[0]?.identity.nextOp ?? identity.nextOp;
  const ours = record.ops.map(opCounter);
  const due = Math.max(begun, ...ours.map((counter) => counter + 1));
  if (identity.nextOp > due) {
    throw new DecomError("log.rolled-back", `the terminal has used op numbers up to ${identity.nextOp - 1}, the journal knows ${due - 1}`, {
      did: "unknown",
    });
  }
  if (identity.nextOp < begun) {
    throw new DecomError("settle.store", `the terminal's op numbers went back from ${begun} to ${identity.nextOp}`, { did: "unknown" });
  }
}

/** Another run of this station that began on this terminal and never ended has a journal of its own, which knows what it did. */
export function refuseHiddenRun({ stationLog, record, order }: Run): void {
  const { runId, serial } = record().begin;
  const { life } = order.order.device;
  const ended = new Set(stationLog.lines.flatMap(({ record: line }) => (line.kind === "end" ? [line.runId] : [])));
  for (const { record: line } of stationLog.lines) {
    if (line.kind !== "intent" || line.serial !== serial || line.life !== life || line.runId === runId || ended.has(line.runId)) continue;
    throw new DecomError(
      "settle.elsewhere",
      `run ${line.runId} of ${serial} began here and has not ended, but its folder is not the present one`,
      {
        did: "unknown",
      },
    );
  }
}
