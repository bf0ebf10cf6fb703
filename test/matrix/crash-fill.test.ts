// The crash matrix over the fill of one area: the agent dies, frames are lost or bent, power fails, at every point from FILL_BEGIN to blank.
import { expect, it } from "vitest";
import type * as Crash from "../support/crash.js";
import type { Case } from "../support/crash.js";
import type * as Losses from "../support/losses.js";
import { compiled } from "./compiled.js";

const { play, fillWindow, Report } = await compiled<typeof Crash>("crash");
const { cutActs, cutsAt, deathsAt, framesAt, range } = await compiled<typeof Losses>("losses");

const AREA = 1;
/** The intent before it, the look at the blank area and the journal line after it. */
const AROUND = 6;
/** Every fourth point in `npm test`; all of them with DECOM_MATRIX=complete. */
const EVERY = process.env["DECOM_MATRIX"] === undefined ? 4 : 1;

it.each(["V5", "V4"] as const)("a run whose fill is interrupted anywhere ends in a true certificate: %s", async (level) => {
  const at: Case = { model: "podp-small", seed: 7, areas: [level] };
  const usual = await play(at);
  expect(usual).toMatchObject({ label: "CERT ok", wrong: [] });
  const { from, to } = await fillWindow(at, AREA);
  const between = (what: keyof typeof from, before = 0, after = 0) => range(from[what] - before, to[what] + after);
  const losses = [
    ...cutActs.flatMap((act) => cutsAt(act, between(act))),
    ...deathsAt(between("disk", AROUND, AROUND)),
    ...(["out", "in"] as const).flatMap((on) => framesAt(on, between(on, 0, 5), "all")),
  ];
  const report = new Report();
  const missed: string[] = [];
  for (const [kind, loss] of losses.filter((_, i) => i % EVERY === 0)) {
    const one = { ...at, ...loss };
    const end = await play(one, usual.counts);
    report.add(kind, one, end);
    if (!end.reached) missed.push(JSON.stringify(one));
  }
  console.log(report.toString());
  expect(report.wrong).toEqual([]);
  expect(missed).toEqual([]);
});
