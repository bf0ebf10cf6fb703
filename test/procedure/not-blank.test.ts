// What is not blank although it looks wiped: nobody has shown that it is settled, so it is held, and no certificate calls it blank.
import { describe, expect, it } from "vitest";
import { families } from "../../protocols/index.js";
import { survey } from "../../src/procedure/survey.js";
import { encodeRecord } from "../../src/sim/records.js";
import { retell } from "../support/retold.js";
import { World } from "../support/world.js";
import type { WorldSetup } from "../support/world-setup.js";

const HELD = { endState: "HOLD", code: "batch.no-account", exit: 4, certificate: null };

const act = (world: World, how: "run" | "resume") => world.clock.run(() => world.run(how));

/** Wiped under a certificate of ours, and plugged in again. */
async function wiped(setup: WorldSetup = {}): Promise<World> {
  const world = new World(setup);
  expect(await act(world, "run")).toMatchObject({ endState: "CERT", outcome: "ERASED" });
  await world.replug();
  return world;
}

/** All that a wipe would have erased is gone, by whatever hand: it has ended no life. */
function emptied(world: World): void {
  world.sim.powerCut();
  const { flash, nv } = world.stores;
  for (const area of flash.areas()) {
    for (let block = 0; block * flash.block(area) < flash.bytes(area).length; block++) flash.erase(area, block);
  }
  const gone = nv.names().filter((name) => name.startsWith("settle/") || (name.startsWith("key/") && !name.startsWith("key/IDENTITY")));
  for (const name of gone) nv.set(name, undefined);
  world.powerUp();
}

describe("a terminal without acquirers and keys that was wiped before", () => {
  it("and has a sale in its log is held, not read back as if that were residue", async () => {
    const world = await wiped();
    const sale = { kind: "U01", direction: "debit", account: 0, batch: "000003", stan: "000042", amount: 1250n, currency: "156" } as const;
    const card = { pan: "6299990123456789", expiry: "3012", track: "" };
    const { batch } = world.sim.terminal;
    world.sim.terminal.reload(batch.log, encodeRecord({ ...sale, time: "260104120000" }, card));
    expect(await act(world, "run")).toMatchObject(HELD);
    expect(batch.census().items).toHaveLength(1);
  });

  it("and counts a sale that its memory no longer shows is held", async () => {
    const world = await wiped();
    const amounts = { account: new Uint8Array(8), kind: 1, direction: "debit", amount: 1250n, currency: "156" } as const;
    const sale = { ...amounts, batch: "000003", stan: "000042", digest: new Uint8Array(32) };
    retell(world, {
      census: (said) => ({ ...said, items: [...said.items, sale] }),
      totals: (said) => ({ ...said, rows: [...said.rows, { ...amounts, count: 1 }] }),
    });
    expect(await act(world, "run")).toMatchObject(HELD);
  });

  it("and whose log cannot be read is held, and a dry run does not call it blank", async () => {
    const options: { unreadable?: number[] } = {};
    const world = await wiped({ options });
    options.unreadable = [world.sim.terminal.batch.log];
    world.powerOff();
    world.powerOn();
    await world.replug();
    const look = () => survey(world.bench(), { families, link: world.line, patience: 30_000, order: "bench" });
    expect(await world.clock.run(look)).toMatchObject({ blank: false });
    await world.replug();
    expect(await act(world, "run")).toMatchObject({ ...HELD, code: "batch.unread" });
  });

  it("and lists a key in a slot whose probe finds none is held", async () => {
    const world = await wiped();
    const key = { type: "TPK", algorithm: "TDES", slot: 0, kcv: Uint8Array.of(1, 2, 3) } as const;
    retell(world, { keyList: ({ ranges, slots }) => ({ ranges, slots: [...slots, key] }) });
    expect(await act(world, "run")).toMatchObject(HELD);
  });

  it.each(["FAILED", "FORGOTTEN", "STORE_LOST", "NOT_STARTED"] as const)("by a wipe that it calls %s is held", async (state) => {
    const world = await wiped();
    retell(world, { getOp: ({ code: _, result: __, resultHash: ___ }) => ({ state }) });
    expect(await act(world, "run")).toMatchObject(HELD);
  });
});

describe("a terminal that a parked run has settled", () => {
  it("and that is empty when it is taken up again, in the same life, is held: its last wipe is not the one that emptied it", async () => {
    const world = await wiped();
    await world.clock.run(() => world.serveAgain(8));
    world.disk.hook = () => {
      world.computer.canSign = world.inspect().money.terminal > 0n;
    };
    expect(await act(world, "run")).toMatchObject({ endState: "HOLD", code: "signer.unavailable" });
    world.disk.hook = () => undefined;
    world.computer.canSign = true;
    const booked = world.inspect().bookings.length;
    expect(booked).toBeGreaterThan(0);
    emptied(world);
    await world.replug();
    expect(await act(world, "resume")).toMatchObject(HELD);
    expect(world.inspect().bookings).toHaveLength(booked);
  });
});
