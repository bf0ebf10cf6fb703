// A fill that was proven stays proven: whoever takes the run up fills what is left, and nothing twice.
import { describe, expect, it } from "vitest";
import { Death } from "../support/memory-disk.js";
import { linesOf } from "../support/records.js";
import { overhear } from "../support/retold.js";
import { World } from "../support/world.js";

/** Areas of which a fill is begun from here on, until the cable is plugged in again. */
function fillsBegun(world: World): number[] {
  const areas: number[] = [];
  overhear(world, { fillBegin: ({ area }) => void areas.push(area) });
  return areas;
}

const proven = (world: World) =>
  linesOf(world).flatMap(({ entry }) => (entry.kind === "seen" && entry.step === "fill" && entry.filled !== undefined ? [entry.area] : []));

describe.each(["V4", "V5"] as const)("a run whose order demands %s and whose agent dies", (level) => {
  it.each([1, 2, 3])("once %i of three areas are proven fills the others only", async (n) => {
    const world = new World({ order: () => ({ bench: { areas: [level] } }) });
    world.disk.hook = (_n, when, what) => {
      if (when === "after" && /sync .*journal/.test(what) && proven(world).length === n) throw new Death();
    };
    const before = fillsBegun(world);
    expect(await world.clock.run(() => world.run("run"))).toBeUndefined();
    world.disk.hook = () => undefined;
    await world.replug();
    const after = fillsBegun(world);
    expect(await world.clock.run(() => world.run("resume"))).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
    expect([before.length, after.length]).toEqual([n, 3 - n]);
    expect([...before, ...after].sort()).toEqual([1, 2, 3]);
    expect(proven(world)).toEqual([...before, ...after]);
  });
});
