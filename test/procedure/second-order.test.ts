// What a person or a back office may change between two walks of one run, and what stays as it was.
import { describe, expect, it } from "vitest";
import { families } from "../../protocols/index.js";
import { hex } from "../../src/base/bytes.js";
import { rfc3339, sleep } from "../../src/base/clock.js";
import { sha256 } from "../../src/base/sign.js";
import type { Order } from "../../src/evidence/order/schema.js";
import { abandon, resume } from "../../src/procedure/decommission.js";
import type { SimOptions } from "../../src/sim/body.js";
import { Death } from "../support/memory-disk.js";
import { exceptionsFor, orderFor } from "../support/orders.js";
import { journalOf } from "../support/records.js";
import { World } from "../support/world.js";

const hashOf = (bytes: Uint8Array | undefined) => hex(sha256(bytes ?? new Uint8Array(0)));
const unseen: Order["hostView"] = { unavailable: true, reason: "closed for the night", approvers: ["B-0002", "B-0003"] };
const run = (world: World, how: "run" | "resume" = "run") => world.clock.run(() => world.run(how));
const folderOf = (world: World) => world.disk.list("out")[0] ?? "";
const runIdOf = (world: World) => folderOf(world).slice(world.serial.length + 1);

/** Kills the agent when a line with these words has just come into its journal. */
async function killedAt(world: World, words: string): Promise<void> {
  world.disk.hook = (_n, when, what) => {
    if (when === "before" || !what.startsWith("sync out/")) return;
    if (journalOf(world).includes(words)) throw new Death();
  };
  expect(await run(world)).toBeUndefined();
  world.disk.hook = () => undefined;
}
/** Kills the agent before the signature of a certificate is on disk. */
function killedAtSigning(world: World): void {
  world.disk.hook = (_n, when, what) => {
    if (when === "before" && what.includes(".p7s") && world.deaths === 0) throw new Death();
  };
}

const armed = [
  ["was sent", '"kind":"seen","step":"arm"'],
  ["was done and looked at", '"kind":"seen","step":"erase"'],
] as const;

describe("abandon", () => {
  it.each(armed)("does not deny a wipe that %s: the terminal goes to be destroyed, NOT_ERASED", async (_, words) => {
    const world = new World();
    await killedAt(world, words);
    await world.clock.run(() => sleep(world.clock, 600_000));
    expect(world.inspect().areas.filter(({ readable }) => readable)).toEqual([]);
    expect(abandon(world.bench(), families, world.serial)).toMatchObject({
      endState: "DESTROY",
      code: "terminal.lost",
      outcome: "NOT_ERASED",
    });
  });

  it("ends with the code it was given up with, also when it is cut off while the certificate is signed", async () => {
    const world = new World({ options: { host: { rejects: "97" } } });
    await run(world);
    killedAtSigning(world);
    expect(() => abandon(world.bench(), families, world.serial)).toThrow(Death);
    world.deaths = 1;
    world.disk.reborn({ bytes: (n) => new Uint8Array(n) });
    await world.replug();
    expect(await run(world, "resume")).toMatchObject({ endState: "ABANDONED", exit: 1, code: "run.abandoned" });
  });

  it("of a run whose statement is fixed only signs it", async () => {
    const world = new World();
    killedAtSigning(world);
    expect(await run(world)).toBeUndefined();
    world.deaths = 1;
    world.disk.reborn({ bytes: (n) => new Uint8Array(n) });
    expect(abandon(world.bench(), families, world.serial)).toMatchObject({ endState: "CERT", code: "ok", outcome: "ERASED" });
  });
});

describe("a newer order", () => {
  const refusing: SimOptions = { host: { refusesKinds: ["U05"] } };
  const rejected = (world: World) =>
    world.sim.terminal.batch
      .census()
      .items.filter(({ kind }) => kind === "U05" || kind === "U06")
      .map((item) => ({ ...item, kind: "U06" as const }));

  it("that states the same exceptions anew goes on after the gate was seen open under the older one", async () => {
    const world = new World({
      options: refusing,
      witness: "P-0002",
      order: (w) => orderFor(w, () => ({ exceptions: exceptionsFor(w, rejected(w)), dualControl: true })),
    });
    await killedAt(world, '"step":"gate"');
    await world.replug();
    await world.clock.run(() => sleep(world.clock, 3_600_000));
    world.newer = orderFor(world, () => ({
      nonce: "c".repeat(32),
      continues: runIdOf(world),
      hostView: unseen,
      exceptions: exceptionsFor(world, rejected(world), { approvers: ["B-0004", "B-0005"] }),
      dualControl: true,
    }));
    expect(await run(world, "resume")).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED_WITH_EXCEPTIONS" });
  });

  it("is refused once the wipe was ordered, which ends under the order that it was ordered under", async () => {
    const world = new World({ witness: "P-0002", order: (w) => orderFor(w) });
    await killedAt(world, '"kind":"seen","step":"arm"');
    await world.clock.run(() => sleep(world.clock, 3_600_000));
    expect(world.sim.terminal.life.life).toBe(2);
    await world.replug();
    world.newer = orderFor(world, () => ({ nonce: "c".repeat(32), continues: runIdOf(world), hostView: unseen, accounts: undefined }));
    await expect(run(world, "resume")).rejects.toMatchObject({ code: expect.stringMatching(/^order\./) });
    await world.replug();
    world.newer = undefined;
    expect(await run(world, "resume")).toMatchObject({ endState: "CERT", outcome: "ERASED" });
  });

  it("is the one that a hold file names", async () => {
    const world = new World({ options: { host: { rejects: "97" } }, witness: "P-0002", order: (w) => orderFor(w) });
    expect(await run(world)).toMatchObject({ endState: "HOLD" });
    await world.replug();
    await world.clock.run(() => sleep(world.clock, 3_600_000));
    world.newer = orderFor(world, () => ({ nonce: "c".repeat(32), continues: runIdOf(world), hostView: unseen }));
    const end = await run(world, "resume");
    expect(end).toMatchObject({ endState: "HOLD" });
    const hold = JSON.parse(Buffer.from(world.disk.read(end?.hold ?? "") ?? []).toString());
    expect(hold.orderSha256).toBe(hashOf(world.newer.content));
  });

  it("that replaces an older one leaves that one replaced, also when it has run out itself", async () => {
    const world = new World({
      witness: "P-0002",
      order: (w) => {
        const old = orderFor(w);
        const { id: replaces } = JSON.parse(Buffer.from(old.content).toString()) as Order;
        const now = w.clock.wall();
        const times = { issuedAt: rfc3339(now - 2 * 3_600_000), notAfter: rfc3339(now - 3_600_000) };
        return [old, orderFor(w, () => ({ id: "019b8c1e-0000-7000-8000-000000000002", nonce: "b".repeat(32), replaces, ...times }))];
      },
    });
    await expect(run(world)).rejects.toMatchObject({ code: "order.expired" });
    expect(world.inspect().bookings).toEqual([]);
  });
});

describe("people", () => {
  it("who approved an exception do not work at the bench, not even when the run is taken up", async () => {
    const options: { host: { refusesKinds: string[]; rejects?: string } } = { host: { refusesKinds: ["U05"], rejects: "97" } };
    const world = new World({
      options: options as SimOptions,
      witness: "P-0002",
      order: (w) => {
        const left = w.sim.terminal.batch.census().items.filter(({ kind }) => kind === "U05");
        const as = left.map((item) => ({ ...item, kind: "U06" as const }));
        return orderFor(w, () => ({ exceptions: exceptionsFor(w, as, { approvers: ["B-0002", "B-0003"] }), dualControl: true }));
      },
    });
    expect(await run(world)).toMatchObject({ endState: "HOLD", code: "settle.deregistered" });
    delete options.host.rejects;
    await world.replug();
    const insider = { ...world.bench(), performedBy: "B-0002", witness: "B-0003" };
    const going = () => resume(insider, { families, link: world.line, patience: 30_000 });
    await expect(world.clock.run(going)).rejects.toMatchObject({ code: "order.people" });
    expect(world.inspect().areas.every(({ readable }) => readable)).toBe(true);
  });

  it("who take a run up are named: who ordered the wipe, beside whom, and whoever connected the terminal before or after", async () => {
    const world = new World({ options: { host: { rejects: "97" } }, witness: "P-0002" });
    const people = (performedBy: string, witness: string) => async () => {
      await world.replug();
      const going = () => resume({ ...world.bench(), performedBy, witness }, { families, link: world.line, patience: 30_000 });
      return await world.clock.run(going);
    };
    await run(world);
    Object.assign(world.setup.options?.host ?? {}, { rejects: undefined });
    world.disk.hook = (_n, when, what) => {
      const died = when === "before" && what.startsWith("sync out/") && journalOf(world).includes('"step":"erase"');
      if (died) throw new Death();
    };
    await expect(people("P-0011", "P-0012")()).rejects.toBeInstanceOf(Death);
    world.disk.hook = () => undefined;
    world.disk.reborn({ bytes: (n) => new Uint8Array(n) });
    const end = await people("P-0021", "P-0022")();
    expect(end).toMatchObject({ endState: "CERT", outcome: "ERASED" });
    const { verified } = world.verified(end.certificate ?? "");
    const { performedBy, witness, custody = [] } = verified?.statement ?? {};
    expect([performedBy, witness]).toMatchObject([{ personRef: "P-0011" }, { personRef: "P-0012" }]);
    expect(custody.filter(({ type }) => type !== "received").map(({ type, by }) => [type, by])).toEqual([
      ["connected", "P-0001"],
      ["connected", "P-0011"],
      ["connected", "P-0021"],
      ["wiped", "P-0011"],
    ]);
  });

  it("who worked on the run approve nothing in an order that continues it", async () => {
    const world = new World({ options: { host: { rejects: "97" } }, witness: "P-0002", order: (w) => orderFor(w) });
    const end = await run(world);
    await world.replug();
    const approvers = ["P-0001", "B-0003"];
    const hostView = { unavailable: true as const, reason: "closed for the night", approvers };
    world.newer = orderFor(world, () => ({ nonce: "c".repeat(32), continues: end?.runId ?? "", hostView }));
    const order = world.newer;
    const others = { ...world.bench(), performedBy: "P-0011", witness: "P-0012" };
    const going = () => resume(others, { families, link: world.line, patience: 30_000, order });
    await expect(world.clock.run(going)).rejects.toMatchObject({ code: "order.people" });
  });
});

describe("evidence", () => {
  it("the transcript is the one that the certificate names, also when the agent died between fixing and signing it", async () => {
    const world = new World();
    killedAtSigning(world);
    expect(await run(world)).toBeUndefined();
    await world.replug();
    const end = await run(world, "resume");
    expect(end).toMatchObject({ endState: "CERT", outcome: "ERASED" });
    const { transcript } = world.verified(end?.certificate ?? "").verified?.statement ?? {};
    expect(transcript?.sha256).toBe(hashOf(world.disk.read(`${end?.folder}/transcript.ndjson`)));
  });

  it("a station log from a backup, which lacks what the journal says stands in it, stops the run", async () => {
    const world = new World({ options: { host: { rejects: "97" } } });
    world.bench().stationLog.write({ kind: "hold", runId: "earlier", code: "x", holdSha256: null });
    const backup = world.disk.read("keys/state/log.ndjson") ?? new Uint8Array(0);
    world.bench().stationLog.write({ kind: "used", runId: "another run", used: ["an exception"] });
    expect(await run(world)).toMatchObject({ code: "settle.deregistered" });
    world.disk.write("keys/state/log.ndjson", backup);
    world.disk.sync("keys/state/log.ndjson");
    await world.replug();
    expect(await run(world, "resume")).toMatchObject({ endState: "HOLD", code: "log.rolled-back" });
  });
});
