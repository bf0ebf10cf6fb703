// What both sides of a fill must agree on (README: "FILL"): the bytes of it, the order of a PROOF and its MAC.
import { ascii, concat, uint } from "../../src/base/bytes.js";
import { type Keystream, keystream } from "../../src/base/random.js";
import { hkdfSha256, hmacOver, sha256 } from "../../src/base/sign.js";
import type { FillMode } from "../../src/terminal/driver.js";

const UNIT = 32;
const SEED_TITLE = ascii("podp1 fill");
const PROOF_TITLE = ascii("pose1");

/** Bytes `from` to before `to` of what a seed stands for. */
export function seedBytes(seed: Uint8Array, from: number, to: number): Uint8Array {
  const first = Math.floor(from / UNIT);
  const units = Array.from({ length: Math.ceil(to / UNIT) - first }, (_, i) => sha256(SEED_TITLE, seed, uint(first + i, 4)));
  return concat(...units).subarray(from - first * UNIT, to - first * UNIT);
}

/** What a host fills with: a stream that the terminal cannot make again, or what a seed stands for. */
export function patternOf({ mode, seed }: { readonly mode: FillMode; readonly seed: Uint8Array }): Keystream {
  return mode === "stream" ? keystream(seed) : (from, to) => seedBytes(seed, from, to);
}

/** Every block number below `blocks` once, in the order that the seed stands for. */
export function* proofOrder(orderSeed: Uint8Array, blocks: number): Generator<number> {
  const words = Buffer.from(sha256(orderSeed));
  const first = Number(words.readBigUInt64BE(0) % BigInt(blocks));
  let step = Number(words.readBigUInt64BE(8) % BigInt(blocks));
  while (commonDivisor(step, blocks) !== 1) step++;
  for (let i = 0, at = first; i < blocks; i++, at = (at + step) % blocks) yield at;
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

export interface Proven {
  readonly nonce: Uint8Array;
  readonly orderSeed: Uint8Array;
  readonly area: number;
  readonly size: number;
  readonly block: number;
}

/** The MAC over an area whose bytes `bytes` makes or reads; at no time more than one block is asked for. */
export function proofMac({ nonce, orderSeed, area, size, block }: Proven, bytes: (from: number, to: number) => Uint8Array): Uint8Array {
  function* parts(): Generator<Uint8Array> {
    yield concat(PROOF_TITLE, uint(area, 1), uint(size, 4));
    for (const at of proofOrder(orderSeed, Math.ceil(size / block))) yield bytes(at * block, Math.min(size, (at + 1) * block));
  }
  return hmacOver(hkdfSha256(nonce, 32), parts());
}
