// Steps up to the last look before the wipe: everything that finds, sends, settles and counts money.

import { DecomError, unreachable } from "../../base/errors.js";
import { words } from "../../base/words.js";
import type { CensusMoment, Stored } from "../../evidence/entries.js";
import { exceptionsOf } from "../../evidence/order/granted.js";
import { settlementOf } from "../../evidence/record.js";
import { type Account, type Census, type Kind, kinds, type TotalRow } from "../../terminal/facts.js";
import { Counted, ErasePermit } from "../../terminal/proofs.js";
import { hostFindingsOf, judgeAccounts } from "../accounts.js";
import type { Run } from "../context.js";
import { isLetGo, usedByOthers } from "../exceptions.js";
import { settleAccount } from "../settle.js";

/** Before anything can be recorded: from here on the terminal takes no new transaction. */
export async function lock(run: Run): Promise<void> {
  await run.terminal.lock();
  run.write({ kind: "seen", step: "lock" });
}

const MIN_BATTERY = 15;
/** A wipe that is cut short by a forced restart is resumed by the terminal, but a settlement is not. */
const MIN_SECONDS_TO_REBOOT = 300;

export async function condition(run: Run): Promise<void> {
  const seen = await run.terminal.condition();
  run.write({ kind: "seen", step: "condition", condition: seen });
  if (seen.tamper !== "ok") throw new DecomError("terminal.tampered", `the terminal reports tampering: ${seen.tamperCodes}`);
  if (!seen.mains && seen.batteryPercent < MIN_BATTERY) {
    throw new DecomError("terminal.power", `battery at ${seen.batteryPercent} % without mains; ${MIN_BATTERY} % are needed`);
  }
  if (seen.secondsToReboot < MIN_SECONDS_TO_REBOOT) {
    throw new DecomError("terminal.reboot-due", `the terminal restarts by itself in ${seen.secondsToReboot} s`);
  }
}

/** Counts everything and mints the proof that it was counted. */
export function census(when: CensusMoment): (run: Run) => Promise<void> {
  return async (run) => {
    await count(run, when);
    if (when === "start") await judgeAccounts(run);
  };
}

async function count(run: Run, when: CensusMoment): Promise<Census> {
  const { accounts, rows } = await run.terminal.accounts();
  const counted = await run.terminal.census();
  run.write({ kind: "seen", step: "census", when, census: storedCensus(counted), accounts, rows: rows.map(storedRow) });
  refuseNewItems(run, counted);
  run.proofs = { counted: Counted.look(run.terminal.identity, counted), census: counted, accounts };
  return counted;
}

const amount = ({ minor, currency }: TotalRow["money"]) => ({ minor: Number(minor), currency }); // terminals carry 12 digits: always safe
const storedRow = (row: TotalRow): Stored<TotalRow> => ({ ...row, money: amount(row.money) });
const storedCensus = (of: Census): Stored<Census> => ({ ...of, items: of.items.map((item) => ({ ...item, money: amount(item.money) })) });

/** The terminal is locked, so an item that the first census did not have was booked by somebody else. */
function refuseNewItems(run: Run, now: Census): void {
  const first = run.record().census("start");
  if (first === undefined) return;
  const known = new Set(first.census.items.map(({ account, batch, stan }) => `${account} ${batch} ${stan}`));
  const grown = now.items.filter((item) => !isMarker(item.kind) && !known.has(`${item.account} ${item.batch} ${item.stan}`));
  if (grown.length > 0) {
    throw new DecomError(
      "batch.grown",
      `${grown.length} records are new since the first census (STAN ${grown.map((i) => i.stan).join(", ")})`,
    );
  }
}

/** Kinds that state where a whole batch stands, not a record. */
function isMarker(kind: Kind): boolean {
  return kind === "U15" || kind === "U16" || kind === "U17" || kind === "U18" || kind === "U19";
}

/** Script results, reversals, offline work, notices, e-signatures: what must reach the host before the batch is closed. */
export const PENDING: readonly Kind[] = ["U09", "U03", "U05", "U07", "U11", "U12", "U08"];

export async function pending(run: Run): Promise<void> {
  const items = run.proofs.census?.items ?? [];
  for (const kind of PENDING) {
    for (const account of run.proofs.accounts) {
      if (items.some((item) => item.kind === kind && item.account === account.id)) await sendPending(run, account, kind);
    }
  }
}

async function sendPending(run: Run, account: Account, kind: Kind): Promise<void> {
  if (kind === "U07" && run.model.deduplicates !== "proven") {
    throw new DecomError(
      "pending.unsent",
      `an advice of ${account.tid} was sent without an answer and the host is not known to recognise a repeat`,
    );
  }
  const counted = run.proofs.counted ?? unreachable("pending messages are sent after a census only");
  const op = run.terminal.newOp();
  run.write({ kind: "intent", step: "pending", op, account: account.id, item: kind });
  await run.terminal.sendPending(counted, op, account.id, Number(kind.slice(1)));
  const { state } = await run.terminal.finished(op);
  run.write({ kind: "seen", step: "pending", op, state });
  if (state === "DONE" || state === "FAILED") await run.terminal.release(op);
  if (state !== "DONE" && kinds[kind].gate !== "WARN") {
    throw new DecomError("pending.unsent", `${words.kind[kind]} of ${account.tid}: the terminal says ${state}`, { did: "unknown" });
  }
}

export async function settle(run: Run): Promise<void> {
  for (const account of run.proofs.accounts) {
    try {
      await settleAccount(run, account);
    } catch (thrown) {
      // The order lets go of all that this acquirer will not take; the gate looks at it again, item by item.
      const refused = thrown instanceof DecomError && (thrown.code === "settle.host" || thrown.code === "settle.unbalanced");
      if (!refused || !isLetGo(run, account)) throw thrown;
    }
  }
}

export function draft(when: "money" | "erase"): (run: Run) => Promise<void> {
  return async (run) => {
    const codes = run.draft();
    run.write({ kind: "seen", step: "draft", when, codes });
    if (codes.length > 0) throw new DecomError("draft.rejected", `the certificate would be refused: ${codes.join(", ")}`, { codes });
  };
}

/** What keeps the terminal from reloading keys or parameters until the last inspection. */
export async function isolate(run: Run): Promise<void> {
  run.write({ kind: "seen", step: "isolate", how: run.record().begin.isolation });
}

/** The last look: nothing that blocks is left, every acquirer has an outcome. Mints the permit to erase. */
export async function permit(run: Run): Promise<void> {
  const counted = await count(run, "permit");
  const record = run.record();
  const now = run.proofs.accounts;
  // An account that is gone by now still owes its outcome.
  const accounts = [...now, ...(record.census("start")?.accounts ?? []).filter(({ id }) => now.every((one) => one.id !== id))];
  const outcomes = new Map(accounts.map(({ id }) => [id, settlementOf(record, id)?.outcome ?? "none"]));
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
