// The one error class. Where something is thrown, the thrower also says whether the act happened.
import { type CodeRow, codes, type DidItHappen, type ErrorCode } from "./codes.js";
import { words } from "./words.js";

export interface ErrorFacts {
  /** Whether the act that failed took effect, from what was sent and seen. */
  readonly did?: DidItHappen;
  readonly cause?: unknown;
  readonly [fact: string]: unknown;
}

export class DecomError extends Error {
  readonly code: ErrorCode;
  readonly did: DidItHappen;
  readonly facts: Readonly<Record<string, unknown>>;

  /** `message` says what was tried, what was seen and where; the remedy comes from the catalogue. */
  constructor(code: ErrorCode, message: string, { did = "not-done", cause, ...facts }: ErrorFacts = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "DecomError";
    this.code = code;
    this.did = did;
    this.facts = facts;
  }

  get row(): CodeRow {
    return codes[this.code];
  }

  get remedy(): string {
    return words.remedy[this.code];
  }
}

/** What was thrown, as a DecomError: a stranger becomes `internal.bug` with its cause kept. */
export function asDecomError(thrown: unknown): DecomError {
  if (thrown instanceof DecomError) return thrown;
  return new DecomError("internal.bug", thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
}

/** For states that the types cannot exclude but the logic does. */
export function unreachable(what: string): never {
  throw new DecomError("internal.bug", what);
}
