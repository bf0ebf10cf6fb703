// What a signed order says about items that stay behind, and about settlements in doubt, in terms every family shares.
import type { Direction, Money } from "../base/money.js";
import type { Kind } from "./facts.js";

/** One set of numbers at one acquirer, as people write it; terminals know it by an id of their own. */
export interface AccountNumbers {
  readonly acquirer: string;
  readonly mid: string;
  readonly tid: string;
}

/** Items of one account, batch, kind, direction and currency that may go unsettled, one to one. */
export interface Exception extends AccountNumbers {
  /** Hash of the order's own words; certificates name it by this. */
  readonly id: string;
  readonly serial: string;
  readonly life: number;
  readonly batch: string;
  readonly kind: Kind;
  readonly direction: Direction;
  readonly money: Money;
  readonly count: number;
  /** Empty for a kind that the terminal counts without listing records. */
  readonly items: readonly { readonly stan: string; readonly digest: string }[];
  /** The host's confirmation of a reversal's original. */
  readonly hostReference?: string;
}

/** The back office's word on a settlement whose end is not known. */
export interface Ruling extends AccountNumbers {
  readonly batch: string;
  readonly answer: "closed" | "open";
}

export function sameAccount(a: AccountNumbers, b: AccountNumbers): boolean {
  return a.acquirer === b.acquirer && a.mid === b.mid && a.tid === b.tid;
}
