// The journal of the only run as its record, whole or with lines changed: what evidence would say had something else been seen.
import type { Entry } from "../../src/evidence/entries.js";
import type { Line } from "../../src/evidence/journal.js";
import { type RunRecord, recordOf } from "../../src/evidence/record.js";
import type { World } from "./world.js";

export function linesOf({ disk }: World): Line[] {
  const [folder = ""] = disk.list("out");
  const text = Buffer.from(disk.read(`out/${folder}/journal.ndjson`) ?? []).toString();
  return text
    .trim()
    .split("\n")
    .map((line) => ({ ...(JSON.parse(line) as Line), sha256: "" })); // our own lines; nothing here asks for their hash
}

/** `change` gives the entry that stands in a line's place, or nothing to leave it out. */
export function recordWith(world: World, change: (entry: Entry) => Entry | undefined): RunRecord {
  return recordOf(
    linesOf(world).flatMap((line) => {
      const entry = change(line.entry);
      return entry === undefined ? [] : [{ ...line, entry }];
    }),
  );
}
