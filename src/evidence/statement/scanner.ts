// Looks for what must never leave a terminal in every text of a document: card numbers, track data, secrets.
import { passesLuhn } from "../../base/redact.js";
import { type Finding, finding, pointerTo, type VerifierCode } from "../codes.js";

/** Values of order and device that may look like card numbers: a tenth of all 15-digit MIDs passes Luhn's check. */
export interface KnownNumbers {
  readonly serials: readonly string[];
  readonly mids: readonly string[];
}

/** Issued ranges as [first digits from, to, lengths]; ISO/IEC 7812 gives each network its own. */
const RANGES: readonly (readonly [from: number, to: number, shortest: number, longest: number])[] = [
  [4, 4, 13, 19],
  [51, 55, 16, 16],
  [2221, 2720, 16, 16],
  [34, 34, 15, 15],
  [37, 37, 15, 15],
  [300, 305, 14, 19],
  [3095, 3095, 14, 19],
  [36, 36, 14, 19],
  [38, 39, 14, 19],
  [3528, 3589, 16, 19],
  [6011, 6011, 16, 19],
  [644, 659, 16, 19],
  [60, 60, 16, 16],
  [62, 62, 13, 19],
  [81, 81, 16, 19],
  [2200, 2204, 16, 19],
  [5018, 5018, 13, 19],
  [5020, 5020, 13, 19],
  [5038, 5038, 13, 19],
  [5893, 5893, 13, 19],
  [6304, 6304, 13, 19],
  [6759, 6763, 13, 19],
];

export function isCardNumber(digits: string): boolean {
  if (digits.length < 13) return false;
  const issued = RANGES.some(([from, to, shortest, longest]) => {
    const head = Number(digits.slice(0, String(from).length));
    return head >= from && head <= to && digits.length >= shortest && digits.length <= longest;
  });
  return issued && passesLuhn(digits);
}

/** Digits in groups with at most one separator between; any run of whole neighbouring groups may be the number. */
function holdsCardNumber(text: string): boolean {
  for (const [run] of text.matchAll(/[0-9]+(?:[ ._/:,-][0-9]+)*/g)) {
    const groups = run.split(/[^0-9]/);
    for (let i = 0; i < groups.length; i++) {
      let digits = "";
      for (let j = i; j < groups.length && digits.length <= 19; j++) {
        digits += groups[j] ?? "";
        if (digits.length >= 13 && digits.length <= 19 && isCardNumber(digits)) return true;
      }
    }
  }
  return false;
}

/** As many digits as the shortest card number has, or what a secret stands behind; most texts have neither. */
const SUSPECT = /[:=]|[0-9](?:[ ._/:,-]?[0-9]){12}|-----BEGIN/;
const TRACK = /[0-9]{13,19}[=D][0-9]{7}|%?B[0-9]{13,19}\^/;
const SECRET = /-----BEGIN|\b(?:password|passphrase|passwd|secret|private key)\b\s*[:=]/i;
/** SHA-256, op ids and nonces, UUIDs, times: whole values in a form that no card number has. */
const TYPED = /^(?:[0-9a-f]{64}|[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[0-9:.]+Z)$/;
/** Keys of random values in other forms; what is in base64 is looked into by whoever knows what it is. */
const EXEMPT: readonly string[] = ["ownerKeyId", "tokenB64", "dataB64", "account"];
const NUMBERED: Readonly<Record<string, keyof KnownNumbers>> = {
  serialLabel: "serials",
  serialReported: "serials",
  serial: "serials",
  mid: "mids",
};

export function scan(value: unknown, known: KnownNumbers): readonly Finding[] {
  const findings: Finding[] = [];
  scanValue(value, "", [], known, findings);
  return findings;
}

/** `path` grows and shrinks on the way: a pointer is written only for what is found. */
function scanValue(value: unknown, key: string, path: PropertyKey[], known: KnownNumbers, findings: Finding[]): void {
  if (typeof value === "string") {
    const code = scanText(value, key, known);
    if (code !== undefined) findings.push(finding(code, pointerTo(path)));
  } else if (typeof value === "number") {
    if (key !== "amount" && isCardNumber(String(value))) findings.push(finding("DATA_PAN_FOUND", pointerTo(path)));
  } else if (Array.isArray(value)) {
    for (const [i, held] of value.entries()) {
      path.push(i);
      scanValue(held, key, path, known, findings);
      path.pop();
    }
  } else if (typeof value === "object" && value !== null) {
    for (const inner of Object.keys(value)) {
      path.push(inner);
      scanValue(inner, "", path, known, findings);
      scanValue(Reflect.get(value, inner), inner, path, known, findings);
      path.pop();
    }
  }
}

/** No card number, track or secret is shorter. */
const SHORTEST = 7;

function scanText(text: string, key: string, known: KnownNumbers): VerifierCode | undefined {
  if (text.length < SHORTEST || !SUSPECT.test(text) || TYPED.test(text) || EXEMPT.includes(key)) return undefined;
  const list = NUMBERED[key];
  const found = judgeText(text);
  return found === "DATA_PAN_FOUND" && list !== undefined && known[list].includes(text) ? undefined : found;
}

/** What a text holds that it must not; nothing is exempt here. */
export function judgeText(text: string): VerifierCode | undefined {
  if (!SUSPECT.test(text)) return undefined;
  if (TRACK.test(text)) return "DATA_SAD_FOUND";
  if (SECRET.test(text)) return "DATA_SECRET_FOUND";
  return holdsCardNumber(text) ? "DATA_PAN_FOUND" : undefined;
}
