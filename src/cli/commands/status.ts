// decom status: the runs in an output folder, each in a line.
import { words } from "../../base/words.js";
import type { Io, Told } from "../io.js";
import { type CommonOptions, type OutOptions, outOf } from "../options.js";
import { runStates } from "../run-states.js";

export async function status(options: CommonOptions & OutOptions, io: Io): Promise<Told> {
  const out = outOf(options, io);
  const runs = runStates(out);
  return {
    exit: 0,
    json: { runs },
    text:
      runs.length === 0
        ? [words.cli.noRuns(out)]
        : runs.map(({ serial, state, endState, step, code }) =>
            words.cli.status(serial, [words.cli.state[state], endState, code].filter((part) => part !== null).join(" "), step ?? ""),
          ),
  };
}
