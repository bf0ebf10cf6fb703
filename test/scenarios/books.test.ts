import { describe, expect, it } from "vitest";
import type { Entry } from "../../src/sim/stores.js";
import { astray, type Books } from "../support/books.js";

const item = (stan: string, amount: bigint, rest: Partial<Entry> = {}): Entry => ({
  account: "a1",
  batch: "000007",
  stan,
  kind: "U01",
  direction: "debit",
  amount,
  currency: "156",
  ...rest,
});
const sale = item("000001", 1000n);
const refund = item("000002", 250n, { direction: "credit" });
const reversal = item("000003", 1000n, { kind: "U03", direction: "credit" });
const advice = item("000004", 400n, { kind: "U05" });
const twin = item("000005", 1000n);
const all = [sale, refund, reversal, advice, twin];
const books = (change: Partial<Books>): Books => ({
  start: all,
  host: [],
  terminal: [],
  exceptions: [],
  doubt: [],
  afterCare: [],
  ...change,
});
const but = (from: readonly Entry[], one: Entry, change: Partial<Entry>) =>
  from.map((entry) => (entry === one ? { ...entry, ...change } : entry));
const not = (...gone: readonly Entry[]) => all.filter((entry) => !gone.includes(entry));

describe("books that agree", () => {
  it.each([
    ["all booked", { host: all }],
    ["all still in the terminal", { terminal: all }],
    ["some here, some there, one excepted", { host: [sale, twin], terminal: [refund, reversal], exceptions: [advice] }],
    ["sent without an answer, and booked", { host: [sale], terminal: all, doubt: [sale] }],
    ["sent without an answer, and not booked", { terminal: all, doubt: [sale] }],
  ])("%s: nothing is astray (I5)", (_, change) => {
    expect(astray(books(change))).toEqual([]);
  });

  it("a hold on a card that the certificate lists is seen to afterwards", () => {
    const hold = item("000009", 5000n, { kind: "U10" });
    const afterCare = [{ kind: "U10", direction: "debit", count: 1 }];
    expect(astray(books({ start: [...all, hold], host: all, afterCare }))).toEqual([]);
    expect(astray(books({ start: [...all, hold], host: all }))).toHaveLength(1);
    expect(astray(books({ start: [...all, hold, { ...hold, stan: "000010" }], host: all, afterCare }))).toHaveLength(1);
  });
});

describe("falsified books are seen (I5), although sums may agree", () => {
  const falsified: readonly (readonly [string, Partial<Books>, RegExp])[] = [
    ["a cent more in the host's ledger", { host: but(all, sale, { amount: 1001n }) }, /000001 U01 debit 1001 156: 0 at the start/],
    ["a cent less in the terminal's batch", { terminal: but(all, refund, { amount: 249n }) }, /000002 U01 credit 249/],
    ["a cent less in an exception", { host: not(advice), exceptions: [{ ...advice, amount: 399n }] }, /000004 U05 debit 399/],
    ["a reversal and a sale of the same amount dropped", { host: not(sale, reversal) }, /now nowhere/],
    ["one of two equal sales booked twice, the other dropped", { host: [...not(twin), sale] }, /host and host/],
    ["the numbers of two equal sales swapped in one place and doubled", { host: but(all, twin, { stan: "000001" }) }, /000005 .* nowhere/],
    ["a debit booked as a credit", { host: but(all, sale, { direction: "credit" }) }, /U01 credit 1000/],
    ["another currency", { host: but(all, sale, { currency: "840" }) }, /1000 840/],
    ["another account", { host: but(all, sale, { account: "b2" }) }, /b2/],
    ["another batch", { host: but(all, sale, { batch: "000008" }) }, /000008/],
    ["another kind", { host: but(all, advice, { kind: "U01" }) }, /000004 U01/],
    ["booked and still in the terminal, though nothing was in doubt", { host: all, terminal: [sale] }, /host and terminal/],
    ["booked twice while in doubt", { host: [...all, sale], doubt: [sale] }, /host and host/],
    ["booked and excepted", { host: all, exceptions: [advice] }, /host and exceptions/],
    ["an item from nowhere", { host: [...all, item("000099", 1n)] }, /000099 .* 0 at the start/],
    ["a sale that a certificate lists as left", { host: not(sale), afterCare: [{ kind: "U01", direction: "debit", count: 1 }] }, /nowhere/],
  ];
  it.each(falsified)("%s", (_, change, said) => {
    expect(astray(books(change)).join("\n")).toMatch(said);
  });
});
