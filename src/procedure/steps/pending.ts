// Before a batch is closed: what the host must have first, in this order, each with what its failure means for the run.
import { DecomError, unreachable } from "../../base/errors.js";
import { words } from "../../base/words.js";
import { isRefusal, type OpFacts } from "../../terminal/driver.js";
import type { Account, Kind, OpState } from "../../terminal/facts.js";
import type { Model } from "../../terminal/model.js";
import { maySettle } from "../accounts.js";
import { isUnfinished } from "../batches.js";
import type { Run } from "../context.js";
import { isExcepted, isLetGo } from "../exceptions.js";
import { dismissUnsent } from "../situation.js";

export interface PreStep {
  readonly kind: Kind;
  /**
   * `stop`: the run is parked, since settling beside it would book what it takes back. `leave`: what is left goes to the gate, where only a
   * signed exception lets it pass. `warn`: what is left is reported.
   */
  readonly fails: "stop" | "leave" | "warn";
  /** How often it is sent until it is answered: more than once only what does no harm when it arrives twice. */
  readonly tries: number;
  /** Sent at all only to a host that is known to recognise a repetition. */
  readonly onlyIfDeduplicated?: boolean;
}

export const preSteps: readonly PreStep[] = [
  { kind: "U09", fails: "warn", tries: 1 },
  { kind: "U03", fails: "stop", tries: 3 }, // a repeated reversal is the same reversal to every host
  { kind: "U05", fails: "leave", tries: 1 },
  { kind: "U07", fails: "leave", tries: 1, onlyIfDeduplicated: true },
  { kind: "U11", fails: "leave", tries: 1 },
  { kind: "U12", fails: "leave", tries: 1 },
  { kind: "U20", fails: "leave", tries: 1 },
  { kind: "U22", fails: "leave", tries: 1 },
  { kind: "U14", fails: "leave", tries: 3 }, // an inquiry moves nothing
  { kind: "U08", fails: "leave", tries: 3 },
  { kind: "U21", fails: "warn", tries: 1 },
];

/** What an op can come to; of any other answer nothing follows. */
const ENDS: ReadonlySet<OpState> = new Set(["DONE", "FAILED", "UNKNOWN", "NOT_STARTED"]);

/** The steps that a model allows. */
export function stepsFor({ deduplicates }: Model): readonly PreStep[] {
  return preSteps.filter(({ onlyIfDeduplicated }) => onlyIfDeduplicated !== true || deduplicates === "proven");
}

/** Kinds beside which a batch is never settled. */
export function standsInTheWay(kind: Kind): boolean {
  return preSteps.some((step) => step.kind === kind && step.fails === "stop");
}

export async function pending(run: Run): Promise<void> {
  await lookUpInterrupted(run);
  await dismissUnsent(run);
  if (!maySettle(run.order.order)) return;
  const items = run.proofs.census?.items ?? [];
  // A settlement in question comes first: the terminal takes nothing beside it, and what is pending is still pending afterwards.
  const free = run.proofs.accounts.filter(({ id }) => !items.some((item) => item.account === id && isUnfinished(item)));
  for (const step of stepsFor(run.model)) {
    for (const account of free) {
      if (!items.some((item) => item.kind === step.kind && item.account === account.id)) continue;
      try {
        await send(run, account, step);
      } catch (thrown) {
        if (!(thrown instanceof DecomError) || !isLetGo(run, account, thrown.code)) throw thrown;
      }
    }
  }
}

/** An op whose end was not seen is looked up before anything is sent; what it left undone, the census has counted. */
async function lookUpInterrupted(run: Run): Promise<void> {
  for (const { op, item } of run.record().interruptedPending) await end(run, op, item);
}

async function send(run: Run, account: Account, { kind, fails, tries }: PreStep): Promise<void> {
  const counted = run.proofs.counted ?? unreachable("pending messages are sent after a census only");
  const ends: OpFacts[] = [];
  while (ends.length < tries && ends.at(-1)?.state !== "DONE") {
    const op = run.terminal.newOp();
    run.write({ kind: "intent", step: "pending", op, account: account.id, item: kind });
    try {
      await run.terminal.sendPending(counted, op, account.id, Number(kind.slice(1)));
    } catch (thrown) {
      if (isRefusal(thrown)) run.write({ kind: "seen", step: "pending", op, state: "NOT_STARTED" }); // its number is the next one's
      throw thrown;
    }
    ends.push(await end(run, op, kind));
  }
  const state = ends.at(-1)?.state;
  if (state === "DONE" || fails !== "stop" || isExcepted(run, account, kind)) return;
  const why = `${words.kind[kind]} of ${account.tid}`;
  // Of a host that took no call at all it is certain that it has heard nothing; a network is all that is missing.
  if (ends.every(({ noHost }) => noHost === true)) {
    throw new DecomError("settle.no-network", `${why}: the terminal could not call its host`, { account: account.id, did: "not-done" });
  }
  throw new DecomError("pending.unsent", `${why}: the terminal says ${state}`, { account: account.id, did: "unknown" });
}

/** Waits for an op's end and writes it down. */
async function end(run: Run, op: string, kind: Kind): Promise<OpFacts> {
  const facts = await run.terminal.finished(op);
  const { state } = facts;
  run.write({ kind: "seen", step: "pending", op, state });
  if (state === "DONE" || state === "FAILED") await run.terminal.release(op);
  if (ENDS.has(state)) return facts;
  throw new DecomError("settle.store", `${words.kind[kind]}: the terminal answers ${state} for op ${op}`, { did: "unknown" });
}
