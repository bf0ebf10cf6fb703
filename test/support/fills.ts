// What the journal of the only run says of each area's fill.
import { entriesOf } from "./records.js";
import type { World } from "./world.js";

export function fillsOf(world: World) {
  return entriesOf(world).flatMap((entry) =>
    entry.kind === "seen" && entry.step === "fill" && entry.filled !== undefined ? [{ ...entry.filled, area: entry.area }] : [],
  );
}
