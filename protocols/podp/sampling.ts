// Which blocks a seed picks (README: "SAMPLE"); both sides of the line must agree on it.
import { concat, uint } from "../../src/base/bytes.js";
import { sha256 } from "../../src/base/sign.js";
import { limits } from "./codes.js";

/** Distinct block numbers below `blocks`, at most 256; `wanted` 0 means every block in ascending order. */
export function samplePositions(seed: Uint8Array, blocks: number, wanted: number): number[] {
  if (wanted === 0) return Array.from({ length: blocks }, (_, i) => i);
  const target = Math.min(wanted, blocks, limits.sampleBlocks);
  const chosen = new Set<number>();
  for (let i = 0; chosen.size < target; i++) {
    const word = sha256(concat(seed, uint(i, 4)));
    chosen.add(Number(Buffer.from(word).readBigUInt64BE() % BigInt(blocks)));
  }
  return [...chosen];
}
