// The merchant's counter: what customers do while the terminal is in use, as records in its log and authorisations at its host.
import { digitsFrom } from "../base/random.js";
import type { Kind } from "../terminal/facts.js";
import type { Batch } from "./batch.js";
import type { Body } from "./body.js";
import type { Self } from "./self.js";
import { entryOf } from "./unit.js";

/** What can be booked at the counter, and what it is in the log. */
export const bookings = {
  sale: { kind: "U01", direction: "debit" },
  refund: { kind: "U01", direction: "credit" },
  reversal: { kind: "U03", direction: "credit" },
  offline: { kind: "U05", direction: "debit" },
} as const satisfies Record<string, { kind: Kind; direction: "debit" | "credit" }>;
export type Booking = keyof typeof bookings;

/** Writes one transaction; false when there is no such account, or no room. It asks nobody whether the terminal may be used. */
export function book({ stores, host }: Body, batch: Batch, self: Self, account: number, amount: bigint, as: Booking): boolean {
  const of = batch.accounts[account];
  if (of === undefined) return false;
  const stans = batch.records.map(({ stan }) => Number(stan));
  const sale = {
    ...bookings[as],
    account,
    batch: batch.ledger(of.id).get().batch,
    stan: String((Math.max(0, ...stans) % 999_999) + 1).padStart(6, "0"),
    amount,
    currency: of.currency,
    time: self.time,
  } as const;
  const pan = `6299990${digitsFrom(self.random("card", 9))}`;
  if (!batch.append(sale, { pan, expiry: "3012", track: `${pan}=3012220` })) return false;
  const item = entryOf(sale, of.id);
  stores.host.append({ event: "start", item });
  if (sale.kind === "U01") host.authorise(item);
  return true;
}
