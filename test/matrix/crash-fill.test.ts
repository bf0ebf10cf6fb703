// The crash matrix over the fill of one area: the agent dies, frames are lost or bent, power fails, at every point from FILL_BEGIN to blank.
import { expect, it } from "vitest";
import type * as Crash from "../support/crash.js";
import type { Case, CutAct } from "../support/crash.js";

/** Compiled by the project's global setup; the same source as the types above. */
const compiled = new URL("../../reports/matrix/test/support/crash.js", import.meta.url).href;
const { play, fillWindow, Report }: typeof Crash = await import(/* @vite-ignore */ compiled);

const AREA = 1;
const ACTS: readonly CutAct[] = ["nv", "program", "erase"];
const FAULTS = [{ kind: "drop" }, { kind: "flip", bit: 77 }, { kind: "double" }, { kind: "delay", ms: 3000 }, { kind: "cut" }] as const;
/** The intent before it, the look at the blank area and the journal line after it. */
const AROUND = 6;
/** Every fourth point in `npm test`; all of them with DECOM_MATRIX=complete. */
const EVERY = process.env["DECOM_MATRIX"] === undefined ? 4 : 1;

it.each(["V5", "V4"] as const)("a run whose fill is interrupted anywhere ends in a true certificate: %s", async (level) => {
  const at: Case = { model: "podp-small", seed: 7, areas: [level] };
  const usual = await play(at);
  expect(usual).toMatchObject({ label: "CERT ok", wrong: [] });
  const { from, to } = await fillWindow(at, AREA);
  const between = (what: keyof typeof from, before = 0, after = 0) =>
    Array.from({ length: to[what] + after - from[what] + before }, (_, i) => from[what] - before + i);
  const cases: (readonly [string, Case])[] = [
    ...ACTS.flatMap((act) => between(act).map((n) => [`power ${act}`, { ...at, power: { act, n } }] as const)),
    ...(["before", "after"] as const).flatMap((when) =>
      between("disk", AROUND, AROUND).map((n) => [`death ${when}`, { ...at, death: { n, when } }] as const),
    ),
    ...(["out", "in"] as const).flatMap((on) =>
      between(on, 1, 4).flatMap((i) =>
        FAULTS.map((fault) => [`${fault.kind} ${on}`, { ...at, frame: { on, nth: i + 1, ...fault } }] as const),
      ),
    ),
  ];
  const report = new Report();
  const missed: string[] = [];
  for (const [kind, one] of cases.filter((_, i) => i % EVERY === 0)) {
    const end = await play(one, usual.counts);
    report.add(kind, one, end);
    if (!end.reached) missed.push(JSON.stringify(one));
  }
  console.log(report.toString());
  expect(report.wrong).toEqual([]);
  expect(missed).toEqual([]);
});
