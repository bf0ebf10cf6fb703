// Why an account could not be settled, in codes that tell a person apart what to do: wait, re-register, bring paper, ask the back office.
import type { ErrorCode } from "../base/codes.js";
import { DecomError } from "../base/errors.js";
import type { Outcome } from "../evidence/entries.js";
import type { Situation } from "../terminal/dialects/dialect.js";
import type { Account, SettlementFacts } from "../terminal/facts.js";

const bySituation: Readonly<Partial<Record<Situation, ErrorCode>>> = {
  "host-down": "settle.host-down",
  deregistered: "settle.deregistered",
  mac: "settle.mac",
  duplicate: "settle.duplicate",
};

const byOutcome: Readonly<Partial<Record<Outcome, ErrorCode>>> = {
  UNBALANCED: "settle.unbalanced",
  HOST_ERROR_FLAG: "settle.error-flag",
  HOST_UNREACHABLE: "settle.no-network",
  UPLOAD_INCOMPLETE: "upload.incomplete",
  PRINT_PENDING: "settle.print",
  CLEAR_PENDING: "settle.clear",
};

export function failedSettlement(
  account: Account,
  batch: string,
  outcome: Outcome,
  situation: Situation,
  facts: SettlementFacts,
): DecomError {
  const code = byOutcome[outcome] ?? bySituation[situation] ?? "settle.host";
  const message = `settling batch ${batch} of ${account.tid} ended with ${outcome} (host ${facts.hostCode ?? "silent"})`;
  return new DecomError(code, message, {
    account: account.id,
    batch,
    did: facts.state === "idle" && code !== "settle.duplicate" ? "not-done" : "unknown",
  });
}

export function unknownSettlement(account: Account, batch: string, why: string): DecomError {
  const message = `whether batch ${batch} of ${account.tid} was booked is not known: ${why}`;
  return new DecomError("settle.unknown", message, { account: account.id, batch, did: "unknown" });
}

/** It is booked, as the terminal says, but nobody here has seen how: whose books it is in is for the back office to say. */
export function settledElsewhere({ id, tid }: Account, batch: string): DecomError {
  return new DecomError("settle.elsewhere", `batch ${batch} of ${tid} was settled during this run, but not by it`, {
    account: id,
    batch,
    did: "done",
  });
}
