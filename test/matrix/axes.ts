// The crash matrix: each fault alone at every point, then pairs drawn by seed. `DECOM_MATRIX=complete` draws many more. Two files play it, one for each
// of two cores: a third worker would only compile the same code once more.
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../src/base/random.js";
import type { Fault } from "../../src/link/faults.js";
import type * as Crash from "../support/crash.js";
import type { Case, Counts, CutAct } from "../support/crash.js";

/** Compiled by the project's global setup; the same source as the types above. */
const compiled = new URL("../../reports/matrix/test/support/crash.js", import.meta.url).href;
const { play, Report }: typeof Crash = await import(/* @vite-ignore */ compiled);

const SEED = 7;
const BIT = 77;
const LONG_MS = 3000;
const ACTS: readonly CutAct[] = ["nv", "program", "erase"];
const FRAME_FAULTS = [{ kind: "drop" }, { kind: "flip", bit: BIT }, { kind: "double" }, { kind: "delay", ms: LONG_MS }] as const;
const complete = process.env["DECOM_MATRIX"] === "complete";
const PAIRS = complete ? 15_000 : 825;
const HOURS_MS = 3_600_000;

type Kinded = readonly [kind: string, at: Case];
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

async function faultless(model: string): Promise<Counts> {
  const { counts, wrong, label } = await play({ model, seed: SEED });
  expect(wrong).toEqual([]);
  expect(label).toBe("CERT ok");
  return counts;
}

function deaths(model: string, { disk }: Counts): Kinded[] {
  return range(disk).flatMap((n) =>
    (["before", "after"] as const).map((when) => [`death ${when}`, { model, seed: SEED, death: { n, when } }] as const),
  );
}

function frameFaults(model: string, counts: Counts, on: Fault["on"]): Kinded[] {
  return range(counts[on]).flatMap((i) =>
    FRAME_FAULTS.map((fault) => [`${fault.kind} ${on}`, { model, seed: SEED, frame: { on, nth: i + 1, ...fault } }] as const),
  );
}

function cuts(model: string, counts: Counts): Kinded[] {
  return ACTS.flatMap((act) => range(counts[act]).map((n) => [`power ${act}`, { model, seed: SEED, power: { act, n } }] as const));
}

async function judge(usual: Counts, cases: readonly Kinded[]): Promise<void> {
  const report = new Report();
  for (const [kind, at] of cases) report.add(kind, at, await play(at, usual));
  console.log(report.toString());
  expect(report.wrong).toEqual([]);
  expect(report.hollow()).toEqual([]);
}

export function singles(model: string): void {
  describe(`on ${model}, each fault alone and everywhere`, () => {
    it("the agent dies before and after every disk operation", async () => {
      const usual = await faultless(model);
      await judge(usual, deaths(model, usual));
    });
    it.each(["out", "in"] as const)("every frame %s is dropped, flipped, doubled, delayed", async (on) => {
      const usual = await faultless(model);
      await judge(usual, frameFaults(model, usual, on));
    });
    it("power fails at every non-volatile write, every programming and every erase block", async () => {
      const usual = await faultless(model);
      await judge(usual, cuts(model, usual));
    });
  });
}

/** Two faults of different axes at once; the shards draw from different streams. */
export function pairs(shard: string): void {
  describe(`pairs of faults, shard ${shard}`, () => {
    it(
      `${PAIRS} drawn by seed`,
      async () => {
        const random = seededRandom(`pairs ${shard}`);
        const draw = <T>(from: readonly T[]): T => {
          const [a = 0, b = 0, c = 0] = random.bytes(3);
          return from[(a * 65_536 + b * 256 + c) % from.length] as T; // no list here is empty
        };
        const worlds = await Promise.all(
          ["podp-tiny", "podp-mute"].map(async (model) => {
            const usual = await faultless(model);
            const [dead, line, power] = [
              deaths(model, usual),
              [...frameFaults(model, usual, "out"), ...frameFaults(model, usual, "in")],
              cuts(model, usual),
            ];
            // A dead agent hears no more frames, so half of the pairs are of line and power, where both faults always happen.
            const axes = [
              [line, power],
              [line, power],
              [dead, power],
              [dead, line],
            ] as const;
            return { usual, axes };
          }),
        );
        const report = new Report();
        for (let i = 0; i < PAIRS; i++) {
          const { usual, axes } = draw(worlds);
          const [left, right] = draw(axes);
          const [one, other] = [draw(left), draw(right)];
          const kind = [one[0], other[0]].map((name) => name.split(" ")[0]).sort();
          const at: Case = { ...one[1], ...other[1] };
          report.add(`${kind.join("+")}`, at, await play(at, usual));
        }
        console.log(report.toString());
        expect(report.wrong).toEqual([]);
        expect(report.hollow()).toEqual([]);
      },
      HOURS_MS,
    );
  });
}
