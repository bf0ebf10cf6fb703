// Settling one acquirer's batch: once, whatever happens to the answer. Every round begins by looking at what the journal says was tried.
import { sleep } from "../base/clock.js";
import { DecomError, unreachable } from "../base/errors.js";
import type { Outcome, Stored } from "../evidence/entries.js";
import { opensGate, type SettleAttempt } from "../evidence/record.js";
import type { Account, HostAnswer, SettlementFacts, Totals } from "../terminal/facts.js";
import type { Run } from "./context.js";
import { conclude, type Look } from "./unknown.js";

const ROUNDS = 6;
const NOTHING_SEEN = { state: "idle", outcome: "UNKNOWN", openedBefore: false, host: "not-asked" } as const;

export async function settleAccount(run: Run, account: Account): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const attempts = run.record().attempts(account.id);
    const last = attempts.at(-1);
    if (last?.seen !== undefined && opensGate(last.seen.outcome)) return;
    if (last === undefined) await start(run, account);
    else await lookAt(run, account, last, round === 0);
  }
  throw new DecomError("settle.unknown", `the settlement of ${account.tid} did not come to an end`, {
    account: account.id,
    did: "unknown",
  });
}

async function start(run: Run, account: Account, finishing?: string): Promise<void> {
  const counted = run.proofs.counted ?? unreachable("a batch is settled after a census only");
  const op = run.terminal.newOp();
  const continued = finishing === undefined ? {} : { finishing };
  const { censusHash } = counted.seen;
  run.write({ kind: "intent", step: "settle", op, account: account.id, batch: account.batch, censusHash, ...continued });
  await run.terminal.settle(counted, op, account.id, finishing);
}

/** `earlier`: the attempt was made before this walk, so a failure that sent nothing is no reason to stop now. */
async function lookAt(run: Run, account: Account, { intent }: SettleAttempt, earlier: boolean): Promise<void> {
  const { op, batch, finishing } = intent;
  const { state, code } = await run.terminal.finished(op);
  if (state === "NOT_STARTED") {
    // The terminal never saw this op: as long as nothing else changed, what it was to do is still to be done.
    const untouched = account.batch === batch && run.proofs.counted?.seen.censusHash === intent.censusHash;
    const { next } = conclude({ ...NOTHING_SEEN, op: state, ours: untouched });
    if (next === "settle") return start(run, account, finishing);
    throw unknownOutcome(account, intent.batch, op, "the terminal has not seen it, but its records are others now");
  }
  const facts = await run.terminal.settlement(op);
  const openedBefore = run.record().openedBefore(account.id, batch);
  const look: Look = {
    op: state,
    state: facts.state,
    outcome: outcomeOf(facts),
    ours: facts.batch === batch,
    openedBefore,
    host: "not-asked",
  };
  let conclusion = conclude(look);
  if (conclusion.next === "ask-host") {
    const host = await askHost(run, account, batch, op, facts);
    conclusion = conclude({ ...look, host });
  }
  switch (conclusion.next) {
    case "settled":
      run.write({ kind: "seen", step: "settle", op, account: account.id, outcome: conclusion.outcome, facts: stored(facts) });
      return run.terminal.release(op);
    case "settle":
      return start(run, account);
    case "finish":
      return start(run, account, op);
    case "wait":
      return sleep(run.clock, 1000);
    case "failed":
      run.write({ kind: "seen", step: "settle", op, account: account.id, outcome: conclusion.outcome, facts: stored(facts) });
      if (earlier && facts.state === "idle") return start(run, account);
      throw new DecomError(
        conclusion.outcome === "UNBALANCED" ? "settle.unbalanced" : "settle.host",
        `settling batch ${batch} of ${account.tid} ended with ${conclusion.outcome} (host ${facts.hostCode ?? "silent"})`,
        { account: account.id, batch },
      );
    case "unknown":
    case "ask-host":
      throw unknownOutcome(account, batch, op, `op is ${state}, settlement ${facts.state}, code ${code ?? "none"}`);
    default:
      return conclusion satisfies never;
  }
}

/** The host's answer counts as "closed" only with the totals that this terminal sent. */
async function askHost(run: Run, account: Account, batch: string, op: string, facts: SettlementFacts): Promise<HostAnswer> {
  const reply = await run.terminal.askHost(op);
  const differs =
    reply.hostTotals !== undefined && facts.terminalTotals !== undefined && !sameTotals(reply.hostTotals, facts.terminalTotals);
  const answer = reply.answer === "closed" && differs ? "cannot-tell" : reply.answer;
  run.write({ kind: "seen", step: "host-query", op, account: account.id, batch, answer });
  return answer;
}

function sameTotals(a: Totals, b: Totals): boolean {
  return a.debitCount === b.debitCount && a.debit === b.debit && a.creditCount === b.creditCount && a.credit === b.credit;
}

function unknownOutcome(account: Account, batch: string, op: string, why: string): DecomError {
  const message = `whether batch ${batch} of ${account.tid} was booked is not known: ${why}`;
  return new DecomError("settle.unknown", message, { account: account.id, batch, op, did: "unknown" });
}

function outcomeOf(facts: SettlementFacts): Outcome {
  return facts.code.startsWith("unknown-") ? "UNKNOWN" : (facts.code as Outcome); // podp's settle codes are the outcomes' names
}

export function stored(facts: SettlementFacts): Stored<SettlementFacts> {
  const whole = (totals: Totals) => ({ ...totals, debit: Number(totals.debit), credit: Number(totals.credit) }); // 12 digits: always safe
  const { terminalTotals, hostTotals, ...rest } = facts;
  return {
    ...rest,
    ...(terminalTotals === undefined ? {} : { terminalTotals: whole(terminalTotals) }),
    ...(hostTotals === undefined ? {} : { hostTotals: whole(hostTotals) }),
  };
}
