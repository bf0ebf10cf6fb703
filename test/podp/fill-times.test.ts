// What a streamed fill takes against what the line needs at best, in virtual time; and what a seed fill costs the host.
import { describe, expect, it } from "vitest";
import { proofMac, seedBytes } from "../../protocols/podp/pattern.js";
import { keystream } from "../../src/base/random.js";
import { fillsOf } from "../support/fills.js";
import { World } from "../support/world.js";

describe("streaming 64 KiB and 512 KiB", () => {
  it.each([
    [115_200, 1],
    [921_600, 1],
    [115_200, 16],
  ])("at %i baud with %i ms turnaround takes at most 1.05 of what the line needs", async (baud, latencyMs) => {
    const world = new World({ model: "podp-large", baud, latencyMs, order: () => ({ bench: { areas: ["V5"] } }) });
    const end = await world.clock.run(() => world.run("run"));
    expect(end).toMatchObject({ message: null, outcome: "ERASED" });
    const fills = fillsOf(world);
    expect(fills.map(({ area }) => area)).toEqual([2, 1]); // credentials first
    for (const { area, elapsedMs, lineMs = 0, rounds } of fills) {
      const proofs = rounds.map((round) => `${round.elapsedMs} ms`).join(" and ");
      const ratio = elapsedMs / lineMs;
      console.log(
        `${area === 1 ? 64 : 512} KiB at ${baud}, ${latencyMs} ms: ${elapsedMs} ms, line ${lineMs} ms, × ${ratio.toFixed(4)}; proofs ${proofs}`,
      );
      expect(elapsedMs).toBeGreaterThanOrEqual(lineMs);
      expect(ratio).toBeLessThanOrEqual(1.05);
    }
  });
});

describe("what the host computes", () => {
  it.each([64, 512])("for a round over %i KiB takes a small part of the time in which the fastest line carries as much", (kib) => {
    const size = kib * 1024;
    const proven = { nonce: new Uint8Array(32), orderSeed: new Uint8Array(16), area: 1, size, block: 4096 };
    const timed = (bytes: (from: number, to: number) => Uint8Array) => {
      const begun = performance.now();
      expect(proofMac(proven, bytes)).toHaveLength(32);
      return performance.now() - begun;
    };
    const seed = new Uint8Array(32);
    const [seeded, streamed] = [timed((from, to) => seedBytes(seed.subarray(16), from, to)), timed(keystream(seed))];
    console.log(`${kib} KiB: seed fill made and MACed again in ${seeded.toFixed(1)} ms, streamed fill in ${streamed.toFixed(1)} ms`);
    expect(Math.max(seeded, streamed)).toBeLessThan((size * 10_000) / 921_600 / 2);
  });
});
