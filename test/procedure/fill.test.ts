// Runs under orders that demand V4 or V5: what is filled, what the certificate says of it, and what a defect or a lack costs.
import { describe, expect, it } from "vitest";
import type { EvidenceLevel } from "../../src/evidence/statement/fields.js";
import { limitations } from "../../src/evidence/statement/statement-erasure.js";
import { World, type WorldSetup } from "../support/world.js";

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
    for (const { sizeBytes, verification } of statement?.areas ?? []) {
      expect(verification).toMatchObject({ method: "stream-fill", coverageBytes: sizeBytes, observed: "mac-agrees", result: "passed" });
    }
    expect(statement?.limitations).toContain(limitations.streamFill);
    const kept = statement?.model.areas.filter(({ id }) => !statement.areas.some((row) => row.id === id)) ?? [];
    const left = kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    expect(statement?.device.unprovenMemory).toEqual([
      { what: "firmware, operation store and counters", sizeBytes: { unknown: "NOT_REPORTED" } },
      ...(left > 0 ? [{ what: "declared memory without a streamed fill", sizeBytes: left }] : []),
    ]);
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
    const { end, bytes, statement } = await run("V5", { options: { lying: [3] } });
    expect(end).toMatchObject({ endState: "QUAR", outcome: "NOT_ERASED" });
    expect(bytes.areas.find(({ id }) => id === 3)?.readable).toBe(true);
    expect(statement?.areas.map(({ verification }) => verification.level)).toEqual([
      ["V1", "V3", "V4", "V5"],
      ["V1", "V3", "V4", "V5"],
      ["V1"],
    ]);
  });
});
