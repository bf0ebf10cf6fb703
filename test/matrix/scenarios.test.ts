// Each scenario file, played once: it must reach its faults, end as it says, and end otherwise when one of its conditions is taken away.
import { describe, expect, it } from "vitest";
import { corpus } from "../support/corpus.js";
import type * as Perform from "../support/perform.js";
import { without } from "../support/without.js";
import { compiled } from "./compiled.js";

const { perform } = await compiled<typeof Perform>("perform");

/** Whether each condition matters is asked of every fourth file; of all of them with DECOM_MATRIX=complete. */
const EVERY = process.env["DECOM_MATRIX"] === undefined ? 4 : 1;

describe.each(corpus.map((scenario, i) => [scenario.name, scenario, i % EVERY === 0] as const))("%s", (_, scenario, closely) => {
  it(scenario.title, async () => {
    const { expect: wanted } = scenario;
    const ended = await perform(scenario);
    expect(ended.unreached, "faults that never came to pass").toEqual([]);
    const { endState, code, exit, outcome } = ended.last;
    const { doubt = 0, exception = 0, ...items } = wanted.items;
    expect({
      end: { endState, code, exit, outcome },
      ...(wanted.codes === undefined ? {} : { codes: ended.turns.map((turn) => turn.code) }),
      items: ended.items,
      violations: ended.violations,
      wrong: ended.wrong,
    }).toEqual({
      end: { endState: wanted.endState, code: wanted.code, exit: wanted.exit, outcome: wanted.outcome },
      ...(wanted.codes === undefined ? {} : { codes: wanted.codes }),
      items: { ...items, doubt, exception },
      violations: wanted.violations ?? [],
      wrong: [],
    });
    // A lie that is not detected leaves no trace.
    for (const other of closely && wanted.undetected !== true ? without(scenario) : []) {
      expect((await perform(other.scenario)).trace(), `as if ${other.field} were not there`).not.toBe(ended.trace());
    }
  });
});
