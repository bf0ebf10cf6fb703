// What the journal of the only run says of each area's fill.
import type { Entry } from "../../src/evidence/entries.js";
import type { World } from "./world.js";

export function fillsOf(world: World) {
  const [folder = ""] = world.disk.list("out");
  const text = Buffer.from(world.disk.read(`out/${folder}/journal.ndjson`) ?? []).toString();
  const entries = text
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { entry: Entry }).entry); // our own lines
  return entries.flatMap((entry) =>
    entry.kind === "seen" && entry.step === "fill" && entry.filled !== undefined ? [{ ...entry.filled, area: entry.area }] : [],
  );
}
