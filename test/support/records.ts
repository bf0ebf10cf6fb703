// What the agent wrote down, read back: its journals line by line, the station's log, and a run's record with lines changed, as if something else had been seen.
import type { Entry } from "../../src/evidence/entries.js";
import type { Line } from "../../src/evidence/journal.js";
import { type RunRecord, recordOf } from "../../src/evidence/record.js";
import { journalsOf } from "./performed.js";
import type { World } from "./world.js";

/** The journals of all runs on the agent's disk as text, one behind the other. */
export const journalOf = ({ disk }: World): string => journalsOf([disk]).join("");

/** Every line of them; of the only run where there is one. */
export function linesOf(world: World): Line[] {
  const lines = journalOf(world).split("\n").slice(0, -1);
  return lines.map((line) => ({ ...(JSON.parse(line) as Line), sha256: "" })); // our own lines; nothing here asks for their hash
}

export const entriesOf = (world: World): Entry[] => linesOf(world).map(({ entry }) => entry);

/** The intents under which a wipe is begun: none of them, and none was. */
export const wipesBegun = (world: World): Entry[] =>
  entriesOf(world).filter((entry) => entry.kind === "intent" && (entry.step === "commit" || entry.step === "arm"));

/** The station's log, as text. */
export const stationLogOf = ({ disk }: World): string => Buffer.from(disk.read("keys/state/log.ndjson") ?? []).toString();

/** `change` gives the entry that stands in a line's place, or nothing to leave it out. */
export function recordWith(world: World, change: (entry: Entry) => Entry | undefined): RunRecord {
  return recordOf(
    linesOf(world).flatMap((line) => {
      const entry = change(line.entry);
      return entry === undefined ? [] : [{ ...line, entry }];
    }),
  );
}
