// Looks for what must never leave a terminal in all that an archive holds: the lines by the statement's scanner, record bytes in every form below.
import { hex, text } from "../../base/bytes.js";
import { DecomError } from "../../base/errors.js";
import type { VerifierCode } from "../codes.js";
import { isCardNumber, judgeText, type KnownNumbers, scan } from "../statement/scanner.js";
import type { Archive } from "./lines.js";

/** Throws `archive.leak` with code and place, never with the value. */
export function refuseLeaks({ files, ...lines }: Archive, known: KnownNumbers): void {
  refuseLeaksIn(lines, known);
  for (const { file, bytes } of files) {
    const code = judgeBytes(bytes, known);
    if (code !== undefined) throw leak(code, `in file ${file}`);
  }
}

/** The same of any facts that a terminal has told and somebody is about to write down. */
export function refuseLeaksIn(facts: object, known: KnownNumbers): void {
  const [found] = scan(facts, known);
  if (found !== undefined) throw leak(found.code, `at ${found.pointer}`);
}

function leak(code: VerifierCode, where: string): DecomError {
  return new DecomError("archive.leak", `${code} ${where} of what was read from the terminal; nothing of it was written down`, { code });
}

/**
 * Text in one byte or two, and packed digits. A masked number passes. What is packed among other packed digits cannot be told from an
 * amount or a date, so only track data and numbers that stand alone in their field are seen there.
 */
export function judgeBytes(bytes: Uint8Array, known: KnownNumbers): VerifierCode | undefined {
  const plain = without(text(bytes), [...known.serials, ...known.mids]);
  const wide = plain.match(WIDE)?.map((found) => found.replaceAll("\0", "")) ?? [];
  return [plain, ...wide].map(judgeText).find((code) => code !== undefined) ?? judgePacked(bytes);
}

/** UTF-16 of either order. */
const WIDE = /[ -~](?:\0[ -~]){6,}/g;

/** The terminal's own numbers taken out, where they stand alone. */
function without(content: string, numbers: readonly string[]): string {
  return numbers
    .filter((number) => number !== "")
    .map((number) => number.replaceAll(/[^A-Za-z0-9]/g, "\\$&"))
    .reduce((rest, number) => rest.replaceAll(new RegExp(`(?<![0-9])${number}(?![0-9])`, "g"), "#"), content);
}

/** Track 2 as cards carry it: number, separator D, expiry (year, month), service code. */
const PACKED_TRACK = /([0-9]{13,})d[0-9]{2}(?:0[1-9]|1[0-2])[0-9]{3}/g;

function judgePacked(bytes: Uint8Array): VerifierCode | undefined {
  for (const [, run = ""] of hex(bytes).matchAll(PACKED_TRACK)) {
    for (let length = 13; length <= 19; length++) if (isCardNumber(run.slice(-length))) return "DATA_SAD_FOUND";
  }
  for (const run of packedRuns(bytes)) if (!isText(run) && isCardNumber(hex(run).replace("f", ""))) return "DATA_PAN_FOUND";
  return undefined;
}

/** As many bytes of two decimal digits each as stand together; the last may be padded with F, as an odd number is. */
function* packedRuns(bytes: Uint8Array): Generator<Uint8Array> {
  let from = 0;
  for (let at = 0; at <= bytes.length; at++) {
    const [high, low] = [(bytes[at] ?? 0xff) >> 4, (bytes[at] ?? 0xff) & 0x0f]; // behind the last byte every run ends
    if (high <= 9 && low <= 9) continue;
    const run = bytes.subarray(from, high <= 9 && low === 0x0f ? at + 1 : at);
    if (run.length >= 7) yield run;
    from = at + 1;
  }
}

/** Digits and blanks in text look like packed digits too; judgeText has seen those. */
function isText(run: Uint8Array): boolean {
  return run.every((byte) => byte >= 0x20 && byte <= 0x7e);
}
