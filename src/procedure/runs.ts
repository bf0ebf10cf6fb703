// The runs in an output folder, as their journals tell them.
import { Journal } from "../evidence/journal.js";
import { type RunRecord, recordOf } from "../evidence/record.js";
import type { Bench } from "./context.js";

export interface FoundRun {
  readonly folder: string;
  readonly journal: Journal;
  readonly record: RunRecord;
}

/** Every run in the output folder, oldest first (run ids are UUIDv7), or those of one terminal. */
export function runsOf(bench: Pick<Bench, "disk" | "out" | "clock" | "station">, serial?: string): FoundRun[] {
  const { disk, out, clock, station } = bench;
  const names = disk.list(out).filter((name) => (serial === undefined ? name.includes("-") : name.startsWith(`${serial}-`)));
  return names.flatMap((name) => {
    const folder = `${out}/${name}`;
    const journal = Journal.open(disk, `${folder}/journal.ndjson`, station.journalKey, clock);
    const record = journal === undefined ? undefined : recordOf(journal.lines);
    return journal === undefined || record === undefined || (serial !== undefined && record.begin.serial !== serial)
      ? []
      : [{ folder, journal, record }];
  });
}
