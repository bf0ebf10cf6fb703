// Money is conserved (I5): every scenario with one more fault, at every cut point and loss point, and its books compared item by item.
// `npm test` draws a share by seed. DECOM_MATRIX=complete makes it 66,000 runs, DECOM_MATRIX=huge 1,000,000: every
// point of every scenario alone, and pairs. DECOM_RUNS=N asks for N. Two files play it, one for each of two cores.
import { describe, expect, it } from "vitest";
import type { Scenario } from "../../src/sim/scenario/scenario.js";
import { corpus } from "../support/corpus.js";
import type * as Losses from "../support/losses.js";
import type { Loss, Named } from "../support/losses.js";
import type * as Perform from "../support/perform.js";
import type { Performed } from "../support/performed.js";
import { compiled } from "./compiled.js";

const { perform } = await compiled<typeof Perform>("perform");
const { drawer, lossesIn, range } = await compiled<typeof Losses>("losses");

const HOURS_MS = 36_000_000;
const SHARDS = 2;
const wanted: Readonly<Record<string, number>> = { complete: 66_000, huge: 1_000_000 };
const RUNS = Number(process.env["DECOM_RUNS"] ?? wanted[process.env["DECOM_MATRIX"] ?? ""] ?? 200) / SHARDS;
const RUNS_EACH = 10;
/** Cheaper by half, and met by most scenarios in the same way. */
const SMALLER = "podp-tiny";

interface Stage {
  readonly scenario: Scenario;
  readonly losses: readonly Named[];
}

async function staged(scenario: Scenario): Promise<Stage> {
  const smaller = { ...scenario, model: SMALLER };
  const alike = scenario.model === "podp-small" ? await perform(smaller) : undefined;
  const { code, endState } = scenario.expect;
  const fits = alike !== undefined && alike.unreached.length === 0 && alike.last.code === code && alike.last.endState === endState;
  const { dead, power, ...frames } = lossesIn((fits ? alike : await perform(scenario)).points, "all");
  return { scenario: fits ? smaller : scenario, losses: [...frames.out, ...frames.in, ...power, ...dead] };
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
/**
 * Where one more loss takes away what the end rests on: a settlement of the terminal's own that nobody ended, or that is met while it sends
 * its advices; batch and records as the only witnesses; a station lost before it had settled; the last try of a signature.
 */
const LESS_KNOWN: readonly (readonly [name: RegExp, end: RegExp])[] = [
  [/^settles-by-itself-/, /^HOLD (settle\.elsewhere|batch\.shrunk)$/],
  [/^forgetful-/, /^HOLD (settle\.unknown|upload\.incomplete)$/],
  [/^wiped-by-a-lost-station$/, /^HOLD settle\.elsewhere$/],
  [/^signature-tried-before$/, /^HOLD batch\.open$/],
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

const sortOf = (loss: Loss): string | undefined => Object.keys(loss)[0];

class Tally {
  runs = 0;
  reached = 0;
  readonly wrong: string[] = [];
  readonly ends = new Map<string, number>();

  async play(scenario: Scenario, extra: Loss): Promise<void> {
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
        const draw = drawer(`conservation ${shard}`);
        const own = corpus.filter((_, i) => i % SHARDS === shard);
        // A scenario has to be played once to know its points: a small share is drawn from a few of them.
        const few = Math.ceil(RUNS / RUNS_EACH);
        const drawn = few < own.length ? new Set(range(0, few).map(() => draw(own))) : own;
        const stages = await Promise.all([...drawn].map(staged));
        const tally = new Tally();
        // One loss at every point where there are runs enough, and two of different sorts from then on; else every second run has two.
        const points = stages.reduce((sum, { losses }) => sum + losses.length, 0);
        const isWhole = points <= RUNS;
        if (isWhole) for (const { scenario, losses } of stages) for (const [, loss] of losses) await tally.play(scenario, loss);
        while (tally.runs < RUNS) {
          const { scenario, losses } = draw(stages);
          const [, one] = draw(losses);
          const isPair = isWhole || tally.runs % 2 === 1;
          await tally.play(scenario, isPair ? { ...one, ...draw(losses.filter(([, other]) => sortOf(other) !== sortOf(one)))[1] } : one);
        }
        console.log(tally.toString());
        expect(tally.wrong.slice(0, 20)).toEqual([]);
        expect(tally.reached / tally.runs).toBeGreaterThan(0.5);
      },
      HOURS_MS,
    );
  });
}
