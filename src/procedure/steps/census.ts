// Counting what is unsettled. Every census is compared with the first one and with what the journal says this run has done since.
import { DecomError } from "../../base/errors.js";
import { refuseLeaksIn } from "../../evidence/archive/scan.js";
import type { CensusMoment } from "../../evidence/entries.js";
import { type RunRecord, settlementOf } from "../../evidence/record.js";
import type { Account, Census, Item, TotalRow } from "../../terminal/facts.js";
import { opensGate } from "../../terminal/gate.js";
import { nextBatch } from "../../terminal/model.js";
import { Counted } from "../../terminal/proofs.js";
import { judgeAccounts } from "../accounts.js";
import { isUnfinished, stansOf, storedItems, storedRows } from "../batches.js";
import { contradictions, grown, vanished } from "../books.js";
import type { Run } from "../context.js";
import { settledElsewhere } from "../settle-held.js";
import { traceGaps } from "../traces.js";
import { isWithoutEffect } from "../unknown.js";
import { knownNumbers } from "./archive.js";

/** Counts everything and mints the proof that it was counted. */
export function census(when: CensusMoment): (run: Run) => Promise<void> {
  return async (run) => {
    await count(run, when);
    if (when !== "start") return;
    await judgeAccounts(run);
    if (run.proofs.accounts.length > 0 || run.record().blank !== undefined) return;
    throw new DecomError("batch.no-account", "the terminal names no acquirer, and it is not as a wipe leaves it");
  };
}

export async function count(run: Run, when: CensusMoment): Promise<Census> {
  const { accounts, rows } = await run.terminal.accounts();
  const counted = await run.terminal.census();
  const first = run.record().census("start") === undefined;
  const items = storedItems(counted.items);
  refuseLeaksIn({ accounts: accounts.map(({ id: _, ...told }) => told), items }, knownNumbers(run, accounts));
  run.write({ kind: "seen", step: "census", when, census: { ...counted, items }, accounts, rows: storedRows(rows) });
  if (first) run.write({ kind: "seen", step: "traces", gaps: traceGaps(counted.items.map(({ stan }) => stan)) });
  refuseNew(run.record(), counted.items);
  const proof = Counted.look(run.terminal.identity, counted);
  refuseContradiction(rows, counted.items);
  refuseOthersSettlement(run.record(), accounts, counted.items);
  for (const account of accounts) await refuseOtherBatch(run, account);
  refuseVanished(run.record(), counted.items);
  run.proofs = { counted: proof, census: counted, accounts };
  return counted;
}

/** The terminal is locked, so an item that the first census did not have was booked by somebody else. */
function refuseNew(record: RunRecord, now: readonly Item[]): void {
  const added = grown(record.census("start")?.census.items ?? [], now);
  if (added.length === 0) return;
  throw new DecomError("batch.grown", `${added.length} records are new since the first census (STAN ${stansOf(added)})`);
}

/** Totals and items come from the same records; a terminal that disagrees with itself has money somewhere that it does not show. */
function refuseContradiction(rows: readonly TotalRow[], items: readonly Item[]): void {
  const [first, ...others] = contradictions(rows, items);
  if (first === undefined) return;
  const more = others.length === 0 ? "" : `, and ${others.length} more`;
  throw new DecomError("batch.contradiction", `totals and census differ: ${first}${more}`);
}

/**
 * An unfinished settlement that this journal did not begin, or that stands where all of ours were seen to end without effect, is somebody
 * else's: who has its op can look, we could only guess.
 */
function refuseOthersSettlement(record: RunRecord, accounts: readonly Account[], items: readonly Item[]): void {
  const isOurs = (account: string) => record.begun(account).some(({ seen }) => !isWithoutEffect(seen?.outcome));
  const foreign = items.find((item) => isUnfinished(item) && !isOurs(item.account));
  if (foreign === undefined) return;
  const { tid = "of no account" } = accounts.find(({ id }) => id === foreign.account) ?? {};
  throw new DecomError("settle.elsewhere", `batch ${foreign.batch} of ${tid} is in an unfinished settlement that this run did not begin`, {
    account: foreign.account,
    did: "unknown",
  });
}

/** The open batch moves on once, by the model's rule, when we have settled it, and never else. */
async function refuseOtherBatch(run: Run, account: Account): Promise<void> {
  const { id, tid, batch } = account;
  const record = run.record();
  const before = record.census("start")?.accounts.find((account) => account.id === id)?.batch;
  const outcome = settlementOf(record, id)?.outcome;
  const due = opensGate(outcome) && outcome !== "NOTHING_TO_SETTLE" && before !== undefined ? nextBatch(run.model, before) : before;
  if (due === undefined || batch === due) return;
  // A settlement of ours whose end is not known yet may have moved it: the settle step looks at that.
  const newest = record.begun(id).at(-1);
  if (!opensGate(outcome) && newest !== undefined && !isWithoutEffect(newest.seen?.outcome)) return;
  const last = await run.terminal.lastSettlement(id);
  if (!opensGate(outcome) && before !== undefined && last.state === "cleared" && last.batch === before)
    throw settledElsewhere(account, before);
  throw new DecomError("settle.batch-changed", `the open batch of ${tid} is ${batch}, it should be ${due}`, {
    account: id,
    did: "unknown",
  });
}

function refuseVanished(record: RunRecord, now: readonly Item[]): void {
  const gone = vanished(record, now);
  if (gone.length === 0) return;
  throw new DecomError("batch.shrunk", `${gone.length} records of the first census are gone, and not by us (STAN ${stansOf(gone)})`, {
    did: "unknown",
  });
}
