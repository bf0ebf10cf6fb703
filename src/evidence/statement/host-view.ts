// What a settlement row repeats of the order's host view, in the currency of its account, which is the only one a row can speak of.
import { alphabetic, numeric } from "../../base/money.js";
import type { AccountNumbers } from "../../terminal/exceptions.js";
import { isView, viewOf } from "../order/lookup.js";
import type { Order } from "../order/schema.js";
import { NOT_IN_ORDER } from "./fields.js";
import type { SettlementRow } from "./statement-money.js";

/** What the order has no view of, or its host does not know, is not in the order. */
export function hostViewField(
  order: Pick<Order, "hostView">,
  account: AccountNumbers & { readonly currency: string },
): SettlementRow["hostView"] {
  const view = viewOf(order, account);
  if (view === undefined) return NOT_IN_ORDER;
  if (!isView(view)) return { unavailable: true, reason: view.reason, approvers: view.approvers };
  const currency = alphabetic(numeric(account.currency));
  const rows = view.uncaptured.filter((row) => numeric(row.currency) === numeric(account.currency));
  const sum = (direction: "debit" | "credit") =>
    rows.filter((row) => row.direction === direction).reduce((total, { amount }) => total + amount, 0);
  return {
    openBatch: view.openBatch ?? NOT_IN_ORDER,
    uncaptured: {
      count: rows.reduce((total, { count }) => total + count, 0),
      debit: { amount: sum("debit"), currency },
      credit: { amount: sum("credit"), currency },
    },
    lastStan: view.lastStan ?? NOT_IN_ORDER,
    lastStanAt: view.lastStanAt ?? NOT_IN_ORDER,
    lastClosedBatch: view.lastClosedBatch ?? NOT_IN_ORDER,
    asOf: view.asOf,
  };
}
