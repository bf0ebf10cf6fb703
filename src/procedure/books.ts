// Two counts of the same terminal compared: what came, what went, what was changed, and what the terminal says twice in different ways.
import type { Stored } from "../evidence/entries.js";
import type { RunRecord } from "../evidence/record.js";
import type { Item, Kind, TotalRow } from "../terminal/facts.js";
import { isBatchKind } from "./batches.js";

type AnyItem = Item | Stored<Item>;

/** Kinds that state where a whole batch stands, not a record. */
const MARKERS: ReadonlySet<Kind> = new Set(["U15", "U16", "U17", "U18", "U19"]);
const isRecord = ({ kind }: AnyItem) => !MARKERS.has(kind);
const isListed = (item: AnyItem) => isRecord(item) && item.count === undefined;
const isSum = (item: AnyItem) => isRecord(item) && item.count !== undefined;
/** A record keeps these, and its digest, whatever becomes of it. */
const nameOf = ({ account, batch, stan, digest }: AnyItem) => [account, batch, stan, digest].join(" ");
/** Records that are not listed can only be counted, and one that changes its kind is still there. */
const heapOf = ({ account, batch, direction, money }: AnyItem) => [account, batch, direction, money.currency].join(" ");

function counts<T>(of: readonly T[], key: (one: T) => string, count: (one: T) => number): Map<string, number> {
  const sums = new Map<string, number>();
  for (const one of of) sums.set(key(one), (sums.get(key(one)) ?? 0) + count(one));
  return sums;
}
/** Takes so many of a sort; whether that is more than there were. */
function take(from: Map<string, number>, key: string, n: number): boolean {
  const rest = (from.get(key) ?? 0) - n;
  from.set(key, rest);
  return rest < 0;
}
const minor = ({ money }: AnyItem) => Number(money.minor); // terminals carry 12 digits: always safe
const size = ({ count = 1 }: AnyItem) => count;

/** Records that an earlier census did not have: new, or no longer what they were. */
export function grown(before: readonly AnyItem[], now: readonly Item[]): readonly Item[] {
  if (before.length === 0 && now.length === 0) return [];
  const left = counts(before.filter(isListed), nameOf, size);
  const heaps = counts(before.filter(isSum), heapOf, size);
  return now.filter((item) => (isListed(item) && take(left, nameOf(item), 1)) || (isSum(item) && take(heaps, heapOf(item), size(item))));
}

/** Records of the first census that are gone although nothing that this run began could have taken them. */
export function vanished(record: RunRecord, now: readonly Item[]): readonly AnyItem[] {
  const first = record.census("start")?.census.items ?? [];
  const there = counts(now.filter(isListed), nameOf, size);
  const heaps = counts(now.filter(isSum), heapOf, size);
  const wasThere = counts(first.filter(isSum), heapOf, size);
  const sums = counts(now.filter(isSum), heapOf, minor);
  const were = counts(first.filter(isSum), heapOf, minor);
  // As many as before and another sum: one went and another came.
  const isOther = (heap: string) => heaps.get(heap) === wasThere.get(heap) && sums.get(heap) !== were.get(heap);
  return first.filter((item) => {
    if (!isRecord(item) || mayBeGone(record, item)) return false;
    if (isListed(item)) return take(there, nameOf(item), 1);
    const heap = heapOf(item);
    return (heaps.get(heap) ?? 0) < (wasThere.get(heap) ?? 0) || isOther(heap);
  });
}

/** Something was begun that delivers it: it was sent by its kind, or as an advice without answer, or its batch was settled. */
function mayBeGone(record: RunRecord, { account, kind, batch }: AnyItem): boolean {
  const sent = record.sentKinds(account);
  if (sent.has(kind) || (sent.has("U07") && ADVICES.has(kind))) return true;
  return isBatchKind(kind) && record.begun(account).some(({ intent }) => intent.batch === batch);
}
const ADVICES: ReadonlySet<Kind> = new Set(["U05", "U06", "U07", "U11", "U12", "U20", "U22"]);

/** Every count or amount in which totals and items are at odds, in words. */
export function contradictions(rows: readonly TotalRow[], items: readonly Item[]): readonly string[] {
  const key = ({ account, kind, direction, money }: TotalRow | Item) => [account, kind, direction, money.currency].join(" ");
  const sums = new Map<string, { count: number; minor: bigint }>();
  const add = (name: string, count: number, minor: bigint) => {
    const sum = sums.get(name) ?? { count: 0, minor: 0n };
    sums.set(name, { count: sum.count + count, minor: sum.minor + minor });
  };
  for (const row of rows) add(key(row), row.count, row.money.minor);
  for (const item of items) add(key(item), -size(item), -item.money.minor);
  return [...sums].flatMap(([name, { count, minor }]) =>
    count === 0 && minor === 0n ? [] : [`${name} by ${count} records and ${minor} minor units`],
  );
}
