// What an order says about one account: the host's view of it, and the back office's answer about one of its batches.
import { numeric } from "../../base/money.js";
import { type AccountNumbers, sameAccount } from "../../terminal/exceptions.js";
import type { AccountView, HostViewField, Order, ResolutionField } from "./schema.js";

export type Unavailable = Extract<HostViewField, { readonly unavailable: true }>;

/** `undefined` when the order has views, but none of this account. */
export function viewOf({ hostView }: Pick<Order, "hostView">, account: AccountNumbers): AccountView | Unavailable | undefined {
  return Array.isArray(hostView) ? hostView.find((view) => sameAccount(view, account)) : hostView;
}

export function isView(view: AccountView | Unavailable | undefined): view is AccountView {
  return view !== undefined && !("unavailable" in view);
}

/** Every view that there is, of accounts whose host could be asked. */
export function viewsOf({ hostView }: Pick<Order, "hostView">): readonly AccountView[] {
  return Array.isArray(hostView) ? hostView.filter(isView) : [];
}

export function resolutionOf(
  { resolutions }: Pick<Order, "resolutions">,
  account: AccountNumbers,
  batch: string,
): ResolutionField | undefined {
  return resolutions.find((one) => sameAccount(one, account) && one.batch === batch);
}

/** One row for each direction and currency, however many the back office wrote. */
export function summed(rows: AccountView["uncaptured"]): AccountView["uncaptured"] {
  const sums = new Map<string, AccountView["uncaptured"][number]>();
  for (const { direction, currency, count, amount } of rows) {
    const key = `${direction} ${numeric(currency)}`;
    const sum = sums.get(key) ?? { direction, currency, count: 0, amount: 0 };
    sums.set(key, { ...sum, count: sum.count + count, amount: sum.amount + amount });
  }
  return [...sums.values()];
}

/** Count and amount by direction and currency, in one written form: equal money is equal text. */
export function told(rows: AccountView["uncaptured"]): string {
  return summed(rows)
    .filter(({ count, amount }) => count !== 0 || amount !== 0)
    .map(({ direction, currency, count, amount }) => `${count} ${direction} ${numeric(currency)} ${amount}`)
    .sort()
    .join(", ");
}
