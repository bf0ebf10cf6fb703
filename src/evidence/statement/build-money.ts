// The money rows of a statement: per acquirer, what was open, what was tried, how it ended and what is left.
import { alphabetic, numeric } from "../../base/money.js";
import { sameAccount } from "../../terminal/exceptions.js";
import { type Account, type Item, kinds, type Totals } from "../../terminal/facts.js";
import type { Stored } from "../entries.js";
import { type ExceptionField, exceptionHash, type Order } from "../order/schema.js";
import { outcomeFor, type RunRecord, type SettleAttempt, settlementOf } from "../record.js";
import { NOT_REPORTED } from "./fields.js";
import { hostViewField } from "./host-view.js";
import type { ExceptionRow, OpenItems, SettlementRow, TotalsField } from "./statement-money.js";

export function settlementRows(record: RunRecord, order: Order): SettlementRow[] {
  return (record.census("start")?.accounts ?? []).map((account) => settlementRow(record, order, account));
}

function settlementRow(record: RunRecord, order: Order, account: Account): SettlementRow {
  const currency = alphabetic(account.currency);
  const of = (items: readonly Stored<Item>[] | undefined) => openItems((items ?? []).filter((item) => item.account === account.id));
  const attempts = record.attempts(account.id);
  const settled = settlementOf(record, account.id);
  const facts = settled?.facts;
  const batch = attempts[0]?.intent.batch ?? account.batch;
  return {
    acquirer: account.acquirer,
    mid: account.mid,
    tid: account.tid,
    batch,
    currency,
    level: facts?.macVerified === true ? "S2" : "S1",
    hostView: hostViewField(order, account),
    before: of(record.census("start")?.census.items),
    after: of((record.census("permit") ?? record.census("after-settle") ?? record.census("start"))?.census.items),
    attempts: attempts.map(attemptRow),
    outcome: outcomeFor(record, account.id) ?? "UNKNOWN",
    terminal: { totals: totalsField(facts?.terminalTotals, currency) },
    ...(facts === undefined
      ? {}
      : {
          host: {
            code: facts.hostCode ?? NOT_REPORTED,
            flags: [...(facts.macVerified ? (["mac-verified"] as const) : []), ...(attempts.length > 1 ? (["after-lookup"] as const) : [])],
            rrn: facts.reference ?? NOT_REPORTED,
            date: facts.hostDate ?? NOT_REPORTED,
            totals: totalsField(facts.hostTotals, currency),
          },
        }),
    ...exceptionRows(record, order, account),
  };
}

/** The exceptions that the gate let through, which are used whole or not at all. */
export function usedExceptions(record: RunRecord, { exceptions }: Order): readonly ExceptionField[] {
  const passed = record.gate?.exceptions ?? [];
  return exceptions.filter((field) => passed.includes(exceptionHash(field)));
}

function exceptionRows(record: RunRecord, order: Order, account: Account): { exceptions?: ExceptionRow[] } {
  const own = usedExceptions(record, order).filter((field) => sameAccount(field, account));
  if (own.length === 0) return {};
  const rows = own.map((field): ExceptionRow => {
    const { kind, direction, items, count, amount, currency, disposition } = field;
    const money = { amount, currency: alphabetic(numeric(currency)) };
    return { orderItemSha256: exceptionHash(field), kind, direction, items, count, money, disposition };
  });
  return { exceptions: rows };
}

function attemptRow({ intent, seen }: SettleAttempt): SettlementRow["attempts"][number] {
  return { opId: intent.op, at: intent.at, result: seen?.outcome ?? "looked-up" };
}

function totalsField(totals: Stored<Totals> | undefined, currency: string): TotalsField | typeof NOT_REPORTED {
  if (totals === undefined) return NOT_REPORTED;
  return {
    debitCount: totals.debitCount,
    debit: { amount: totals.debit, currency },
    creditCount: totals.creditCount,
    credit: { amount: totals.credit, currency },
  };
}

/** Items added up per kind, direction and currency, in order of first appearance. */
function openItems(items: readonly Stored<Item>[]): OpenItems[] {
  const rows = new Map<string, OpenItems>();
  for (const { kind, direction, money, count = 1 } of items) {
    const currency = alphabetic(money.currency);
    const key = `${kind} ${direction} ${currency}`;
    const row = rows.get(key) ?? { kind, gate: kinds[kind].gate, direction, count: 0, money: { amount: 0, currency } };
    row.count += count;
    row.money.amount += money.minor;
    rows.set(key, row);
  }
  return [...rows.values()];
}
