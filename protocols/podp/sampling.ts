// Which blocks a seed picks (README: "SAMPLE"); both sides of the line must agree on it.
import { uint } from "../../src/base/bytes.js";
import { sha256 } from "../../src/base/sign.js";
import { limits } from "./codes.js";

/** Distinct block numbers below `blocks`, at most 256; `wanted` 0 means every block in ascending order. */
export function samplePositions(seed: Uint8Array, blocks: number, wanted: number): number[] {
  if (wanted === 0) return Array.from({ length: blocks }, (_, i) => i);
  const target = Math.min(wanted, blocks, limits.sampleBlocks);
  const chosen = new Set<number>();
  const among = BigInt(blocks);
  const numbered = Buffer.concat([seed, uint(0, 4)]);
  for (let i = 0; chosen.size < target; i++) {
    numbered.writeUInt32BE(i, seed.length);
    const word = sha256(numbered);
    chosen.add(Number(new DataView(word.buffer, word.byteOffset).getBigUint64(0) % among));
  }
  return [...chosen];
}
