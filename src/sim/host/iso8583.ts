// ISO 8583 bytes as the simulated terminal and its acquirers write them: length, TPDU, type, bitmap, fields. One table says how each stands.

/** `n`: digits, two in a byte. `ans`: printable ASCII. `size` is exact without a prefix, the most with one of 1 or 2 BCD bytes. */
interface Field {
  readonly form: "n" | "ans";
  readonly size: number;
  readonly prefix: 0 | 1 | 2;
}
const n = (size: number): Field => ({ form: "n", size, prefix: 0 });
const ans = (size: number): Field => ({ form: "ans", size, prefix: 0 });
const llN = (size: number): Field => ({ form: "n", size, prefix: 1 });
const lllAns = (size: number): Field => ({ form: "ans", size, prefix: 2 });

/** The fields that exist here. 1 (a second bitmap) and 64 (MAC) do not. */
export const fieldTable: Readonly<Record<number, Field>> = {
  2: llN(19), // card number
  3: n(6), // processing code
  4: n(12), // amount, minor units
  11: n(6), // system trace audit number
  12: n(6), // local time hhmmss
  13: n(4), // local date MMDD
  24: n(3), // network international identifier
  25: n(2), // condition or reason
  37: ans(12), // retrieval reference number
  39: ans(2), // answer code
  41: ans(8), // terminal
  42: ans(15), // merchant
  48: lllAns(322), // totals, lists, counts
  49: ans(3), // currency
  60: lllAns(16), // batch and what the message is for
  61: lllAns(12), // original batch and trace number
  62: lllAns(64), // invoice; digest
  63: lllAns(90), // operator; totals
};

/** Values by field number: digits for `n`, text for `ans`. */
export type IsoFields = Readonly<Record<number, string>>;

export interface IsoMessage {
  /** Message type, four digits. */
  readonly mti: string;
  readonly fields: IsoFields;
}

/** Bytes that are no message: what is wrong, and at which byte. */
export interface Noise {
  readonly noise: "length" | "tpdu" | "type" | "bitmap" | "field" | "trailing";
  readonly at: number;
  readonly field?: number;
}

const TPDU = [0x60, 0, 0, 0, 0];
const TYPE = 2 + TPDU.length;
const BITMAP = TYPE + 2;
const BODY = BITMAP + 8;
/** The version of 1987. */
const MTI = /^0[0-9]{3}$/;
const DIGITS = /^[0-9]+$/;
const PRINTABLE = /^[ -~]+$/;

const bytesOf = ({ form, size, prefix }: Field): number => prefix + (form === "n" ? (size + 1) >> 1 : size);
/** Of a whole message with its two bytes of length; a longer one cannot be. */
export const MAX_MESSAGE = BODY + Object.values(fieldTable).reduce((sum, field) => sum + bytesOf(field), 0);

/** Messages are made here and copied out whole. */
const scratch = new Uint8Array(MAX_MESSAGE);

/** Throws RangeError for a value that its field cannot hold: our own values fit. */
export function encode({ mti, fields }: IsoMessage): Uint8Array {
  if (!MTI.test(mti)) throw new RangeError(`no message type: ${mti}`);
  scratch.set(TPDU, 2);
  writeDigits(mti, TYPE);
  scratch.fill(0, BITMAP, BODY);
  let at = BODY;
  for (const key in fields) {
    const number = Number(key); // keys that are numbers come in rising order
    const field = fieldTable[number];
    const value = fields[number] ?? "";
    if (field === undefined || !fits(field, value)) throw new RangeError(`field ${key} cannot hold "${value}"`);
    const byte = BITMAP + ((number - 1) >> 3);
    scratch[byte] = (scratch[byte] ?? 0) | (0x80 >> ((number - 1) & 7));
    if (field.prefix > 0) at = writeDigits(String(value.length).padStart(2 * field.prefix, "0"), at);
    at = field.form === "ans" ? writeText(value, at) : writeDigits(evened(field, value), at);
  }
  scratch[0] = (at - 2) >> 8;
  scratch[1] = (at - 2) & 0xff;
  return scratch.slice(0, at);
}

/** Reads exactly one message. Never throws. */
export function decode(bytes: Uint8Array): IsoMessage | Noise {
  if (bytes.length < BODY || bytes.length > MAX_MESSAGE) return { noise: "length", at: bytes.length };
  if ((((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0)) !== bytes.length - 2) return { noise: "length", at: 0 };
  for (const [i, byte] of TPDU.entries()) if (bytes[2 + i] !== byte) return { noise: "tpdu", at: 2 + i };
  const mti = readDigits(bytes, TYPE, 2);
  if (mti === undefined || !MTI.test(mti)) return { noise: "type", at: TYPE };
  const fields: Record<number, string> = {};
  let at = BODY;
  for (let number = 1; number <= 64; number++) {
    const byte = BITMAP + ((number - 1) >> 3);
    if (((bytes[byte] ?? 0) & (0x80 >> ((number - 1) & 7))) === 0) continue;
    const field = fieldTable[number];
    if (field === undefined) return { noise: "bitmap", at: byte, field: number };
    const read = readField(field, bytes, at);
    if (read === undefined) return { noise: "field", at, field: number };
    fields[number] = read.value;
    at = read.end;
  }
  return at === bytes.length ? { mti, fields } : { noise: "trailing", at };
}

function fits({ form, size, prefix }: Field, value: string): boolean {
  if (prefix === 0 ? value.length !== size : value.length === 0 || value.length > size) return false;
  return (form === "n" ? DIGITS : PRINTABLE).test(value);
}

/** Half a byte is left over: a fixed field has its zero in front, a variable one behind. */
function evened({ prefix }: Field, digits: string): string {
  if (digits.length % 2 === 0) return digits;
  return prefix === 0 ? `0${digits}` : `${digits}0`;
}

function readField(field: Field, bytes: Uint8Array, at: number): { readonly value: string; readonly end: number } | undefined {
  const { form, size, prefix } = field;
  const length = prefix === 0 ? size : Number(readDigits(bytes, at, prefix));
  if (!(length >= 1 && length <= size)) return undefined;
  const start = at + prefix;
  if (form === "ans") {
    const end = start + length;
    const value = end > bytes.length ? undefined : readText(bytes, start, end);
    return value === undefined ? undefined : { value, end };
  }
  const size2 = (length + 1) >> 1;
  const digits = readDigits(bytes, start, size2);
  if (digits === undefined) return undefined;
  const value = prefix === 0 ? digits.slice(digits.length - length) : digits.slice(0, length);
  return evened(field, value) === digits ? { value, end: start + size2 } : undefined;
}

function writeDigits(digits: string, at: number): number {
  for (let i = 0; i < digits.length; i += 2) scratch[at++] = ((digits.charCodeAt(i) & 15) << 4) | (digits.charCodeAt(i + 1) & 15);
  return at;
}

function writeText(text: string, at: number): number {
  for (let i = 0; i < text.length; i++) scratch[at++] = text.charCodeAt(i);
  return at;
}

function readDigits(bytes: Uint8Array, at: number, size: number): string | undefined {
  if (at + size > bytes.length) return undefined;
  let digits = "";
  for (let i = at; i < at + size; i++) {
    const byte = bytes[i] ?? 0;
    if (byte >> 4 > 9 || (byte & 15) > 9) return undefined;
    digits += String.fromCharCode(48 + (byte >> 4), 48 + (byte & 15));
  }
  return digits;
}

function readText(bytes: Uint8Array, from: number, to: number): string | undefined {
  let text = "";
  for (let i = from; i < to; i++) {
    const byte = bytes[i] ?? 0;
    if (byte < 0x20 || byte > 0x7e) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}
