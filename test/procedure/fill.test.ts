// Runs under orders that demand V4 or V5: what is filled, what the certificate says of it, and what a defect or a lack costs.
import { describe, expect, it } from "vitest";
import { decodeFrame, type Frame } from "../../protocols/podp/frame.js";
import { commands, helloAck } from "../../protocols/podp/messages.js";
import type { EvidenceLevel } from "../../src/evidence/statement/fields.js";
import { limitations } from "../../src/evidence/statement/statement-erasure.js";
import type { Fault } from "../../src/link/faults.js";
import { PowerCut } from "../../src/sim/stores.js";
import { rewriting } from "../podp/rewriting.js";
import { fillsOf } from "../support/fills.js";
import { takenUp } from "../support/performed.js";
import { World } from "../support/world.js";
import type { WorldSetup } from "../support/world-setup.js";

async function run(level: EvidenceLevel, setup: WorldSetup = {}) {
  const world = new World({ ...setup, order: () => ({ bench: { areas: [level] } }) });
  const end = await world.clock.run(() => world.run("run"));
  const [path = ""] = world.certificate().json;
  const { status, code, verified, levels } = world.verified(path);
  return { world, end, bytes: world.inspect(), status, code, levels, statement: verified?.statement };
}

describe("a run whose order demands a streamed fill", () => {
  it.each(["podp-small", "podp-traditional"])("proves every data area of %s and says how far that goes", async (model) => {
    const { end, bytes, status, levels, statement } = await run("V5", { model });
    expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
    expect(bytes.violations).toEqual([]);
    expect(bytes.areas.filter(({ readable }) => readable)).toEqual([]);
    expect(status).toBe("ACCEPTED");
    expect(levels?.areas).toEqual(["V1", "V3", "V4", "V5"]);
    for (const { sizeBytes, verification } of (statement?.areas ?? []).filter(({ result }) => result !== "retained")) {
      expect(verification).toMatchObject({ method: "stream-fill", coverageBytes: sizeBytes, observed: "mac-agrees", result: "passed" });
    }
    expect(statement?.limitations).toContain(limitations.streamFill);
    const kept = statement?.areas.filter(({ result }) => result === "retained") ?? [];
    const left = kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    expect(statement?.device.unprovenMemory).toEqual([
      { what: "firmware, operation store and counters", sizeBytes: { unknown: "NOT_REPORTED" } },
      ...(left > 0 ? [{ what: "declared memory without a streamed fill", sizeBytes: left }] : []),
    ]);
  });
});

describe("a streamed fill of a terminal that somebody could still reach", () => {
  it.each([
    ["nobody has said how it is kept apart", []],
    ["a network of its model was left open", ["shielded"]],
    ["only one was taken away", ["sim-out"]],
  ] as const)("shows no more than V4 where %s, and the certificate says that it may have reloaded", async (_why, isolation) => {
    const { end, levels, statement, status } = await run("V5", { isolation });
    expect(end).toMatchObject({ endState: "CERT", outcome: "ERASED_WITH_EXCEPTIONS" });
    expect(status).toBe("ACCEPTED_WITH_FINDINGS");
    expect(levels?.areas).toEqual(["V1", "V3", "V4"]);
    expect(statement?.outcomeReasons).toEqual(["BELOW_MINIMUM"]);
    expect(statement?.limitations).toContain(limitations.reload);
    expect(statement?.limitations).not.toContain(limitations.streamFill);
    expect(statement?.isolation).toEqual(isolation.length === 0 ? { unknown: "NOT_ASKED" } : expect.objectContaining({ how: isolation }));
  });

  it("shows V5 where every network that the model has was taken away, from before the wipe to the last look", async () => {
    const { levels, statement } = await run("V5", { isolation: ["esim-off", "lan-out"], knows: { networks: ["esim", "lan"] } });
    expect(levels?.areas).toContain("V5");
    expect(statement?.limitations).not.toContain(limitations.reload);
    const { from, to } = statement!.isolation as { from: string; to: string };
    expect(statement?.areas.every(({ startedAt }) => from <= String(startedAt))).toBe(true);
    expect(statement?.inspections.map(({ at }) => at <= to)).toEqual([true, true]);
  });
});

describe("a run whose order demands a seed fill", () => {
  it("proves every data area against a terminal that does not lie on purpose, and says so", async () => {
    const { end, levels, statement } = await run("V4");
    expect(end).toMatchObject({ endState: "CERT", outcome: "ERASED" });
    expect(levels?.areas).toEqual(["V1", "V3", "V4"]);
    expect(statement?.limitations).toContain(limitations.seedFill);
    expect(statement?.limitations).not.toContain(limitations.streamFill);
    const declared = statement?.areas.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    expect(statement?.device.unprovenMemory).toContainEqual({ what: "declared memory without a streamed fill", sizeBytes: declared });
  });
});

describe("a fill that cannot show everything", () => {
  it("costs the level where the terminal fills some areas only", async () => {
    const { end, statement } = await run("V5", { model: "podp-multi" });
    expect(end).toMatchObject({ endState: "CERT", outcome: "ERASED_WITH_EXCEPTIONS" });
    expect(statement?.outcomeReasons).toEqual(["BELOW_MINIMUM"]);
    expect(statement?.areas.map(({ verification }) => verification.level.includes("V5"))).toEqual([true, true, true, false, false, false]);
    expect(statement?.device.unprovenMemory).toContainEqual({ what: "declared memory without a streamed fill", sizeBytes: 1280 });
  });

  it("costs the level where the terminal lacks the capability, and nothing is sent", async () => {
    const { end, bytes, statement } = await run("V5", { model: "podp-tiny" });
    expect(end).toMatchObject({ endState: "CERT", outcome: "ERASED_WITH_EXCEPTIONS" });
    expect(bytes.violations).toEqual([]);
    expect(statement?.limitations).not.toContain(limitations.streamFill);
  });

  it.each(["V4", "V5"] as const)("ends in quarantine at %s where memory does not hold what it was given", async (level) => {
    const { end, status, statement } = await run(level, { options: { worn: [2] } });
    expect(end).toMatchObject({ endState: "QUAR", code: "erase.residue", outcome: "NOT_ERASED" });
    expect(status).toBe("QUARANTINED");
    const row = statement?.areas.find(({ id }) => id === 2);
    expect(row).toMatchObject({ result: "failed", verification: { observed: "mac-differs", result: "failed", level: ["V1"] } });
  });

  it("leaves an area alone that did not read back blank", async () => {
    const { end, bytes, statement } = await run("V5", { options: { lie: "keeps-an-area" } });
    expect(end).toMatchObject({ endState: "QUAR", outcome: "NOT_ERASED" });
    expect(bytes.areas.find(({ id }) => id === 3)?.readable).toBe(true);
    expect(statement?.areas.map(({ verification }) => verification.level)).toEqual([
      ["V1", "V3", "V4", "V5"],
      ["V1", "V3", "V4", "V5"],
      ["V1"],
    ]);
  });
});

describe("memory that takes no further erase once it was filled", () => {
  const runOn = async (level: "V4" | "V5") => {
    const options: { stuck?: number[] } = {};
    const world: World = new World({
      order: () => ({ bench: { areas: [level] } }),
      options,
      hooks: {
        nonVolatile(act, which) {
          if (act === "program" && which === 2 && world.sim.terminal.fills.holds(2)) options.stuck = [2];
        },
      },
    });
    const end = await world.clock.run(() => world.run("run"));
    const { status, verified } = world.verified(end?.certificate ?? "");
    return { world, end, status, statement: verified?.statement };
  };

  it.each(["V4", "V5"] as const)("is destroyed, and the certificate says what it holds now (%s)", async (level) => {
    const { world, end, status, statement } = await runOn(level);
    expect(world.inspect().areas.find(({ id }) => id === 2)?.readable).toBe(true);
    expect(end).toMatchObject({ endState: "DESTROY", outcome: "NOT_ERASED", code: "erase.failed" });
    expect(status).toBe("QUARANTINED");
    expect(statement?.areas.map(({ result }) => result)).toEqual(["erased", "failed", "erased"]);
    expect(statement?.areas[1]?.verification).toMatchObject({ method: "none", level: [], result: "not-run" });
    await world.replug();
    expect(await world.clock.run(() => world.run("resume"))).toMatchObject({ endState: "DESTROY", earlier: true });
    await world.replug();
    expect(await world.clock.run(() => world.run("run"))).toMatchObject({ endState: "DESTROY", code: "erase.failed", outcome: null });
  });
});

describe("a fill that is interrupted", () => {
  const order = () => ({ bench: { areas: ["V5"] as const } });

  it("goes on where it was after a power cut, without a second walk", async () => {
    let programmed = 0;
    const world: World = new World({
      model: "podp-large",
      baud: 115_200,
      order,
      hooks: {
        nonVolatile(act, which) {
          // Nine tenths of the 512 KiB are there by then.
          if (act === "program" && which === 2 && ++programmed === 117) throw new PowerCut("test");
        },
      },
    });
    const end = await world.clock.run(() => world.run("run"));
    expect(end).toMatchObject({ message: null, outcome: "ERASED" });
    expect(takenUp(world)).toBeUndefined();
    const { elapsedMs, lineMs = 0 } = fillsOf(world)[1] ?? { elapsedMs: 0 };
    expect(programmed).toBe(117);
    expect(elapsedMs).toBeLessThan(1.4 * lineMs);
  });

  it("waits for work of more than five seconds, because the terminal announces it, and asks once", async () => {
    const world = new World({ model: "podp-large", baud: 921_600, speed: 1, order: () => ({ bench: { areas: ["V4"] } }) });
    const { line } = world;
    const asked: number[] = [];
    const write = line.write.bind(line);
    line.write = (bytes) => {
      const frame = decodeFrame(bytes.subarray(1, -1));
      if (frame?.type === "CMD" && frame.payload[0] === commands.fillRelease.code) asked.push(world.clock.monotonic());
      return write(bytes);
    };
    const end = await world.clock.run(() => world.run("run"));
    expect(end).toMatchObject({ message: null, outcome: "ERASED" });
    expect(asked).toHaveLength(2); // once for each area; blanking the larger one takes 15 s
  });

  it("goes back to the frame that was missed, whatever happened to it", async () => {
    const usual = new World({ model: "podp-traditional", baud: 115_200, order });
    const types: (string | undefined)[] = [];
    const write = usual.line.write.bind(usual.line);
    usual.line.write = (bytes) => {
      types.push(decodeFrame(bytes.subarray(1, -1))?.type);
      return write(bytes);
    };
    await usual.clock.run(() => usual.run("run"));
    const first = types.indexOf("DATA") + 1; // frames count from 1; the first area takes 31
    const kinds = [{ kind: "drop" }, { kind: "flip", bit: 77 }, { kind: "double" }, { kind: "delay", ms: 3000 }] as const;
    for (const kind of kinds) {
      const faults = [18, 23, 28].map((i): Fault => ({ on: "out", nth: first + i, ...kind }));
      expect(faults.map(({ nth }) => types[nth - 1])).toEqual(["DATA", "DATA", "DATA"]);
      const world = new World({ model: "podp-traditional", baud: 115_200, order, faults });
      const end = await world.clock.run(() => world.run("run"));
      expect(end, kind.kind).toMatchObject({ message: null, outcome: "ERASED" });
      expect(faults.filter((fault) => !world.line.reached.has(fault))).toEqual([]);
      expect(world.inspect().violations).toEqual([]);
    }
  });
});

describe("a terminal that cannot have what it claims", () => {
  const order = () => ({ bench: { areas: ["V5"] as const } });

  it("is put into quarantine when its bytes came faster than the line moves them", async () => {
    const world = new World({ baud: 115_200, order });
    // It says that it is no simulator, and the port was opened at a twelfth of the pace at which bytes arrive.
    world.line = { ...rewriting(world.line, atBench), baud: 9600 } as never;
    const end = await world.clock.run(() => world.run("run"));
    expect(end).toMatchObject({ endState: "QUAR", code: "fill.implausible", outcome: "NOT_ERASED" });
    const { status, verified } = world.verified(end?.certificate ?? "");
    expect(status).toBe("QUARANTINED");
    expect(verified?.statement.outcomeReasons).toContain("fill.implausible");
    expect(verified?.statement.areas.flatMap(({ verification }) => verification.level)).not.toContain("V5");
  });

  it("is not believed when it says that it holds bytes which were never sent", async () => {
    const world = new World({ order });
    const lie = (frame: Frame): Frame => {
      if (frame.type !== "RSP" || frame.payload[0] !== commands.fillBegin.code) return frame;
      const payload = Uint8Array.from(frame.payload);
      payload[payload.length - 1] = 64;
      return { ...frame, payload };
    };
    world.line = rewriting(world.line, lie) as never;
    const end = await world.clock.run(() => world.run("run"));
    expect(end).toMatchObject({ endState: "QUAR", code: "fill.implausible", outcome: "NOT_ERASED" });
    // What it put into that area may still be there: the look before it says nothing of that.
    const { statement } = world.verified(end?.certificate ?? "").verified ?? {};
    expect(statement?.areas.map(({ result }) => result)).toEqual(["erased", "unverified", "erased"]);
  });

  function atBench(frame: Frame): Frame {
    const ack = frame.type === "HELLO_ACK" ? helloAck.decode(frame.payload) : undefined;
    if (ack === undefined || "badTag" in ack) return frame;
    return { ...frame, payload: helloAck.encode({ ...ack.value, environment: "bench" } as never) };
  }
});
