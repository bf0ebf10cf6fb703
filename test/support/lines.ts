// The lines of every journal on the agent's disk, oldest first.
import type { Line } from "../../src/evidence/journal.js";
import { journalsOf } from "./performed.js";
import type { World } from "./world.js";

export function linesOf({ disk }: Pick<World, "disk">): Pick<Line, "at" | "entry">[] {
  const texts = journalsOf([disk]).flatMap((text) => text.trimEnd().split("\n"));
  return texts.map((line) => JSON.parse(line) as Line); // our own lines
}
