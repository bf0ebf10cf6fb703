// A terminal that somebody has wiped before us. It is only looked at: there is nothing to settle, and what is not there cannot be erased again.
import type { Terminal } from "../terminal/driver.js";
import type { AreaFact, ProbeRange, SlotFact } from "../terminal/facts.js";
import type { Model } from "../terminal/model.js";
import { isEmptied } from "../terminal/slots.js";
import type { Run } from "./context.js";
import { inventoryOf, refuseDifferences } from "./inventory.js";
import { runsOf } from "./runs.js";

const FIRST_LIFE = 1;

export interface Blank {
  /** Op of the wipe that left it so. */
  readonly op: string;
  readonly areas: readonly AreaFact[];
  readonly slots: readonly SlotFact[];
  readonly probes: readonly ProbeRange[];
}

/**
 * What a finished wipe has left when that is no account, no record and no key; undefined when there is more, or no such wipe. What memory
 * holds is for the inspections to say. A terminal in its first life is not asked: no wipe was ever done there, so there is none to look at.
 */
export async function lookForBlank(terminal: Terminal, model: Model): Promise<Blank | undefined> {
  if (terminal.identity.life <= FIRST_LIFE) return undefined;
  const { lastWipe: op } = await terminal.condition();
  if (op === undefined || (await terminal.accounts()).accounts.length > 0) return undefined;
  const { items, unread } = await terminal.census();
  if (items.length + unread.length > 0 || (await terminal.op(op)).state !== "DONE") return undefined;
  const found = await inventoryOf(terminal, model, 0);
  const { areas, slots, probes } = found;
  if (!model.slots.every((range) => range.after === "retained" || isEmptied(range, probes, slots))) return undefined;
  refuseDifferences(model, found);
  return { op, areas, slots, probes };
}

/** Whether the run has met a blank terminal and has not begun to change it; then that is written down. */
export async function foundBlank(run: Run): Promise<boolean> {
  if (run.record().ops.length > 0) return false;
  const blank = await lookForBlank(run.terminal, run.model);
  if (blank === undefined) return false;
  run.write({ kind: "seen", step: "blank", ...blank, wipedBy: wipedBy(run, blank.op) });
  return true;
}

/** The run here that ordered this wipe; null when it was another station's, or its folder is lost. */
function wipedBy(run: Run, op: string): string | null {
  return runsOf(run, run.terminal.identity.serial).find(({ record }) => record.arm?.op === op)?.record.begin.runId ?? null;
}
