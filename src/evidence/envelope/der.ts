// Strict DER, both ways: what is read here has exactly one encoding, so that writing it again gives the same bytes (X.690).
import { ascii, concat, equal, readUint, uint } from "../../base/bytes.js";
import { Rejection, type VerifierCode } from "../codes.js";

const MAX_DEPTH = 24;

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** UTF8, Numeric, Printable, Teletex, IA5, both times, Visible, Universal and BMP strings: primitive, content as it stands. */
const PLAIN = new Set([0x04, 0x0a, 0x0c, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1a, 0x1c, 0x1e]);

export interface Der {
  readonly tag: number;
  /** The whole element, and what it contains. */
  readonly bytes: Uint8Array;
  readonly value: Uint8Array;
  /** Empty for primitive elements. */
  readonly children: readonly Der[];
  readonly path: string;
}

// ── writing ──

export function tlv(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const size = sizeOf(length);
  const out = new Uint8Array(2 + size + length);
  out[0] = tag;
  out[1] = size === 0 ? length : 0x80 | size;
  if (size > 0) out.set(uint(length, size), 2);
  let at = 2 + size;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** How many bytes a length needs behind its first: none below 128. */
function sizeOf(length: number): number {
  if (length < 0x80) return 0;
  let size = 1;
  for (let rest = Math.floor(length / 256); rest > 0; rest = Math.floor(rest / 256)) size++;
  return size;
}

export const sequence = (...parts: readonly Uint8Array[]) => tlv(TAG.sequence, ...parts);
export const octets = (bytes: Uint8Array) => tlv(TAG.octets, bytes);
export const bitString = (bytes: Uint8Array, unused = 0) => tlv(TAG.bitString, Uint8Array.of(unused), bytes);
export const utf8 = (text: string) => tlv(TAG.utf8, new TextEncoder().encode(text));
export const nothing = () => tlv(TAG.null);
export const yes = () => tlv(TAG.boolean, Uint8Array.of(0xff));
/** A constructed context tag, explicit or implicit as the caller fills it. */
export const context = (n: number, ...parts: readonly Uint8Array[]) => tlv(0xa0 | n, ...parts);

/** SET OF: the elements in ascending order of their encodings (X.690 11.6). */
export function setOf(...parts: readonly Uint8Array[]): Uint8Array {
  return tlv(TAG.set, ...parts.toSorted((a, b) => Buffer.compare(a, b)));
}

/** A non-negative INTEGER from its big-endian magnitude. */
export function integer(magnitude: Uint8Array | number): Uint8Array {
  let bytes = typeof magnitude === "number" ? uint(magnitude, 4) : magnitude;
  while (bytes.length > 1 && bytes[0] === 0) bytes = bytes.subarray(1);
  return tlv(TAG.integer, (bytes[0] ?? 0) < 0x80 && bytes.length > 0 ? bytes : concat(Uint8Array.of(0), bytes));
}

const encoded = new Map<string, Uint8Array>();

/** Only the constants of oids.ts come here, so the memory is as small as that table. */
export function oid(dotted: string): Uint8Array {
  const known = encoded.get(dotted) ?? encodeOid(dotted);
  encoded.set(dotted, known);
  return known;
}

function encodeOid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const out: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const septets = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) septets.unshift(0x80 | (left % 128));
    out.push(...septets);
  }
  return tlv(TAG.oid, Uint8Array.from(out));
}

/** UTCTime until 2049, GeneralizedTime after (RFC 5280 4.1.2.5); the milliseconds are cut. */
export function time(wall: number): Uint8Array {
  const iso = new Date(wall).toISOString();
  const digits = `${iso.slice(2, 4)}${iso.slice(5, 7)}${iso.slice(8, 10)}${iso.slice(11, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
  return iso >= "1950" && iso < "2050" ? tlv(TAG.utcTime, ascii(digits)) : tlv(TAG.generalizedTime, ascii(`${iso.slice(0, 2)}${digits}`));
}

// ── reading ──

/** One element, its children and nothing behind it. `code` is what broken DER is called here. */
export function readDer(bytes: Uint8Array, path = "", code: VerifierCode = "ENV_DER"): Der {
  const der = readElement(bytes, 0, path, code, 1);
  if (der.bytes.length !== bytes.length) {
    throw new Rejection(code === "ENV_DER" ? "ENV_TRAILING" : code, path, `${bytes.length - der.bytes.length} bytes follow the end`);
  }
  return der;
}

function readElement(bytes: Uint8Array, at: number, path: string, code: VerifierCode, depth: number): Der {
  const fail = (detail: string): never => {
    throw new Rejection(code, path, detail);
  };
  if (depth > MAX_DEPTH) fail(`deeper than ${MAX_DEPTH} levels`);
  const tag = bytes[at] ?? fail("ends where an element should begin");
  const first = bytes[at + 1] ?? fail("ends before its length");
  const size = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80) fail("indefinite length");
  if (size > 4 || at + 2 + size > bytes.length) fail("its length does not fit");
  const start = at + 2 + size;
  const length = size === 0 ? first : readUint(bytes, at + 2, size);
  if (size > 0 && (length < 0x80 || bytes[at + 2] === 0)) fail("length not minimal");
  if (start + length > bytes.length) fail("longer than what surrounds it");
  const value = bytes.subarray(start, start + length);
  const constructed = (tag & 0x20) !== 0;
  if ((tag & 0x1f) === 0x1f || tag >= 0xc0 || (tag & 0xc0) === 0x40) fail("a tag that no structure here uses");
  if (tag < 0x40) checkUniversal(tag, value, fail);
  const children: Der[] = [];
  if (constructed) {
    for (let i = 0; i < value.length; ) {
      const child = readElement(value, i, `${path}/${children.length}`, code, depth + 1);
      children.push(child);
      i += child.bytes.length;
    }
  }
  return { tag, bytes: bytes.subarray(at, start + length), value, children, path };
}

function checkUniversal(tag: number, value: Uint8Array, fail: (detail: string) => never): void {
  const [first = 0, second = 0] = value;
  switch (tag) {
    case TAG.sequence:
    case TAG.set:
      return;
    case TAG.boolean:
      if (value.length !== 1 || (first !== 0 && first !== 0xff)) fail("not a DER BOOLEAN");
      return;
    case TAG.integer:
      if (value.length === 0) fail("INTEGER without content");
      if (value.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) fail("INTEGER not minimal");
      return;
    case TAG.bitString: {
      const last = value.at(-1) ?? 0;
      if (value.length === 0 || first > 7 || (value.length === 1 && first > 0)) fail("not a DER BIT STRING");
      if (value.length > 1 && (last & ((1 << first) - 1)) !== 0) fail("unused bits are set");
      return;
    }
    case TAG.null:
      if (value.length !== 0) fail("NULL with content");
      return;
    case TAG.oid: {
      if (value.length === 0 || (value.at(-1) ?? 0) >= 0x80) fail("OBJECT IDENTIFIER cut short");
      if (value.some((byte, i) => byte === 0x80 && (i === 0 || (value[i - 1] ?? 0) < 0x80))) fail("OBJECT IDENTIFIER not minimal");
      return;
    }
    default:
      if (!PLAIN.has(tag)) fail("a tag that no structure here uses");
  }
}

/** Walks the children of a constructed element in order; everything unexpected is a rejection with `code`. */
export class Fields {
  readonly #der: Der;
  readonly #code: VerifierCode;
  #next = 0;

  constructor(der: Der, tag: number, code: VerifierCode) {
    this.#der = der;
    this.#code = code;
    if (der.tag !== tag) throw new Rejection(code, der.path, `tag ${der.tag.toString(16)} where ${tag.toString(16)} belongs`);
  }

  /** The next child if it has this tag. */
  optional(tag: number): Der | undefined {
    const child = this.#der.children[this.#next];
    if (child?.tag !== tag) return undefined;
    this.#next++;
    return child;
  }

  next(tag: number): Der {
    return this.optional(tag) ?? this.#fail(`tag ${tag.toString(16)} missing`);
  }

  any(): Der {
    const child = this.#der.children[this.#next] ?? this.#fail("an element is missing");
    this.#next++;
    return child;
  }

  end(): void {
    if (this.#next < this.#der.children.length) this.#fail("more elements than belong here");
  }

  #fail(detail: string): never {
    throw new Rejection(this.#code, `${this.#der.path}/${this.#next}`, detail);
  }
}

export function isOid(der: Der, dotted: string): boolean {
  return equal(der.bytes, oid(dotted));
}

export function readOid(der: Der): string {
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const byte of der.value) {
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    if (byte >= 0x80) continue;
    if (arcs.length > 0) arcs.push(arc);
    else arcs.push(...(arc < 80n ? [arc / 40n, arc % 40n] : [2n, arc - 80n]));
    arc = 0n;
  }
  return arcs.join(".");
}

/** `undefined` unless the element is a UTCTime or GeneralizedTime in the form that `time` writes. */
export function readTime(der: Der): number | undefined {
  const text = Buffer.from(der.value).toString("latin1");
  const digits = der.tag === TAG.utcTime ? `${text < "50" ? "20" : "19"}${text}` : text;
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  return equal(time(wall), der.bytes) ? wall : undefined;
}

/** The content octets of a BIT STRING that has no unused bits. */
export function readWholeBits(der: Der): Uint8Array | undefined {
  return der.tag === TAG.bitString && der.value[0] === 0 ? der.value.subarray(1) : undefined;
}

/** The magnitude of a positive INTEGER, without its sign byte. */
export function readPositive(der: Der): Uint8Array | undefined {
  const [first = 0] = der.value;
  if (der.tag !== TAG.integer || first >= 0x80 || (first === 0 && der.value.length === 1)) return undefined;
  return first === 0 ? der.value.subarray(1) : der.value;
}
