// Exceptions and rulings are used once, over all runs of a station: what is used up stands in its log before the act that uses it.
import { hex } from "../base/bytes.js";
import type { ErrorCode } from "../base/codes.js";
import type { DecomError } from "../base/errors.js";
import { sha256 } from "../base/sign.js";
import { exceptionsOf } from "../evidence/order/granted.js";
import { resolutionOf } from "../evidence/order/lookup.js";
import type { ResolutionField } from "../evidence/order/schema.js";
import { sameAccount } from "../terminal/exceptions.js";
import { type Account, type HostAnswer, kinds, type SettlementFacts } from "../terminal/facts.js";
import { itemIds } from "../terminal/gate.js";
import type { Run } from "./context.js";

/** What other runs have used up; what this run used, it may use on. */
export function usedByOthers({ stationLog, record }: Pick<Run, "stationLog" | "record">): ReadonlySet<string> {
  const { runId } = record().begin;
  stationLog.refresh();
  return new Set(stationLog.lines.flatMap((line) => (line.record.kind === "used" && line.record.runId !== runId ? line.record.used : [])));
}

/** Whether the order excepts every item that this account still has, by the counting before settlement. */
function isLetGo({ order, proofs }: Pick<Run, "order" | "proofs">, account: Account): boolean {
  const named = exceptionsOf(order.order).filter((one) => sameAccount(one, account));
  const own = (proofs.census?.items ?? []).filter((item) => item.account === account.id && kinds[item.kind].gate !== "WARN");
  return (
    named.length > 0 &&
    own.every(({ stan, digest }) => named.some(({ items }) => items.some((i) => i.stan === stan && i.digest === digest)))
  );
}

/** Nothing of the account was booked by what failed so. */
const WITHOUT_EFFECT: ReadonlySet<ErrorCode> = new Set([
  "pending.reversal",
  "settle.host",
  "settle.host-down",
  "settle.no-network",
  "settle.deregistered",
  "settle.mac",
  "settle.unbalanced",
]);

/** The order lets go of all that this acquirer will not take; the gate looks at it again, item by item. */
export function mayLetGo(run: Pick<Run, "order" | "proofs">, account: Account, { code }: DecomError): boolean {
  return WITHOUT_EFFECT.has(code) && isLetGo(run, account);
}

/** On return the items of all exceptions that the gate let through are used up, whatever becomes of the wipe. */
export function useExceptions(run: Pick<Run, "stationLog" | "record" | "order">): void {
  const passed = run.record().gate?.exceptions ?? [];
  const exceptions = exceptionsOf(run.order.order).filter(({ id }) => passed.includes(id));
  use(
    run,
    exceptions.flatMap((one) => itemIds(one)),
  );
}

function use({ stationLog, record }: Pick<Run, "stationLog" | "record">, ids: readonly string[]): void {
  const { runId } = record().begin;
  const known = new Set(
    stationLog.lines.flatMap((line) => (line.record.kind === "used" && line.record.runId === runId ? line.record.used : [])),
  );
  const used = ids.filter((id) => !known.has(id));
  if (used.length > 0) stationLog.write({ kind: "used", runId, used });
}

/** Answers of one back office about one batch are the same answer, in whichever order they stand. */
function resolutionId({ acquirer, mid, tid, batch, answer, asOf, hostReference }: ResolutionField): string {
  return hex(sha256(Buffer.from(["resolution", acquirer, mid, tid, batch, answer, asOf, hostReference].join(" "))));
}

type Asked = Pick<Run, "stationLog" | "record" | "order">;

/**
 * What the order says where neither terminal nor host could tell: "closed" only with the totals that this terminal sent, and any answer
 * only when it was given after the last attempt and `hostDelay` ms. Used once: on return it stands in the station log.
 */
export function askOrder(run: Asked, account: Account, batch: string, facts: SettlementFacts, hostDelay: number): HostAnswer {
  const attempts = run.record().attempts(account.id);
  const lastTriedAt = attempts.findLast(({ intent }) => intent.batch === batch)?.intent.at;
  if (lastTriedAt === undefined) return "cannot-tell";
  const told = resolutionOf(run.order.order, { ...account, batch, lastTriedAt, hostDelay });
  if (told === undefined) return "cannot-tell";
  const id = resolutionId(told);
  if (usedByOthers(run).has(id)) return "cannot-tell";
  if (told.answer === "closed" && !sameTotals(told, facts)) return "cannot-tell";
  use(run, [id]);
  return told.answer;
}

function sameTotals({ totals }: ResolutionField, { terminalTotals }: SettlementFacts): boolean {
  if (totals === null || terminalTotals === undefined) return false;
  const { debitCount, debit, creditCount, credit } = terminalTotals;
  return (
    totals.debitCount === debitCount &&
    BigInt(totals.debit) === debit &&
    totals.creditCount === creditCount &&
    BigInt(totals.credit) === credit
  );
}
