// How a reader or verifier refuses: with a Rejection, and never with another error.
import { Rejection } from "../../src/evidence/codes.js";

/** Undefined where nothing is refused; whatever else is thrown is passed on. */
export function rejectionOf(read: () => unknown): Rejection | undefined {
  try {
    read();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof Rejection) return thrown;
    throw thrown;
  }
}

/** Code and place, or "read". */
export function answerOf(read: () => unknown): string {
  const rejection = rejectionOf(read);
  return rejection === undefined ? "read" : `${rejection.code} ${rejection.pointer}`;
}
