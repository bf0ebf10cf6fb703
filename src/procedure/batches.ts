// What a census says about an account and its open batch, in the forms in which it is saved and compared.
import { sha256Hex } from "../base/sign.js";
import type { Stored } from "../evidence/entries.js";
import { type Account, type Item, type Kind, kinds, type SettlementFacts, type TotalRow, type Totals } from "../terminal/facts.js";

/** Kinds that a settlement is about: a batch is never both. */
const SETTLED: ReadonlySet<Kind> = new Set(["U01", "U02"]);

export const isBatchKind = (kind: Kind): boolean => SETTLED.has(kind);

/** A settlement that was begun and has not ended. */
const UNFINISHED: ReadonlySet<Kind> = new Set(["U15", "U16", "U17"]);

export const isUnfinished = ({ kind }: Pick<Item, "kind">): boolean => UNFINISHED.has(kind);

/** What an account has that stands in the way of a wipe; the rest is only reported. */
export function openItems(items: readonly Item[], { id }: Account): readonly Item[] {
  return items.filter(({ account, kind }) => account === id && kinds[kind].gate !== "WARN");
}

/** Totals of the records that a settlement will be about, and a hash over everything that the account has. */
export function batchOf(items: readonly Item[], account: Account): { totals: Totals; hash: string } {
  const own = items.filter((item) => item.account === account.id);
  const totals = totalsOf(own.filter(({ batch }) => batch === account.batch));
  const lines = own.map(({ kind, batch, direction, money, stan, digest, count = 1 }) =>
    [kind, batch, direction, money.minor, money.currency, stan, digest, count].join(" "),
  );
  return { totals, hash: sha256Hex(Buffer.from(lines.sort().join("\n"))) };
}

/** As a person is told which records are meant. */
export const stansOf = (items: readonly { readonly stan: string }[]): string => items.map(({ stan }) => stan).join(", ");

/** Of those among these that a settlement is about. */
export function totalsOf(items: readonly (Item | Stored<Item>)[]): Totals {
  return items.filter(({ kind }) => SETTLED.has(kind)).reduce(add, { debitCount: 0, debit: 0n, creditCount: 0, credit: 0n });
}

function add(sum: Totals, { direction, money, count = 1 }: Item | Stored<Item>): Totals {
  const minor = BigInt(money.minor);
  return direction === "debit"
    ? { ...sum, debitCount: sum.debitCount + count, debit: sum.debit + minor }
    : { ...sum, creditCount: sum.creditCount + count, credit: sum.credit + minor };
}

/** Of either form: counts and amounts are the same numbers as `bigint` and, in journals, as whole numbers. */
export function sameTotals(a: Totals | Stored<Totals>, b: Totals | Stored<Totals>): boolean {
  return (
    a.debitCount === b.debitCount &&
    a.creditCount === b.creditCount &&
    BigInt(a.debit) === BigInt(b.debit) &&
    BigInt(a.credit) === BigInt(b.credit)
  );
}

// Terminals carry 12 digits, so amounts always are safe whole numbers.
const storedMoney = ({ minor, currency }: Item["money"]): Stored<Item["money"]> => ({ minor: Number(minor), currency });

export function storedItems(items: readonly Item[]): readonly Stored<Item>[] {
  return items.map((item) => ({ ...item, money: storedMoney(item.money) }));
}

export function storedRows(rows: readonly TotalRow[]): readonly Stored<TotalRow>[] {
  return rows.map((row) => ({ ...row, money: storedMoney(row.money) }));
}

export function storedTotals(totals: Totals): Stored<Totals> {
  return { ...totals, debit: Number(totals.debit), credit: Number(totals.credit) };
}

export function storedSettlement({ terminalTotals, hostTotals, ...rest }: SettlementFacts): Stored<SettlementFacts> {
  return {
    ...rest,
    ...(terminalTotals === undefined ? {} : { terminalTotals: storedTotals(terminalTotals) }),
    ...(hostTotals === undefined ? {} : { hostTotals: storedTotals(hostTotals) }),
  };
}
