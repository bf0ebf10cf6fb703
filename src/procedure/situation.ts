// What the journal and the last census say about an earlier settlement before the terminal is asked how it ended.
import type { Outcome, Stored } from "../evidence/entries.js";
import type { SettleAttempt } from "../evidence/record.js";
import type { Account, SettlementFacts, Totals } from "../terminal/facts.js";
import { dialectOf, nextBatch } from "../terminal/model.js";
import { batchOf, sameTotals } from "./batches.js";
import type { Run } from "./context.js";
import { resolutionFor } from "./exceptions.js";
import { type Conclusion, conclude, type Look, type Office } from "./unknown.js";

/** The account's open batch beside the one that an attempt was about, by the model's wrap rule. */
export function batchBeside({ model }: Pick<Run, "model">, account: Account, batch: string): Look["batch"] {
  if (account.batch === batch) return "same";
  return account.batch === nextBatch(model, batch) ? "successor" : "other";
}

/** The settle codes are the outcomes' names. */
export function outcomeTold({ code }: SettlementFacts): Outcome {
  return code.startsWith("unknown-") ? "UNKNOWN" : (code as Outcome);
}

/** What the last census says about the batch that an attempt was about. */
export function situated(
  run: Run,
  account: Account,
  { intent }: SettleAttempt,
): Pick<Look, "batch" | "untouched" | "reopened" | "finishing"> {
  const { batch, finishing } = intent;
  return {
    batch: batchBeside(run, account, batch),
    untouched: batchOf(run.proofs.census?.items ?? [], account).hash === intent.accountHash,
    reopened: run.record().reopened(account.id, batch),
    finishing: finishing !== undefined,
  };
}

/** Totals of the batch when its first settlement was to begin: later ones may find it half cleared. */
export function originalTotals(run: Run, account: Account, batch: string) {
  return run
    .record()
    .begun(account.id)
    .find(({ intent }) => intent.batch === batch)?.intent.totals;
}

/**
 * The back office's word counts for this batch alone: "closed" with our totals, "open" as of a time when nothing was under way any more.
 */
export function officeSays(run: Run, account: Account, { intent }: SettleAttempt, ours: Totals | Stored<Totals> | undefined): Office {
  const word = resolutionFor(run, account, intent.batch);
  if (word === undefined) return "none";
  if (word.answer === "closed") return ours !== undefined && sameTotals(word.totals, ours) ? "closed" : "none";
  return Date.parse(word.asOf) > Date.parse(intent.at) + dialectOf(run.model, account.acquirer).longestDelay ? "open" : "none";
}

const NOTHING_SEEN = { state: "idle", outcome: "UNKNOWN", ours: false, confirmed: false, host: "not-asked", office: "none" } as const;

/** What follows when the terminal says that it never saw an attempt's op. */
export function nextOfUnsent(run: Run, account: Account, attempt: SettleAttempt): Conclusion["next"] {
  return conclude({ ...situated(run, account, attempt), ...NOTHING_SEEN, op: "NOT_STARTED" }).next;
}

/**
 * Settlements that were intended and never left are dismissed while the terminal can still say so: whatever is sent next takes their op
 * number, and of a number that is used up no store says whose it was. A terminal in which anything has changed is not believed.
 */
export async function dismissUnsent(run: Run): Promise<void> {
  for (const account of run.proofs.accounts) {
    const last = run.record().begun(account.id).at(-1);
    if (last === undefined || last.seen !== undefined) continue;
    const { op } = last.intent;
    if ((await run.terminal.op(op)).state !== "NOT_STARTED" || nextOfUnsent(run, account, last) === "unknown") continue;
    run.write({ kind: "seen", step: "unstarted", op });
  }
}
