// BER-TLV with minimal definite lengths: elements in, elements out. Which tags mean what is each family's business.
import { EMPTY } from "../base/bytes.js";

export interface Element {
  readonly tag: number;
  readonly value: Uint8Array;
  /** The elements that a constructed one which was read holds. */
  readonly inner?: readonly Element[];
}

/** What made bytes unreadable, and the tag it happened at (0: before any tag was read). */
export interface TlvFault {
  readonly fault: "truncated" | "tag" | "length" | "depth" | "forbidden";
  readonly tag: number;
}

/** EMV tags of card numbers, tracks, PINs and cryptogram inputs. They are never carried, in either direction. */
const FORBIDDEN: ReadonlySet<number> = new Set([0x5a, 0x57, 0x56, 0x99, 0x9f6b, 0x9f1f, 0x9f20, 0x5f20, 0x9f0b]);

export function isConstructed(tag: number): boolean {
  return ((tag > 0xff ? tag >> 8 : tag) & 0x20) !== 0;
}

export function isForbidden(tag: number): boolean {
  return FORBIDDEN.has(tag);
}

/** One element. Throws RangeError for a tag that must not be carried and for more than 65,535 bytes: these are defects of the caller. */
export function element(tag: number, value: Uint8Array): Uint8Array {
  return joined([{ tag, value }]);
}

/** One element after the other, written into one array: the opposite of elements(). Throws as element() does. */
export function joined(list: readonly Element[]): Uint8Array {
  let size = 0;
  for (const { tag, value } of list) {
    if (isForbidden(tag)) throw new RangeError(`tag ${tag.toString(16)} is never carried`);
    if (value.length > LONGEST)
      throw new RangeError(`${value.length} bytes under tag ${tag.toString(16)} are too many for a length of two bytes`);
    size += (tag > 0xff ? 2 : 1) + lengthSize(value.length) + value.length;
  }
  const out = new Uint8Array(size);
  let at = 0;
  for (const { tag, value } of list) {
    if (tag > 0xff) out[at++] = tag >> 8;
    out[at++] = tag & 0xff;
    const { length } = value;
    if (length >= 0x80) out[at++] = length < 0x100 ? 0x81 : 0x82;
    if (length >= 0x100) out[at++] = length >> 8;
    out[at++] = length & 0xff;
    out.set(value, at);
    at += length;
  }
  return out;
}

/** What a length of two bytes can say. */
const LONGEST = 0xffff;
const lengthSize = (length: number): number => (length < 0x80 ? 1 : length < 0x100 ? 2 : 3);

/**
 * Splits bytes into elements, and nested ones down to `depth` levels. Any defect refuses the whole: trailing bytes, a length
 * that is not minimal or runs out, a tag of more than two bytes, a forbidden tag.
 */
export function elements(bytes: Uint8Array, depth: number): Element[] | TlvFault {
  const out: Element[] = [];
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at++] ?? 0;
    let tag = first;
    if ((first & 0x1f) === 0x1f) {
      const second = bytes[at++];
      if (second === undefined) return { fault: "truncated", tag };
      if (second >= 0x80) return { fault: "tag", tag };
      tag = first * 256 + second;
    }
    if (tag === 0) return { fault: "tag", tag };
    if (isForbidden(tag)) return { fault: "forbidden", tag };
    let length = bytes[at++];
    if (length === undefined) return { fault: "truncated", tag };
    if (length >= 0x80) {
      const size = length & 0x7f;
      if (size === 0 || size > 2 || at + size > bytes.length) return { fault: "length", tag };
      length = size === 1 ? (bytes[at] ?? 0) : (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
      at += size;
      if (length < (size === 1 ? 0x80 : 0x100)) return { fault: "length", tag };
    }
    if (at + length > bytes.length) return { fault: "truncated", tag };
    const value = length === 0 ? EMPTY : bytes.subarray(at, at + length);
    at += length;
    if (isConstructed(tag)) {
      if (depth <= 1) return { fault: "depth", tag };
      const inner = elements(value, depth - 1);
      if (!Array.isArray(inner)) return inner;
      out.push({ tag, value, inner });
    } else out.push({ tag, value });
  }
  return out;
}
