// One walk down the table of steps, begun anew whenever the run is taken up: open, find the phase by looking, do what is left.
import { DecomError } from "../base/errors.js";
import type { Journal } from "../evidence/journal.js";
import { recordOf } from "../evidence/record.js";
import type { Issue, StatementSource } from "../evidence/statement/build.js";
import type { Transcript } from "../evidence/transcript.js";
import { foundBlank } from "./blank.js";
import type { Run } from "./context.js";
import { refuseHiddenRun, refuseUnknownOps } from "./continuity.js";
import { draftCodes } from "./draft.js";
import { certify, close, hold, type Parked, type RunResult, stopped } from "./finish.js";
import { type Phase, stepsIn } from "./plan.js";
import { refuseTampered, status, tampered } from "./tamper.js";
import { refuseEndedLife, refuseOlderSelf } from "./twin.js";

/** Interruptions after which the same line may simply be tried again, as a person would with `resume`. */
const AGAIN: ReadonlySet<string> = new Set(["terminal.restarted", "terminal.silent", "census.changed", "proof.stale"]);
const WALKS = 3;

export interface WalkRequest extends Omit<Run, "record" | "write" | "draft" | "proofs"> {
  readonly journal: Journal;
  readonly transcript: Transcript;
  source(): StatementSource;
}

/** Runs to an end state, or throws what does not end a run (interruption, defects). */
export async function walk(request: WalkRequest): Promise<RunResult> {
  const parked: Parked = request;
  const run: Run = {
    ...request,
    record: () => recordOf(request.journal.lines),
    write: (entry) => request.journal.write(entry),
    draft: () => draftCodes(request),
    proofs: { accounts: [] },
  };
  for (let walks = 1; ; walks++) {
    try {
      if (walks > 1) {
        await run.terminal.hello(run.model.limits.boot);
        run.write({ kind: "resumed", tool: run.tool.version, address: run.record().begin.address });
      }
      if (run.record().signing === undefined) {
        await once(run);
        request.transcript.flush(); // a statement that is fixed names the transcript as it was then
      }
      return certify(parked);
    } catch (thrown) {
      if (!(thrown instanceof DecomError)) throw thrown;
      if ((AGAIN.has(thrown.code) || isNews(run, thrown)) && walks < WALKS) continue;
      return stop(request, thrown);
    }
  }
}

/** The terminal refuses as tampered what it was asked as a sound one: it has triggered since, and is taken up again as what it is now. */
function isNews(run: Run, { code }: DecomError): boolean {
  return code === "terminal.tampered" && run.record().tampering.length === 0;
}

/** Where the end cannot be written, the journal says what the run is; why it stopped is told with what has to be helped first. */
function stop(request: WalkRequest, error: DecomError): RunResult {
  try {
    if (recordOf(request.journal.lines).signing === undefined) request.transcript.flush();
    return ended(request, error);
  } catch (thrown) {
    if (!(thrown instanceof DecomError) || thrown === error) throw thrown;
    const { code, message, facts } = thrown;
    if (code === error.code) return asParked(request, error);
    const both = `${message}; the run had stopped with ${error.code}: ${error.message}`;
    return asParked(request, new DecomError(code, both, { ...facts, did: error.did, cause: thrown }));
  }
}

/** What an error makes of a run. Throws it where it ends none. */
export function ended(parked: Parked, error: DecomError): RunResult {
  const { end } = error.row;
  const { arm } = recordOf(parked.journal.lines);
  switch (end) {
    case undefined:
      throw error;
    case "HOLD":
      return hold(parked, error);
    case "QUAR":
    case "DESTROY":
      if (arm !== undefined) return certifyOrHold(parked, { endState: end, error });
      close(parked, end, error.code);
      return stopped(parked, error, end, null);
    default:
      // Refusals come before a journal exists; a run that has one is never refused any more.
      return hold(parked, error);
  }
}

/** The statement is fixed before it is signed, so a certificate whose signer is gone only waits for it. */
function certifyOrHold(parked: Parked, ended: NonNullable<Issue["ended"]>): RunResult {
  try {
    return certify(parked, ended);
  } catch (thrown) {
    if (thrown instanceof DecomError && thrown.code === "signer.unavailable") return hold(parked, thrown);
    throw thrown;
  }
}

/** The result of a run that could not go on for a reason outside it, as its journal has it: parked, or else thrown. */
export function asParked(parked: Parked, error: DecomError): RunResult {
  const { entry } = parked.journal.head;
  if (entry.kind !== "held") throw error;
  return stopped(parked, error, "HOLD", entry.holdSha256 === null ? null : `${parked.folder}/hold.json`);
}

async function once(run: Run): Promise<void> {
  const { identity } = run.terminal;
  if (identity.serial === run.record().begin.serial) refuseTwin(run);
  recordIntent(run);
  run.write({ kind: "seen", step: "identity", identity });
  if (identity.serial !== run.record().begin.serial) {
    throw new DecomError("identity.swapped", `the run is for ${run.record().begin.serial}, now ${identity.serial} answers`);
  }
  refuseUnknownOps(run);
  await status(run);
  await run.terminal.open(run.authority);
  const phase = await phaseOf(run);
  // Whatever a lost run did to a terminal, nothing can be done twice to one that holds nothing.
  if (phase !== "blank") refuseHiddenRun(run);
  const steps = stepsIn(phase);
  for (const [i, step] of steps.entries()) {
    if (run.signal?.aborted) throw new DecomError("run.interrupted", `stopped before the step ${step.name}`);
    run.onEvent?.({ type: "begin", step: step.name, row: i + 1, rows: steps.length });
    await step.act(run);
    run.onEvent?.({ type: "end", step: step.name });
  }
}

function refuseTwin({ stationLog, terminal: { identity }, record }: Run): void {
  refuseEndedLife(stationLog, identity);
  refuseOlderSelf(record(), identity);
}

/** The station's own record that this run began stands before its first money or destroy message. */
function recordIntent(run: Run): void {
  const { begin, logged, order } = run.record();
  if (logged !== undefined && run.stationLog.lines[logged.intentSeq - 1]?.sha256 !== logged.intentSha256) {
    throw new DecomError("log.rolled-back", `the station's log does not have record ${logged.intentSeq} as this run wrote it`);
  }
  const { runId, certId, serial } = begin;
  const { orderSha256 } = order;
  const known = run.stationLog.find((record) => record.kind === "intent" && record.runId === runId && record.orderSha256 === orderSha256);
  if (known !== undefined && logged?.intentSeq === known.recordSeq) return;
  const { device, nonce } = run.order.order;
  const line = known ?? run.stationLog.write({ kind: "intent", runId, certId, serial, life: device.life, orderSha256, nonce });
  run.write({ kind: "intent", step: "record", intentSeq: line.recordSeq, intentSha256: line.sha256 });
}

/** Whether ARM reached the terminal is the terminal's to say: the journal only knows that it was to be sent. */
async function phaseOf(run: Run): Promise<Phase> {
  const { arm, wipeOp: op } = run.record();
  if (op === undefined) return await phaseBefore(run);
  const { state } = await run.terminal.op(op);
  switch (state) {
    case "NOT_STARTED":
      run.write({ kind: "seen", step: "unstarted", op });
      return await phaseBefore(run);
    case "RUNNING":
    case "DONE":
    case "FAILED":
      if (arm?.op !== op) throw new DecomError("journal.forged", `op ${op} was armed, but the journal has no such intent`);
      return "proof";
    default:
      throw new DecomError("erase.unfinished", `the terminal answers ${state} for wipe op ${op}`, { op, did: "unknown" });
  }
}

/** Not wiped under this order: by somebody else, or not yet. */
async function phaseBefore(run: Run): Promise<Phase> {
  const { life, serial } = run.terminal.identity;
  if (life !== run.order.order.device.life) {
    throw new DecomError("identity.swapped", `${serial} is in life ${life}, but this run has not wiped it`);
  }
  if (await foundBlank(run)) {
    refuseTampered(run);
    return "blank";
  }
  return tampered(run) ? "tampered" : "money";
}
