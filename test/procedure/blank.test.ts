// A terminal that somebody has wiped before us (E23, E85): it is looked at, nothing is settled or erased, and no more than that is certified.
import { describe, expect, it } from "vitest";
import { families } from "../../protocols/index.js";
import type { Order } from "../../src/evidence/order/schema.js";
import type { Statement } from "../../src/evidence/statement/statement.js";
import { abandon } from "../../src/procedure/decommission.js";
import { survey } from "../../src/procedure/survey.js";
import { MemoryDisk } from "../support/memory-disk.js";
import { accountsOf, orderFor, viewsOf } from "../support/orders.js";
import { journalsOf } from "../support/performed.js";
import { World } from "../support/world.js";
import type { WorldSetup } from "../support/world-setup.js";

const act = (world: World, how: "run" | "resume" = "run") => world.clock.run(() => world.replug().then(() => world.run(how)));
const statementOf = (world: World, path: string | null | undefined): Statement =>
  JSON.parse(Buffer.from(world.disk.read(path ?? "") ?? []).toString()) as Statement;

/** What the terminal was told to do so far. */
function told(world: World) {
  const { bookings, violations } = world.inspect();
  const { life, ops } = world.sim.terminal;
  return { ops: ops.next, life: life.life, locked: life.locked, bookings: bookings.length, violations };
}

async function wiped(setup: WorldSetup = {}): Promise<World> {
  const world = new World(setup);
  expect(await act(world)).toMatchObject({ endState: "CERT", outcome: "ERASED", blank: false });
  return world;
}

/** Another station's folders. */
const elsewhere = (world: World) => {
  const { disk } = world;
  world.disk = new MemoryDisk();
  return disk;
};

describe("a terminal that was wiped before", () => {
  it("is looked at before and after a restart, and nothing is changed in it (E23)", async () => {
    const world = await wiped();
    const before = told(world);
    const end = await act(world);
    expect(end).toMatchObject({ endState: "CERT", code: "ok", exit: 0, outcome: "ERASED_WITH_EXCEPTIONS", blank: true });
    expect(told(world)).toEqual(before);
    const { inspections, settlement, outcomeReasons, limitations, findings, claims, areas, keys } = statementOf(world, end?.certificate);
    expect({ settlement, outcomeReasons, claims }).toEqual({
      settlement: [],
      outcomeReasons: ["FOUND_BLANK"],
      claims: ["KEY_SLOTS_EMPTY"],
    });
    expect(limitations).toContain("observed blank, not erased by this run");
    expect(findings).toContainEqual({ code: "FOUND_BLANK", severity: "warning" });
    expect(inspections.map(({ result }) => result)).toEqual(["clean", "clean"]);
    expect(inspections[1]!.bootNumber).toBeGreaterThan(inspections[0]!.bootNumber);
    expect(new Set(areas.map(({ technique, basis }) => `${technique} ${basis}`))).toEqual(new Set(["none observed"]));
    expect(new Set(keys.map(({ action, after }) => `${action} ${after}`))).toEqual(new Set(["none absent"]));
    expect(world.verified(end!.certificate!)).toMatchObject({ status: "ACCEPTED_WITH_FINDINGS" });
    expect(journalsOf([world.disk]).at(-1)).not.toMatch(/"step":"(lock|settle|pending|commit|arm|erase)"/);
  });

  it("by a run of ours is named by that run, by another one by its op alone (E85)", async () => {
    const world = await wiped();
    const [first] = world.ends;
    const ours = await act(world);
    const known = typeof first === "object" ? first.runId : "";
    expect(statementOf(world, ours?.certificate).notCovered[0]).toMatchObject({ why: `done before, by run ${known}` });
    const op = world.sim.terminal.wipe.op()?.id;
    elsewhere(world);
    const theirs = await act(world);
    expect(statementOf(world, theirs?.certificate).notCovered[0]).toEqual({
      what: `the wipe under op ${op}`,
      why: "done before, by a run that is not known here",
    });
  });

  it.each([
    ["nothing uncaptured", 0, { endState: "CERT", blank: true }],
    ["something uncaptured", 1, { endState: "HOLD", code: "batch.cleared-before", exit: 4 }],
  ])("is judged by the host's view of it: %s", async (_, count, wanted) => {
    let paper: Partial<Order> = {};
    const world = await wiped({
      order: (one) => {
        const accounts = accountsOf(one).map(({ acquirer, mid, tid }) => ({ acquirer, mid, tid }));
        if (accounts.length === 0) return orderFor(one, () => paper);
        const uncaptured = [{ direction: "debit" as const, currency: "CNY", count, amount: 100 * count }];
        const items = count === 0 ? [] : [{ stan: "000777", direction: "debit" as const, currency: "CNY", amount: 100 }];
        paper = { accounts, hostView: viewsOf(one).map((view) => ({ ...view, uncaptured, items })) };
        return orderFor(one);
      },
    });
    const before = told(world);
    expect(await act(world)).toMatchObject(wanted);
    expect(told(world)).toEqual(before);
  });

  it("is not said to be erased by a dry run either", async () => {
    const world = await wiped();
    const look = () => world.replug().then(() => survey(world.bench(), { families, link: world.line, patience: 30_000, order: "bench" }));
    expect(await world.clock.run(look)).toMatchObject({ blank: true, would: { settle: [], erase: { areas: [], slots: [] } }, stops: [] });
    await world.clock.run(() => world.twin());
    await expect(world.clock.run(look)).rejects.toMatchObject({ code: "identity.twice" });
  });

  it("but has something in its memory is not certified as blank", async () => {
    const world = await wiped();
    const area = world.inspect().areas.at(-1)!.id;
    world.sim.terminal.reload(area, Uint8Array.of(1, 2, 3));
    expect(await act(world)).toMatchObject({ endState: "QUAR", code: "erase.residue", outcome: "NOT_ERASED" });
  });

  it("but has a key again is not blank, and nothing says that it is settled", async () => {
    const world = await wiped();
    const slot = world.inspect().keys[0]!.slot;
    world.sim.powerCut();
    world.stores.nv.set(`key/${slot}`, new Uint8Array(16).fill(7));
    world.powerUp();
    expect(await act(world)).toMatchObject({ endState: "HOLD", code: "batch.no-account", exit: 4 });
  });

  it("ends no life by being found so: it is settled and wiped when it has worked again (E84)", async () => {
    const world = await wiped();
    expect(await act(world)).toMatchObject({ blank: true });
    await world.clock.run(() => world.serveAgain(8));
    expect(await act(world)).toMatchObject({ endState: "CERT", outcome: "ERASED", blank: false });
  });

  it("and was being looked at when the agent died, is looked at again from the beginning", async () => {
    const world = await wiped();
    world.computer.canSign = false;
    expect(await act(world)).toMatchObject({ endState: "HOLD", code: "signer.unavailable" });
    world.computer.canSign = true;
    expect(await act(world, "resume")).toMatchObject({ endState: "CERT", blank: true });
  });

  it("and worked again while that run was parked, goes into quarantine: somebody booked in our custody", async () => {
    const world = await wiped();
    world.computer.canSign = false;
    expect(await act(world)).toMatchObject({ code: "signer.unavailable" });
    world.computer.canSign = true;
    await world.clock.run(() => world.serveAgain(8));
    expect(await act(world, "resume")).toMatchObject({ endState: "QUAR", code: "batch.grown" });
  });
});

describe("a terminal that another station wiped while a run of ours was parked", () => {
  const open: WorldSetup = { options: { host: { rejects: "97", rejections: 1 } } };

  it("keeps that run held, since its journal knows too little; given up, a new one finds the terminal blank (E92, E85)", async () => {
    const world = new World(open);
    expect(await act(world)).toMatchObject({ code: "settle.deregistered" });
    const here = elsewhere(world);
    expect(await act(world)).toMatchObject({ endState: "CERT", outcome: "ERASED" });
    world.disk = here;
    const before = told(world);
    expect(await act(world, "resume")).toMatchObject({ endState: "HOLD", code: "log.rolled-back" });
    expect(abandon(world.bench(), families, world.serial)).toMatchObject({ endState: "ABANDONED", outcome: "ABORTED" });
    expect(await act(world)).toMatchObject({ endState: "CERT", outcome: "ERASED_WITH_EXCEPTIONS", blank: true });
    expect(told(world)).toEqual(before);
  });

  it("is not kept from being looked at by a lost run that only looked", async () => {
    const world = await wiped();
    world.computer.canSign = false;
    expect(await act(world)).toMatchObject({ code: "signer.unavailable" });
    world.computer.canSign = true;
    const log = elsewhere(world).read("keys/state/log.ndjson")!;
    world.disk.append("keys/state/log.ndjson", log);
    world.disk.sync("keys/state/log.ndjson");
    expect(await act(world)).toMatchObject({ endState: "CERT", blank: true });
  });
});

describe("a folder restored from before the wipe", () => {
  it("does not make a parked run certify what it did not see", async () => {
    const world = new World({ options: { host: { rejects: "97", rejections: 1 } } });
    expect(await act(world)).toMatchObject({ code: "settle.deregistered" });
    const backup = world.disk.copy();
    expect(await act(world, "resume")).toMatchObject({ endState: "CERT", outcome: "ERASED" });
    world.disk = backup;
    const before = told(world);
    expect(await act(world, "resume")).toMatchObject({ endState: "HOLD", code: "log.rolled-back", certificate: null });
    expect(told(world)).toEqual(before);
  });
});
