// What the firmware checks by itself before a wipe: lock, census, power, time, and every item left is named, whole and once, by the GRANT.
import { hex, unhex } from "../base/bytes.js";
import { sha256 } from "../base/sign.js";
import { type Item, kinds, recordCount, type TotalRow } from "../terminal/facts.js";
import { type Batch, NO_DIGEST } from "./batch.js";
import type { Body } from "./body.js";
import { refuse } from "./refused.js";
import type { Self } from "./self.js";

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
  const covered = (all: readonly Item[]): boolean => {
    const [first] = all;
    if (first === undefined || kinds[first.kind].gate !== "BLOCK-X") return false;
    const digest = all.some((item) => item.count !== undefined) ? NO_DIGEST : digestOf(all);
    const fitting = exceptions.filter(
      (e) =>
        e.account === first.account &&
        e.kind === Number(first.kind.slice(1)) &&
        e.direction === first.direction &&
        e.currency === first.money.currency &&
        e.batch === first.batch &&
        e.count === recordCount(all) &&
        e.amount === all.reduce((sum, item) => sum + item.money.minor, 0n) &&
        e.digest === digest,
    );
    return fitting.length === 1;
  };
  return [...groups.values()].filter((group) => !covered(group)).flat();
}

/** What a wipe is asked with. */
export interface Asked {
  /** Hash of the census that the command names, and of the present one. */
  readonly named: Uint8Array;
  readonly present: Uint8Array;
  readonly areas: readonly number[];
  readonly exceptions: readonly Exception[];
}

const MIN_BATTERY = 30;

/** Throws unless nothing stands in the way of destroying, for as many seconds as that takes. */
export function interlock({ violate }: Body, batch: Batch, self: Self, { named, present, exceptions }: Asked, seconds: number): void {
  if (!self.life.locked) {
    violate("unlocked");
    refuse("BAD_STATE", { detail: "NOT_LOCKED" });
  }
  if (hex(present) !== hex(named)) {
    violate("commit-stale");
    refuse("CENSUS_CHANGED");
  }
  const { items, unread } = batch.census();
  const standing = inTheWay(items, exceptions);
  if (standing.length > 0 || unread.length > 0) {
    violate("commit-unsettled");
    refuse("UNSETTLED", { unsettled: batch.rows().filter((row) => standing.some((item) => isOf(row, item))) });
  }
  const { battery, mains } = self.power;
  if (!mains && battery < MIN_BATTERY) refuse("NEEDS_POWER");
  if (seconds >= self.secondsToReboot) refuse("REBOOT_DUE", { seconds: self.secondsToReboot });
}

const isOf = (row: TotalRow, item: Item): boolean =>
  row.account === item.account && row.kind === item.kind && row.direction === item.direction;
