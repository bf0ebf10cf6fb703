// Totals of a batch: added up from items on either side, and as the digits that messages carry.
import type { Totals } from "../../terminal/facts.js";
import type { Entry } from "../stores.js";
import type { Values } from "./shape.js";

/** A voided sale is an item in each column: the sale and its void. */
export function totalsOf(items: readonly Pick<Entry, "direction" | "amount">[]): Totals {
  let [debitCount, debit, creditCount, credit] = [0, 0n, 0, 0n];
  for (const { direction, amount } of items) {
    if (direction === "debit") {
      debitCount++;
      debit += amount;
    } else {
      creditCount++;
      credit += amount;
    }
  }
  return { debitCount, debit, creditCount, credit };
}

/** Debits less credits. */
export const netOf = ({ debit, credit }: Totals): bigint => debit - credit;

export function sameTotals(a: Totals, b: Totals): boolean {
  return a.debitCount === b.debitCount && a.debit === b.debit && a.creditCount === b.creditCount && a.credit === b.credit;
}

export function totalsAsValues({ debitCount, debit, creditCount, credit }: Totals): Values {
  return { debitCount: `${debitCount}`, debit: `${debit}`, creditCount: `${creditCount}`, credit: `${credit}` };
}

/** `undefined` where a message carries none. The digits were checked when it was read. */
export function totalsIn({ debitCount, debit, creditCount, credit }: Values): Totals | undefined {
  if (debitCount === undefined || debit === undefined || creditCount === undefined || credit === undefined) return undefined;
  return { debitCount: Number(debitCount), debit: BigInt(debit), creditCount: Number(creditCount), credit: BigInt(credit) };
}
