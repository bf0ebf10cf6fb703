// What a run on a sound terminal does not depend on; the run on each model is in models.test.ts.
import { describe, expect, it } from "vitest";
import { World } from "../support/world.js";

describe("a returned terminal", () => {
  it("is taken under a bench order also when the clock ticks while that order is made", async () => {
    const world = new World();
    const bench = world.bench();
    let ticks = 0;
    world.bench = () => ({ ...bench, clock: { ...bench.clock, wall: () => bench.clock.wall() + ++ticks } });
    expect(await world.clock.run(() => world.run("run"))).toMatchObject({ message: null, outcome: "ERASED" });
  });

  it("ends in ERASED whatever its seed", async () => {
    for (const seed of [1, 2, 3, 42, 999, 123_456]) {
      const world = new World({ model: "podp-traditional", seed });
      expect(await world.clock.run(() => world.run("run"))).toMatchObject({ message: null, outcome: "ERASED" });
    }
  });
});
