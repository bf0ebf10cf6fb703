// Settling one acquirer's batch: once, whatever happens to the answer. Every round begins by looking at what the journal says was tried.
import { sleep } from "../base/clock.js";
import { DecomError, unreachable } from "../base/errors.js";
import type { Outcome, Stored } from "../evidence/entries.js";
import type { SettleAttempt } from "../evidence/record.js";
import { type Situation, situationOf } from "../terminal/dialects/dialect.js";
import { isRefusal } from "../terminal/driver.js";
import type { Account, HostAnswer, OpState, SettlementFacts, Totals } from "../terminal/facts.js";
import { opensGate } from "../terminal/gate.js";
import { dialectOf } from "../terminal/model.js";
import { maySettle } from "./accounts.js";
import { batchOf, sameTotals, stansOf, storedSettlement, storedTotals } from "./batches.js";
import type { Run } from "./context.js";
import { isExcepted, isLetGo, useResolution } from "./exceptions.js";
import { failedSettlement, settledElsewhere, unknownSettlement } from "./settle-held.js";
import { nextOfUnsent, officeSays, originalTotals, outcomeTold, situated } from "./situation.js";
import { concludeStateless, lookStateless } from "./stateless.js";
import { standsInTheWay } from "./steps/pending.js";
import { type Conclusion, conclude, type Look, type Office } from "./unknown.js";

/** Looks at one settlement; every one of them waits for the terminal, or ends. */
const ROUNDS = 24;

/** Settles every account it can, and only then stops for those that could not be settled. */
export async function settleAccounts(run: Run): Promise<void> {
  const held: DecomError[] = [];
  for (const account of run.proofs.accounts) {
    try {
      await settleAccount(run, account);
    } catch (thrown) {
      // What concerns this account alone is no reason to leave the others' money where it is.
      if (!(thrown instanceof DecomError)) throw thrown;
      if (isLetGo(run, account, thrown.code)) continue;
      const { code, did, message, facts } = thrown;
      if (facts["account"] === account.id) held.push(thrown);
      else if (code !== "settle.no-network") throw thrown;
      else held.push(new DecomError(code, `${account.tid}: ${message}`, { account: account.id, did, cause: thrown }));
    }
  }
  const [first, ...others] = held;
  if (first === undefined) return;
  if (others.length === 0) throw first;
  const message = held.map((error) => `${error.code}: ${error.message}`).join("; ");
  const did = held.some((error) => error.did === "unknown") ? "unknown" : first.did;
  throw new DecomError(first.code, message, { ...first.facts, accounts: held.map(({ facts }) => facts["account"]), did, cause: first });
}

async function settleAccount(run: Run, account: Account): Promise<void> {
  // Nothing may be sent any more: what is left is excepted, item by item, and an empty batch asks no host.
  if (!maySettle(run.order.order) && isExcepted(run, account)) return;
  refuseStanding(run, account);
  const waited = { ms: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const last = run.record().begun(account.id).at(-1);
    if (last?.seen !== undefined && opensGate(last.seen.outcome)) return;
    if (last === undefined) await start(run, account);
    else await lookAt(run, account, last, { earlier: round === 0, waited });
  }
  throw unknownSettlement(account, account.batch, `it did not come to an end in ${ROUNDS} looks`);
}

/** The terminal would refuse it too; but what a reversal takes back must not be booked on anybody's word. */
function refuseStanding(run: Run, account: Account): void {
  if (run.record().begun(account.id).length > 0) return;
  const standing = (run.proofs.census?.items ?? []).filter((item) => item.account === account.id && standsInTheWay(item.kind));
  if (standing.length === 0) return;
  throw new DecomError("pending.reversal", `${account.tid} still has ${standing.length} pending reversals (STAN ${stansOf(standing)})`, {
    account: account.id,
  });
}

async function start(run: Run, account: Account, finishing?: string): Promise<void> {
  const counted = run.proofs.counted ?? unreachable("a batch is settled after a census only");
  const { totals, hash } = batchOf(run.proofs.census?.items ?? [], account);
  const op = run.terminal.newOp();
  run.write({
    kind: "intent",
    step: "settle",
    op,
    account: account.id,
    batch: account.batch,
    censusHash: counted.seen.censusHash,
    accountHash: hash,
    totals: storedTotals(totals),
    ...(finishing === undefined ? {} : { finishing }),
  });
  try {
    await run.terminal.settle(counted, op, account.id, finishing);
  } catch (thrown) {
    if (isRefusal(thrown)) run.write({ kind: "seen", step: "unstarted", op }); // its number is the next one's
    throw thrown;
  }
}

/** `earlier`: the attempt was made before this walk. `waited`: for a host that was down, in this walk. */
interface Round {
  readonly earlier: boolean;
  readonly waited: { ms: number };
}

async function lookAt(run: Run, account: Account, attempt: SettleAttempt, round: Round): Promise<void> {
  const { op, batch, finishing } = attempt.intent;
  const { state } = await run.terminal.finished(op);
  if (state === "NOT_STARTED") {
    const next = nextOfUnsent(run, account, attempt);
    if (next === "settle") return start(run, account);
    const older = run
      .record()
      .attempts(account.id)
      .find(({ intent }) => intent.op === finishing);
    if (next === "look-back" && older !== undefined) {
      run.write({ kind: "seen", step: "unstarted", op });
      return lookAt(run, account, older, round);
    }
    throw unknownSettlement(account, batch, "the terminal has not seen its op, but batch or records are others now");
  }
  if (!storeProves(state) && run.model.settlementState === "none") return await lookOnce(run, account, attempt, round);
  const facts = await settlementFacts(run, account, op, state);
  const situation = situationOf(dialectOf(run.model, account.acquirer), facts.hostCode);
  const outcome = outcomeOf(facts, situation);
  const counted = originalTotals(run, account, batch);
  // Of an op that the store has lost this is the account's last settlement, which says nothing of ours.
  if (storeProves(state) && outcome === "NOTHING_TO_SETTLE") await refuseNothing(run, account, facts, { batch, counted });
  const look: Look = {
    ...situated(run, account, attempt),
    op: state,
    state: facts.state,
    outcome,
    ours:
      facts.batch === batch && (facts.terminalTotals === undefined || counted === undefined || sameTotals(facts.terminalTotals, counted)),
    confirmed:
      facts.reference !== undefined &&
      (facts.hostTotals === undefined || facts.terminalTotals === undefined || sameTotals(facts.hostTotals, facts.terminalTotals)),
    host: "not-asked",
    office: "none",
  };
  const asked: Look = conclude(look).next === "ask-host" ? { ...look, host: await askHost(run, account, attempt, facts) } : look;
  const office = officeWord(run, account, attempt, facts, asked);
  noteOffice(run, account, attempt, office);
  const conclusion = conclude({ ...asked, office });
  await act(run, account, attempt, { look, facts, situation, conclusion, round });
}

/** Records that were counted are not nothing: somebody else has settled them meanwhile, or the terminal contradicts itself. */
async function refuseNothing(
  run: Run,
  account: Account,
  facts: SettlementFacts,
  { batch, counted }: { readonly batch: string; readonly counted: Stored<Totals> | undefined },
): Promise<void> {
  const records = counted === undefined ? 0 : counted.debitCount + counted.creditCount;
  if (records === 0) return;
  const last = await run.terminal.lastSettlement(account.id);
  if (facts.batch !== batch && last.state === "cleared" && last.batch === batch) throw settledElsewhere(account, batch);
  throw new DecomError("batch.contradiction", `${account.tid} has nothing to settle, and its batch ${batch} has ${records} records`, {
    account: account.id,
  });
}

/** The same where no terminal's store could prove anything: what follows is for the batch, its records and the last settlement to say. */
async function lookOnce(run: Run, account: Account, attempt: SettleAttempt, round: Round): Promise<void> {
  const { facts, look: seen } = await lookStateless(run, account, attempt);
  const look = concludeStateless(seen).next === "ask-host" ? { ...seen, host: await askHost(run, account, attempt, facts) } : seen;
  const conclusion = concludeStateless(look);
  if (concludeStateless({ ...look, office: "none" }).next !== conclusion.next) noteOffice(run, account, attempt, look.office);
  const situation = situationOf(dialectOf(run.model, account.acquirer), facts.hostCode);
  await act(run, account, attempt, { look: { op: "UNKNOWN", outcome: look.outcome }, facts, situation, conclusion, round });
}

interface Looked {
  readonly look: Pick<Look, "op" | "outcome">;
  readonly facts: SettlementFacts;
  readonly situation: Situation;
  readonly conclusion: Conclusion;
  readonly round: Round;
}

async function act(run: Run, account: Account, { intent }: SettleAttempt, seen: Looked): Promise<void> {
  const { op, batch, finishing } = intent;
  const { facts, situation, conclusion, round } = seen;
  switch (conclusion.next) {
    case "settled":
      run.write({ kind: "seen", step: "settle", op, account: account.id, outcome: conclusion.outcome, facts: storedSettlement(facts) });
      return run.terminal.release(op);
    case "settle":
      return start(run, account);
    case "finish": {
      // An op that failed after the host had booked waits for paper, or cannot clear; it does still, until somebody has been here.
      const isBooked = facts.state === "booked" || facts.state === "printed";
      if (seen.look.op !== "FAILED" || !isBooked || round.earlier) return start(run, account, op);
      const outcome = facts.state === "booked" ? "PRINT_PENDING" : "CLEAR_PENDING";
      run.write({ kind: "seen", step: "settle", op, account: account.id, outcome, facts: storedSettlement(facts) });
      throw failedSettlement(account, batch, outcome, situation, facts);
    }
    case "wait":
      return sleep(run.clock, 1000);
    case "failed":
      run.write({ kind: "seen", step: "settle", op, account: account.id, outcome: conclusion.outcome, facts: storedSettlement(facts) });
      // An attempt that was to finish another and did nothing leaves that other one as it was: it is still the one to be finished.
      if (conclusion.again && (round.earlier || (situation === "host-down" && (await backOff(run, account, round))))) {
        await run.terminal.release(op); // from here on nobody looks at it: kept, refusals would fill the store
        return start(run, account, finishing);
      }
      throw failedSettlement(account, batch, conclusion.outcome, situation, facts);
    case "unknown":
    case "ask-host":
    case "look-back":
      if (situation === "duplicate" || facts.code === "UPLOAD_INCOMPLETE") {
        throw failedSettlement(account, batch, seen.look.outcome, situation, facts);
      }
      if (!storeProves(seen.look.op)) {
        throw new DecomError("settle.store", `the terminal answers ${seen.look.op} for op ${op} on batch ${batch} of ${account.tid}`, {
          account: account.id,
          did: "unknown",
        });
      }
      throw unknownSettlement(account, batch, `op is ${seen.look.op}, settlement ${facts.state} ${facts.code}`);
    default:
      return conclusion satisfies never;
  }
}

/** The settlement record of an op. A store that has lost the op has no record of it either: then the account's last one is shown. */
async function settlementFacts(run: Run, account: Account, op: string, state: OpState): Promise<SettlementFacts> {
  return storeProves(state) ? await run.terminal.settlement(op) : await run.terminal.lastSettlement(account.id);
}

const storeProves = (state: OpState): boolean => state !== "FORGOTTEN" && state !== "STORE_LOST" && !state.startsWith("unknown-");

/** Pauses, doubled each time, until the dialect's window is used up. */
async function backOff(run: Run, account: Account, { waited }: Round): Promise<boolean> {
  const { first, window } = dialectOf(run.model, account.acquirer).backOff;
  const pause = waited.ms + first; // 1, 2, 4 … times the first pause
  if (waited.ms + pause > window) return false;
  await sleep(run.clock, pause);
  waited.ms += pause;
  return true;
}

/**
 * The host's answer counts as "closed" only with the totals that this terminal sent, and as "open" only when nothing that was sent can
 * still be on its way.
 */
async function askHost(run: Run, account: Account, { intent }: SettleAttempt, facts: SettlementFacts): Promise<HostAnswer> {
  const { op, batch } = intent;
  let reply = await run.terminal.askHost(op);
  const early = quietSince(run, account, op) + dialectOf(run.model, account.acquirer).longestDelay - run.clock.wall();
  if (reply.answer === "open" && early > 0) {
    await sleep(run.clock, early);
    reply = await run.terminal.askHost(op);
  }
  const differs =
    reply.hostTotals !== undefined && facts.terminalTotals !== undefined && !sameTotals(reply.hostTotals, facts.terminalTotals);
  const answer = reply.answer === "closed" && differs ? "cannot-tell" : reply.answer;
  run.write({ kind: "seen", step: "host-query", op, account: account.id, batch, answer, by: "host" });
  return answer;
}

/** When it was first seen that this op sends nothing more. How long it had been sending before is the terminal's secret. */
function quietSince(run: Run, account: Account, op: string): number {
  const first = run
    .record()
    .asked(account.id)
    .find((asked) => asked.op === op);
  return first === undefined ? run.clock.wall() : Date.parse(first.at);
}

const WORDS = ["closed", "open"] as const satisfies readonly Office[];

/** Asked only where its word would change anything, since it counts once. */
function officeWord(run: Run, account: Account, attempt: SettleAttempt, { terminalTotals }: SettlementFacts, look: Look): Office {
  const { next } = conclude(look);
  if (WORDS.every((office) => conclude({ ...look, office }).next === next)) return "none";
  return officeSays(run, account, attempt, terminalTotals);
}

/** That an office's word was acted upon is on disk before the act: it counts once. */
function noteOffice(run: Run, account: Account, { intent }: SettleAttempt, office: Office): void {
  if (office === "none") return;
  const { op, batch } = intent;
  useResolution(run, account, batch);
  run.write({ kind: "seen", step: "host-query", op, account: account.id, batch, answer: office, by: "office" });
}

/** A host that says "duplicate" has not said whether it booked. */
function outcomeOf(facts: SettlementFacts, situation: Situation): Outcome {
  return facts.code === "HOST_REJECTED" && situation === "duplicate" ? "UNKNOWN" : outcomeTold(facts);
}
