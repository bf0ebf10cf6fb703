// decom status: the runs in an output folder as their journals tell it. Reads only, needs no key, and so believes what is written.
import { join } from "node:path";
import { systemDisk } from "../../base/disk.js";
import { words } from "../../base/words.js";
import type { Entry } from "../../evidence/entries.js";
import type { Io, Told } from "../io.js";
import { type CommonOptions, type OutOptions, outOf } from "../options.js";

interface RunState {
  readonly serial: string;
  readonly runId: string;
  readonly folder: string;
  readonly state: "open" | "held" | "ended";
  readonly endState: string | null;
  /** The last step that was begun or looked at. */
  readonly step: string | null;
  readonly code: string | null;
  readonly startedAt: string;
  readonly at: string;
}

export async function status(options: CommonOptions & OutOptions, io: Io): Promise<Told> {
  const out = outOf(options, io);
  const runs = systemDisk.list(out).flatMap((name) => stateOf(join(out, name)));
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

type Written = Entry & { readonly at: string };

/** A torn last line is left where it is: the run that writes it may be alive. */
function stateOf(folder: string): RunState[] {
  const text = Buffer.from(systemDisk.read(join(folder, "journal.ndjson")) ?? []).toString("utf8");
  const entries = text
    .split("\n")
    .slice(0, -1)
    .flatMap((line) => written(line));
  const begin = entries.find((entry) => entry.kind === "begin");
  if (begin === undefined) return [];
  const end = entries.find((entry) => entry.kind === "end");
  const last = entries.at(-1) ?? begin;
  const held = last.kind === "held" ? last : undefined;
  const steps = entries.flatMap((entry) => (entry.kind === "intent" || entry.kind === "seen" ? [entry.step] : []));
  return [
    {
      serial: begin.serial,
      runId: begin.runId,
      folder,
      state: end !== undefined ? "ended" : held !== undefined ? "held" : "open",
      endState: end?.endState ?? (held === undefined ? null : "HOLD"),
      step: steps.at(-1) ?? null,
      code: end?.code ?? held?.code ?? null,
      startedAt: begin.at,
      at: last.at,
    },
  ];
}

function written(line: string): Written[] {
  try {
    const { entry, at } = JSON.parse(line) as { entry: Entry; at: string }; // the journal's own form; what is damaged shows as nothing
    return entry === undefined ? [] : [{ ...entry, at }];
  } catch {
    return [];
  }
}
