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
  it.each(["podp-small", "podp-multi"])("proves every data area of %s and says how far that goes", async (model) => {
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
    expect(statement?.device.unprovenMemory).toEqual([
      { what: "firmware, operation store and counters", sizeBytes: { unknown: "NOT_REPORTED" } },
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
