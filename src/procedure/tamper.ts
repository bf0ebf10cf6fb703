// Whether the terminal was tampered with, asked before anything else, and whether the order knows of it.
import { DecomError, unreachable } from "../base/errors.js";
import { isTampered, mayWipeTampered } from "../evidence/tamper.js";
import type { Condition } from "../terminal/facts.js";
import type { Run } from "./context.js";

/** Asked before the terminal is opened or locked: one that has triggered may take any key that is pressed as leave to rebuild itself. */
export async function status(run: Run): Promise<void> {
  run.write({ kind: "seen", step: "condition", condition: await run.terminal.condition() });
}

export function tampered(run: Pick<Run, "order" | "record">): boolean {
  return isTampered(conditionOf(run), run.order.order);
}

/** Throws `terminal.tampered` unless the order wants this terminal wiped although, or because, it was tampered with. */
export function refuseTampered(run: Pick<Run, "order" | "record">): void {
  const seen = conditionOf(run);
  if (!isTampered(seen, run.order.order) || mayWipeTampered(seen, run.order.order)) return;
  throw new DecomError("terminal.tampered", `${told(seen)}, and the order does not know of it`);
}

/** What is known of it, as a sentence begins. */
export function tampering(run: Pick<Run, "record">): string {
  return told(conditionOf(run));
}

/** As the newest look at it has it. */
export function conditionOf({ record }: Pick<Run, "record">): Condition {
  return (record().condition ?? unreachable("a run begins with a look at the terminal's condition")).condition;
}

function told({ tamper, tamperCodes }: Condition): string {
  if (tamper === "ok") return "the terminal was tampered with, as the order says";
  const how = tamper === "cleared" ? "the terminal was tampered with, and somebody has reset it" : "the terminal reports tampering";
  return tamperCodes === "" ? how : `${how} (${tamperCodes})`;
}
