import { describe, expect, it, vi } from "vitest";
import { families } from "../../protocols/index.js";
import { sleep } from "../../src/base/clock.js";
import { DecomError } from "../../src/base/errors.js";
import { abandon } from "../../src/procedure/decommission.js";
import { exclusively } from "../../src/procedure/exclusive.js";
import { survey } from "../../src/procedure/survey.js";
import type { SimOptions } from "../../src/sim/body.js";
import { Death } from "../support/memory-disk.js";
import { entriesOf, journalOf, stationLogOf } from "../support/records.js";
import { World } from "../support/world.js";
import type { WorldSetup } from "../support/world-setup.js";

/** Runs once and gives what it said together with what the bytes say. */
async function run(setup: WorldSetup) {
  const world = new World(setup);
  const end = await world.clock.run(() => world.run("run"));
  return { world, end, bytes: world.inspect(), untouched: world.inspect().areas.every(({ readable }) => readable) };
}

const withOptions = (options: SimOptions) => run({ options });

describe("a run ends in exactly one end state (I4)", () => {
  it("REFUSE: another serial number than the label's, and nothing beyond identify was sent", async () => {
    const world = new World();
    Object.defineProperty(world, "serial", { value: "SIM9999999" });
    await expect(world.clock.run(() => world.run("run"))).rejects.toMatchObject({ code: "identity.serial" });
    expect(world.line.frames.out).toBe(1);
    expect(world.disk.list("out")).toEqual([]);
  });

  it("REFUSE: a bench order for a production terminal (I8), and nothing beyond identify was sent", async () => {
    const world = new World({ model: "podp-production" });
    await expect(world.clock.run(() => world.run("run"))).rejects.toMatchObject({ code: "order.bench" });
    expect(world.line.frames.out).toBe(1);
    expect(stationLogOf(world)).toContain('"endState":"REFUSE"');
  });

  it("HOLD: a tampered terminal with money in it, before any of it moves", async () => {
    const { end, bytes, untouched } = await withOptions({ tampered: true });
    expect(end).toMatchObject({ endState: "HOLD", code: "batch.tampered", exit: 4, certificate: null });
    expect({ bookings: bytes.bookings, untouched }).toEqual({ bookings: [], untouched: true });
  });

  it("HOLD: an area that cannot be read could hold money (I1)", async () => {
    const { end, bytes, untouched } = await withOptions({ unreadable: [1] });
    expect(end).toMatchObject({ endState: "HOLD", code: "batch.unread", exit: 4 });
    expect({ bookings: bytes.bookings, untouched }).toEqual({ bookings: [], untouched: true });
  });

  it.each([
    ["refuses offline advices", { refusesKinds: ["U05"] }, "batch.open"],
    ["refuses a reversal", { refusesKinds: ["U03"] }, "pending.reversal"],
    ["does not answer a reversal", { silent: "before", silentTo: "send", silences: 99 }, "pending.unsent"],
  ] as const)("HOLD, exit 4, nothing erased: the host %s", async (_how, host, code) => {
    const { end, untouched } = await withOptions({ host });
    expect(end).toMatchObject({ endState: "HOLD", code, exit: 4, certificate: null });
    expect(end?.hold).toMatch(/hold\.json$/);
    expect(untouched).toBe(true);
  });

  it("settles after an upload when the host lacked records", async () => {
    const { end, bytes } = await withOptions({ host: { lacks: 1 } });
    expect(end).toMatchObject({ endState: "CERT", outcome: "ERASED" });
    expect(bytes.money.host).toBe(bytes.money.start);
  });

  it("HOLD: the answer is lost and the host cannot tell; resuming changes nothing (I2)", async () => {
    const { end, world, untouched } = await withOptions({ host: { silent: "after", silences: 1, cannotTell: true } });
    expect(end).toMatchObject({ endState: "HOLD", code: "settle.unknown", exit: 4 });
    const booked = world.inspect().bookings.length;
    await world.replug();
    expect(await world.clock.run(() => world.run("resume"))).toMatchObject({ endState: "HOLD", code: "settle.unknown" });
    expect(world.inspect().bookings).toHaveLength(booked);
    expect(untouched).toBe(true);
  });

  it("QUAR: memory that claims to be erased is found by reading back, and the certificate says NOT_ERASED (I3)", async () => {
    const { end, world } = await withOptions({ lie: "keeps-an-area" });
    expect(end).toMatchObject({ endState: "QUAR", outcome: "NOT_ERASED", code: "erase.residue", exit: 5 });
    expect(world.verified(end?.certificate ?? "")).toMatchObject({ status: "QUARANTINED", outcome: "NOT_ERASED" });
  });

  it("DESTROY: memory that cannot be erased, and the certificate says NOT_ERASED (I3)", async () => {
    const { end, world } = await withOptions({ stuck: [2] });
    expect(end).toMatchObject({ endState: "DESTROY", outcome: "NOT_ERASED", code: "erase.failed", exit: 5 });
    expect(world.verified(end?.certificate ?? "")).toMatchObject({ status: "QUARANTINED", outcome: "NOT_ERASED" });
  });

  it.each([
    ["a flat battery without mains", { batteryPercent: 5, mains: false }, "terminal.power"],
    ["a restart that is due", { rebootAfter: 60 }, "terminal.reboot-due"],
  ] as const)("HOLD, exit 6: %s", async (_what, options, code) => {
    const { end, untouched } = await withOptions(options);
    expect(end).toMatchObject({ endState: "HOLD", code, exit: 6 });
    expect(untouched).toBe(true);
  });

  it("ABANDONED: a parked run is given up, with a certificate that says ABORTED", async () => {
    const { world, end } = await withOptions({ host: { rejects: "97" } });
    const given = abandon(world.bench(), families, world.serial);
    expect(given).toMatchObject({ endState: "ABANDONED", outcome: "ABORTED", exit: 1, runId: end?.runId, certId: end?.certId });
    expect(world.verified(given.certificate ?? "")).toMatchObject({ status: "QUARANTINED", outcome: "ABORTED" });
    expect(entriesOf(world).filter(({ kind }) => kind === "given-up")).toEqual([expect.objectContaining({ performedBy: "P-0001" })]);
    await world.replug();
    expect(await world.clock.run(() => world.run("resume"))).toMatchObject({ endState: "ABANDONED", certificate: given.certificate });
  });

  it("nothing is given up or worked on, and nothing touched, under a name that no terminal has", async () => {
    const world = new World({});
    const unreached = vi.fn(async () => undefined);
    const locked: string[] = [];
    const lock = world.disk.lock.bind(world.disk);
    world.disk.lock = (path) => {
      locked.push(path);
      return lock(path);
    };
    for (const serial of ["../../etc/x", "SN 1", ""]) {
      await expect(exclusively(world.bench(), serial, unreached)).rejects.toMatchObject({ code: "identity.unreadable" });
      expect(() => abandon(world.bench(), families, serial)).toThrow(expect.objectContaining({ code: "run.none" }));
    }
    expect(locked).toEqual([]);
    expect(unreached).not.toHaveBeenCalled();
  });

  it("a second run beside an unfinished one is refused and names resume", async () => {
    const { world } = await withOptions({ host: { rejects: "97" } });
    await world.replug();
    await expect(world.clock.run(() => world.run("run"))).rejects.toMatchObject({ code: "run.open" });
  });

  it("a dry run beside one that is alive is refused, and leaves the line that is just being written", async () => {
    const { world, end } = await withOptions({ host: { rejects: "97" } });
    const path = `${end?.folder}/journal.ndjson`;
    world.disk.append(path, Buffer.from('{"v":1,"n":'));
    const written = world.disk.read(path);
    const bench = world.bench();
    const unlock = bench.disk.lock(`${bench.station.state}/${world.serial}.lock`);
    const look = () => world.replug().then(() => survey(bench, { families, link: world.line, patience: 30_000, order: "bench" }));
    await expect(world.clock.run(look)).rejects.toMatchObject({ code: "run.locked" });
    expect(world.disk.read(path)).toEqual(written);
    unlock();
  });

  it("interrupted: stops before the next step, and resume finishes it", async () => {
    const world = new World();
    const stop = new AbortController();
    world.clock.after(200, () => stop.abort());
    await expect(world.clock.run(() => world.run("run", stop.signal))).rejects.toMatchObject({ code: "run.interrupted" });
    expect(world.inspect().violations).toEqual([]);
    await world.replug();
    expect(await world.clock.run(() => world.run("resume"))).toMatchObject({ endState: "CERT", outcome: "ERASED" });
  });

  it("a finished run gives the same result again, as an earlier one, without touching the terminal", async () => {
    const { world, end } = await run({});
    expect(end).toMatchObject({ earlier: false });
    await world.replug();
    expect(await world.clock.run(() => world.run("resume"))).toEqual({ ...end, earlier: true });
    expect(world.line.frames.out).toBe(1);
  });
});

const journal = (world: World) => journalOf(world).trim().split("\n");
const again = (world: World) => world.clock.run(() => world.replug().then(() => world.run("resume")));

describe("a terminal that is about to restart by itself", () => {
  const due = async (setup: WorldSetup = {}) => {
    const world = new World({ options: { rebootAfter: 7400 }, ...setup });
    await world.clock.run(() => sleep(world.clock, 2 * 3_600_000));
    return world;
  };

  it("is restarted before anything is counted, once, and keeps its lock over that (E45)", async () => {
    const world = await due();
    expect(await world.clock.run(() => world.run("run"))).toMatchObject({ endState: "CERT", outcome: "ERASED" });
    const lines = journal(world);
    const at = (what: string) => lines.findIndex((line) => line.includes(what));
    expect(at('"kind":"intent","step":"restart"')).toBeGreaterThan(at('"step":"lock"'));
    expect(at('"kind":"seen","step":"restart"')).toBeLessThan(at('"step":"census"'));
    expect(lines.filter((line) => line.includes('"kind":"intent","step":"restart"'))).toHaveLength(2); // the other one is part of the proof
    expect(world.inspect().violations).toEqual([]);
  });

  it("is not restarted a second time, in this walk or a later one (E96)", async () => {
    const world = new World({ options: { rebootAfter: 60 } });
    const before = world.sim.terminal.self.boot;
    expect(await world.clock.run(() => world.run("run"))).toMatchObject({ endState: "HOLD", code: "terminal.reboot-due", exit: 6 });
    expect(await again(world)).toMatchObject({ endState: "HOLD", code: "terminal.reboot-due" });
    expect(await again(world)).toMatchObject({ endState: "HOLD", code: "terminal.reboot-due" });
    expect(world.sim.terminal.self.boot).toBe(before + 1);
  });

  it("is restarted by a later walk when the first one died before it could", async () => {
    const world = await due();
    let dead = false;
    world.disk.hook = (_n, when, what) => {
      if (dead || when === "before" || !what.startsWith("sync") || !journal(world).at(-1)?.includes('"kind":"intent","step":"restart"'))
        return;
      dead = true;
      throw new Death();
    };
    expect(await world.clock.run(() => world.run("run"))).toBeUndefined();
    const { boot } = world.sim.terminal.self;
    expect(await again(world)).toMatchObject({ endState: "CERT", outcome: "ERASED" });
    expect(world.sim.terminal.self.boot).toBe(boot + 2);
  });

  it("is held when its lock did not outlive the restart, before anything is counted", async () => {
    const world = await due({ hooks: { point: (name) => name === "restart" && world.sim.terminal.setLock(false) } });
    expect(await world.clock.run(() => world.run("run"))).toMatchObject({ endState: "HOLD", code: "terminal.refused" });
    expect(journal(world).some((line) => line.includes('"step":"census"'))).toBe(false);
  });
});

describe("an order whose time runs out on the way (E90)", () => {
  /** The hours pass once the journal says this. */
  const late = async (said: string) => {
    const world = new World();
    world.disk.hook = (_n, when, what) => {
      if (when === "after" && what.startsWith("sync") && journal(world).at(-1)?.includes(said)) world.computer.skewMs = 25 * 3_600_000;
    };
    return { world, end: await world.clock.run(() => world.run("run")) };
  };

  it.each(['"step":"archive"', '"step":"plan"'])(
    "HOLD: not wiped when it runs out after %s, and what was settled stays settled",
    async (said) => {
      const { world, end } = await late(said);
      expect(end).toMatchObject({ endState: "HOLD", code: "order.lapsed", exit: 6 });
      const { areas, money, violations } = world.inspect();
      expect({ untouched: areas.every(({ readable }) => readable), settled: money.host === money.start, violations }).toEqual({
        untouched: true,
        settled: true,
        violations: [],
      });
    },
  );

  it("CERT: what was ordered in time is carried to its end", async () => {
    const { end } = await late('"kind":"seen","step":"arm"');
    expect(end).toMatchObject({ endState: "CERT", outcome: "ERASED" });
  });
});

describe("a run that cannot write its hold", () => {
  it("is told with its code and remedy, is neither parked nor ended, and goes on once there is room (E63)", async () => {
    const world = new World();
    let full = false;
    world.disk.hook = (_n, when, what) => {
      full ||= when === "before" && world.inspect().bookings.length > 0;
      if (full && when === "before") throw new DecomError("file.unwritable", `${what}: no space left on device`);
    };
    await expect(world.clock.run(() => world.run("run"))).rejects.toMatchObject({ code: "file.unwritable", row: { exit: 6 } });
    world.disk.hook = () => undefined;
    expect(journal(world).some((line) => line.includes('"kind":"held"'))).toBe(false);
    expect(await again(world)).toMatchObject({ endState: "CERT", outcome: "ERASED" });
  });

  it.each(["hold.json", "transcript"])("for want of %s is told why it had stopped, beside what has to be helped first", async (name) => {
    const world = new World({ options: { host: { rejects: "97" } } });
    world.disk.hook = (_n, when, what) => {
      if (when === "before" && what.includes(name)) throw new DecomError("file.unwritable", `${what}: no space left on device`);
    };
    const run = world.clock.run(() => world.run("run"));
    await expect(run).rejects.toMatchObject({ code: "file.unwritable", message: expect.stringContaining("settle.deregistered") });
  });

  it("stays parked as its journal has it while this computer's clock is wrong, and nothing is sent (E65)", async () => {
    const { world, end } = await withOptions({ host: { rejects: "97" } });
    const lines = journal(world).length;
    world.computer.skewMs = -48 * 3_600_000;
    expect(await again(world)).toMatchObject({ endState: "HOLD", code: "clock.floor", exit: 6, hold: end?.hold });
    expect(world.line.frames.out).toBe(1);
    expect(journal(world)).toHaveLength(lines);
  });
});

describe("a certificate that stands in the run's folder", () => {
  const reworded = (world: World) => {
    const [path = ""] = world.certificate().json;
    const text = Buffer.from(world.disk.read(path) ?? []).toString();
    world.disk.write(path, Buffer.from(text.replace('"outcome":"NOT_ERASED"', '"outcome":"ERASED"')));
  };

  it("is told of again only as it was issued", async () => {
    const { world, end } = await run({ options: { lie: "keeps-an-area" } });
    expect(end).toMatchObject({ endState: "QUAR", outcome: "NOT_ERASED" });
    reworded(world);
    await expect(again(world)).rejects.toMatchObject({ code: "journal.forged" });
  });

  it("is missed where somebody has taken it away", async () => {
    const { world, end } = await run({});
    world.disk.remove(end?.certificate ?? "");
    await expect(again(world)).rejects.toMatchObject({ code: "file.unreadable" });
  });

  it("is adopted after a crash only as it was announced", async () => {
    const world = new World({ options: { lie: "keeps-an-area" } });
    world.disk.hook = (_, when, what) => {
      if (when === "before" && what.includes("journal") && world.certificate().p7s.length > 0) throw new Death();
    };
    expect(await world.clock.run(() => world.run("run"))).toBeUndefined();
    world.disk.hook = () => undefined;
    reworded(world);
    await expect(again(world)).rejects.toMatchObject({ code: "journal.forged" });
  });
});
