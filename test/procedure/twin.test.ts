// Two terminals with one serial number (E32): whatever a station knows of the one keeps it from touching the other.
import { describe, expect, it } from "vitest";
import { World } from "../support/world.js";
import type { WorldSetup } from "../support/world-setup.js";

const parked: WorldSetup = { options: { host: { rejects: "97" } } };
const act = (world: World, how: "run" | "resume") => world.clock.run(() => world.replug().then(() => world.run(how)));
const twin = (world: World) => world.clock.run(() => world.twin());
/** Frames that the agent sent since the cable was last plugged in, and what lies in the terminal. */
const told = (world: World) => ({
  frames: world.line.frames.out,
  open: world.inspect().terminal.length,
  booked: world.inspect().bookings.length,
});

describe("another terminal with the same serial number", () => {
  it("in a life that a certificate of ours ended goes into quarantine; nothing but identify was sent", async () => {
    const world = new World();
    expect(await act(world, "run")).toMatchObject({ endState: "CERT", outcome: "ERASED" });
    await twin(world);
    for (const _ of ["at first", "when tried again"]) {
      expect(await act(world, "run")).toMatchObject({ endState: "QUAR", code: "identity.twice", exit: 5, outcome: null, hold: null });
      expect(told(world)).toEqual({ frames: 1, open: 5, booked: 0 });
    }
  });

  it("is not shown the certificate of the first", async () => {
    const world = new World();
    expect(await act(world, "run")).toMatchObject({ endState: "CERT" });
    expect(await act(world, "resume")).toMatchObject({ endState: "CERT" });
    await twin(world);
    await expect(act(world, "resume")).rejects.toMatchObject({ code: "identity.twice" });
  });

  it.each([
    ["not started as often", 3],
    ["started as often, but asked less", 0],
  ])("that was %s does not go on with the run of the first", async (_, restarts) => {
    const world = new World(parked);
    for (let i = 0; i < restarts; i++) {
      world.powerOff();
      world.powerOn();
    }
    expect(await act(world, "run")).toMatchObject({ code: "settle.deregistered" });
    await twin(world);
    expect(await act(world, "resume")).toMatchObject({ endState: "QUAR", code: "identity.twice" });
    expect(told(world)).toEqual({ frames: 1, open: 5, booked: 0 });
  });
});

describe("the same terminal", () => {
  it("is no other one when it was started again, or lost its answers", async () => {
    const world = new World(parked);
    expect(await act(world, "run")).toMatchObject({ code: "settle.deregistered" });
    expect(await act(world, "resume")).toMatchObject({ code: "settle.deregistered" });
    world.powerOff();
    world.powerOn();
    expect(await act(world, "resume")).toMatchObject({ code: "settle.deregistered" });
  });
});
