// Why a certificate says less than ERASED, or says nothing that holds: every flaw that evidence can have, and what it does to the outcome.
import type { VerifierCode } from "../codes.js";

/**
 * `not-erased` and `exception` set the outcome, and are findings only when the statement claims more than they allow.
 * `claim` does not touch the outcome but makes any claim of erasure unacceptable. `always` is wrong in every statement.
 */
export type Meaning = "not-erased" | "exception" | "claim" | "always";

const reason =
  (means: Meaning) =>
  (code: VerifierCode): { readonly means: Meaning; readonly code: VerifierCode } => ({ means, code });
const notErased = reason("not-erased");
const exception = reason("exception");
const claim = reason("claim");
const always = reason("always");

export const reasons = {
  // areas
  AREA_MISSING: notErased("AREA_COVERAGE"),
  AREA_FAILED: notErased("SCHEMA_OUTCOME"),
  AREA_UNREAD: notErased("SCHEMA_OUTCOME"),
  SCOPE_NOT_DONE: notErased("ORDER_SCOPE"),
  LOGICAL_DELETE_LEAVES: notErased("ORDER_DESTINATION"),
  LOGICAL_DELETE: exception("SCHEMA_OUTCOME"),
  FLOOR_NOT_COVERED: exception("POLICY_FLOOR"),
  BELOW_FLOOR: exception("POLICY_FLOOR"),
  BELOW_MINIMUM: exception("AREA_LEVEL_LOW"),
  AREA_NO_PROOF: always("AREA_NO_PROOF"),
  METHOD_CLAIM: always("AREA_NO_PROOF"),
  AREA_TOO_FAST: always("AREA_IMPLAUSIBLE_TIME"),
  // keys
  SLOT_MISSING: notErased("KEYS_SLOT_MISSING"),
  SLOT_PRESENT: notErased("KEYS_STILL_PRESENT"),
  SLOT_BEYOND: notErased("DEV_MODEL"),
  SLOT_CONSTANT: notErased("KEYS_CONSTANT"),
  SLOT_UNPROBED: notErased("KEYS_PROBE_MISSING"),
  SLOT_FAILED: notErased("SCHEMA_OUTCOME"),
  SLOT_KEPT: exception("KEYS_STILL_PRESENT"),
  SLOT_LEVEL: always("KEYS_PROBE_MISSING"),
  SLOT_CONTRADICTION: always("KEYS_STILL_PRESENT"),
  // inventory
  INVENTORY: always("DEV_MODEL"),
  COVERAGE_CLAIM: claim("AREA_COVERAGE"),
  // inspection
  NO_RESTART: notErased("DEV_NO_RESTART"),
  INSPECTION_FAILED: notErased("SCHEMA_OUTCOME"),
  FOUND_BLANK: exception("SCHEMA_OUTCOME"),
  // money
  MONEY_LEFT: notErased("SETTLE_UNSETTLED"),
  SETTLEMENT_OPEN: notErased("SETTLE_UNSETTLED"),
  TOTALS_DIFFER: notErased("SETTLE_TOTALS_DIFFER"),
  HOST_VIEW: notErased("SETTLE_HOSTVIEW"),
  EXCEPTION_UNMATCHED: notErased("ORDER_EXCEPTION"),
  EXCEPTION_USED: exception("SCHEMA_OUTCOME"),
  SETTLEMENT_LEVEL: always("SETTLE_LEVEL"),
  SETTLEMENT_BELOW: claim("SETTLE_LEVEL"),
  SETTLEMENT_UNSHOWN: claim("SETTLE_LEVEL"),
  MONEY_FORM: always("SCHEMA_INVALID"),
  ARCHIVE: claim("ARCHIVE_MISSING"),
  RECIPIENT: claim("ARCHIVE_RECIPIENT"),
  // the unit
  UNIT_UNPROVEN: exception("SCHEMA_OUTCOME"),
  UNIT_CLAIM: always("SCHEMA_OUTCOME"),
  ATTESTATION_MISSING: always("ATTEST_MISSING"),
  ATTESTATION_HASH: always("ATTEST_RESULTS"),
  SERIAL_MISMATCH: always("DEV_SERIAL_MISMATCH"),
  TAMPERED: always("DEV_TAMPERED"),
} as const;

export type Reason = keyof typeof reasons;

export interface Flaw {
  readonly reason: Reason;
  readonly pointer: string;
}
