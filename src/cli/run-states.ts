// The runs in an output folder as their journals tell it. Reads only, needs no key, and so believes what is written.
import { join } from "node:path";
import { systemDisk } from "../base/disk.js";
import type { Entry } from "../evidence/entries.js";

export interface RunState {
  readonly serial: string;
  readonly runId: string;
  readonly folder: string;
  readonly state: "open" | "held" | "ended";
  readonly endState: string | null;
  /** The last step that was begun or looked at. */
  readonly step: string | null;
  readonly code: string | null;
  /** Of the hold file that belongs to this state; none when the run is not held, or when its key could not sign one. */
  readonly holdSha256: string | null;
  readonly startedAt: string;
  readonly at: string;
}

export function runStates(out: string): RunState[] {
  return systemDisk.list(out).flatMap((name) => stateOf(join(out, name)));
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
      holdSha256: held?.holdSha256 ?? null,
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
