// The station key is gone: without evidence nothing is erased, and what was done waits for the key.
import { describe, expect, it } from "vitest";
import type { CutPoint } from "../../src/sim/body.js";
import { takenUp } from "../support/performed.js";
import { World } from "../support/world.js";
import type { WorldSetup } from "../support/world-setup.js";

/** A run whose key goes when the terminal passes this point, and a second walk when it is back. */
async function keyGoneAt(point: CutPoint, setup: WorldSetup = {}) {
  let due = true;
  const world: World = new World({
    ...setup,
    always: () => ({
      point: (name) => {
        if (!due || name !== point) return;
        due = false;
        world.computer.canSign = false;
      },
    }),
  });
  const gone = await world.clock.run(() => world.run("run"));
  const signed = world.disk.list(gone?.folder ?? "").filter((name) => /^hold|p7s$/.test(name));
  const { areas } = world.inspect();
  world.computer.canSign = true;
  const back = await world.clock.run(() => world.replug().then(() => world.run("resume")));
  return { world, gone, signed, erased: areas.every(({ readable }) => !readable), back };
}

describe("a signing key that is gone (E64)", () => {
  it("stops the run before anything is sent when it is gone from the start", async () => {
    const { gone, signed, world } = await keyGoneAt("hello");
    expect(gone).toMatchObject({ endState: "HOLD", code: "signer.unavailable", exit: 6, hold: null });
    expect(signed).toEqual([]);
    expect(world.inspect().bookings).toHaveLength(5); // the second walk's
  });

  it("after settling leaves the terminal settled and not erased", async () => {
    const { gone, signed, erased, back } = await keyGoneAt("settle.cleared");
    expect(gone).toMatchObject({ endState: "HOLD", code: "signer.unavailable" });
    expect({ signed, erased }).toEqual({ signed: [], erased: false });
    expect(back).toMatchObject({ endState: "CERT", outcome: "ERASED" });
  });

  it("after the wipe leaves a certificate that only waits for its signature", async () => {
    const { gone, signed, erased, back, world } = await keyGoneAt("attest");
    expect(gone).toMatchObject({ endState: "HOLD", code: "signer.unavailable", exit: 6, hold: null, certificate: null });
    expect({ signed, erased }).toEqual({ signed: [], erased: true });
    expect(back).toMatchObject({ endState: "CERT", outcome: "ERASED", certId: gone?.certId });
    expect(takenUp(world)).toBe("with only the signature left");
  });

  it("takes nothing away from what else stopped the run: its code stays, and the file is said to be missing", async () => {
    const { gone, signed, back } = await keyGoneAt("settle.sent", { options: { host: { rejects: "97" } } });
    expect(gone).toMatchObject({ endState: "HOLD", code: "settle.deregistered", exit: 4, hold: null });
    expect(gone?.message).toContain("could not sign a hold file");
    expect(signed).toEqual([]);
    expect(back).toMatchObject({ code: "settle.deregistered", hold: expect.stringContaining("hold.json") });
  });

  it("when the wipe failed leaves NOT_ERASED to be signed later", async () => {
    const { gone, back } = await keyGoneAt("erase", { options: { stuck: [1] } });
    expect(gone).toMatchObject({ endState: "HOLD", code: "signer.unavailable" });
    expect(back).toMatchObject({ endState: "DESTROY", outcome: "NOT_ERASED" });
  });
});
