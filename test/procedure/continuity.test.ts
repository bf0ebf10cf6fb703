// A folder from a backup, a second station, a terminal that acts by itself: the run stops before it does anything it cannot know to be the first time.
import { describe, expect, it } from "vitest";
import type { Ledger, Settlement } from "../../src/sim/batch.js";
import { Death, MemoryDisk } from "../support/memory-disk.js";
import { journalOf } from "../support/records.js";
import { World } from "../support/world.js";
import type { WorldSetup } from "../support/world-setup.js";

const lostAnswer: WorldSetup = { options: { host: { silent: "after", cannotTell: true } } };
const run = (world: World, how: "run" | "resume" = "run") => world.clock.run(() => world.run(how));
const again = (world: World, how: "run" | "resume" = "resume") => world.clock.run(() => world.replug().then(() => world.run(how)));

/** What the terminal was told and what the host has booked so far: the same before and after says that nothing was sent. */
function told(world: World) {
  const { bookings, violations, terminal } = world.inspect();
  return { ops: world.sim.terminal.ops.next, bookings: bookings.length, violations, open: terminal.length };
}

/** The agent's disk as it was when a line with `words` had just come into a journal. */
function backupAt(world: World, words: string): { disk: MemoryDisk | undefined } {
  const backup: { disk: MemoryDisk | undefined } = { disk: undefined };
  world.disk.hook = (_n, when, what) => {
    if (when === "before" || !what.startsWith("sync out/") || backup.disk !== undefined) return;
    if (journalOf(world).includes(words)) backup.disk = world.disk.copy();
  };
  return backup;
}

describe("a restored folder (I2)", () => {
  it.each([
    ["before anything was sent", '"when":"start"'],
    ["before the settlement", '"when":"after-pending"'],
  ])("from %s does not settle again: nothing is sent", async (_, words) => {
    const world = new World(lostAnswer);
    const backup = backupAt(world, words);
    expect(await run(world)).toMatchObject({ endState: "HOLD", code: "settle.unknown" });
    world.disk = backup.disk!;
    const before = told(world);
    expect(await again(world)).toMatchObject({ endState: "HOLD", code: "log.rolled-back", exit: 6 });
    expect(told(world)).toEqual(before);
  });

  it("from before the run began does not settle again: nothing is sent", async () => {
    const world = new World(lostAnswer);
    expect(await run(world)).toMatchObject({ code: "settle.unknown" });
    world.disk = new MemoryDisk();
    const before = told(world);
    expect(await again(world, "run")).toMatchObject({ endState: "HOLD", code: "settle.elsewhere", exit: 4 });
    expect(told(world)).toEqual(before);
  });

  it("from before the run began moves no money where the batch was cleared already", async () => {
    const world = new World();
    world.disk.hook = (_n, when, what) => {
      const [folder] = world.disk.list("out");
      if (when === "after" && what.includes("archive.ndjson") && folder !== undefined) throw new Death();
    };
    expect(await run(world)).toBeUndefined();
    const { bookings, open } = told(world);
    expect({ bookings, open }).toEqual({ bookings: world.inspect().start.length, open: 0 });
    world.disk = new MemoryDisk();
    await again(world, "run");
    expect(told(world)).toMatchObject({ bookings, violations: [], open: 0 });
  });
});

describe("the same terminal elsewhere", () => {
  it("a run whose folder is not here keeps another one from beginning on this terminal (E79)", async () => {
    const world = new World({ options: { host: { rejects: "97" } } });
    expect(await run(world)).toMatchObject({ code: "settle.deregistered" });
    const elsewhere = new MemoryDisk();
    const log = world.disk.read("keys/state/log.ndjson")!;
    elsewhere.append("keys/state/log.ndjson", log);
    elsewhere.sync("keys/state/log.ndjson");
    world.disk = elsewhere;
    const before = told(world);
    expect(await again(world, "run")).toMatchObject({ endState: "HOLD", code: "settle.elsewhere" });
    expect(told(world)).toEqual(before);
  });

  it("another station that worked on it in between is noticed by the op counter (E92)", async () => {
    const world = new World({ options: { host: { rejects: "97" } } });
    expect(await run(world)).toMatchObject({ code: "settle.deregistered" });
    const here = world.disk;
    world.disk = new MemoryDisk();
    expect(await again(world, "run")).toMatchObject({ code: "settle.deregistered" });
    world.disk = here;
    const before = told(world);
    expect(await again(world)).toMatchObject({ endState: "HOLD", code: "log.rolled-back" });
    expect(told(world)).toEqual(before);
  });
});

describe("a terminal that does not stand still", () => {
  const held: WorldSetup = { options: { host: { rejects: "97", rejections: 1 } } };
  const ledger = (world: World) => world.sim.terminal.batch.ledger(world.sim.terminal.batch.accounts[0]!.id);

  it("whose own timer settled while the run was parked is no settlement of ours (E88)", async () => {
    const world = new World({ options: { host: { refusesKinds: ["U03"] } } });
    expect(await run(world)).toMatchObject({ code: "pending.reversal" });
    const { batch } = ledger(world).get();
    const next = String((Number(batch) % 999_999) + 1).padStart(6, "0");
    const totals = { debitCount: 0, debit: 0n, creditCount: 0, credit: 0n };
    ledger(world).set({
      batch: next,
      last: { state: "cleared", batch, code: "BALANCED", terminalTotals: totals, macVerified: false, ops: [] },
    });
    expect(await again(world)).toMatchObject({ endState: "HOLD", code: "settle.elsewhere" });
  });

  it("whose own timer began a settlement that nobody ended, after ours was refused, is not settled beside it (E88)", async () => {
    const world = new World(held);
    expect(await run(world)).toMatchObject({ code: "settle.deregistered" });
    const { batch } = ledger(world).get();
    const totals = { debitCount: 0, debit: 0n, creditCount: 0, credit: 0n };
    ledger(world).set({ batch, last: { state: "sent", batch, code: "UNKNOWN", terminalTotals: totals, macVerified: false, ops: [] } });
    const before = told(world);
    expect(await again(world)).toMatchObject({ endState: "HOLD", code: "settle.elsewhere" });
    expect(told(world)).toEqual(before);
  });

  it("whose open batch is another one after a sign-in is not settled (E18)", async () => {
    const world = new World({ options: { host: { refusesKinds: ["U03"] } } });
    expect(await run(world)).toMatchObject({ code: "pending.reversal" });
    ledger(world).set({ batch: "424242" });
    const before = told(world);
    expect(await again(world)).toMatchObject({ endState: "HOLD", code: "settle.batch-changed" });
    expect(told(world)).toEqual(before);
  });

  it("that has a record more than at the first count goes into quarantine (E72)", async () => {
    const world = new World(held);
    expect(await run(world)).toMatchObject({ code: "settle.deregistered" });
    world.sim.terminal.setLock(false);
    expect(world.sim.terminal.sell(0, 500n)).toBe(true);
    expect(await again(world)).toMatchObject({ endState: "QUAR", code: "batch.grown" });
  });

  it("that has a record less, which we did not take, is held", async () => {
    const world = new World({ options: { host: { refusesKinds: ["U03"] } } });
    expect(await run(world)).toMatchObject({ code: "pending.reversal" });
    const { terminal } = world.sim;
    const [sale] = terminal.batch.pending(terminal.batch.accounts[0]!, "U01");
    terminal.batch.mark(sale!, "settled");
    expect(await again(world)).toMatchObject({ endState: "HOLD", code: "batch.shrunk" });
  });

  it("whose totals leave out what its census lists contradicts itself (E73)", async () => {
    const world = new World({ options: { lie: "forges-totals" } });
    expect(await run(world)).toMatchObject({ endState: "HOLD", code: "batch.contradiction" });
    expect(told(world)).toMatchObject({ ops: 1, bookings: 0 });
  });

  /** A run whose settlement's answer was lost; then the terminal says something else about it, and the host can tell again. */
  async function changedWhileHeld(change: (last: Settlement, batch: string, world: World) => Ledger) {
    const host: { cannotTell: boolean; silent: "after" } = { cannotTell: true, silent: "after" };
    const world = new World({ options: { host } });
    expect(await run(world)).toMatchObject({ code: "settle.unknown" });
    const { batch, last } = ledger(world).get();
    ledger(world).set(change(last!, batch, world));
    host.cannotTell = false;
    const before = told(world);
    const end = await again(world);
    expect(told(world)).toEqual(before);
    return end;
  }

  it("whose settlement is of the saved batch, but another batch is open, is not finished", async () => {
    const end = await changedWhileHeld((last) => ({ batch: "424242", last }));
    expect(end).toMatchObject({ endState: "HOLD", code: "settle.unknown" });
  });

  it("whose settlement is one cent off what we counted is not finished", async () => {
    const end = await changedWhileHeld((last, batch) => {
      const totals = { ...last.terminalTotals!, debit: last.terminalTotals!.debit + 1n };
      return { batch, last: { ...last, state: "booked", code: "BALANCED", terminalTotals: totals, hostTotals: totals } };
    });
    expect(end).toMatchObject({ endState: "HOLD", code: "settle.unknown" });
  });

  it("that says its settlement ended as a duplicate (E09) does not settle again", async () => {
    const end = await changedWhileHeld((last, batch, world) => {
      world.sim.terminal.ops.end(last.ops.at(-1)!, "FAILED", "HOST_REJECTED");
      return { batch, last: { ...last, state: "idle", code: "HOST_REJECTED", hostCode: "94" } };
    });
    expect(end).toMatchObject({ endState: "HOLD", code: "settle.duplicate" });
  });

  it("that has forgotten an op proves nothing any more (E87)", async () => {
    const world = new World(lostAnswer);
    expect(await run(world)).toMatchObject({ code: "settle.unknown" });
    const { nv } = world.stores;
    const { next } = world.sim.terminal.ops;
    world.sim.powerCut();
    for (const name of nv.names()) if (name.startsWith("op/")) nv.set(name, undefined);
    nv.set("op-floor", Buffer.from(String(next)));
    world.powerUp();
    const before = told(world);
    expect(await again(world)).toMatchObject({ endState: "HOLD", code: "settle.store" });
    expect(told(world)).toEqual(before);
  });
});
