// How a settlement can end, what each end is called, and that none of them is tried again where it could book twice.
import { describe, expect, it } from "vitest";
import type { SimOptions } from "../../src/sim/body.js";
import type { HostOptions } from "../../src/sim/host/options.js";
import type { Plant } from "../../src/sim/planting.js";
import { PowerCut } from "../../src/sim/stores.js";
import { expectBookedOnce } from "../support/booked.js";
import { journalOf } from "../support/records.js";
import { World } from "../support/world.js";
import type { WorldSetup } from "../support/world-setup.js";

const onlySales: Plant = { alone: true, items: [{ kind: "U01", count: 3 }] };

async function run(setup: WorldSetup) {
  const world = new World({ plant: onlySales, ...setup });
  const begun = world.clock.monotonic();
  const end = await world.clock.run(() => world.run("run"));
  return { world, end, ms: world.clock.monotonic() - begun };
}
const again = (world: World) => world.clock.run(() => world.replug().then(() => world.run("resume")));

describe("a settlement that is refused", () => {
  it.each<[string, HostOptions, string]>([
    ["with a code that says no more", { rejects: "05" }, "settle.host"],
    ["because the terminal is not known (97)", { rejects: "97" }, "settle.deregistered"],
    ["because the merchant is not known (03)", { rejects: "03" }, "settle.deregistered"],
    ["with the code for a wrong MAC (A0)", { rejects: "A0" }, "settle.mac"],
    ["for its MAC (A0), also after the terminal has signed in", { misreadsMac: "always" }, "settle.mac"],
    ["with totals that differ for good", { excess: 100n }, "settle.unbalanced"],
    ["with an error flag", { errorFlag: true }, "settle.error-flag"],
    ["as one that the host has already (94)", { rejects: "94" }, "settle.duplicate"],
    ["for want of a network", { unreachable: true }, "settle.no-network"],
  ])("%s is parked, moves nothing and erases nothing", async (_, host, code) => {
    const { world, end } = await run({ options: { host } });
    expect(end).toMatchObject({ endState: "HOLD", code, exit: 4, certificate: null, hold: expect.stringMatching(/hold\.json$/) });
    expect(world.inspect()).toMatchObject({ bookings: [], violations: [] });
    expect(world.inspect().terminal).toHaveLength(3);
    expect(world.inspect().areas.every(({ readable }) => readable)).toBe(true);
  });

  it("is tried again by resume, where the host has booked nothing", async () => {
    const { world, end } = await run({ options: { host: { rejects: "97", rejections: 1 } } });
    expect(end).toMatchObject({ code: "settle.deregistered" });
    expect(await again(world)).toMatchObject({ outcome: "ERASED" });
    expectBookedOnce(world);
  });

  it("is tried again as often as people like: what was refused takes no room from what is to come", async () => {
    const { world } = await run({ options: { host: { rejects: "90", rejections: 40 } } });
    const codes: (string | undefined)[] = [];
    while (codes.length < 9 && codes.at(-1) !== "ok") codes.push((await again(world))?.code);
    expect(codes).toEqual([...Array.from({ length: 7 }, () => "settle.host-down"), "ok"]);
    expectBookedOnce(world);
  });

  it("with an error flag is not tried again on our own: nobody knows what the host booked", async () => {
    const { world } = await run({ options: { host: { errorFlag: true } } });
    const nextOp = world.sim.terminal.ops.next;
    expect(await again(world)).toMatchObject({ endState: "HOLD", code: "settle.error-flag" });
    expect(world.sim.terminal.ops.next).toBe(nextOp);
  });

  it("as a duplicate is looked up, and never sent under another batch number", async () => {
    const { world, end } = await run({ options: { host: { rejects: "94", cannotTell: true } } });
    expect(end).toMatchObject({ endState: "HOLD", code: "settle.duplicate" });
    const { batch } = world.sim.terminal.batch.ledger(world.sim.terminal.batch.accounts[0]!.id).get();
    const nextOp = world.sim.terminal.ops.next;
    expect(await again(world)).toMatchObject({ endState: "HOLD", code: "settle.duplicate" });
    const account = world.sim.terminal.batch.accounts[0]!.id;
    expect([world.sim.terminal.ops.next, world.sim.terminal.batch.ledger(account).get().batch]).toEqual([nextOp, batch]);
    expect(world.inspect().bookings).toEqual([]);
  });
});

describe("a host that is down or closing its day", () => {
  it.each(["90", "91", "92", "96", "98"])("(%s) is asked again after 5, 10, 20 and 40 s, and then the run is parked", async (rejects) => {
    const { end, ms, world } = await run({ options: { host: { rejects } } });
    expect(end).toMatchObject({ endState: "HOLD", code: "settle.host-down", exit: 4, certificate: null });
    expect(world.inspect().areas.every(({ readable }) => readable)).toBe(true);
    expect(world.sim.terminal.ops.next - 1).toBe(5);
    expect(Math.floor(ms / 1000)).toBe(75);
  });

  it("may come back in between", async () => {
    const { end, world } = await run({ options: { host: { rejects: "91", rejections: 2 } } });
    expect(end).toMatchObject({ outcome: "ERASED" });
    expectBookedOnce(world);
  });
});

describe("a settlement whose answer is lost", () => {
  it.each<[string, HostOptions]>([
    ["before the host booked", { silent: "before" }],
    ["after the host booked", { silent: "after" }],
  ])("%s is looked up, and books once (I2)", async (_, host) => {
    const { world, end } = await run({ options: { host } });
    expect(end).toMatchObject({ endState: "CERT", outcome: "ERASED" });
    expectBookedOnce(world);
  });

  it("waits until nothing that was sent can arrive any more before it believes that the batch is open", async () => {
    const at = await run({ options: { host: { silent: "before" } }, knows: { longestDelay: 600_000 } });
    expect(at.end).toMatchObject({ outcome: "ERASED" });
    expect(at.ms).toBeGreaterThan(600_000);
    expectBookedOnce(at.world);
  });

  it("twice, with the batch open both times, is settled no third time", async () => {
    const { world, end } = await run({ options: { host: { silent: "before", silences: 9 } } });
    expect(end).toMatchObject({ endState: "HOLD", code: "settle.unknown" });
    expect(world.sim.terminal.ops.next - 1).toBe(2);
    expect(await again(world)).toMatchObject({ endState: "HOLD", code: "settle.unknown" });
    expect(world.sim.terminal.ops.next - 1).toBe(2);
    expect(world.inspect()).toMatchObject({ bookings: [], violations: [] });
  });

  it("is looked at again when the terminal never began to settle it once more, however often that fails", async () => {
    const host: { -readonly [K in keyof HostOptions]: HostOptions[K] } = { silent: "before", silences: 1 };
    const world = new World({ plant: onlySales, options: { host } });
    const hangUp = () => {
      const last = journalOf(world).trim().split("\n").at(-1);
      host.down = last?.includes('"finishing"') === true;
    };
    world.disk.hook = (_n, when) => when === "after" && hangUp();
    expect(await world.clock.run(() => world.run("run"))).toMatchObject({ endState: "HOLD", code: "settle.no-network" });
    host.down = false;
    expect(await again(world)).toMatchObject({ endState: "HOLD", code: "settle.no-network" });
    world.disk.hook = () => undefined;
    host.down = false;
    expect(await again(world)).toMatchObject({ outcome: "ERASED" });
    expectBookedOnce(world);
  });

  it("in the middle of an upload (U16) is taken up again", async () => {
    const { world, end } = await run({ options: { host: { lacks: 1, silent: "before", silentTo: "upload", silences: 3 } } });
    expect(end).toMatchObject({ outcome: "ERASED" });
    expectBookedOnce(world);
  });

  it("in the middle of an upload that never comes through (U16) is parked as that", async () => {
    const { world, end } = await run({ options: { host: { lacks: 1, silent: "before", silentTo: "upload", silences: 999 } } });
    expect(end).toMatchObject({ endState: "HOLD", code: "upload.incomplete" });
    expect(world.inspect().bookings).toEqual([]);
  });
});

describe("one of several acquirers", () => {
  const items: Plant = {
    alone: true,
    items: [
      { kind: "U01", account: 0 },
      { kind: "U01", account: 1 },
    ],
  };
  /** The host refuses only what the n-th settlement asks. */
  function refusingNth(n: number): { options: SimOptions; hooks: WorldSetup["hooks"] & object } {
    let asked = 0;
    const host: HostOptions = Object.defineProperty({}, "rejects", { get: () => (asked === n ? "97" : undefined) });
    return { options: { host }, hooks: { point: (name) => void (name === "settle.request" && asked++) } };
  }

  it("that fails does not keep the others from being settled, and is named (E12)", async () => {
    const { world, end } = await run({ model: "podp-traditional", plant: items, ...refusingNth(1) });
    const [refused, settled] = world.sim.terminal.batch.accounts;
    expect(end).toMatchObject({ endState: "HOLD", code: "settle.deregistered" });
    expect(end?.message).toContain(refused!.tid);
    expect(end?.message).not.toContain(settled!.tid);
    expect(world.inspect().bookings.map(({ account }) => account)).toEqual([settled!.id]);
    expect(await again(world)).toMatchObject({ outcome: "ERASED" });
    expectBookedOnce(world);
  });

  it("all of which fail are all named", async () => {
    const { world, end } = await run({ model: "podp-traditional", plant: items, options: { host: { rejects: "97" } } });
    for (const { tid } of world.sim.terminal.batch.accounts) expect(end?.message).toContain(tid);
  });

  it("whose settlement is cut while another is settled already is taken up alone", async () => {
    let booked = 0;
    const hooks = {
      point: (name: string) => {
        if (name === "settle.sent" && ++booked === 2) throw new PowerCut("second acquirer");
      },
    };
    const { world, end } = await run({ model: "podp-traditional", plant: items, hooks });
    expect(end).toMatchObject({ outcome: "ERASED" });
    expectBookedOnce(world);
  });
});
