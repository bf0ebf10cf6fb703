// What the firmware checks by itself before a wipe: every item that is left is named, whole and once, by an exception of the GRANT.
import { hex, unhex } from "../base/bytes.js";
import { sha256 } from "../base/sign.js";
import { type Item, kinds } from "../terminal/facts.js";
import { NO_DIGEST } from "./batch.js";

/** One line of a GRANT that lets these items go unsettled. */
export interface Exception {
  readonly account: string;
  readonly kind: number;
  readonly direction: "debit" | "credit";
  readonly currency: string;
  readonly batch: string;
  readonly count: number;
  readonly amount: bigint;
  readonly digest: string;
}

function digestOf(items: readonly Item[]): string {
  const digests = items.map(({ digest }) => digest).sort();
  return hex(sha256(unhex(digests.join(""))));
}

/** What stands in the way of a wipe: BLOCK items, and BLOCK-X items that no exception covers exactly. */
export function inTheWay(items: readonly Item[], exceptions: readonly Exception[]): Item[] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    if (kinds[item.kind].gate === "WARN") continue;
    const key = [item.account, item.kind, item.direction, item.money.currency, item.batch].join(" ");
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  const covered = ([first, ...rest]: readonly Item[]): boolean => {
    if (first === undefined || kinds[first.kind].gate !== "BLOCK-X") return false;
    const all = [first, ...rest];
    const digest = all.some((item) => item.count !== undefined) ? NO_DIGEST : digestOf(all);
    const fitting = exceptions.filter(
      (e) =>
        e.account === first.account &&
        e.kind === Number(first.kind.slice(1)) &&
        e.direction === first.direction &&
        e.currency === first.money.currency &&
        e.batch === first.batch &&
        e.count === all.reduce((sum, { count = 1 }) => sum + count, 0) &&
        e.amount === all.reduce((sum, item) => sum + item.money.minor, 0n) &&
        e.digest === digest,
    );
    return fitting.length === 1;
  };
  return [...groups.values()].filter((group) => !covered(group)).flat();
}
