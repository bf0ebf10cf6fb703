// The decommission as a table: read it from top to bottom. A run that is taken up again walks the same table from the phase it is in.
import type { Run } from "./context.js";
import { settleAccounts } from "./settle.js";
import { archive, sealLate } from "./steps/archive.js";
import { census } from "./steps/census.js";
import { fill, unfill } from "./steps/fill.js";
import { condition, draft, isolate, lock, permit } from "./steps/money.js";
import { pending } from "./steps/pending.js";
import { attest, identifyAgain, inspect, restart } from "./steps/proof.js";
import { letGo } from "./steps/tamper.js";
import { erase, erased, plan } from "./steps/wipe.js";

/**
 * `money`: until ARM may have reached the terminal. `tampered`: the same of one that cannot settle any more. `proof`: from ARM on; money and
 * ARM are never touched again. `blank`: somebody wiped it before us, and it is only looked at.
 */
export type Phase = "money" | "tampered" | "proof" | "blank";

export interface Step {
  readonly name: string;
  /** In which phases it is taken. */
  readonly in: readonly Phase[];
  readonly act: (run: Run) => Promise<void>;
}

/** What is left to do in a phase. */
export function stepsIn(phase: Phase): readonly Step[] {
  return steps.filter((step) => step.in.includes(phase));
}

const MONEY = ["money"] as const;
const TAMPERED = ["tampered"] as const;
const WIPE = ["money", "tampered"] as const;
const PROOF = ["money", "tampered", "proof"] as const;
const ALWAYS = ["money", "tampered", "proof", "blank"] as const;
const NOT_WIPED = ["money", "tampered", "blank"] as const;

export const steps: readonly Step[] = [
  { name: "lock", in: MONEY, act: lock },
  { name: "condition", in: NOT_WIPED, act: condition },
  { name: "census", in: NOT_WIPED, act: census("start") },
  { name: "draft-money", in: ["money", "blank"], act: draft("money") },
  { name: "pending", in: MONEY, act: pending },
  { name: "census-before", in: MONEY, act: census("after-pending") },
  { name: "settle", in: MONEY, act: settleAccounts },
  { name: "census-after", in: MONEY, act: census("after-settle") },
  { name: "let-go", in: TAMPERED, act: letGo },
  { name: "archive", in: NOT_WIPED, act: archive },
  { name: "isolate", in: PROOF, act: isolate },
  { name: "plan", in: WIPE, act: plan },
  { name: "permit", in: WIPE, act: permit },
  { name: "draft-erase", in: WIPE, act: draft("erase") },
  { name: "erase", in: WIPE, act: erase },
  { name: "archive-sealed", in: ["proof"], act: sealLate },
  { name: "erased", in: PROOF, act: erased },
  { name: "unfill", in: PROOF, act: unfill },
  { name: "inspect", in: ALWAYS, act: inspect(1) },
  { name: "fill", in: PROOF, act: fill },
  { name: "restart", in: ALWAYS, act: restart },
  { name: "inspect-again", in: ALWAYS, act: inspect(2) },
  { name: "identify-again", in: ALWAYS, act: identifyAgain },
  { name: "attest", in: PROOF, act: attest },
];
