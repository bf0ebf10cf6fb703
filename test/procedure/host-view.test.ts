// The host's view against the terminal's census, rule by rule.
import { describe, expect, it } from "vitest";
import type { AccountView, Order } from "../../src/evidence/order/schema.js";
import { hostViewFindings, type ViewFacts } from "../../src/procedure/host-view.js";
import type { Account } from "../../src/terminal/facts.js";

type StoredItem = ViewFacts["items"][number];
const account: Account = { id: "a1", acquirer: "00100000001", mid: "M1", tid: "T1", name: "n", currency: "156", batch: "000007" };
const digest = "ab".repeat(32);

function item(stan: number, minor: number, change: Partial<StoredItem> = {}): StoredItem {
  const money = { minor, currency: "156" };
  return { account: "a1", kind: "U01", batch: "000007", direction: "debit", money, stan: String(stan).padStart(6, "0"), digest, ...change };
}
const listed = (stan: number, amount: number, direction: "debit" | "credit" = "debit") => ({
  stan: String(stan).padStart(6, "0"),
  direction,
  currency: "CNY",
  amount,
});

const view: AccountView = {
  acquirer: account.acquirer,
  mid: account.mid,
  tid: account.tid,
  openBatch: "000007",
  uncaptured: [
    { direction: "debit", currency: "CNY", count: 2, amount: 500 },
    { direction: "credit", currency: "CNY", count: 1, amount: 50 },
  ],
  lastStan: "000103",
  lastStanAt: "2026-01-01T10:00:00.000Z",
  lastClosedBatch: "000006",
  asOf: "2026-01-04T10:00:00.000Z",
};
const items = [item(101, 200), item(102, 300), item(103, 50, { direction: "credit" })];
const received = { from: "A", to: "B", depot: "D", receiptNo: "R", received: "2026-01-03T00:00:00.000Z" };
const settled = { state: "cleared", batch: "000006", code: "BALANCED", macVerified: true } as const;

function codes(
  change: {
    view?: object;
    hostView?: Order["hostView"];
    custody?: Order["custody"];
    stopUse?: Order["stopUse"];
    environment?: Order["environment"];
  } & Partial<Omit<ViewFacts, "order">> = {},
): string[] {
  const { view: changed, hostView, custody, stopUse, environment = "production", ...facts } = change;
  return hostViewFindings({
    order: {
      environment,
      hostView: hostView ?? [{ ...view, ...changed }],
      custody: "custody" in change ? custody : received,
      stopUse,
    },
    accounts: [account],
    items,
    last: new Map([["a1", settled]]),
    batchWraps: { last: "999999", first: "000001" },
    clockAheadMs: 0,
    ...facts,
  }).map(({ code }) => code);
}

const CLEARED = ["batch.cleared-before"];
const CUSTODY = ["batch.custody"];

describe("a terminal without accounts", () => {
  const empty = { accounts: [], items: [] };
  const nobody: Order["hostView"] = { unavailable: true, reason: "closed", approvers: ["B-1", "B-2"] };

  it("may have been wiped when its host holds nothing of it (E23)", () => {
    expect(codes({ ...empty, view: { uncaptured: [], items: [] } })).toEqual([]);
    expect(codes(empty)).toEqual(CLEARED);
  });

  it("counts as cleared before when nobody has looked, but for a bench", () => {
    expect(codes({ ...empty, hostView: nobody })).toEqual(CLEARED);
    expect(codes({ ...empty, hostView: nobody, environment: "bench" })).toEqual([]);
  });
});

describe("a terminal that agrees with its host", () => {
  it("has what the host has, added up or one by one", () => {
    expect(codes()).toEqual([]);
    expect(codes({ view: { items: [listed(101, 200), listed(102, 300), listed(103, 50, "credit")] } })).toEqual([]);
  });
  it("has less than a host that tells two rows of one direction, when it has less than both together", () => {
    const uncaptured = [
      { direction: "debit", currency: "CNY", count: 2, amount: 500 },
      { direction: "debit", currency: "CNY", count: 3, amount: 600 },
    ];
    expect(codes({ view: { uncaptured }, items: [item(101, 200), item(102, 200), item(103, 200)] })).toEqual(CLEARED);
  });
  it("has credits of its own where the host's, not listed, add up to them in another currency", () => {
    const inDollars = item(103, 50, { direction: "credit", money: { minor: 50, currency: "840" } });
    expect(codes({ clockAheadMs: undefined, items: [...items.slice(0, 2), inDollars] })).toEqual([...CLEARED, ...CUSTODY]);
  });
  it("has credits of its own where only all currencies together add up to the host's", () => {
    const credit = (currency: string, amount: number) => ({ direction: "credit", currency, count: 1, amount }) as const;
    const own = (stan: number, currency: string, minor: number) => item(stan, 0, { direction: "credit", money: { minor, currency } });
    const change = { clockAheadMs: undefined, view: { lastStan: "000102", uncaptured: [credit("CNY", 30), credit("USD", 20)] } };
    expect(codes({ ...change, items: [own(101, "156", 20), own(102, "840", 30)] })).toEqual([...CLEARED, ...CUSTODY]);
    expect(codes({ ...change, items: [own(101, "156", 30), own(102, "840", 20)] })).toEqual([]);
  });

  it("has credits of its own where the host's are of another currency", () => {
    const inDollars = [listed(101, 200), listed(102, 300), { ...listed(103, 50, "credit"), currency: "USD" }];
    expect(codes({ clockAheadMs: undefined, view: { items: inDollars } })).toEqual([...CLEARED, ...CUSTODY]);
    expect(codes({ clockAheadMs: undefined, view: { items: [...inDollars.slice(0, 2), listed(103, 50, "credit")] } })).toEqual([]);
  });
  it("may have more than the host: offline sales the host never heard of", () => {
    expect(codes({ items: [...items, item(90, 700), item(91, 10, { kind: "U05" })] })).toEqual([]);
  });
  it("may be empty when the host has nothing open (E23)", () => {
    expect(codes({ items: [], view: { uncaptured: [], items: [] } })).toEqual([]);
    expect(codes({ items: [], accounts: [], view: { uncaptured: [] } })).toEqual([]);
  });
  it("may hold the reversal of what the host still holds the other way round", () => {
    const reversal = [item(101, 200), item(102, 300, { kind: "U03", direction: "credit" }), item(103, 50, { direction: "credit" })];
    expect(codes({ items: reversal })).toEqual([]);
    expect(codes({ items: reversal, view: { items: [listed(101, 200), listed(102, 300), listed(103, 50, "credit")] } })).toEqual([]);
  });
  it("may lag behind while a settlement is in doubt: that is looked into when it is settled", () => {
    const inDoubt = [...items, item(0, 500, { kind: "U15" })];
    expect(codes({ items: inDoubt, view: { openBatch: "000008", lastClosedBatch: "000007", uncaptured: [] } })).toEqual([]);
  });
  it("may have come round: batch and trace numbers start again", () => {
    const wrapped = { openBatch: "000001", lastClosedBatch: "999999", lastStan: "000001" };
    expect(
      codes({
        accounts: [{ ...account, batch: "000001" }],
        items: [item(999_999, 500), item(1, 50)],
        view: { ...wrapped, uncaptured: [] },
      }),
    ).toEqual([]);
  });
  it("need not be compared where there is no view", () => {
    expect(codes({ hostView: { unavailable: true, reason: "closed", approvers: [] } })).toEqual([]);
    expect(codes({ hostView: [], items: [] })).toEqual([]);
  });
});

describe("cleared before us (U25)", () => {
  it.each<[string, Parameters<typeof codes>[0]]>([
    ["an empty terminal whose host has items open (E77)", { items: [] }],
    ["a blank terminal without accounts whose host has items open", { items: [], accounts: [] }],
    ["one item less", { items: items.slice(1) }],
    ["one cent less", { items: [item(101, 199), ...items.slice(1)] }],
    ["a credit instead of a debit", { items: [item(101, 200, { direction: "credit" }), ...items.slice(1)] }],
    ["another currency", { items: [item(101, 200, { money: { minor: 200, currency: "840" } }), ...items.slice(1)] }],
    ["a listed item of another amount", { view: { items: [listed(101, 201), listed(102, 300), listed(103, 50, "credit")] } }],
    ["a listed item of another trace number", { view: { items: [listed(100, 200), listed(102, 300), listed(103, 50, "credit")] } }],
    ["an item listed twice and here once", { view: { items: [listed(101, 200), listed(101, 200), listed(103, 50, "credit")] } }],
    ["a batch behind the host's", { view: { openBatch: "000008", uncaptured: [] } }],
    ["a batch that the host has closed", { view: { lastClosedBatch: "000007", openBatch: null, uncaptured: [] } }],
    [
      "no record of a settlement that the host knows of",
      { last: new Map([["a1", { ...settled, state: "idle", code: "NOTHING_TO_SETTLE" }]]) },
    ],
    ["no last-settlement record at all", { last: new Map() }],
    ["trace numbers below the host's last", { view: { lastStan: "000104" } }],
  ])("%s", (_, change) => expect(new Set(codes(change))).toEqual(new Set(CLEARED)));
});

const NOBODY: Order["hostView"] = { unavailable: true, reason: "closed", approvers: [] };
/** As a terminal dates it that is eight hours ahead, like one in Shanghai. */
const EAST = 8 * 3_600_000;

describe("booked in custody (U26)", () => {
  const later = item(104, 10, { direction: "credit" });
  const refund = (recorded: string) => item(103, 50, { direction: "credit", recorded });
  it.each<[string, Parameters<typeof codes>[0]]>([
    ["a refund beyond the host's last trace number (E78)", { items: [...items, later] }],
    ["a completion beyond it", { items: [...items, item(104, 10, { kind: "U11" })] }],
    ["a refund whose answer was lost, beyond it", { items: [...items, item(104, 10, { kind: "U13" })] }],
    [
      "a refund just over the wrap of trace numbers",
      { items: [...items, item(1, 10, { direction: "credit" })], view: { lastStan: "999999", items: undefined, uncaptured: [] } },
    ],
    [
      "with a doubtful clock: a refund that the host does not list",
      {
        clockAheadMs: undefined,
        items: [...items, item(99, 10, { direction: "credit" })],
        view: { items: [listed(101, 200), listed(102, 300), listed(103, 50, "credit")] },
      },
    ],
    [
      "with a doubtful clock: refunds that do not add up to the host's",
      { clockAheadMs: undefined, items: [...items, item(99, 10, { direction: "credit" })] },
    ],
    [
      "a refund of after the hand-over under a view from before it",
      { items: [refund("260103000001")], view: { asOf: "2026-01-02T00:00:00.000Z", items: undefined, uncaptured: [] } },
    ],
    ["a refund of after the hand-over that nobody asked a host about", { items: [refund("260103000001")], hostView: NOBODY }],
    ["a refund of after it by a clock that is ahead", { items: [refund("260103080001")], hostView: NOBODY, clockAheadMs: EAST }],
    [
      "with a doubtful clock and no view: any refund",
      { clockAheadMs: undefined, hostView: { unavailable: true, reason: "closed", approvers: [] } },
    ],
  ])("%s", (_, change) => expect(codes(change)).toEqual(CUSTODY));

  it.each<[string, Parameters<typeof codes>[0]]>([
    ["a sale beyond it, which gives nothing away", { items: [...items, item(104, 10)] }],
    ["a reversal beyond it", { items: [...items, item(104, 10, { kind: "U03", direction: "credit" })] }],
    ["a refund beyond a view that is older than the hand-over", { items: [...items, later], view: { asOf: "2026-01-02T00:00:00.000Z" } }],
    ["a refund on a bench that never took the terminal over", { items: [...items, later], custody: undefined }],
    ["with a doubtful clock: refunds that the host lists", { clockAheadMs: undefined }],
    ["a refund of before the hand-over that nobody asked a host about", { items: [refund("260102115959")], hostView: NOBODY }],
    ["a refund of before it by a clock that is ahead", { items: [refund("260103075959")], hostView: NOBODY, clockAheadMs: EAST }],
    ["a refund without a time that can be read", { items: [refund("260230000000"), item(102, 1)], hostView: NOBODY }],
    [
      "a refund that a host listed, whatever the terminal's clock said",
      {
        items: [...items.slice(0, 2), refund("260104000000")],
        view: { items: [listed(101, 200), listed(102, 300), listed(103, 50, "credit")] },
      },
    ],
  ])("is not %s", (_, change) => expect(codes(change)).toEqual([]));
});

describe("used after use was to stop (R06)", () => {
  const sale = (recorded: string) => item(101, 200, { recorded });
  const asked = { hostView: NOBODY, stopUse: { since: "2026-01-02T12:00:00.000Z", requiredDays: 1 } };
  const STOP_USE = ["batch.stop-use"];
  it.each<[string, readonly string[], Parameters<typeof codes>[0]]>([
    ["is a sale of after it", STOP_USE, { items: [sale("260102120001")], ...asked }],
    ["is not a sale of before it", [], { items: [sale("260102115959")], ...asked }],
    ["is not a sale of before it by a clock that is ahead", [], { items: [sale("260102195959")], ...asked, clockAheadMs: EAST }],
    ["is not told by a doubtful clock", [], { items: [sale("260102120001")], ...asked, clockAheadMs: undefined }],
  ])("%s", (_, expected, change) => expect(codes(change)).toEqual(expected));
});
