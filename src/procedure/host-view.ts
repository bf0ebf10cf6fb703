// An empty terminal is not a settled terminal: what the acquirer's host holds, compared with what the terminal had when the run began.
import type { ErrorCode } from "../base/codes.js";
import { numeric } from "../base/money.js";
import type { Stored } from "../evidence/entries.js";
import { isView, summed, told, viewOf, viewsOf } from "../evidence/order/lookup.js";
import type { AccountView, Order } from "../evidence/order/schema.js";
import { sameAccount } from "../terminal/exceptions.js";
import { type Account, type Item, type Kind, recordCount, type SettlementFacts } from "../terminal/facts.js";
import type { Model } from "../terminal/model.js";
import { stansOf } from "./batches.js";
import { deviceTime } from "./device-time.js";

export interface ViewFacts {
  readonly order: Pick<Order, "hostView" | "custody" | "environment" | "stopUse">;
  /** As the terminal had them when the run began, before anything was sent or settled. */
  readonly accounts: readonly Account[];
  readonly items: readonly Stored<Item>[];
  /** The terminal's last-settlement record, by account id. */
  readonly last: ReadonlyMap<string, Stored<SettlementFacts>>;
  readonly batchWraps: Model["batchWraps"];
  /** The terminal's clock is so far off that the times of its records say nothing. */
  /** How far the terminal's clock is ahead of ours; undefined when it cannot be believed, nor the times of its records. */
  readonly clockAheadMs: number | undefined;
}

/** U25 and use after its end (R06) hold the run, U26 puts the terminal into quarantine. */
export interface ViewFinding {
  readonly code: Extract<ErrorCode, "batch.cleared-before" | "batch.custody" | "batch.stop-use">;
  readonly why: string;
}

/** All that speaks against the terminal; empty when the view agrees, or when there is none and nothing else speaks. */
export function hostViewFindings(facts: ViewFacts): readonly ViewFinding[] {
  return [...clearedBefore(facts), ...bookedInCustody(facts), ...usedSince(facts)];
}

const U25 = (why: string): ViewFinding => ({ code: "batch.cleared-before", why });
const U26 = (why: string): ViewFinding => ({ code: "batch.custody", why });

/** Kinds that stand for a settlement under way: then batch and record lag behind the host, and settling looks into it. */
const UNDER_WAY: ReadonlySet<Kind> = new Set(["U15", "U16", "U17", "U19"]);
/** A host that never heard of a reversal still holds the original, the other way round. */
const REVERSALS: ReadonlySet<Kind> = new Set(["U03", "U04"]);
/** Kinds of which the host may hold an open authorisation. */
const AUTHORISED: ReadonlySet<Kind> = new Set(["U01", "U02", "U03", "U04", "U07", "U12", "U13", "U14", "U20", "U22", "U23"]);

function* clearedBefore(facts: ViewFacts): Generator<ViewFinding> {
  const { order, accounts } = facts;
  const views = viewsOf(order);
  if (accounts.length === 0 && order.environment !== "bench" && views.length === 0) {
    yield U25("no account is left, and nobody has seen that its host holds nothing");
  }
  for (const view of views) {
    const account = accounts.find((one) => sameAccount(one, view));
    const name = `${view.acquirer} ${view.tid}`;
    const items = facts.items.filter((item) => item.account === account?.id);
    const missing = missingOf(view, items);
    if (missing !== undefined) yield U25(`${name}: ${missing}`);
    // A terminal without this account has neither batch nor trace numbers to compare; nothing uncaptured is then all one can ask.
    if (account === undefined || items.some(({ kind }) => UNDER_WAY.has(kind))) continue;
    for (const why of lagging(view, account, items, facts)) yield U25(`${name}: ${why}`);
  }
}

const theOther = { debit: "credit", credit: "debit" } as const;
/** The direction in which the host knows what this item is about. */
const atHost = ({ kind, direction }: Stored<Item>) => (REVERSALS.has(kind) ? theOther[direction] : direction);

/** What the host has open and the terminal does not know. */
function missingOf(view: AccountView, items: readonly Stored<Item>[]): string | undefined {
  if (view.items !== undefined) {
    const lacking = unmatched(view.items, items, (wanted, item) => isSame(wanted, item, atHost(item)));
    return lacking.length === 0 ? undefined : `the host has items open that are not here (STAN ${stansOf(lacking)})`;
  }
  const known = items.filter(({ kind }) => AUTHORISED.has(kind));
  for (const { direction, currency, count, amount } of summed(view.uncaptured)) {
    const own = known.filter((item) => atHost(item) === direction && item.money.currency === numeric(currency));
    const sum = own.reduce((total, { money }) => total + money.minor, 0);
    const here = recordCount(own);
    if (count > here || amount > sum) {
      return `the host has ${count} ${direction} items of ${amount} open, here are ${here} of ${sum} (minor units, ${currency})`;
    }
  }
  return undefined;
}

type ViewItem = NonNullable<AccountView["items"]>[number];

/** Whether the back office means this record, as the host would know it. */
function isSame({ stan, direction, amount, currency }: ViewItem, item: Stored<Item>, way: ViewItem["direction"]): boolean {
  const { minor, currency: own } = item.money;
  return Number(stan) === Number(item.stan) && direction === way && amount === minor && numeric(currency) === own;
}

/** Those that find no partner, where each of the others is a partner once. */
function unmatched<A, B>(wanted: readonly A[], others: readonly B[], fits: (one: A, other: B) => boolean): readonly A[] {
  const free = [...others];
  return wanted.filter((one) => {
    const at = free.findIndex((other) => fits(one, other));
    if (at !== -1) free.splice(at, 1);
    return at === -1;
  });
}

/** Batch or trace numbers behind the host's, or no record of a settlement that the host knows of. */
function* lagging(view: AccountView, account: Account, items: readonly Stored<Item>[], facts: ViewFacts): Generator<string> {
  const { batchWraps, last } = facts;
  const first = Number(batchWraps.first);
  const batches = Number(batchWraps.last) - first + 1;
  if (view.openBatch !== null && ahead(view.openBatch, account.batch, batches) > 0) {
    yield `its batch ${account.batch} is behind the host's ${view.openBatch}`;
  }
  if (view.lastClosedBatch !== null && ahead(view.lastClosedBatch, account.batch, batches) >= 0) {
    yield `the host has closed batch ${view.lastClosedBatch}, here ${account.batch} is open`;
  }
  const record = last.get(account.id);
  const settledNever = record === undefined || (record.state === "idle" && record.code === "NOTHING_TO_SETTLE");
  if (view.lastClosedBatch !== null && settledNever) {
    yield `the host closed batch ${view.lastClosedBatch}, but there is no record of a settlement`;
  }
  const open = view.items === undefined && view.uncaptured.some(({ count }) => count > 0);
  if (open && view.lastStan !== null && items.every(({ stan }) => ahead(view.lastStan ?? "", stan, STANS) > 0)) {
    yield `its last trace number is below the host's ${view.lastStan}`;
  }
}

const STANS = 999_999;
/** How far number a stands ahead of b on a wheel of so many; negative when behind, 0 when equal or not comparable. */
function ahead(a: string, b: string, wheel: number): number {
  const [x, y] = [Number(a), Number(b)];
  if (!Number.isInteger(x) || !Number.isInteger(y) || wheel <= 1) return 0;
  const forward = (((x - y) % wheel) + wheel) % wheel;
  return forward > wheel / 2 ? forward - wheel : forward;
}

/** Kinds that give money away or complete a payment, and in which direction they do. */
const GIVING: Partial<Record<Kind, "credit" | "any">> = {
  U01: "credit",
  U02: "credit",
  U05: "credit",
  U06: "credit",
  U07: "credit",
  U11: "any",
  U12: "credit",
  U13: "any",
  U14: "credit",
  U20: "credit",
  U22: "credit",
};

/** Credits and completions that nobody can have made but whoever held the terminal after it was handed over. */
function* bookedInCustody(facts: ViewFacts): Generator<ViewFinding> {
  const { order, accounts, items, clockAheadMs } = facts;
  const { custody } = order;
  if (custody === undefined) return;
  for (const account of accounts) {
    const given = viewOf(order, account);
    const view = isView(given) ? given : undefined;
    const giving = items.filter(
      (item) => item.account === account.id && (GIVING[item.kind] === "any" || GIVING[item.kind] === item.direction),
    );
    // A host that looked after the hand-over knows best what it had seen by then; without one, the terminal's own dates speak.
    const lastStan = view !== undefined && view.asOf >= custody.received ? view.lastStan : null;
    const later = giving.filter((item) =>
      lastStan === null ? isRecordedAfter(item, custody.received, clockAheadMs) : ahead(item.stan, lastStan, STANS) > 0,
    );
    const suspect = clockAheadMs === undefined ? [...new Set([...later, ...outside(view, giving)])] : later;
    if (suspect.length > 0) {
      yield U26(`${account.acquirer} ${account.tid}: credits that no host had seen after ${custody.received} (STAN ${stansOf(suspect)})`);
    }
  }
}

/** Whatever it was, it was not to happen any more (R06). What the host saw is judged with the order itself. */
function* usedSince({ order: { stopUse }, items, clockAheadMs }: ViewFacts): Generator<ViewFinding> {
  if (stopUse === undefined) return;
  const newer = items.filter((item) => isRecordedAfter(item, stopUse.since, clockAheadMs));
  if (newer.length === 0) return;
  yield { code: "batch.stop-use", why: `records of after ${stopUse.since}, when use was to stop (STAN ${stansOf(newer)})` };
}

/** By the terminal's own clock, as far as that is ahead; false where nobody can say. */
function isRecordedAfter({ recorded }: Stored<Item>, since: string, aheadMs: number | undefined): boolean {
  const at = recorded === undefined ? undefined : deviceTime(recorded);
  return at !== undefined && aheadMs !== undefined && at - aheadMs >= Date.parse(since);
}

/** Those that the view does not name; without a list of items, all of them unless their sum is the host's. */
function outside(view: AccountView | undefined, giving: readonly Stored<Item>[]): readonly Stored<Item>[] {
  if (view?.items !== undefined) {
    return unmatched(giving, view.items, (item, one) => isSame(one, item, item.direction));
  }
  const known = (view?.uncaptured ?? []).filter(({ direction }) => direction === "credit");
  const own = giving.map(({ count = 1, money: { minor, currency } }) => ({ direction: "credit", currency, count, amount: minor }) as const);
  return told(known) === told(own) ? [] : giving;
}
