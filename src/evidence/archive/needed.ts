// When a terminal must not be wiped before its records are archived. Station and verifier ask here.
import { policyOf } from "../order/policy.js";
import type { Order } from "../order/schema.js";
import type { SettlementRow } from "../statement/statement-money.js";

/** By the order itself, or because the merchant's money is held. */
export function demandsArchive({ archiveDemanded, reasonCode }: Pick<Order, "archiveDemanded" | "reasonCode">): boolean {
  return archiveDemanded || policyOf(reasonCode).payout === "held";
}

/** Below S2 only the terminal says that it was settled; and what stays behind is otherwise gone with the wipe. */
export function needsArchive(settlement: readonly SettlementRow[], demanded: boolean): boolean {
  const below = settlement.some(({ level }) => level === "S0" || level === "S1");
  const left = settlement.some(({ after }) => after.some(({ count, money }) => count > 0 || money.amount !== 0));
  return demanded || below || left;
}
