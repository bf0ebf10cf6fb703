// What an order says about one account: the host's view of it, and the back office's answer about one of its batches.
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

export interface Attempted extends AccountNumbers {
  readonly batch: string;
  /** When it was last tried to settle this batch, RFC 3339. */
  readonly lastTriedAt: string;
  /** How long this host may still book what it received, ms. */
  readonly hostDelay: number;
}

/** The answer about this batch, unless it was given before the host can have known: then it says nothing about the last attempt. */
export function resolutionOf({ resolutions }: Pick<Order, "resolutions">, at: Attempted): ResolutionField | undefined {
  const told = resolutions.find((one) => sameAccount(one, at) && one.batch === at.batch);
  if (told === undefined || Date.parse(told.asOf) <= Date.parse(at.lastTriedAt) + at.hostDelay) return undefined;
  return told;
}
