// The runs of a terminal in an output folder, as their journals tell them.
import { DecomError } from "../base/errors.js";
import { Journal } from "../evidence/journal.js";
import { type RunRecord, recordOf } from "../evidence/record.js";
import type { Bench } from "./context.js";

export interface FoundRun {
  readonly folder: string;
  readonly journal: Journal;
  readonly record: RunRecord;
}

type Computer = Pick<Bench, "disk" | "out" | "clock" | "station">;

/** Every run of a terminal, oldest first (run ids are UUIDv7). */
export function runsOf({ disk, out, clock, station }: Computer, serial: string): FoundRun[] {
  const names = disk.list(out).filter((name) => name.startsWith(`${serial}-`));
  return names.flatMap((name) => {
    const folder = `${out}/${name}`;
    const journal = Journal.open(disk, `${folder}/journal.ndjson`, station.journalKey, clock);
    if (journal === undefined) return [];
    const record = recordOf(journal.lines);
    return record.begin.serial === serial ? [{ folder, journal, record }] : [];
  });
}

/** The one of these that has not ended; a terminal never has two. */
export function openRun(runs: readonly FoundRun[]): FoundRun | undefined {
  return runs.find(({ record }) => record.end === undefined);
}

/** Throws `run.open` while a run of this terminal has not ended. */
export function refuseOpenRun(computer: Computer, serial: string): void {
  const open = openRun(runsOf(computer, serial));
  if (open !== undefined) throw new DecomError("run.open", `${open.folder} is an unfinished run of ${serial}`);
}
