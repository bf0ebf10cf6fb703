// Who says how a terminal is kept off networks, and for how long that counts: whoever takes a run up says it again, or it has ended.
import { describe, expect, it } from "vitest";
import { commands } from "../../protocols/podp/messages.js";
import { models } from "../../protocols/podp/models/list.js";
import { sleep } from "../../src/base/clock.js";
import type { Entry } from "../../src/evidence/entries.js";
import { type RunRecord, recordOf } from "../../src/evidence/record.js";
import { areaRows, isolationField } from "../../src/evidence/statement/build-erasure.js";
import type { EvidenceLevel } from "../../src/evidence/statement/fields.js";
import type { Statement } from "../../src/evidence/statement/statement.js";
import { limitations } from "../../src/evidence/statement/statement-erasure.js";
import { PowerCut } from "../../src/sim/stores.js";
import type { IsolationWay } from "../../src/terminal/isolation.js";
import { Death } from "../support/memory-disk.js";
import { entriesOf, linesOf, recordWith, wipesBegun } from "../support/records.js";
import { overhear } from "../support/retold.js";
import { World } from "../support/world.js";
import type { WorldSetup } from "../support/world-setup.js";

const ALL = ["shielded", "lan-out", "modem-out"] as const;
const HOURS = 3_600_000;
const CERTIFIED = { message: null, endState: "CERT", outcome: "ERASED" };
const UNSAID = { endState: "HOLD", code: "isolation.unsaid", exit: 6, certificate: null };

const orderOf = (level: EvidenceLevel): Pick<WorldSetup, "order"> => ({ order: () => ({ bench: { areas: [level] } }) });
const seen = (step: string) => (entry: Entry) => entry.kind === "seen" && entry.step === step;
const isLook = seen("inspect");
const model = models.find(({ id }) => id === "podp-traditional")!;

/** The agent dies as soon as such a line stands in its journal. */
function dyingAt(world: World, isLast: (entry: Entry) => boolean): void {
  world.disk.hook = (_n, when, what) => {
    if (when !== "after" || !/sync .*journal/.test(what)) return;
    const last = entriesOf(world).at(-1);
    if (last !== undefined && isLast(last)) throw new Death();
  };
}

/** A run whose agent dies there, an hour before anybody comes to look after it. */
async function interrupted(isLast: (entry: Entry) => boolean, setup: WorldSetup = {}): Promise<World> {
  const world = new World({ model: model.id, ...setup });
  dyingAt(world, isLast);
  await world.clock.run(async () => {
    expect(await world.run("run")).toBeUndefined();
    await sleep(world.clock, HOURS);
  });
  world.disk.hook = () => undefined;
  return world;
}

/** Taken up by somebody who says this of networks. */
async function takenUp(world: World, isolation?: readonly IsolationWay[]) {
  await world.replug();
  world.isolation = isolation;
  return await world.clock.run(() => world.run("resume"));
}

function certified(world: World): { readonly statement: Statement; readonly levels: readonly string[] } {
  const [path = ""] = world.certificate().json;
  const { verified, levels, status } = world.verified(path);
  expect(status).toMatch(/^ACCEPTED/);
  return { statement: verified!.statement, levels: levels!.areas };
}

/** How and from when to when, with what the certificate owns up to. */
function isolationIn({ statement: { isolation, inspections, limitations: said } }: ReturnType<typeof certified>) {
  if (!("how" in isolation)) throw new Error("nobody said how it was kept off networks");
  return { ...isolation, looks: inspections.map(({ at }) => at), mayHaveReloaded: said.includes(limitations.reload) };
}

/** The time of the last line before whoever came `nth`, the run's beginning not counted, took it up. */
function lastBefore(world: World, nth: number): string | undefined {
  const lines = linesOf(world);
  const taken = lines.filter(({ entry }) => entry.kind === "resumed" && entry.performedBy !== undefined)[nth - 1];
  return taken === undefined ? undefined : lines[lines.indexOf(taken) - 1]?.at;
}

describe("a run that somebody takes up after the wipe", () => {
  it("without a word on networks: isolation has ended where it was last said, and the certificate owns up to it", async () => {
    const world = await interrupted(isLook);
    expect(await takenUp(world)).toMatchObject(CERTIFIED);
    const { how, from, to, looks, mayHaveReloaded } = isolationIn(certified(world));
    expect(how).toEqual(ALL);
    expect(to).toBe(lastBefore(world, 1));
    expect(from <= to).toBe(true);
    expect(looks.map((at) => at > to)).toEqual([true, true]);
    expect(mayHaveReloaded).toBe(true);
    expect(entriesOf(world).filter(({ kind }) => kind === "resumed")).toEqual([
      expect.not.objectContaining({ isolation: expect.anything() }),
    ]);
  });

  it("without a word, by a clock that was set back before: no look seems to lie within", async () => {
    const world = await interrupted(isLook);
    expect(await takenUp(world)).toMatchObject(CERTIFIED);
    const until = lastBefore(world, 1)!;
    const lines = linesOf(world);
    const others = lines.findIndex(({ entry }) => entry.kind === "resumed");
    const record = recordOf(lines.map((line, i) => (i < others ? line : { ...line, at: until })));
    expect(isolationField(record)).toMatchObject({ to: record.arm?.at });
    expect(record.inspections.every(({ at }) => at > record.arm!.at)).toBe(true);
  });

  it("with the same word: as if nobody had stopped it, and it stands in the journal whose word that is", async () => {
    const world = await interrupted(isLook, orderOf("V5"));
    expect(await takenUp(world, ALL)).toMatchObject(CERTIFIED);
    const { to, looks, mayHaveReloaded } = isolationIn(certified(world));
    expect([to, mayHaveReloaded]).toEqual([looks.at(-1), false]);
    expect(certified(world).levels).toContain("V5");
    expect(entriesOf(world)).toContainEqual(expect.objectContaining({ kind: "resumed", performedBy: "P-0001", isolation: ALL }));
  });

  it("in other ways that close the same networks: it goes on", async () => {
    const world = await interrupted(isLook, orderOf("V5"));
    const others = ["sim-out", "esim-off", "wifi-off", "bluetooth-off", "lan-out", "modem-out"] as const;
    expect(await takenUp(world, others)).toMatchObject(CERTIFIED);
    expect(isolationIn(certified(world))).toMatchObject({ how: ALL, mayHaveReloaded: false });
    expect(certified(world).levels).toContain("V5");
  });

  it("in fewer ways, which leave a network open that was closed before: it has ended, as if nothing had been said", async () => {
    const world = await interrupted(isLook);
    expect(await takenUp(world, ["shielded", "modem-out"])).toMatchObject(CERTIFIED);
    expect(isolationIn(certified(world))).toMatchObject({ how: ALL, to: lastBefore(world, 1), mayHaveReloaded: true });
  });

  it("and no later word covers a look that was made without one", async () => {
    const world = await interrupted(seen("erase"));
    const said = linesOf(world).at(-1)?.at;
    dyingAt(world, isLook);
    expect(await takenUp(world)).toBeUndefined();
    world.disk.hook = () => undefined;
    expect(await takenUp(world, ALL)).toMatchObject(CERTIFIED);
    expect(isolationIn(certified(world))).toMatchObject({ to: said, mayHaveReloaded: true });
  });

  it("but where nothing was looked at in between, the next word covers that time too", async () => {
    const world = await interrupted(seen("erase"), orderOf("V5"));
    dyingAt(world, ({ kind }) => kind === "resumed");
    expect(await takenUp(world)).toBeUndefined();
    world.disk.hook = () => undefined;
    expect(await takenUp(world, ALL)).toMatchObject(CERTIFIED);
    expect(isolationIn(certified(world)).mayHaveReloaded).toBe(false);
    expect(certified(world).levels).toContain("V5");
  });

  it("keeps its word when the terminal restarts under its hands", async () => {
    let isCut = false;
    const world = await interrupted(seen("erase"), {
      ...orderOf("V5"),
      always: () => ({
        point: (name) => {
          if (name !== "restart" || isCut) return;
          isCut = true;
          throw new PowerCut("in the middle of a restart");
        },
      }),
    });
    const before = entriesOf(world).length;
    expect(await takenUp(world, ALL)).toMatchObject(CERTIFIED);
    const walks = entriesOf(world)
      .slice(before)
      .filter(({ kind }) => kind === "resumed");
    expect(walks.map((walk) => "performedBy" in walk)).toEqual([true, false]);
    expect(isolationIn(certified(world)).mayHaveReloaded).toBe(false);
    expect(certified(world).levels).toContain("V5");
  });
});

describe("a run whose order demands V5", () => {
  it.each([
    ["nothing on networks", undefined, /nobody/],
    ["ways that leave one open", ["shielded", "lan-out"], /modem/],
  ] as const)("is parked after the wipe when whoever takes it up says %s, before anything is looked at or filled", async (_, said, why) => {
    const world = await interrupted(seen("erase"), orderOf("V5"));
    await world.replug();
    const asked = new Set<string>();
    overhear(world, Object.fromEntries(Object.keys(commands).map((name) => [name, () => asked.add(name)])));
    world.isolation = said;
    const end = await world.clock.run(() => world.run("resume"));
    expect(end).toMatchObject({ ...UNSAID, message: expect.stringMatching(why), remedy: expect.stringContaining("--isolated") });
    expect([...asked].sort()).toEqual(["challenge", "getOp", "identify", "open"]);
    expect(world.certificate().json).toEqual([]);
    expect(await takenUp(world, ALL)).toMatchObject(CERTIFIED);
    expect(certified(world).levels).toEqual(["V1", "V3", "V4", "V5"]);
    expect(isolationIn(certified(world)).mayHaveReloaded).toBe(false);
  });

  it("goes on without V5 when whoever takes it up owns up that it was not kept apart", async () => {
    const world = await interrupted(seen("erase"), orderOf("V5"));
    expect(await takenUp(world)).toMatchObject(UNSAID);
    const said = lastBefore(world, 1);
    expect(await takenUp(world, [])).toMatchObject({ endState: "CERT", outcome: "ERASED_WITH_EXCEPTIONS" });
    expect(certified(world).levels).toEqual(["V1", "V3", "V4"]);
    expect(isolationIn(certified(world))).toMatchObject({ to: said, mayHaveReloaded: true });
  });

  it("is wiped without V5 too by one who owns up to it before the wipe, as when that is said at the beginning", async () => {
    const world = await interrupted(seen("archive"), orderOf("V5"));
    expect(await takenUp(world, [])).toMatchObject({ endState: "CERT", outcome: "ERASED_WITH_EXCEPTIONS" });
    expect(certified(world)).toMatchObject({ levels: ["V1", "V3", "V4"], statement: { isolation: { unknown: "NOT_ASKED" } } });
  });

  it("is certified for no more than V4 by a journal in which the second look has nobody's word, however it came to that", async () => {
    const world = await interrupted(isLook, orderOf("V5"));
    expect(await takenUp(world, ALL)).toMatchObject(CERTIFIED);
    const levels = (record: RunRecord) => areaRows(record, model, []).map(({ verification }) => verification.level.includes("V5"));
    expect(levels(recordWith(world, (entry) => entry))).toContain(true);
    let said = 0;
    const unsaid = recordWith(world, (entry) => (seen("isolate")(entry) && said++ > 0 ? undefined : entry));
    expect(said).toBe(2);
    expect(levels(unsaid)).not.toContain(true);
  });

  it("is parked before the wipe too, with its money settled and its memory as it was", async () => {
    const world = await interrupted(seen("archive"), orderOf("V5"));
    expect(await takenUp(world)).toMatchObject(UNSAID);
    expect(wipesBegun(world)).toEqual([]);
    expect(world.inspect().areas.every(({ readable }) => readable)).toBe(true);
    expect(await takenUp(world, ALL)).toMatchObject(CERTIFIED);
    expect(certified(world).levels).toContain("V5");
  });

  it("takes nothing from who began it where another ordered the wipe", async () => {
    const world = await interrupted(seen("archive"));
    expect(await takenUp(world)).toMatchObject(CERTIFIED);
    expect(certified(world).statement.isolation).toEqual({ unknown: "NOT_ASKED" });
    expect(certified(world).statement.limitations).toContain(limitations.reload);
  });

  it("goes on without V5 where there was none to be lost: nobody had said anything when it was wiped", async () => {
    const world = await interrupted(seen("erase"), { ...orderOf("V5"), isolation: [] });
    expect(await takenUp(world)).toMatchObject({ endState: "CERT", outcome: "ERASED_WITH_EXCEPTIONS" });
    expect(certified(world).levels).toEqual(["V1", "V3", "V4"]);
  });

  it("and is not made up for by a word that comes after the wipe", async () => {
    const world = await interrupted(seen("erase"), { ...orderOf("V5"), isolation: [] });
    expect(await takenUp(world, ALL)).toMatchObject({ endState: "CERT", outcome: "ERASED_WITH_EXCEPTIONS" });
    expect(certified(world)).toMatchObject({ levels: ["V1", "V3", "V4"], statement: { isolation: { unknown: "NOT_ASKED" } } });
  });

  it("is not parked for it where the terminal takes no fill anyway", async () => {
    const world = await interrupted(seen("erase"), { ...orderOf("V5"), model: "podp-tiny" });
    expect(await takenUp(world)).toMatchObject({ endState: "CERT", outcome: "ERASED_WITH_EXCEPTIONS" });
  });
});
