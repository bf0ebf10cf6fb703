// The decommission as a table: read it from top to bottom. A run that is taken up again walks the same table from the phase it is in.
import type { Run } from "./context.js";
import { archive } from "./steps/archive.js";
import { census } from "./steps/census.js";
import { fill, unfill } from "./steps/fill.js";
import { condition, draft, isolate, lock, permit, settle } from "./steps/money.js";
import { pending } from "./steps/pending.js";
import { attest, identifyAgain, inspect, restart } from "./steps/proof.js";
import { erase, erased, plan } from "./steps/wipe.js";

/**
 * `money`: until ARM may have reached the terminal. `proof`: from then on; money and ARM are never touched again. `blank`: somebody wiped it
 * before us, and it is only looked at.
 */
export type Phase = "money" | "proof" | "blank";

export interface Step {
  readonly name: string;
  readonly phase: Exclude<Phase, "blank">;
  /** Also taken where nothing is left to settle and erase. */
  readonly blank?: true;
  readonly effect: "read" | "change" | "money" | "destroy";
  readonly act: (run: Run) => Promise<void>;
}

/** What is left to do in a phase. */
export function stepsIn(phase: Phase): readonly Step[] {
  if (phase === "money") return steps;
  return steps.filter((step) => (phase === "blank" ? step.blank === true : step.phase === "proof"));
}

export const steps: readonly Step[] = [
  { name: "lock", phase: "money", effect: "change", act: lock },
  { name: "condition", phase: "money", effect: "read", blank: true, act: condition },
  { name: "census", phase: "money", effect: "read", blank: true, act: census("start") },
  { name: "draft-money", phase: "money", effect: "read", blank: true, act: draft("money") },
  { name: "pending", phase: "money", effect: "money", act: pending },
  { name: "census-before", phase: "money", effect: "read", act: census("after-pending") },
  { name: "settle", phase: "money", effect: "money", act: settle },
  { name: "census-after", phase: "money", effect: "read", act: census("after-settle") },
  { name: "archive", phase: "money", effect: "read", blank: true, act: archive },
  { name: "isolate", phase: "money", effect: "read", act: isolate },
  { name: "plan", phase: "money", effect: "change", act: plan },
  { name: "permit", phase: "money", effect: "read", act: permit },
  { name: "draft-erase", phase: "money", effect: "read", act: draft("erase") },
  { name: "erase", phase: "money", effect: "destroy", act: erase },
  { name: "erased", phase: "proof", effect: "read", act: erased },
  { name: "unfill", phase: "proof", effect: "destroy", act: unfill },
  { name: "inspect", phase: "proof", effect: "read", blank: true, act: inspect(1) },
  { name: "fill", phase: "proof", effect: "destroy", act: fill },
  { name: "restart", phase: "proof", effect: "change", blank: true, act: restart },
  { name: "inspect-again", phase: "proof", effect: "read", blank: true, act: inspect(2) },
  { name: "identify-again", phase: "proof", effect: "read", blank: true, act: identifyAgain },
  { name: "attest", phase: "proof", effect: "read", act: attest },
];
