// Power cuts on every model: at every erase block of every area, every other change of memory, and every frame of the looks at what the wipe has left.
import { describe, expect, it } from "vitest";
import { simModels } from "../../src/sim/models.js";
import type * as Crash from "../support/crash.js";
import type { Case, Counts } from "../support/crash.js";
import type * as Losses from "../support/losses.js";
import { compiled } from "./compiled.js";

const { play, Report } = await compiled<typeof Crash>("crash");
const { drawer, lossesIn, range } = await compiled<typeof Losses>("losses");

const SEED = 7;
/** Of each model, drawn by seed; all of them with DECOM_MATRIX=complete. */
const SHARE = process.env["DECOM_MATRIX"] === undefined ? 2 : Number.POSITIVE_INFINITY;
const HOURS_MS = 3_600_000;

type Kinded = readonly [kind: string, at: Case];

function cuts(at: Case, counts: Counts): Kinded[] {
  return [
    ...lossesIn(counts, "bent").power.map(([kind, loss]) => [kind, { ...at, ...loss }] as const),
    ...(["before", "after"] as const).flatMap((when) =>
      range(counts.armed + 1, counts.out + 1).map((nth) => [`dark ${when}`, { ...at, dark: { nth, when } }] as const),
    ),
  ];
}

function drawn(all: readonly Kinded[]): readonly Kinded[] {
  if (all.length <= SHARE) return all;
  const draw = drawer(`cuts ${JSON.stringify(all[0])}`);
  return range(0, SHARE).map(() => draw(all));
}

/** What a bench cannot order is played by its twin: podp-production is podp-small. */
const played = simModels.filter(({ environment }) => environment === "simulator").map(({ name }): Case => ({ model: name, seed: SEED }));
/** With every area filled and proven as well; crash-fill.test.ts plays that on podp-small, and npm test nothing more of it. */
const filled = (SHARE < Number.POSITIVE_INFINITY ? [] : ["podp-esign", "podp-smart", "podp-mpos"]).map(
  (model): Case => ({ model, seed: SEED, areas: ["V5"] }),
);

describe("a power cut anywhere in a run never leaves a certificate of ERASED over what can still be read", () => {
  it.each([...played, ...filled].map((at) => [at.model, at.areas ?? ["V3"], at] as const))(
    "on %s, %j",
    async (model, levels, at) => {
      const usual = await play(at);
      expect(usual).toMatchObject({ label: "CERT ok", wrong: [] });
      const all = cuts(at, usual.counts);
      const report = new Report();
      const missed: string[] = [];
      for (const [kind, one] of drawn(all)) {
        const end = await play(one, usual.counts);
        report.add(kind, one, end);
        if (!end.reached) missed.push(JSON.stringify(one));
      }
      console.log(`${model} ${levels.join(" ")}, ${all.length} points\n${report}`);
      expect(report.wrong).toEqual([]);
      expect(missed).toEqual([]);
    },
    HOURS_MS,
  );
});
