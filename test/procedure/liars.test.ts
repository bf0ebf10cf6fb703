// Terminals that lie, and what finds them out.
import { describe, expect, it } from "vitest";
import { limitations } from "../../src/evidence/statement/statement-erasure.js";
import type { LieName } from "../../src/sim/lies.js";
import { entriesOf } from "../support/records.js";
import { World } from "../support/world.js";

async function met(lie: LieName) {
  const world = new World({ options: { lie } });
  const end = await world.clock.run(() => world.run("run"));
  const [path = ""] = world.certificate().json;
  return { world, end, statement: world.verified(path).verified?.statement };
}

describe("a terminal", () => {
  it.each(["signs-with-another-units-key", "replays-an-old-attestation"] as const)("that %s is put into quarantine", async (lie) => {
    const { end, statement } = await met(lie);
    expect(end).toMatchObject({ endState: "QUAR", code: "identity.forged", outcome: "NOT_ERASED", exit: 5 });
    expect(statement?.device.identityLevel).toBe("P1");
    expect(statement?.claims).not.toContain("UNIT_PROVEN");
  });

  it("that nobody known vouches for is certified as the serial number that it says, and as no more", async () => {
    const { end, statement } = await met("emulator");
    expect(end).toMatchObject({ endState: "CERT", outcome: "ERASED" });
    expect(statement?.device.identityLevel).toBe("P1");
    expect(statement?.claims).not.toContain("UNIT_PROVEN");
    expect(statement?.limitations).toContain(limitations.unit);
  });

  it("that could still pay has kept what it says it has not", async () => {
    const { end, statement } = await met("lists-empty-slots");
    expect(end).toMatchObject({ endState: "QUAR", code: "erase.residue", outcome: "NOT_ERASED" });
    expect(statement?.inspections.map(({ result }) => result)).toEqual(["residue", "residue"]);
    // Which of its answers is the lie nobody knows, so none of them counts.
    for (const { probe, level, result } of statement?.keys ?? []) {
      expect({ probe, level, result }).toEqual({ probe: { expected: "ABSENT", observed: "ABSENT" }, level: ["V1"], result: "failed" });
    }
    expect(statement?.keys).toHaveLength(3);
  });

  it("that comes back from its restart under another serial number is asked nothing more", async () => {
    const { world, end, statement } = await met("swaps-its-serial");
    expect(end).toMatchObject({ endState: "QUAR", code: "identity.swapped", outcome: "NOT_ERASED" });
    expect(statement?.inspections).toHaveLength(1);
    const looks = entriesOf(world).flatMap((entry) => ("step" in entry && entry.step === "inspect" ? [`${entry.kind} ${entry.n}`] : []));
    expect(looks).toEqual(["intent 1", "seen 1"]);
  });
});

describe("what a certificate says of its own reach", () => {
  it("names that a slot's emptiness is the terminal's answer, and that a key's signature is no cable", async () => {
    const { statement } = await met("relays-the-challenge");
    expect(statement?.device.identityLevel).toBe("P3");
    expect(statement?.limitations).toEqual(expect.arrayContaining([limitations.probed, limitations.relay]));
    expect(statement?.limitations).not.toContain(limitations.unit);
  });
});

describe("an honest terminal on a serial port", () => {
  it.each([
    [[], "full-read"],
    [["V5"], "stream-fill"],
  ] as const)("is not too fast when it answers for its memory with a MAC: only a fill crosses the line (%s)", async (areas, method) => {
    const world = new World({ baud: 9600, options: { environment: "bench" }, order: () => ({ bench: { areas } }) });
    Object.defineProperty(world.line, "kind", { value: "serial" });
    const end = await world.clock.run(() => world.run("run"));
    expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
    const { verified } = world.verified(end?.certificate ?? "");
    expect(verified?.statement.transport).toMatchObject({ kind: "serial", baud: 9600 });
    expect(verified?.statement.areas.map(({ verification }) => verification.method)).toEqual([method, method, method]);
  });
});
