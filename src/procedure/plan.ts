// The decommission as a table: read it from top to bottom. A run that is taken up again walks the same table from the phase it is in.
import type { Run } from "./context.js";
import { archive } from "./steps/archive.js";
import { census } from "./steps/census.js";
import { fill, unfill } from "./steps/fill.js";
import { condition, draft, isolate, lock, permit, settle } from "./steps/money.js";
import { pending } from "./steps/pending.js";
import { attest, identifyAgain, inspect, restart } from "./steps/proof.js";
import { erase, erased, plan } from "./steps/wipe.js";

/** `money`: until ARM may have reached the terminal. `proof`: from then on; money and ARM are never touched again. */
export type Phase = "money" | "proof";

export interface Step {
  readonly name: string;
  readonly phase: Phase;
  readonly effect: "read" | "change" | "money" | "destroy";
  readonly act: (run: Run) => Promise<void>;
}

export const steps: readonly Step[] = [
  { name: "lock", phase: "money", effect: "change", act: lock },
  { name: "condition", phase: "money", effect: "read", act: condition },
  { name: "census", phase: "money", effect: "read", act: census("start") },
  { name: "draft-money", phase: "money", effect: "read", act: draft("money") },
  { name: "pending", phase: "money", effect: "money", act: pending },
  { name: "census-before", phase: "money", effect: "read", act: census("after-pending") },
  { name: "settle", phase: "money", effect: "money", act: settle },
  { name: "census-after", phase: "money", effect: "read", act: census("after-settle") },
  { name: "archive", phase: "money", effect: "read", act: archive },
  { name: "isolate", phase: "money", effect: "read", act: isolate },
  { name: "plan", phase: "money", effect: "change", act: plan },
  { name: "permit", phase: "money", effect: "read", act: permit },
  { name: "draft-erase", phase: "money", effect: "read", act: draft("erase") },
  { name: "erase", phase: "money", effect: "destroy", act: erase },
  { name: "erased", phase: "proof", effect: "read", act: erased },
  { name: "unfill", phase: "proof", effect: "destroy", act: unfill },
  { name: "inspect", phase: "proof", effect: "read", act: inspect(1) },
  { name: "fill", phase: "proof", effect: "destroy", act: fill },
  { name: "restart", phase: "proof", effect: "change", act: restart },
  { name: "inspect-again", phase: "proof", effect: "read", act: inspect(2) },
  { name: "identify-again", phase: "proof", effect: "read", act: identifyAgain },
  { name: "attest", phase: "proof", effect: "read", act: attest },
];
