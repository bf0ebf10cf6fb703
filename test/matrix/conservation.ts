// Money is conserved (I5): every scenario with one more fault, at every cut point and loss point, and its books compared item by item.
// `npm test` draws a share by seed. DECOM_MATRIX=complete makes it 9,000 runs, DECOM_MATRIX=huge 1,000,000: every
// point of every scenario alone, and pairs. DECOM_RUNS=N asks for N. Two files play it, one for each of two cores.
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../src/base/random.js";
import type { Scenario } from "../../src/sim/scenario/scenario.js";
import { corpus } from "../support/corpus.js";
import type * as Perform from "../support/perform.js";
import type { Extra } from "../support/perform.js";
import type { Performed } from "../support/performed.js";

/** Compiled by the project's global setup; the same source as the types above. */
const compiled = new URL("../../reports/matrix/test/support/perform.js", import.meta.url).href;
const { perform, cutActs }: typeof Perform = await import(/* @vite-ignore */ compiled);

const BIT = 77;
const LONG_MS = 3000;
const HOURS_MS = 36_000_000;
const FRAME_FAULTS = [
  { kind: "drop" },
  { kind: "flip", bit: BIT },
  { kind: "double" },
  { kind: "delay", ms: LONG_MS },
  { kind: "cut" },
] as const;
const SHARDS = 2;
const wanted: Readonly<Record<string, number>> = { complete: 20_000, huge: 1_000_000 };
const RUNS = Number(process.env["DECOM_RUNS"] ?? wanted[process.env["DECOM_MATRIX"] ?? ""] ?? 300) / SHARDS;
const RUNS_EACH = 10;
/** Cheaper by half, and met by most scenarios in the same way. */
const SMALLER = "podp-tiny";

interface Stage {
  readonly scenario: Scenario;
  readonly points: readonly Extra[];
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i);

/** Every point of a run at which something can be lost. */
function pointsOf({ points }: Performed): Extra[] {
  return [
    ...(["out", "in"] as const).flatMap((on) =>
      range(points[on]).flatMap((i) => FRAME_FAULTS.map((fault) => ({ frame: { on, nth: i + 1, ...fault } }))),
    ),
    ...cutActs.flatMap((act) => range(points[act]).map((n) => ({ power: { act, n } }))),
    ...range(points.disk).flatMap((n) => (["before", "after"] as const).map((when) => ({ death: { n, when } }))),
  ];
}

async function staged(scenario: Scenario): Promise<Stage> {
  const smaller = { ...scenario, model: SMALLER };
  const alike = scenario.model === "podp-small" ? await perform(smaller) : undefined;
  const { code, endState } = scenario.expect;
  const fits = alike !== undefined && alike.unreached.length === 0 && alike.last.code === code && alike.last.endState === endState;
  return { scenario: fits ? smaller : scenario, points: pointsOf(fits ? alike : await perform(scenario)) };
}

/**
 * Where a scenario may come to besides its own end when more goes wrong than it says, by that end; `-` is none. What ends in a certificate
 * still does; what was to stop a run may be behind it by then, or be met as the same thing at another moment.
 */
const ALSO: Readonly<Record<string, RegExp>> = {
  CERT: /^$/,
  REFUSE: /^$/,
  "-": /^CERT ok$/,
  HOLD: /^(CERT ok|HOLD settle\..*|QUAR identity\.twice)$/,
  QUAR: /^(CERT ok|HOLD settle\..*|QUAR erase\.residue|REFUSE identity\.serial|- identity\.twice)$/,
  DESTROY: /^(DESTROY erase\..*|- terminal\.absent|ABANDONED run\.abandoned)$/,
};
/** Where one more loss takes away what the end rests on: a settlement of the terminal's own that nobody ended, batch and records as the only witnesses. */
const LESS_KNOWN: readonly (readonly [name: RegExp, end: RegExp])[] = [
  [/^settles-by-itself-/, /^HOLD settle\.elsewhere$/],
  [/^forgetful-/, /^HOLD settle\.unknown$/],
];
const endOf = ({ endState, code }: { readonly endState: string | null; readonly code: string }) => `${endState ?? "-"} ${code}`;

/** What must hold whatever else goes wrong. */
function judged({ name, expect: usual }: Scenario, { last, wrong, violations }: Performed): string[] {
  const unheard = violations.filter((violation) => usual.violations?.includes(violation) !== true);
  const end = endOf(last);
  const known = LESS_KNOWN.some(([names, ends]) => names.test(name) && ends.test(end));
  const strange = end !== endOf(usual) && ALSO[usual.endState ?? "-"]?.test(end) !== true && !known;
  return [...wrong, ...unheard.map((violation) => `violation ${violation}`), ...(strange ? [`ended as ${end}`] : [])];
}

const sortOf = (extra: Extra): string | undefined => Object.keys(extra)[0];

class Tally {
  runs = 0;
  reached = 0;
  readonly wrong: string[] = [];
  readonly ends = new Map<string, number>();

  async play(scenario: Scenario, extra: Extra): Promise<void> {
    const ended = await perform(scenario, extra);
    this.runs++;
    if (ended.extraReached) this.reached++;
    const end = endOf(ended.last);
    this.ends.set(end, (this.ends.get(end) ?? 0) + 1);
    for (const what of judged(scenario, ended)) this.wrong.push(`${scenario.name} (${scenario.model}) ${JSON.stringify(extra)}: ${what}`);
  }

  toString(): string {
    const ends = [...this.ends].sort(([, a], [, b]) => b - a).map(([end, n]) => `  ${String(n).padStart(8)} ${end}`);
    return [`conservation: ${this.runs} runs, ${this.reached} reached their point, ${this.wrong.length} wrong`, ...ends].join("\n");
  }
}

export function conserves(shard: number): void {
  describe(`money is conserved (I5), shard ${shard}`, () => {
    it(
      `in ${RUNS} runs: scenarios with one more cut or loss, items compared with direction and currency`,
      async () => {
        const random = seededRandom(`conservation ${shard}`);
        const draw = <T>(from: readonly T[]): T => {
          const [a = 0, b = 0, c = 0] = random.bytes(3);
          return from[(a * 65_536 + b * 256 + c) % from.length] as T; // no list here is empty
        };
        const own = corpus.filter((_, i) => i % SHARDS === shard);
        // A scenario has to be played once to know its points: a small share is drawn from a few of them.
        const few = Math.ceil(RUNS / RUNS_EACH);
        const drawn = few < own.length ? new Set(range(few).map(() => draw(own))) : own;
        const stages = await Promise.all([...drawn].map(staged));
        const tally = new Tally();
        const singles = stages.flatMap(({ scenario, points }) => points.map((extra) => ({ scenario, extra })));
        // Alone at every point where the budget allows it, else a share; the rest are pairs of points of different sorts.
        if (singles.length <= RUNS) for (const { scenario, extra } of singles) await tally.play(scenario, extra);
        else
          while (tally.runs < RUNS / 2) {
            const { scenario, extra } = draw(singles);
            await tally.play(scenario, extra);
          }
        while (tally.runs < RUNS) {
          const { scenario, points } = draw(stages);
          const one = draw(points);
          await tally.play(scenario, { ...one, ...draw(points.filter((other) => sortOf(other) !== sortOf(one))) });
        }
        console.log(tally.toString());
        expect(tally.wrong.slice(0, 20)).toEqual([]);
        expect(tally.reached / tally.runs).toBeGreaterThan(0.5);
      },
      HOURS_MS,
    );
  });
}
