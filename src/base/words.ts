// Every sentence a person can be shown stands in a catalogue of this shape; codes and JSON are never translated.
import { en } from "./words/en.js";

/** Another language is one more file `words/<tag>.ts` that exports a value of this type: what it lacks does not compile. */
export type Words = typeof en;

export const words: Words = en;
