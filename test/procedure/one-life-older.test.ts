// A wiped terminal is one life older: what answers in the life that the wipe should have ended was not wiped.
import { describe, expect, it } from "vitest";
import { cell } from "../../src/sim/stores.js";
import type { Life } from "../../src/sim/wipe.js";
import { World } from "../support/world.js";

/** It comes back so many lives older from the restart between the two inspections, and is otherwise what it was. */
async function comingBack(by: number) {
  const world = new World({
    always: ({ nv }) => ({
      point(name) {
        const record = cell<Life>(nv, "life", { life: 1, locked: false });
        if (name === "restart") record.set({ ...record.get(), life: record.get().life + by });
      },
    }),
  });
  return { world, end: await world.clock.run(() => world.run("run")) };
}

describe("a terminal that comes back from its restart after the wipe", () => {
  it("one life older than it was is certified", async () => {
    const { end } = await comingBack(0);
    expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
  });

  it("in the life that it was wiped in goes into quarantine, and its certificate says NOT_ERASED", async () => {
    const { world, end } = await comingBack(-1);
    expect(end).toMatchObject({ endState: "QUAR", code: "identity.swapped", exit: 5, outcome: "NOT_ERASED" });
    expect(world.verified(end?.certificate ?? "")).toMatchObject({ status: "QUARANTINED", outcome: "NOT_ERASED" });
  });
});
