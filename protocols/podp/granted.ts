// What a refusal means to a run: an answer is either what was asked for, or an error that says what the terminal objected to.
import type { ErrorCode } from "../../src/base/codes.js";
import { DecomError } from "../../src/base/errors.js";
import type { Command } from "../../src/wire/messages.js";
import type { Result } from "./codes.js";
import { type Answer, describeRefusal } from "./session.js";

/** One question, whose refusal is thrown. `onData` hears DATA frames as they come: offset and bytes. */
export type Ask = <Q, A>(command: Command<Q, A>, request: Q, onData?: (offset: number, bytes: Uint8Array) => void) => Promise<A>;

/** Anything not listed is `terminal.refused`. */
const refusals: Readonly<Partial<Record<Result, ErrorCode>>> = {
  BUSY: "terminal.busy",
  AUTH: "order.auth",
  CHALLENGE_USED: "order.auth",
  PLAN_MISMATCH: "census.changed",
  CENSUS_CHANGED: "census.changed",
  FILE_CHANGED: "census.changed",
  UNSETTLED: "batch.open",
  NEEDS_HOST: "settle.no-network",
  STORE_FULL: "settle.store",
  NEEDS_POWER: "terminal.power",
  REBOOT_DUE: "terminal.reboot-due",
  TAMPERED: "terminal.tampered",
  AREA_FAILED: "erase.failed",
};

export function granted<A>(command: { readonly code: number }, answer: Answer<A>): A {
  if (answer.body !== undefined) return answer.body;
  const code = refusals[answer.result] ?? "terminal.refused";
  throw new DecomError(code, `command ${command.code.toString(16)} was answered ${describeRefusal(answer)}`, { result: answer.result });
}
