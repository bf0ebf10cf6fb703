// The crash matrix: each fault alone at every point, then pairs drawn by seed. `DECOM_MATRIX=complete` draws many more. Two files play it, one for each
// of two cores: a third worker would only compile the same code once more.
import { describe, expect, it } from "vitest";
import type * as Crash from "../support/crash.js";
import type { Counts } from "../support/crash.js";
import type * as Losses from "../support/losses.js";
import type { Named } from "../support/losses.js";
import { compiled } from "./compiled.js";

const { play, Report } = await compiled<typeof Crash>("crash");
const { drawer, lossesIn } = await compiled<typeof Losses>("losses");

const SEED = 7;
const complete = process.env["DECOM_MATRIX"] === "complete";
const PAIRS = complete ? 15_000 : 825;
const HOURS_MS = 3_600_000;

async function faultless(model: string): Promise<Counts> {
  const { counts, wrong, label } = await play({ model, seed: SEED });
  expect(wrong).toEqual([]);
  expect(label).toBe("CERT ok");
  return counts;
}

async function judge(model: string, usual: Counts, losses: readonly Named[]): Promise<void> {
  const report = new Report();
  for (const [kind, loss] of losses) {
    const at = { model, seed: SEED, ...loss };
    report.add(kind, at, await play(at, usual));
  }
  console.log(report.toString());
  expect(report.wrong).toEqual([]);
  expect(report.hollow()).toEqual([]);
}

export function singles(model: string): void {
  describe(`on ${model}, each fault alone and everywhere`, () => {
    it.each([
      ["the agent dies before and after every disk operation", "dead"],
      ["every frame out is dropped, flipped, doubled, delayed", "out"],
      ["every frame in is dropped, flipped, doubled, delayed", "in"],
      ["power fails at every non-volatile write, every programming and every erase block", "power"],
    ] as const)("%s", async (_, axis) => {
      const usual = await faultless(model);
      await judge(model, usual, lossesIn(usual, "bent")[axis]);
    });
  });
}

/** Two faults of different axes at once; the shards draw from different streams. */
export function pairs(shard: string): void {
  describe(`pairs of faults, shard ${shard}`, () => {
    it(
      `${PAIRS} drawn by seed`,
      async () => {
        const draw = drawer(`pairs ${shard}`);
        const worlds = await Promise.all(
          ["podp-tiny", "podp-mute"].map(async (model) => {
            const usual = await faultless(model);
            const { dead, power, ...frames } = lossesIn(usual, "bent");
            const line = [...frames.out, ...frames.in];
            // A dead agent hears no more frames, so half of the pairs are of line and power, where both faults always happen.
            const axes = [
              [line, power],
              [line, power],
              [dead, power],
              [dead, line],
            ] as const;
            return { model, usual, axes };
          }),
        );
        const report = new Report();
        for (let i = 0; i < PAIRS; i++) {
          const { model, usual, axes } = draw(worlds);
          const [left, right] = draw(axes);
          const [one, other] = [draw(left), draw(right)];
          const sorts = [one[0], other[0]].map((kind) => kind.split(" ")[0]).sort();
          const at = { model, seed: SEED, ...one[1], ...other[1] };
          report.add(sorts.join("+"), at, await play(at, usual));
        }
        console.log(report.toString());
        expect(report.wrong).toEqual([]);
        expect(report.hollow()).toEqual([]);
      },
      HOURS_MS,
    );
  });
}
