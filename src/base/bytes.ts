// Bytes as everyone here handles them: hex, big-endian integers, BCD, joining, comparing.
import { timingSafeEqual } from "node:crypto";

export const EMPTY: Uint8Array = new Uint8Array(0);

/** By way of Buffer's pool: a view on the memory of a small array would first move that out of the heap. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Hex to bytes; white space is allowed between octets. Throws RangeError on anything else: callers pass literals or checked text. */
export function unhex(text: string): Uint8Array {
  const digits = text.replaceAll(/\s+/g, "");
  if (digits.length % 2 !== 0 || /[^0-9a-fA-F]/.test(digits)) throw new RangeError("not hexadecimal");
  return new Uint8Array(Buffer.from(digits, "hex"));
}

export function ascii(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Big-endian unsigned integer in exactly `size` bytes (1 to 6). */
export function uint(value: number, size: number): Uint8Array {
  const out = new Uint8Array(size);
  putUint(out, 0, value, size);
  return out;
}

/** The same into the bytes from `at` on; returns where they end. */
export function putUint(out: Uint8Array, at: number, value: number, size: number): number {
  let rest = value;
  for (let i = at + size - 1; i >= at; i--) {
    out[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  if (!Number.isSafeInteger(value) || rest !== 0) throw new RangeError(`${value} does not fit ${size} bytes`);
  return at + size;
}

export function readUint(bytes: Uint8Array, at = 0, size = bytes.length - at): number {
  let value = 0;
  for (let i = at; i < at + size; i++) value = value * 256 + (bytes[i] ?? 0);
  return value;
}

/** Decimal digits, high nibble first, left-padded with zeros to `size` bytes. */
export function bcd(value: bigint, size: number): Uint8Array {
  const digits = value.toString().padStart(size * 2, "0");
  if (value < 0n || digits.length > size * 2) throw new RangeError(`${value} does not fit ${size} BCD bytes`);
  return new Uint8Array(Buffer.from(digits, "hex"));
}

/** `undefined` when a nibble is not a decimal digit. */
export function readBcd(bytes: Uint8Array): bigint | undefined {
  const digits = hex(bytes);
  return /^[0-9]+$/.test(digits) ? BigInt(digits) : undefined;
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** True when every byte has the given value; an empty array is blank. */
export function isFilledWith(bytes: Uint8Array, value: number): boolean {
  if (bytes.length === 0 || bytes[0] !== value) return bytes.length === 0;
  return Buffer.compare(bytes.subarray(1), bytes.subarray(0, -1)) === 0; // each is as the one before it
}
