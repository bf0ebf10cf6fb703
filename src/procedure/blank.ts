// A terminal that somebody has wiped before us. It is only looked at: there is nothing to settle, and what is not there cannot be erased again.
import type { ProbeRange } from "../terminal/facts.js";
import type { Run } from "./context.js";
import { runsOf } from "./runs.js";
import { compare } from "./steps/wipe.js";

const FIRST_LIFE = 1;

/**
 * Whether a finished wipe has left no account, no record and no key, and this run has not begun to change anything. What memory holds is for
 * the inspections to say. A terminal in its first life is not asked: no wipe was ever done there, so there is none to look at.
 */
export async function foundBlank(run: Run): Promise<boolean> {
  const { terminal, model } = run;
  const record = run.record();
  if (terminal.identity.life <= FIRST_LIFE || record.ops.length > 0) return false;
  const { lastWipe: op } = await terminal.condition();
  if (op === undefined || (await terminal.accounts()).accounts.length > 0) return false;
  const { items, unread } = await terminal.census();
  if (items.length + unread.length > 0 || (await terminal.op(op)).state !== "DONE") return false;
  const probes: ProbeRange[] = [];
  for (const { type, algorithm, from, to, after } of model.slots) {
    if (after === "absent") probes.push(...(await terminal.probe({ type, algorithm, from, to })));
  }
  if (probes.some(({ state }) => state !== "ABSENT")) return false;
  const areas = await terminal.areas();
  compare(model, areas);
  run.write({ kind: "seen", step: "blank", op, wipedBy: wipedBy(run, op), areas, probes });
  return true;
}

/** The run here that ordered this wipe; null when it was another station's, or its folder is lost. */
function wipedBy(run: Run, op: string): string | null {
  return runsOf(run, run.terminal.identity.serial).find(({ record }) => record.arm?.op === op)?.record.begin.runId ?? null;
}
