// Randomness is injected so that a seed repeats a whole run.
import { createCipheriv, randomBytes } from "node:crypto";
import { hex } from "./bytes.js";
import { sha256 } from "./sign.js";

export interface Random {
  bytes(n: number): Uint8Array;
}

export const systemRandom: Random = { bytes: (n) => new Uint8Array(randomBytes(n)) };

/** A repeatable stream (AES-256-CTR of zeros under SHA-256 of the seed text); for tests and simulations only. */
export function seededRandom(seed: string): Random {
  const stream = createCipheriv("aes-256-ctr", sha256(Buffer.from(seed)), Buffer.alloc(16));
  return { bytes: (n) => new Uint8Array(stream.update(Buffer.alloc(n))) };
}

/** A decimal digit for each byte, for numbers that are made up. */
export function digitsFrom(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte % 10).join("");
}

/** Bytes `from` to before `to` of an endless random stream. */
export type Keystream = (from: number, to: number) => Uint8Array;

/** AES-256-CTR under a secret of 32 bytes: any part of the stream is made again without the parts before it. */
export function keystream(secret: Uint8Array): Keystream {
  const AES_BLOCK = 16;
  return (from, to) => {
    const counter = Buffer.alloc(AES_BLOCK);
    counter.writeBigUInt64BE(BigInt(Math.floor(from / AES_BLOCK)), 8);
    const skipped = from % AES_BLOCK;
    const whole = createCipheriv("aes-256-ctr", secret, counter).update(Buffer.alloc(skipped + to - from));
    return new Uint8Array(whole.buffer, whole.byteOffset + skipped, to - from);
  };
}

/** UUIDv7 (RFC 9562): sortable by time, unique by 74 random bits. */
export function uuid7(wall: number, random: Random): string {
  const b = random.bytes(16);
  const time = Math.floor(wall);
  for (let i = 0; i < 6; i++) b[i] = Math.floor(time / 256 ** (5 - i)) % 256;
  b[6] = ((b[6] ?? 0) & 0x0f) | 0x70;
  b[8] = ((b[8] ?? 0) & 0x3f) | 0x80;
  const h = hex(b);
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
}
