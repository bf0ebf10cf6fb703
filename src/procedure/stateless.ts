// An earlier settlement in a terminal that keeps no state of it: batch number, records, flags and the last settlement are all there is to see.
import type { Outcome } from "../evidence/entries.js";
import type { SettleAttempt } from "../evidence/record.js";
import type { Account, Item, SettlementFacts, SettlementState } from "../terminal/facts.js";
import { batchOf, isBatchKind, isUnfinished, sameTotals } from "./batches.js";
import type { Run } from "./context.js";
import { batchBeside, officeSays, originalTotals, outcomeTold } from "./situation.js";
import { type Conclusion, concludeSent, type Look, type Office } from "./unknown.js";

/** What such a terminal shows of an account after a settlement whose end nobody saw, beside what was saved before it. */
export interface StatelessLook {
  readonly batch: Look["batch"];
  /** `as-saved`: the same records, by their hash. `none`: nothing that a settlement is about. */
  readonly records: "as-saved" | "none" | "other";
  /** Where the terminal says that a settlement stopped: in the upload, or at paper and clearing. `other`: it says more, or something else. */
  readonly flag: "none" | "upload" | "local" | "other";
  /** The last settlement it remembers. `ours`: of the saved batch, with our totals and the host's reference; `differs`: of that batch, and not so. */
  readonly last: "ours" | "differs" | "another";
  /** How that one ended. */
  readonly outcome: Outcome;
  /** Asked only of an upload that is open. */
  readonly host: Look["host"];
  readonly office: Office;
  readonly reopened: boolean;
}

/** Total, and the answer to doubt is "unknown": a sign-in, another tool, a new record or a half-cut clear all look like something else. */
export function concludeStateless(look: StatelessLook): Conclusion {
  const { batch, records, flag, last } = look;
  if (batch === "successor" && records === "none" && flag === "none") return gone(look);
  if (batch !== "same" || records !== "as-saved") return { next: "unknown" };
  if (flag === "upload" && last === "another") return concludeSent(look);
  if (flag === "local" && last === "ours") return { next: "finish" };
  // Nothing shows whether it reached the host: only the back office's "open" lets it be sent, once more.
  if (flag === "none" && last === "another" && look.office === "open" && !look.reopened) return { next: "settle" };
  return { next: "unknown" };
}

/** The batch has gone up and its records are gone: settled if the terminal's own record or the back office says so, else cleared unproven. */
function gone({ last, outcome, office }: StatelessLook): Conclusion {
  if (last === "ours" && (outcome === "BALANCED" || outcome === "BALANCED_AFTER_UPLOAD")) return { next: "settled", outcome };
  return last !== "ours" && office === "closed" ? { next: "settled", outcome: "BALANCED" } : { next: "unknown" };
}

/** The host has booked it, as the terminal says. */
const AT_HOST: ReadonlySet<SettlementState> = new Set(["booked", "printed", "cleared"]);

export interface StatelessSeen {
  readonly facts: SettlementFacts;
  readonly look: StatelessLook;
}

/** Looks by the last census and the last settlement of the account. */
export async function lookStateless(run: Run, account: Account, attempt: SettleAttempt): Promise<StatelessSeen> {
  const { batch, accountHash } = attempt.intent;
  const facts = await run.terminal.lastSettlement(account.id);
  const counted = originalTotals(run, account, batch);
  const items = (run.proofs.census?.items ?? []).filter((item) => item.account === account.id);
  const records = items.filter((item) => !isUnfinished(item));
  const { terminalTotals, hostTotals, reference } = facts;
  const ours =
    reference !== undefined &&
    terminalTotals !== undefined &&
    counted !== undefined &&
    sameTotals(terminalTotals, counted) &&
    (hostTotals === undefined || sameTotals(hostTotals, terminalTotals));
  return {
    facts,
    look: {
      batch: batchBeside(run, account, batch),
      records:
        batchOf(records, account).hash === accountHash ? "as-saved" : records.some(({ kind }) => isBatchKind(kind)) ? "other" : "none",
      flag: flagOf(items),
      last: facts.batch !== batch || !AT_HOST.has(facts.state) ? "another" : ours ? "ours" : "differs",
      outcome: outcomeTold(facts),
      host: "not-asked",
      office: officeSays(run, account, attempt, counted),
      reopened: run.record().reopened(account.id, batch),
    },
  };
}

function flagOf(items: readonly Item[]): StatelessLook["flag"] {
  const [flag, ...more] = items.filter(isUnfinished);
  if (flag === undefined) return "none";
  if (more.length > 0) return "other";
  return flag.kind === "U16" ? "upload" : flag.kind === "U17" ? "local" : "other";
}
