// Runs that are taken up while something of them is still under way, or was intended and never sent: what was meant is looked up, then done once.
import { describe, expect, it } from "vitest";
import type { Entry } from "../../src/evidence/entries.js";
import { expectBookedOnce } from "../support/booked.js";
import { Death, MemoryDisk } from "../support/memory-disk.js";
import { orderFor } from "../support/orders.js";
import { entriesOf } from "../support/records.js";
import { continuing } from "../support/scenario-order.js";
import { World } from "../support/world.js";
import type { WorldSetup } from "../support/world-setup.js";

const resume = (world: World) => world.clock.run(() => world.replug().then(() => world.run("resume")));

/** The agent dies each time one of these comes to stand last in its journal, synced: what it speaks of was never sent. */
function dyingAfter(world: World, ...wanted: ((entry: Entry) => boolean)[]): World {
  const due = [...wanted];
  world.disk.hook = (_n, when, what) => {
    if (when !== "after" || !/sync .*journal/.test(what)) return;
    const last = entriesOf(world).at(-1);
    if (last === undefined || due[0]?.(last) !== true) return;
    due.shift();
    throw new Death();
  };
  return world;
}

const intent = (step: string) => (entry: Entry) => entry.kind === "intent" && entry.step === step;
const seen = (step: string) => (entry: Entry) => entry.kind === "seen" && entry.step === step;

describe("what was intended and never sent", () => {
  const unanswered: WorldSetup = {
    plant: { alone: true, items: [{ kind: "U01", count: 2 }, { kind: "U05" }] },
    options: { host: { silent: "after", silentTo: "send", silences: 1 } },
  };

  it("a settlement is begun anew, though an advice was repeated under its op number", async () => {
    const world = dyingAfter(new World(unanswered), intent("settle"));
    expect(await world.clock.run(() => world.run("run"))).toBeUndefined();
    expect(await resume(world)).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
    const numbers = entriesOf(world).flatMap((e) => (e.kind === "intent" && "op" in e && e.step !== "arm" ? [e.op.slice(0, 8)] : []));
    expect(new Set(numbers).size).toBe(numbers.length - 1); // one of them was used twice: by what never left, and by what did
    expectBookedOnce(world);
  });

  it("a settlement is not begun anew beside records that have changed since", async () => {
    const world = dyingAfter(new World(unanswered), intent("settle"));
    expect(await world.clock.run(() => world.run("run"))).toBeUndefined();
    world.sim.terminal.sellAnyway(0, 500n, "refund");
    expect(await resume(world)).toMatchObject({ endState: "QUAR", code: "batch.grown" });
    expect(world.inspect().bookings.filter(({ kind }) => kind === "U01")).toEqual([]);
  });

  it("a settlement whose op number is used up, by nobody knows whom, is not begun anew", async () => {
    const world = dyingAfter(new World(unanswered), intent("settle"));
    expect(await world.clock.run(() => world.run("run"))).toBeUndefined();
    const { next } = world.sim.terminal.ops;
    world.sim.powerCut();
    world.stores.nv.set("op-floor", Buffer.from(String(next + 1)));
    world.powerUp();
    expect(await resume(world)).toMatchObject({ endState: "HOLD", code: "settle.store" });
    expect(world.inspect().bookings.filter(({ kind }) => kind === "U01")).toEqual([]);
  });

  it("a wipe is planned anew, though a script result was tried again under its op number", async () => {
    const refused = {
      plant: { alone: true, items: [{ kind: "U01" }, { kind: "U09" }] },
      options: { host: { refusesKinds: ["U09"] } },
    } as const;
    const world = dyingAfter(new World(refused), intent("commit"), seen("pending"));
    expect(await world.clock.run(() => world.run("run"))).toBeUndefined();
    expect(await resume(world)).toBeUndefined();
    expect(await resume(world)).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
    expect(world.inspect().violations).toEqual([]);
  });
});

describe("what the terminal refuses to begin", () => {
  it("leaves its op number to the next: without a network every acquirer is asked for, and told", async () => {
    const options = { host: { unreachable: true } };
    const world = new World({ model: "podp-multi", plant: { alone: true, items: [{ kind: "U01", count: 2 }] }, options });
    expect(await world.clock.run(() => world.run("run"))).toMatchObject({ endState: "HOLD", code: "settle.no-network" });
    options.host.unreachable = false;
    expect(await resume(world)).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
    expectBookedOnce(world);
  });
});

describe("what still runs", () => {
  /** The cable is pulled while it runs, and is back at once. */
  it.each(["sendPending", "start"] as const)("%s: nothing is counted before it has ended", async (act) => {
    const world = new World({
      plant: {
        alone: true,
        items: [
          { kind: "U01", count: 2 },
          { kind: "U05", count: 3 },
        ],
      },
      speed: 1,
    });
    const { settlements, batch } = world.sim.terminal;
    const begin = settlements[act].bind(settlements) as (...of: unknown[]) => ReturnType<typeof settlements.start>;
    let pulled = false;
    settlements[act] = (...of: unknown[]) => {
      if (!pulled) world.clock.after(100, () => void world.line.close());
      pulled = true;
      return begin(...of);
    };
    expect(await world.clock.run(() => world.run("run"))).toMatchObject({ endState: "HOLD", code: "link.closed" });
    expect(world.sim.terminal.busy).toBeDefined();
    const busy: (string | undefined)[] = [];
    const rows = batch.rows.bind(batch);
    batch.rows = (...of) => {
      busy.push(world.sim.terminal.busy);
      return rows(...of);
    };
    expect(await resume(world)).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
    expect(busy.length).toBeGreaterThan(0);
    expect(busy.filter((op) => op !== undefined)).toEqual([]);
    expectBookedOnce(world);
  });
});

describe("another station's wipe", () => {
  /** The frame that the agent had sent last when the terminal was armed. */
  async function frameOfArm(): Promise<number> {
    const world = new World({ model: "podp-tiny" });
    const { terminal } = world.sim;
    const arm = terminal.arm.bind(terminal);
    let frame = 0;
    terminal.arm = (order) => {
      frame = world.line.frames.out;
      arm(order);
    };
    await world.clock.run(() => world.run("run"));
    return frame;
  }

  it("is waited for before an order is made or judged: the life is another one afterwards", async () => {
    const armed = await frameOfArm();
    let busy = 0;
    for (const nth of [armed + 1, armed + 2, armed + 3]) {
      const world = new World({ model: "podp-tiny", faults: [{ on: "out", nth, kind: "cut" }] });
      const end = await world.clock.run(async () => {
        expect(await world.run("run")).toMatchObject({ endState: "HOLD", code: "link.closed" });
        world.disk = new MemoryDisk();
        await world.replug();
        if (world.sim.terminal.busy !== undefined) busy++;
        return await world.run("run");
      });
      expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED_WITH_EXCEPTIONS", blank: true });
    }
    expect(busy).toBeGreaterThan(0);
  });
});

describe("an order under which a run goes on", () => {
  const changed = (world: World) => orderFor(world, () => ({ notAfter: "2026-01-06T00:00:00.000Z" }));

  it("may be given again after the wipe that it ordered: it is the one the run is under", async () => {
    const world = new World({ witness: "P-0002", order: (w) => changed(w) });
    dyingAfter(world, intent("settle"), seen("erase"));
    expect(await world.clock.run(() => world.run("run"))).toBeUndefined();
    world.newer = continuing(world);
    expect(await resume(world)).toBeUndefined();
    expect(world.sim.terminal.life.life).toBe(2);
    expect(await resume(world)).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
    expect(entriesOf(world).filter(({ kind }) => kind === "order")).toHaveLength(1);
  });

  it("and another one that it never was under is refused after the wipe: what is left needs none", async () => {
    const world = new World({ witness: "P-0002", order: (w) => changed(w) });
    dyingAfter(world, intent("settle"), seen("erase"));
    expect(await world.clock.run(() => world.run("run"))).toBeUndefined();
    const late = continuing(world);
    expect(await resume(world)).toBeUndefined();
    world.newer = late;
    await expect(resume(world)).rejects.toMatchObject({ code: "order.life" });
    world.newer = undefined;
    expect(await resume(world)).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
  });
});
