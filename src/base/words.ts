// Every sentence a person can be shown stands in a catalogue of this shape; codes and JSON are never translated.
import type { ErrorCode } from "./errors.js";
import { en } from "./words/en.js";

export interface Words {
  /** What to do next, one sentence per code. */
  readonly remedy: Readonly<Record<ErrorCode, string>>;
}

export const words: Words = en;
