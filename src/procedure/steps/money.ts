// Steps up to the last look before the wipe: lock, condition, isolation, permit. Counting, sending and archiving have files of their own.
import { DecomError } from "../../base/errors.js";
import { exceptionsOf } from "../../evidence/order/granted.js";
import { outcomeFor, type RunRecord } from "../../evidence/record.js";
import { leftOpen } from "../../terminal/isolation.js";
import { ErasePermit } from "../../terminal/proofs.js";
import { hostFindingsOf, refuseLapsed } from "../accounts.js";
import type { Run } from "../context.js";
import { usedByOthers } from "../exceptions.js";
import { wantsStream } from "../fills.js";
import { conditionOf, status, tampered } from "../tamper.js";
import { count } from "./census.js";
import { restart } from "./proof.js";

/** Before anything can be recorded: from here on the terminal takes no new transaction. */
export async function lock(run: Run): Promise<void> {
  await run.terminal.lock();
  run.write({ kind: "seen", step: "lock" });
}

const MIN_BATTERY = 15;
/** A wipe that is cut short by a forced restart is resumed by the terminal, but a settlement is not. */
const MIN_SECONDS_TO_REBOOT = 300;

/** Fit for what follows? A terminal that is about to restart by itself is restarted first, before anything is counted, and once in a run. */
export async function condition(run: Run): Promise<void> {
  let seconds = soundFor(run);
  if (seconds < MIN_SECONDS_TO_REBOOT && !hasRestarted(run)) {
    await restart(run);
    if (run.record().locked && !run.terminal.identity.locked)
      throw new DecomError("terminal.refused", "the terminal's lock did not outlive a restart");
    const before = tampered(run);
    await status(run);
    if (tampered(run) !== before) throw new DecomError("proof.stale", "the tamper switch has triggered while the terminal restarted");
    seconds = soundFor(run);
  }
  if (seconds >= MIN_SECONDS_TO_REBOOT) return;
  throw new DecomError("terminal.reboot-due", `the terminal restarts by itself in ${seconds} s; this run has restarted it once`);
}

/** A restart that was only intended shows in the terminal: its boot number is the one it had. */
function hasRestarted(run: Run): boolean {
  const before = run.record().restart?.bootNumber;
  return before !== undefined && run.terminal.identity.bootNumber > before;
}

/** Judges the newest look at power, and gives the seconds until the terminal restarts by itself. */
function soundFor(run: Run): number {
  const { mains, batteryPercent, secondsToReboot } = conditionOf(run);
  if (!mains && batteryPercent < MIN_BATTERY) {
    throw new DecomError("terminal.power", `battery at ${batteryPercent} % without mains; ${MIN_BATTERY} % are needed`);
  }
  return secondsToReboot;
}

export function draft(when: "money" | "erase"): (run: Run) => Promise<void> {
  return async (run) => {
    const codes = run.draft();
    run.write({ kind: "seen", step: "draft", when, codes });
    if (codes.length > 0) throw new DecomError("draft.rejected", `the certificate would be refused: ${codes.join(", ")}`, { codes });
  };
}

/**
 * What keeps the terminal from reloading keys or parameters until the last inspection: the word of whoever is at it now, in words that are
 * known. Throws `isolation.unsaid` where going on without it would lose what the order demands, unless they own up that it is lost.
 */
export async function isolate(run: Run): Promise<void> {
  const record = run.record();
  const how = record.isolationSaid;
  if (how?.length === 0) return; // they own up to it
  const open = leftOpen(run.model.networks, how ?? []);
  if (how !== undefined) run.write({ kind: "seen", step: "isolate", how, open });
  if ((how !== undefined && open.length === 0) || !restsOnIsolation(run, record)) return;
  const why = how === undefined ? "nobody who took the run up has said it" : `${how.join(", ")} leaves ${open.join(", ")} open`;
  throw new DecomError("isolation.unsaid", `the order demands V5 of a terminal that is kept off networks; ${why}`);
}

/** Of a run that was taken up: before ARM all can still be had, after it what the one who ordered the wipe had vouched for. */
function restsOnIsolation({ order, model, terminal }: Run, { hands, arm, wipeOp, isolation }: RunRecord): boolean {
  if (hands.length < 2 || !wantsStream(order.order, model, terminal.identity)) return false;
  const isArmed = arm !== undefined && arm.op === wipeOp;
  return !isArmed || (isolation?.open.length === 0 && isolation.until === undefined);
}

/** The last look: the order still counts, nothing that blocks is left, every acquirer has an outcome. Mints the permit to erase. */
export async function permit(run: Run): Promise<void> {
  refuseLapsed(run);
  const counted = await count(run, "permit");
  const record = run.record();
  const now = run.proofs.accounts;
  // An account that is gone by now still owes its outcome.
  const accounts = [...now, ...(record.census("start")?.accounts ?? []).filter(({ id }) => now.every((one) => one.id !== id))];
  const outcomes = new Map(accounts.map(({ id }) => [id, outcomeFor(record, id) ?? "none"]));
  const exceptions = exceptionsOf(run.order.order);
  const permit = ErasePermit.look(run.terminal.identity, {
    census: counted,
    accounts,
    outcomes,
    exceptions,
    used: usedByOthers(run),
    hostFindings: hostFindingsOf(record),
  });
  run.write({ kind: "seen", step: "gate", exceptions: exceptions.map(({ id }) => id) });
  run.proofs = { ...run.proofs, permit };
}
