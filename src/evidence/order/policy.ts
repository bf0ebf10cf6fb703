// Why a terminal comes back, and what follows from it: whose consent is needed, whether the merchant is paid out, whether it may be wiped.

/** Whose agreement an order must show. `merchant-or-legal`: whoever winds the shop up may give it instead. */
type Consent = "none" | "merchant" | "merchant-or-legal" | "both-parties";

export interface ReasonPolicy {
  readonly consent: Consent;
  /** `held`: settled money waits at the acquirer, so the archive of what was in the terminal is mandatory. */
  readonly payout: "normal" | "held";
  /** `held`: settled and exported, but not wiped until the order says that the hold was lifted. `record`: there is no terminal to connect. */
  readonly wipe: "allowed" | "held" | "record";
}

const normal = (consent: Consent): ReasonPolicy => ({ consent, payout: "normal", wipe: "allowed" });
const held: ReasonPolicy = { consent: "none", payout: "held", wipe: "held" };
const record: ReasonPolicy = { consent: "none", payout: "normal", wipe: "record" };

export const reasonPolicies = {
  VOLUNTARY_UNUSED: normal("merchant"),
  VOLUNTARY_BUSINESS: normal("merchant"),
  SHOP_CLOSED: normal("merchant-or-legal"),
  SHOP_TRANSFERRED: normal("both-parties"),
  OWNER_CHANGE: normal("both-parties"),
  CONTRACT_EXPIRED: normal("none"),
  FAULT_HARDWARE: normal("none"),
  FAULT_SOFTWARE: normal("none"),
  SYSTEM_UPGRADE: normal("merchant"),
  REPLACEMENT: normal("merchant"),
  EXCHANGE: normal("merchant"),
  DATA_MIGRATION: normal("merchant"),
  VIOLATION_FROZEN: held,
  VIOLATION_CLOSED: held,
  TERMINAL_TAMPERED: held,
  ILLEGALLY_MODIFIED: held,
  LOST: record,
  NOT_RETURNED: record,
} as const satisfies Record<string, ReasonPolicy>;

export type ReasonCode = keyof typeof reasonPolicies;

export function policyOf(reason: ReasonCode): ReasonPolicy {
  return reasonPolicies[reason];
}
