import { describe, expect, it } from "vitest";
import type { RunRecord } from "../../src/evidence/record.js";
import { contradictions, grown, vanished } from "../../src/procedure/books.js";
import { traceGaps } from "../../src/procedure/traces.js";
import type { Item, Kind, TotalRow } from "../../src/terminal/facts.js";

const item = (stan: string, changes: Partial<Item> = {}): Item => ({
  account: "a",
  kind: "U01",
  batch: "000007",
  direction: "debit",
  money: { minor: 100n, currency: "156" },
  stan,
  digest: `digest of ${stan}`,
  ...changes,
});
const heap = (count: number, kind: Kind = "U22") => item("000000", { kind, count, digest: "0".repeat(64) });
const row = (count: number, minor: bigint, changes: Partial<TotalRow> = {}): TotalRow => ({
  account: "a",
  kind: "U01",
  direction: "debit",
  count,
  money: { minor, currency: "156" },
  ...changes,
});

describe("records that were not there before", () => {
  it("are found, and so is one that is no longer what it was", () => {
    const [one, two, three] = [item("000001"), item("000002"), item("000003")];
    expect(grown([one, two], [two, one])).toEqual([]);
    expect(grown([one, two], [one, two, three])).toEqual([three]);
    expect(grown([one, two], [one])).toEqual([]);
    const changed = item("000002", { digest: "another", money: { minor: 101n, currency: "156" } });
    expect(grown([one, two], [one, changed])).toEqual([changed]);
  });

  it("are not seen in a change of kind, nor in what states where a batch stands", () => {
    expect(grown([item("000001", { kind: "U05" })], [item("000001", { kind: "U07" }), item("000000", { kind: "U15" })])).toEqual([]);
  });

  it("count twice when two are equal", () => {
    expect(grown([item("000001")], [item("000001"), item("000001")])).toHaveLength(1);
  });

  it("are counted where the terminal does not list them", () => {
    expect(grown([heap(3)], [heap(2), heap(1, "U07")])).toEqual([]);
    expect(grown([heap(3)], [heap(4)])).toHaveLength(1);
  });
});

describe("totals and census", () => {
  it("agree when counts and amounts do", () => {
    expect(contradictions([row(2, 200n)], [item("000001"), item("000002")])).toEqual([]);
    expect(contradictions([row(3, 100n, { kind: "U22" })], [heap(3)])).toEqual([]);
  });

  it.each<[string, TotalRow[], Item[]]>([
    ["no transactions, and records", [], [item("000001")]],
    ["transactions, and no record", [row(1, 100n)], []],
    ["one cent more", [row(1, 101n)], [item("000001")]],
    ["one record more for the same amount", [row(2, 100n)], [item("000001")]],
    ["the other direction", [row(1, 100n, { direction: "credit" })], [item("000001")]],
    ["another acquirer", [row(1, 100n, { account: "b" })], [item("000001")]],
    ["another kind", [row(1, 100n, { kind: "U05" })], [item("000001")]],
  ])("contradict each other: %s", (_, rows, items) => {
    expect(contradictions(rows, items).length).toBeGreaterThan(0);
  });
});

describe("records that are gone", () => {
  const untouched = (items: readonly Item[]) =>
    ({ census: () => ({ census: { items } }), sentKinds: () => new Set(), begun: () => [] }) as unknown as RunRecord; // all that is asked

  it("count twice when two were equal, as new ones do", () => {
    expect(vanished(untouched([item("000001"), item("000001")]), [item("000001")])).toHaveLength(1);
    expect(vanished(untouched([item("000001"), item("000001")]), [item("000001"), item("000001")])).toEqual([]);
  });

  it("are noticed by their sum where the terminal only counts them", () => {
    const worth = (minor: bigint) => ({ ...heap(3), money: { minor, currency: "156" } });
    expect(vanished(untouched([worth(300n)]), [worth(200n)])).toHaveLength(1);
    expect(vanished(untouched([worth(300n)]), [worth(300n)])).toEqual([]);
  });
});

describe("trace numbers", () => {
  it.each<[string, string[], [string, string][]]>([
    ["of no records have no gaps", [], []],
    ["of one record have none", ["000500"], []],
    ["in a row have none, in whatever order they come", ["000502", "000500", "000501"], []],
    ["with one missing", ["000500", "000502"], [["000501", "000501"]]],
    [
      "with several missing",
      ["000010", "000015", "000017"],
      [
        ["000011", "000014"],
        ["000016", "000016"],
      ],
    ],
    ["across the end of the count have none", ["999998", "999999", "000001"], []],
    ["across the end of the count with some missing", ["999998", "000002"], [["999999", "000001"]]],
    ["do not count lines without a number", ["000000", "000007", "000008"], []],
  ])("%s", (_, stans, gaps) => {
    expect(traceGaps(stans).map(({ from, to }) => [from, to])).toEqual(gaps);
  });
});
