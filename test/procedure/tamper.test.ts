// A terminal that was tampered with: what it can no longer do, what the order must say before its memory is wiped, and what the certificate says then.
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { families } from "../../protocols/index.js";
import type { Order } from "../../src/evidence/order/schema.js";
import { abandon } from "../../src/procedure/decommission.js";
import { survey } from "../../src/procedure/survey.js";
import type { SimOptions } from "../../src/sim/body.js";
import { exceptionsFor, orderFor } from "../support/orders.js";
import { filesOf } from "../support/planted.js";
import { World } from "../support/world.js";
import type { WorldSetup } from "../support/world-setup.js";

const EMPTY = { alone: true, items: [] } as const;
const TWO_SALES = { alone: true, items: [{ kind: "U01", count: 2, amount: 1250 }] } as const;
const TRIGGERED: SimOptions = { tampered: true };
const KNOWN: NonNullable<Order["tamper"]> = {
  codes: "CASE",
  incident: "INC 2026-17",
  at: "2026-01-04T09:00:00.000Z",
  approvers: ["B-0002", "B-0003"],
};

/** What a back office says that knows of the incident. */
const knowing = (change: Partial<Order> = {}) => ({ tamper: KNOWN, dualControl: true, ...change });

async function run(setup: WorldSetup, change?: (world: World) => Partial<Order>) {
  const order = change === undefined ? {} : { order: (world: World) => orderFor(world, () => change(world)) };
  const world = new World({ options: TRIGGERED, witness: "P-0002", ...setup, ...order });
  const { areas } = world.inspect();
  const end = await world.clock.run(() => world.run("run"));
  const bytes = world.inspect();
  const files = filesOf(world.disk, "out").map((path) => path.split("/").at(-1));
  return { world, end, bytes, files, untouched: isDeepStrictEqual(areas, bytes.areas) };
}

const statementOf = (world: World, path: string | null | undefined) => world.verified(path ?? "").verified?.statement;

describe("the tamper switch is looked at before anything is done to the terminal", () => {
  it("with the first command of the session, while it is neither opened nor locked", async () => {
    const { world } = await run({ plant: EMPTY });
    const [folder] = world.disk.list("out");
    const lines = Buffer.from(world.disk.read(`out/${folder}/transcript.ndjson`) ?? [])
      .toString()
      .trim()
      .split("\n");
    const sent = lines.map((line) => JSON.parse(line)).filter(({ to, frame }) => to === "terminal" && frame.startsWith("CMD"));
    const IDENTIFY = "01";
    expect(sent[0].masked.slice(0, 2)).toBe(IDENTIFY);
    const LOCK = "06";
    expect(sent.map(({ masked }) => masked.slice(0, 2))).not.toContain(LOCK);
  });
});

describe("a tampered terminal with nothing open", () => {
  it("is put into quarantine under an order that does not know of it, and nothing is erased", async () => {
    const { end, untouched, world, files } = await run({ plant: EMPTY });
    expect(end).toMatchObject({ endState: "QUAR", code: "terminal.tampered", exit: 5, certificate: null });
    expect(untouched).toBe(true);
    expect(files.filter((name) => name?.startsWith("archive"))).toEqual([]);
    expect(world.sim.terminal.life.locked).toBe(false);
  });

  it("is wiped under one that does: keys zeroised by tamper, areas erased, and every verifier asks for a person", async () => {
    const { end, world, bytes } = await run({ plant: EMPTY }, () => knowing());
    expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED", exit: 0, code: "terminal.tampered" });
    expect(end?.remedy).toMatch(/quarantine/);
    expect([...bytes.areas, ...bytes.keys].filter(({ readable }) => readable)).toEqual([]);
    expect(bytes.violations).toEqual([]);
    const { status, code } = world.verified(end?.certificate ?? "");
    expect({ status, code }).toEqual({ status: "QUARANTINED", code: "DEV_TAMPERED" });
    const statement = statementOf(world, end?.certificate);
    expect(statement?.device.tamperStatus).toEqual({ state: "tampered", codes: ["CASE"] });
    expect(new Set(statement?.keys.map(({ result, before, probe }) => `${result} ${before} ${JSON.stringify(probe)}`))).toEqual(
      new Set(['zeroised-by-tamper absent {"expected":"ABSENT","observed":"ABSENT"}']),
    );
    expect(new Set(statement?.areas.map(({ result }) => result))).toEqual(new Set(["erased"]));
    expect(statement?.findings).toContainEqual({ code: "TAMPERED", severity: "warning" });
    expect(statement?.limitations.some((text) => text.startsWith("tampered with"))).toBe(true);
    expect(statement?.claims).toEqual([]);
    expect(statement?.approvers).toEqual(KNOWN.approvers);
    expect(statement?.settlement.map(({ outcome, attempts }) => [outcome, attempts])).toEqual([["NOTHING_TO_SETTLE", []]]);
  });

  it.each([
    [
      "another register value than the one that was reported",
      () => knowing({ tamper: { ...KNOWN, codes: "CASE,LID" } }),
      "QUAR",
      "terminal.tampered",
    ],
    ["a host that has something open", (world: World) => knowing({ hostView: [moreAtHost(world)] }), "HOLD", "batch.cleared-before"],
  ] as const)("is not wiped under an order with %s", async (_what, change, endState, code) => {
    const { end, untouched } = await run({ plant: EMPTY }, change);
    expect(end).toMatchObject({ endState, code, certificate: null });
    expect(untouched).toBe(true);
  });

  it.each([
    ["one person's approval", { tamper: { ...KNOWN, approvers: ["B-0002"] }, dualControl: true }, "order.people"],
    ["one person at the bench", { tamper: KNOWN, dualControl: false }, "order.people"],
    [
      "a hold that is lifted and no word of the incident",
      { reasonCode: "TERMINAL_TAMPERED", lifted: { reference: "L 1", at: KNOWN.at, approvers: KNOWN.approvers } },
      "order.incomplete",
    ],
  ] as const)("is refused under an order with %s", async (_what, change, code) => {
    const world = new World({
      options: TRIGGERED,
      plant: EMPTY,
      witness: "P-0002",
      order: (w) => orderFor(w, () => change as Partial<Order>),
    });
    await expect(world.clock.run(() => world.run("run"))).rejects.toMatchObject({ code });
    expect(world.line.frames.out).toBe(1);
  });

  it("wears its key in a slot that the hardware has forgotten as erased by this run, and not by tamper", async () => {
    const always: WorldSetup["always"] = (stores) => ({
      point: (name) => {
        if (name === "census") stores.nv.set("key/TPK/TDES/1", Buffer.alloc(16, 5));
      },
    });
    const { end, world, bytes } = await run({ plant: EMPTY, always }, () => knowing());
    expect(end).toMatchObject({ outcome: "ERASED" });
    expect(bytes.keys.filter(({ readable }) => readable)).toEqual([]);
    const results = statementOf(world, end?.certificate)?.keys.map(({ usage, before, result }) => [usage, before, result]);
    expect(results).toContainEqual(["TPK", "present", "erased"]);
    expect(results).toContainEqual(["TMK", "absent", "zeroised-by-tamper"]);
  });
});

function moreAtHost(world: World) {
  const [{ acquirer, mid, tid } = { acquirer: "", mid: "", tid: "" }] = world.sim.terminal.batch.accounts;
  const items = [{ stan: "000001", direction: "debit", currency: "CNY", amount: 100 } as const];
  const uncaptured = [{ direction: "debit", currency: "CNY", count: 1, amount: 100 } as const];
  return {
    acquirer,
    mid,
    tid,
    openBatch: "000001",
    uncaptured,
    items,
    lastStan: "000001",
    lastStanAt: null,
    lastClosedBatch: null,
    asOf: KNOWN.at,
  };
}

describe("a tampered terminal with an open batch", () => {
  it.each([
    ["the bench's own order", undefined],
    ["an order that does not know of it", () => ({})],
    ["an order that knows of it and excepts nothing", () => knowing()],
  ])("is parked under %s, with the masked export of what is open", async (_which, change) => {
    const { end, untouched, bytes, files, world } = await run({ plant: TWO_SALES }, change);
    expect(end).toMatchObject({ endState: "HOLD", code: "batch.tampered", exit: 4, certificate: null });
    expect(end?.message).toMatch(/2 items are open \(STAN \d{6}, \d{6}\)/);
    expect({ untouched, bookings: bytes.bookings, open: bytes.terminal.length }).toEqual({ untouched: true, bookings: [], open: 2 });
    expect(files).toEqual(expect.arrayContaining(["archive.ndjson", "hold.json", "hold.sig"]));
    expect(bytes.violations).toEqual([]);
    expect(world.sim.terminal.life.locked).toBe(false);
  });

  it("is wiped by the same run once the back office excepts every item and knows of the tampering", async () => {
    const { world, end } = await run({ plant: TWO_SALES });
    world.newer = orderFor(world, ({ custody }) => ({
      ...knowing(),
      nonce: "c".repeat(32),
      continues: end?.runId ?? "",
      exceptions: exceptionsFor(world, world.sim.terminal.batch.census().items),
      ...(custody === undefined ? {} : { custody }),
    }));
    await world.replug();
    const wiped = await world.clock.run(() => world.run("resume"));
    expect(wiped).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED_WITH_EXCEPTIONS", code: "terminal.tampered" });
    const { bookings, areas, violations } = world.inspect();
    expect({ bookings, violations }).toEqual({ bookings: [], violations: [] });
    expect(areas.some(({ readable }) => readable)).toBe(false);
    expect(world.verified(wiped?.certificate ?? "")).toMatchObject({ status: "QUARANTINED", code: "DEV_TAMPERED" });
  });

  it("is parked as tampered with also where its records cannot be archived, and says so", async () => {
    const { end, files } = await run({ plant: TWO_SALES }, () => ({ archiveRecipients: [{ party: "LEGAL", certSha256: "0".repeat(64) }] }));
    expect(end).toMatchObject({ endState: "HOLD", code: "batch.tampered" });
    expect(end?.message).toContain("not archived: the order names LEGAL");
    expect(files.filter((name) => name?.startsWith("archive"))).toEqual([]);
  });

  it("stays parked when an exception for one item is missing", async () => {
    const { end, untouched } = await run({ plant: TWO_SALES }, (world) =>
      knowing({ exceptions: exceptionsFor(world, world.sim.terminal.batch.census().items.slice(1)) }),
    );
    expect(end).toMatchObject({ endState: "HOLD", code: "batch.tampered" });
    expect(untouched).toBe(true);
  });
});

describe("a terminal that triggers while the run is under way", () => {
  it("is taken up as what it is now when it comes back from the restart that was due", async () => {
    const options: { tampered?: boolean; rebootAfter?: number } = { rebootAfter: 200 };
    const always: WorldSetup["always"] = () => ({
      point: (name) => {
        if (name === "restart") Object.assign(options, { tampered: true, rebootAfter: 100_000 });
      },
    });
    const { end, untouched, bytes } = await run({ plant: TWO_SALES, options, always });
    expect(end).toMatchObject({ endState: "HOLD", code: "batch.tampered" });
    expect({ untouched, bookings: bytes.bookings }).toEqual({ untouched: true, bookings: [] });
  });

  it("is taken up as what it is now: before the settlement it is parked with its money", async () => {
    const options: { tampered?: boolean } = {};
    const always: WorldSetup["always"] = () => ({
      point: (name) => {
        if (name === "census") options.tampered = true;
      },
    });
    const { end, untouched, bytes } = await run({ plant: TWO_SALES, options, always });
    expect(end).toMatchObject({ endState: "HOLD", code: "batch.tampered" });
    expect({ untouched, bookings: bytes.bookings }).toEqual({ untouched: true, bookings: [] });
  });

  it("is an incident that nobody has answered: after the wipe the run ends in quarantine and NOT_ERASED", async () => {
    const options: { tampered?: boolean } = {};
    const always: WorldSetup["always"] = (stores) => ({
      point: (name) => {
        if (name === "census") stores.nv.set("key/TPK/TDES/0", undefined);
        if (name === "restart") options.tampered = true;
      },
    });
    const { end, world } = await run({ options, always });
    expect(end).toMatchObject({ endState: "QUAR", code: "terminal.tampered", outcome: "NOT_ERASED" });
    const statement = statementOf(world, end?.certificate);
    expect(statement?.device.tamperStatus.state).toBe("tampered");
    const TPK = statement?.keys.find(({ usage }) => usage === "TPK");
    expect(TPK, "empty before the switch had triggered").toMatchObject({ before: "absent", result: "erased" });
  });
});

describe("a switch that is reset in the middle of the run", () => {
  it("does not make the terminal sound: the certificate has the gravest look", async () => {
    const options: { tampered?: boolean } = { tampered: true };
    const always: WorldSetup["always"] = () => ({
      point: (name) => {
        if (name === "restart") options.tampered = false;
      },
    });
    const { end, world } = await run({ plant: EMPTY, options, always }, () => knowing());
    expect(end).toMatchObject({ endState: "CERT", code: "terminal.tampered" });
    expect(statementOf(world, end?.certificate)?.device.tamperStatus).toEqual({ state: "tampered", codes: ["CASE"] });
  });
});

describe("a tamper switch that somebody has reset", () => {
  it.each([
    ["is one that has triggered, while its register still says so", { tamperCleared: true }, undefined],
    ["is one that has triggered, where only the order says so", {}, () => knowing()],
  ])("%s", async (_what, options, change) => {
    const { end, untouched } = await run({ plant: TWO_SALES, options }, change);
    expect(end).toMatchObject({ endState: "HOLD", code: "batch.tampered" });
    expect(untouched).toBe(true);
  });

  it.each([
    [{ tamperCleared: true }, "zeroised-by-tamper"],
    [{}, "erased"],
  ])("is noted in the certificate (%o)", async (options, result) => {
    const { end, world } = await run({ plant: EMPTY, options }, () => knowing());
    expect(end).toMatchObject({ endState: "CERT", outcome: "ERASED", code: "terminal.tampered" });
    const statement = statementOf(world, end?.certificate);
    expect(statement?.device.tamperStatus).toEqual({ state: "tampered", codes: ["CASE", "cleared before this run"] });
    expect(statement?.keys[0]?.result).toBe(result);
  });
});

describe("a tampered terminal that no longer answers", () => {
  it("is given up as one to be destroyed, and nothing is claimed of it", async () => {
    const { world } = await run({ plant: TWO_SALES });
    world.powerOff();
    await world.replug();
    await expect(world.clock.run(() => world.run("resume"))).rejects.toMatchObject({ code: "terminal.absent" });
    const given = abandon(world.bench(), families, world.serial);
    expect(given).toMatchObject({ endState: "DESTROY", code: "terminal.lost", exit: 5, certificate: null, outcome: null });
    expect(given.remedy).toMatch(/destroy/i);
  });

  it("has a certificate that says NOT_ERASED once its wipe was ordered", async () => {
    const world = new World({ options: TRIGGERED, plant: EMPTY, witness: "P-0002", order: (w) => orderFor(w, () => knowing()) });
    world.sim.terminal.point = (name) => {
      if (name === "erase") world.powerOff();
    };
    const end = await world.clock.run(() => world.run("run"));
    expect(end).toMatchObject({ endState: "HOLD", code: "terminal.silent" });
    const given = abandon(world.bench(), families, world.serial);
    expect(given).toMatchObject({ endState: "DESTROY", code: "terminal.lost", outcome: "NOT_ERASED", exit: 5 });
    expect(world.verified(given.certificate ?? "")).toMatchObject({ outcome: "NOT_ERASED", status: "QUARANTINED" });
  });
});

describe("a dry run on a tampered terminal", () => {
  it("says what stands against it and that nothing would be settled", async () => {
    const world = new World({ options: TRIGGERED, plant: TWO_SALES });
    const seen = await world.clock.run(() => survey(world.bench(), { families, link: world.line, patience: 30_000, order: "bench" }));
    expect(seen.stops.map(({ code }) => code)).toEqual(expect.arrayContaining(["terminal.tampered", "batch.tampered"]));
    expect(seen.would).toMatchObject({ settle: [], send: [] });
  });
});
