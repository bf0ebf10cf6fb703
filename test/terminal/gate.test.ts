// The gate before the wipe: every way in which what is left and what the order excepts can fail to be the same.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Exception } from "../../src/terminal/exceptions.js";
import { type Account, type Item, type Kind, kinds } from "../../src/terminal/facts.js";
import { type GateFacts, itemIds, stopsAt } from "../../src/terminal/gate.js";

const account: Account = { id: "a1", acquirer: "00100000001", mid: "M1", tid: "T1", name: "n", currency: "156", batch: "000008" };
const other: Account = { ...account, id: "a2", acquirer: "00100000027", tid: "T2" };
const digest = (n: number) => n.toString(16).padStart(64, "1");

function item(stan: number, change: Partial<Item> = {}): Item {
  const money = { minor: 300n, currency: "156" };
  return {
    account: "a1",
    kind: "U06",
    batch: "000007",
    direction: "debit",
    money,
    stan: String(stan).padStart(6, "0"),
    digest: digest(stan),
    ...change,
  };
}

function excepting(items: readonly Item[], change: Partial<Exception> = {}): Exception {
  const [first] = items;
  return {
    id: "e".repeat(64),
    serial: "SIM1",
    life: 1,
    acquirer: account.acquirer,
    mid: account.mid,
    tid: account.tid,
    batch: first?.batch ?? "000007",
    kind: first?.kind ?? "U06",
    direction: first?.direction ?? "debit",
    money: { minor: items.reduce((sum, { money }) => sum + money.minor, 0n), currency: "156" },
    count: items.length,
    items: items.map(({ stan, digest }) => ({ stan, digest })),
    ...change,
  };
}

function factsOf(items: readonly Item[], exceptions: readonly Exception[], change: Partial<GateFacts> = {}): GateFacts {
  return {
    identity: { serial: "SIM1", life: 1 },
    census: { hash: "h", generation: 1, items, unread: [] },
    accounts: [account, other],
    outcomes: new Map([
      ["a1", "BALANCED"],
      ["a2", "NOTHING_TO_SETTLE"],
    ]),
    exceptions,
    used: new Set(),
    hostFindings: [],
    ...change,
  };
}

function codesAt(...of: Parameters<typeof factsOf>): string[] {
  return stopsAt(factsOf(...of)).map(({ code }) => code);
}

const [one, two] = [item(1), item(2)];
const equal = item(1);

describe("the gate opens", () => {
  it("when nothing is left and nothing is excepted", () => expect(codesAt([], [])).toEqual([]));
  it("when every item left is excepted, in one exception or in several", () => {
    expect(codesAt([one, two], [excepting([two, one])])).toEqual([]);
    expect(codesAt([one, two], [excepting([one]), excepting([two])])).toEqual([]);
  });
  it("with items that only warn, which need no exception", () => {
    expect(codesAt([item(3, { kind: "U10" }), item(4, { kind: "U09" }), item(5, { kind: "U21" })], [])).toEqual([]);
  });
  it("for a kind that the terminal counts without listing", () => {
    const counted = item(0, { kind: "U08", digest: "0".repeat(64), count: 2 });
    expect(codesAt([counted], [excepting([counted], { items: [], count: 2 })])).toEqual([]);
    expect(codesAt([counted], [excepting([counted], { items: [], count: 1 })])).toEqual(["batch.open", "batch.exception"]);
    expect(codesAt([counted], [excepting([counted], { count: 1 })])).toEqual(["batch.open", "batch.exception"]);
  });
  it("for an acquirer that did not settle, when all it still has is excepted (U19)", () => {
    const open = [item(1, { kind: "U01" }), item(2, { kind: "U01" })];
    const outcomes = new Map([
      ["a1", "HOST_REJECTED"],
      ["a2", "BALANCED"],
    ]);
    expect(codesAt(open, [excepting(open)], { outcomes })).toEqual([]);
    expect(codesAt(open, [excepting(open.slice(0, 1))], { outcomes })).toEqual(["batch.open"]);
    expect(codesAt([], [], { outcomes })).toEqual(["settle.unknown"]);
  });
});

describe("the gate stays shut", () => {
  const alone: readonly (readonly [string, readonly Item[], readonly Exception[], readonly string[]])[] = [
    ["an item without an exception", [one], [], ["batch.open"]],
    ["one of two items without", [one, two], [excepting([one])], ["batch.open"]],
    ["an exception without an item", [], [excepting([one])], ["batch.exception"]],
    ["an exception for more than is left", [one], [excepting([one, two])], ["batch.open", "batch.exception"]],
    ["another acquirer", [one], [excepting([one], { acquirer: other.acquirer, tid: other.tid })], ["batch.open", "batch.exception"]],
    ["another acquirer's item", [item(1, { account: "a2" })], [excepting([one])], ["batch.open", "batch.exception"]],
    ["another merchant number", [one], [excepting([one], { mid: "M2" })], ["batch.open", "batch.exception"]],
    ["another terminal number", [one], [excepting([one], { tid: "T9" })], ["batch.open", "batch.exception"]],
    ["another batch", [one], [excepting([one], { batch: "000008" })], ["batch.open", "batch.exception"]],
    ["another kind", [one], [excepting([one], { kind: "U05" })], ["batch.open", "batch.exception"]],
    ["another direction", [one], [excepting([one], { direction: "credit" })], ["batch.open", "batch.exception"]],
    ["another currency", [one], [excepting([one], { money: { minor: 300n, currency: "840" } })], ["batch.open", "batch.exception"]],
    ["one cent more", [one], [excepting([one], { money: { minor: 301n, currency: "156" } })], ["batch.open", "batch.exception"]],
    [
      "one cent less in the terminal",
      [item(1, { money: { minor: 299n, currency: "156" } })],
      [excepting([one])],
      ["batch.open", "batch.exception"],
    ],
    [
      "a cent moved from one exception to another",
      [one, two],
      [excepting([one], { money: { minor: 301n, currency: "156" } }), excepting([two], { money: { minor: 299n, currency: "156" } })],
      ["batch.open", "batch.exception", "batch.exception"],
    ],
    ["another trace number", [one], [excepting([{ ...one, stan: "000009" }])], ["batch.open", "batch.exception"]],
    ["another record of the same trace number", [one], [excepting([{ ...one, digest: digest(9) }])], ["batch.open", "batch.exception"]],
    ["another serial number", [one], [excepting([one], { serial: "SIM2" })], ["batch.open", "batch.exception"]],
    ["another life", [one], [excepting([one], { life: 2 })], ["batch.open", "batch.exception"]],
    ["two equal items, excepted once", [one, equal], [excepting([one])], ["batch.open"]],
    ["one item, excepted twice in one exception", [one], [excepting([one, equal])], ["batch.open", "batch.exception"]],
    [
      "one item, excepted by two exceptions",
      [one],
      [excepting([one]), excepting([equal])],
      ["batch.open", "batch.exception", "batch.exception"],
    ],
    [
      "two equal items, excepted twice: nobody can tell them apart",
      [one, equal],
      [excepting([one, equal])],
      ["batch.open", "batch.exception"],
    ],
    ["a record that is listed, excepted without a list", [one], [excepting([one], { items: [] })], ["batch.open", "batch.exception"]],
    [
      "fewer counted than excepted",
      [item(0, { digest: "0".repeat(64), count: 1 })],
      [excepting([one, two], { items: [] })],
      ["batch.open", "batch.exception"],
    ],
    ["a count that its list does not have", [one], [excepting([one], { count: 2 })], ["batch.open", "batch.exception"]],
  ];
  it.each(alone)("on %s", (_, items, exceptions, codes) => expect(codesAt(items, exceptions)).toEqual(codes));

  it.each((Object.keys(kinds) as Kind[]).filter((kind) => kinds[kind].gate === "BLOCK"))("on a %s, excepted or not", (kind) => {
    const stuck = item(1, { kind });
    const code = kind === "U24" ? "batch.unknown-item" : "batch.open";
    expect(codesAt([stuck], [])).toEqual([code]);
    expect(codesAt([stuck], [excepting([stuck])])).toEqual([code, "batch.exception"]);
    expect(stopsAt(factsOf([stuck], [excepting([stuck])])).at(-1)?.why).toContain("of a kind that is never excepted");
  });

  it("on an item that an earlier run has used up", () => {
    const exception = excepting([one]);
    expect(codesAt([one], [exception], { used: new Set(itemIds(exception)) })).toEqual(["batch.open", "batch.exception"]);
  });

  it("on an area that cannot be read and on what the host's view says", () => {
    expect(codesAt([], [], { census: { hash: "h", generation: 1, items: [], unread: [3] } })).toEqual(["batch.unread"]);
    expect(codesAt([], [], { hostFindings: [{ code: "batch.cleared-before", why: "3 items are missing" }] })).toEqual([
      "batch.cleared-before",
    ]);
  });

  it.each(["UNKNOWN", "none"])("on an acquirer whose outcome is %s with nothing left", (outcome) => {
    expect(codesAt([], [], { outcomes: new Map([["a1", outcome]]), accounts: [account] })).toEqual(["settle.unknown"]);
  });

  it("on an unknown settlement even when all its items are excepted", () => {
    expect(codesAt([one], [excepting([one])], { outcomes: new Map([["a1", "UNKNOWN"]]), accounts: [account] })).toEqual(["settle.unknown"]);
  });

  it("whenever one item or one exception too many is put into what matched", () => {
    const some = fc.uniqueArray(fc.record({ stan: fc.integer({ min: 1, max: 9 }), minor: fc.integer({ min: 1, max: 3 }) }), {
      minLength: 1,
      maxLength: 6,
      selector: ({ stan }) => stan,
    });
    fc.assert(
      fc.property(some, fc.nat(), (rows, pick) => {
        const items = rows.map(({ stan, minor }) =>
          item(stan, { digest: digest(stan * 10 + minor), money: { minor: BigInt(minor), currency: "156" } }),
        );
        const each = items.map((single) => excepting([single]));
        expect(codesAt(items, each)).toEqual([]);
        const extra = items[pick % items.length] ?? one;
        expect(codesAt([...items, { ...extra }], each)).toContain("batch.open");
        expect(codesAt(items, [...each, excepting([extra])])).toContain("batch.exception");
      }),
      { numRuns: 200, seed: 7 },
    );
  });
});

describe("what an exception uses up", () => {
  it("is named alike whichever order excepts it, and equal items apart", () => {
    expect(itemIds(excepting([one], { id: "f".repeat(64) }))).toEqual(itemIds(excepting([one])));
    expect(new Set(itemIds(excepting([one, equal]))).size).toBe(2);
    expect(itemIds(excepting([one], { life: 2 }))).not.toEqual(itemIds(excepting([one])));
  });
});
