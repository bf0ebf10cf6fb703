import { describe, expect, it } from "vitest";
import { World } from "../support/world.js";

describe("a returned terminal", () => {
  it.each(["podp-small", "podp-traditional", "podp-esign", "podp-smart", "podp-mpos", "podp-handheld", "podp-mute", "podp-multi"])(
    "%s is settled, wiped and certified as ERASED",
    async (model) => {
      const world = new World({ model });
      const result = await world.clock.run(() => world.run("run"));
      expect(result).toMatchObject({ message: null, endState: "CERT", code: "ok", outcome: "ERASED", exit: 0 });
      const { areas, keys, money, violations } = world.inspect();
      expect(areas.filter((area) => area.readable)).toEqual([]);
      expect(keys.filter((key) => key.readable)).toEqual([]);
      expect(money.host).toBe(money.start);
      expect(violations).toEqual([]);
      const { json } = world.certificate();
      expect(json).toHaveLength(1);
      expect(world.verified(json[0]!)).toMatchObject({ status: "ACCEPTED", environment: "simulator", outcome: "ERASED" });
    },
  );

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
