// Flaws of settlement and archive: what is left, what does not add up, and levels above their evidence.

import { kinds } from "../../terminal/facts.js";
import { opensGate } from "../../terminal/gate.js";
import { needsArchive } from "../archive/needed.js";
import { isKnown } from "./fields.js";
import type { Flaw } from "./reasons.js";
import type { Evidence } from "./statement.js";
import type { ExceptionRow, OpenItems, SettlementRow, TotalsField } from "./statement-money.js";

const LEVELS = ["S0", "S1", "S2", "S3"] as const;

export function* moneyFlaws(body: Evidence): Generator<Flaw> {
  for (const [i, row] of body.settlement.entries()) {
    const at = `/settlement/${i}`;
    yield* openFlaws(row, at);
    yield* hostFlaws(row, at, body);
    yield* levelFlaws(row, at, body);
    yield* formFlaws(row, at);
  }
  const numbers = body.settlement.map(({ acquirer, mid, tid, currency }) => [acquirer, mid, tid, currency].join(" "));
  const twice = numbers.findIndex((one, i) => numbers.indexOf(one) !== i);
  if (twice !== -1) yield { reason: "MONEY_FORM", pointer: `/settlement/${twice}` };
  // A terminal found blank has no accounts left to list, and one that was settled was not found blank.
  const untouched = isUntouched(body);
  const settled = body.settlement.length > 0;
  if (settled ? untouched && body.areas.some(({ result }) => result === "erased") : !untouched) {
    yield { reason: "SETTLEMENT_OPEN", pointer: "/settlement" };
  }
  const { mid, tid, acquirerId } = body.device;
  const own = body.settlement.some(
    (row) =>
      (!isKnown(mid) || row.mid === mid) && (!isKnown(tid) || row.tid === tid) && (!isKnown(acquirerId) || row.acquirer === acquirerId),
  );
  if (body.settlement.length > 0 && !own) yield { reason: "MONEY_FORM", pointer: "/device/mid" };
  yield* archiveFlaws(body);
}

/** Not one area and not one key was erased by this run. */
function isUntouched({ areas, keys }: Evidence): boolean {
  return areas.every(({ technique }) => technique === "none") && keys.every(({ action }) => action === "none");
}

const isOpen = ({ count, money }: OpenItems) => count > 0 || money.amount !== 0;

function* openFlaws({ outcome, before, after, exceptions = [] }: SettlementRow, at: string): Generator<Flaw> {
  const open = after.map((item, i) => ({ item, i })).filter(({ item }) => isOpen(item) && kinds[item.kind].gate !== "WARN");
  const matches = (item: OpenItems) => exceptions.filter(({ kind, direction }) => kind === item.kind && direction === item.direction);
  for (const { item, i } of open) {
    const matching = matches(item);
    const pointer = `${at}/after/${i}`;
    // BLOCK kinds are never excepted, whatever the order says.
    if (matching.length === 0 || kinds[item.kind].gate === "BLOCK") yield { reason: "MONEY_LEFT", pointer };
    else if (!covers(matching, item)) yield { reason: "EXCEPTION_UNMATCHED", pointer };
  }
  const ids = exceptions.flatMap(({ orderItemSha256, items }) => [orderItemSha256, ...items.map(({ digest }) => digest)]);
  for (const [i, exception] of exceptions.entries()) {
    const pointer = `${at}/exceptions/${i}`;
    yield { reason: "EXCEPTION_USED", pointer };
    const used = open.some(({ item }) => matches(item).includes(exception));
    const listed = exception.disposition === "unlisted" ? exception.items.length === 0 : exception.items.length === exception.count;
    if (!used || !listed || new Set(ids).size !== ids.length) yield { reason: "EXCEPTION_UNMATCHED", pointer };
  }
  if (!opensGate(outcome) && exceptions.length === 0) yield { reason: "SETTLEMENT_OPEN", pointer: `${at}/outcome` };
  // An empty terminal is not a settled terminal: a batch that was there cannot end as nothing to settle.
  const batch = before.findIndex((item) => isOpen(item) && (item.kind === "U01" || item.kind === "U02"));
  if (outcome === "NOTHING_TO_SETTLE" && batch !== -1) yield { reason: "MONEY_LEFT", pointer: `${at}/before/${batch}` };
}

function covers(exceptions: readonly ExceptionRow[], item: OpenItems): boolean {
  const sum = (of: (one: ExceptionRow) => number) => exceptions.reduce((total, one) => total + of(one), 0);
  return sum(({ count }) => count) === item.count && sum(({ money }) => money.amount) === item.money.amount;
}

function* hostFlaws({ outcome, batch, before, hostView }: SettlementRow, at: string, body: Evidence): Generator<Flaw> {
  const no: Flaw = { reason: "HOST_VIEW", pointer: `${at}/hostView` };
  if (!isKnown(hostView)) {
    if (outcome === "NOTHING_TO_SETTLE") yield no;
  } else if ("unavailable" in hostView) {
    if (body.environment.kind === "production" && new Set(hostView.approvers).size < 2) yield no;
  } else {
    const { uncaptured, openBatch } = hostView;
    const known = before.reduce((total, { count }) => total + count, 0);
    const unbooked = uncaptured.count > known || (known === 0 && (uncaptured.debit.amount !== 0 || uncaptured.credit.amount !== 0));
    // More at the host than in the terminal: someone cleared it before us.
    if (unbooked && (outcome === "NOTHING_TO_SETTLE" || openBatch === batch)) yield no;
  }
}

function* levelFlaws(
  { level, outcome, attempts, host, terminal, exceptions = [] }: SettlementRow,
  at: string,
  body: Evidence,
): Generator<Flaw> {
  const balanced = outcome === "BALANCED" || outcome === "BALANCED_AFTER_UPLOAD";
  const hostTotals = host !== undefined && isKnown(host.totals) ? host.totals : undefined;
  if (balanced && hostTotals !== undefined && isKnown(terminal.totals) && !sameTotals(hostTotals, terminal.totals)) {
    yield { reason: "TOTALS_DIFFER", pointer: `${at}/host/totals` };
  }
  if (balanced && host?.flags.includes("error-flag")) yield { reason: "TOTALS_DIFFER", pointer: `${at}/host/flags` };
  const verified = host?.flags.includes("mac-verified") === true && (!balanced || (hostTotals !== undefined && isKnown(terminal.totals)));
  // S3 is the acquirer's own signed record, which only a receipt can hold.
  if (level === "S3" || (level === "S2" && !verified)) yield { reason: "SETTLEMENT_LEVEL", pointer: `${at}/level` };
  // Where all is excepted, settling need not even have been tried; then nothing is known of it.
  const untried = attempts.length === 0 && exceptions.length > 0 ? "UNKNOWN" : "NOTHING_TO_SETTLE";
  const ended = attempts.findLast(({ result }) => result !== "looked-up")?.result ?? untried;
  if (ended !== outcome) yield { reason: "SETTLEMENT_UNSHOWN", pointer: `${at}/attempts` };
  const { settlement: minimum = "S0" } = body.order.minimumLevels;
  if (LEVELS.indexOf(level) < LEVELS.indexOf(minimum)) yield { reason: "SETTLEMENT_BELOW", pointer: `${at}/level` };
}

function sameTotals(a: TotalsField, b: TotalsField): boolean {
  return (
    a.debitCount === b.debitCount &&
    a.creditCount === b.creditCount &&
    a.debit.amount === b.debit.amount &&
    a.credit.amount === b.credit.amount
  );
}

function* formFlaws(row: SettlementRow, at: string): Generator<Flaw> {
  for (const list of ["before", "after"] as const) {
    for (const [i, { kind, gate }] of row[list].entries()) {
      if (gate !== kinds[kind].gate) yield { reason: "MONEY_FORM", pointer: `${at}/${list}/${i}/gate` };
    }
  }
  const { uploaded } = row;
  if (uploaded !== undefined && uploaded.done > uploaded.of) yield { reason: "MONEY_FORM", pointer: `${at}/uploaded` };
  if (isInOther(row.currency, row)) yield { reason: "MONEY_FORM", pointer: `${at}/currency` };
}

/** Whether anything in it names another currency. */
function isInOther(currency: string, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.keys(value).some((key) => {
    const inner: unknown = Reflect.get(value, key);
    return key === "currency" ? inner !== currency : isInOther(currency, inner);
  });
}

function* archiveFlaws({ settlement, archive, order, environment }: Evidence): Generator<Flaw> {
  if (!archive.present) {
    if (needsArchive(settlement, order.archiveDemanded)) yield { reason: "ARCHIVE", pointer: "/archive" };
    return;
  }
  const counted = settlement.flatMap(({ before }) => before).reduce((sum, { count }) => sum + count, 0);
  if (archive.recordCount < counted) yield { reason: "ARCHIVE", pointer: "/archive/recordCount" };
  const parties = archive.recipients.map(({ party }) => party);
  const open = archive.alg === "none";
  const addressed = open
    ? parties.length === 0 && archive.panForm !== "encrypted"
    : settlement.every(({ acquirer }) => parties.includes(acquirer));
  if (!addressed || (open && environment.kind === "production")) yield { reason: "RECIPIENT", pointer: "/archive/recipients" };
}
