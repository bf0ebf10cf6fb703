// Consistent Overhead Byte Stuffing (Cheshire and Baker 1999), strict: one encoding per content, so a frame cannot be altered and still decode to the same.

/** The most bytes that `size` bytes can become. */
export function cobsLimit(size: number): number {
  return size + Math.max(1, Math.ceil(size / 254));
}

export function cobsEncode(plain: Uint8Array): Uint8Array {
  const out = new Uint8Array(cobsLimit(plain.length));
  return firstOf(out, stuff(plain, out, 0));
}

/** The same between two zeros. */
export function cobsDelimited(plain: Uint8Array): Uint8Array {
  const out = new Uint8Array(1 + cobsLimit(plain.length) + 1); // born zero
  return firstOf(out, stuff(plain, out, 1) + 1);
}

/** No view where the whole is meant: it would move a small array out of the heap. */
const firstOf = (bytes: Uint8Array, size: number) => (size === bytes.length ? bytes : bytes.subarray(0, size));

/** Writes from `from` on; returns where it ends. */
function stuff(plain: Uint8Array, out: Uint8Array, from: number): number {
  let code = from;
  let at = from + 1;
  for (let i = 0; i < plain.length; i++) {
    const byte = plain[i] as number; // in range: the loop's bound
    if (byte !== 0) out[at++] = byte;
    const full = at - code === 0xff;
    if (byte !== 0 && !full) continue;
    out[code] = at - code;
    if (full && byte !== 0 && i + 1 === plain.length) return at; // nothing follows a full group, not even 01
    code = at++;
  }
  out[code] = at - code;
  return at;
}

/** `undefined` for no bytes at all, a zero, a code that points past the end, or a form that cobsEncode does not make. */
export function cobsDecode(encoded: Uint8Array): Uint8Array | undefined {
  const end = encoded.length;
  if (end === 0) return undefined;
  const out = new Uint8Array(end - 1); // each code byte but the first stands for a zero at most
  let size = 0;
  let wasFull = false;
  for (let at = 0; at < end; ) {
    const code = encoded[at++] as number; // in range: at < end
    const next = at + code - 1;
    if (code === 0 || next > end) return undefined;
    if (wasFull && code === 1 && at === end) return undefined;
    while (at < next) {
      const byte = encoded[at++] as number; // in range: next <= end
      if (byte === 0) return undefined;
      out[size++] = byte;
    }
    wasFull = code === 0xff;
    if (!wasFull && at < end) size++; // the zero that the code stands for; `out` was born zero
  }
  return firstOf(out, size);
}
