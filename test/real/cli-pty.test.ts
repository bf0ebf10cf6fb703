// A terminal in another process, on a pty: whole runs of the `decom` command, one of them with the terminal killed in the middle.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { statuses } from "../../src/verify.js";
import { answer, at, expectWiped, inspect, keys, resume, run, simulate } from "../tools/decom.js";
import { has } from "../tools/has.js";

describe.skipIf(!has("socat"))("a terminal on a pty in another process", () => {
  it("is identified, settled, wiped, certified and verified; resume prints the same as an earlier end; a second run is a new one", async () => {
    const state = at("whole");
    const out = at("whole-out");
    const owner = join(keys, "owner.pem");
    const sim = await simulate("--pty", "--seed", "7", "--state", state, "--owner", owner);
    expect(sim).toMatchObject({ ready: true, seed: 7, serial: "SIM7000001", pid: sim.child.process.pid });
    expect(sim.owner).toMatch(/^[0-9a-f]{16}$/);
    expect((await inspect(state)).money.host).toBe(0);

    const seen = await answer("identify", "--port", sim.address, "--json");
    expect(seen).toMatchObject({ code: 0, lines: [expect.any(String)] });
    expect(seen.json).toMatchObject({ serial: sim.serial, family: "podp", environment: "simulator", port: sim.address });
    expect(seen.lines.join()).not.toMatch(/"(?:mid|tid)"/i);

    const done = await run(sim.address, sim.serial, out);
    expect(done.lines).toHaveLength(1);
    expect(done.code).toBe(0);
    expect(done.json).toMatchObject({ endState: "CERT", outcome: "ERASED", code: "ok", seed: null, serial: sim.serial });
    expect(done.err).toMatch(/(\d\d)\/\1/);
    await expectWiped(state);

    const certificate = String(done.json["certificate"]);
    const judged = await answer("verify", certificate, "--trust", join(keys, "root.pem"), "--json");
    expect(judged.json).toMatchObject({ status: "ACCEPTED", environment: "simulator", outcome: "ERASED" });
    const strict = await answer("verify", certificate, "--trust", join(keys, "root.pem"), "--production", "--json");
    expect([strict.code, strict.json["status"]]).toEqual([statuses.REJECTED.exit, "REJECTED"]);

    const again = await resume(sim.address, out);
    expect(again).toMatchObject({ code: 0, json: { ...done.json, earlier: true } });
    expect(again.err).toContain("had ended before");
    const status = await answer("status", "--out", out, "--json");
    expect(status.json).toEqual({ runs: [expect.objectContaining({ serial: sim.serial, state: "ended", endState: "CERT", code: "ok" })] });

    const second = await run(sim.address, sim.serial, out);
    expect(second.json).toMatchObject({ endState: "CERT", blank: true });
    expect(second.json["certId"]).not.toBe(done.json["certId"]);
    sim.child.process.kill("SIGTERM");
    expect((await sim.child.ended).code).toBe(0);
  });

  it("that is killed in the middle leaves a HOLD of exit 6, and resume finishes when it is back", async () => {
    const state = at("killed");
    const out = at("killed-out");
    const line = ["--pty", "--model", "podp-small", "--seed", "8", "--state", state, "--cut", "erase:3"];
    const before = await simulate(...line);
    const stopped = await run(before.address, before.serial, out);
    expect((await before.child.ended).code).toBe("SIGKILL");
    expect(stopped).toMatchObject({ code: 6, json: { endState: "HOLD", exit: 6, certificate: null } });
    expect(readFileSync(String(stopped.json["hold"]), "utf8")).toContain(String(stopped.json["code"]));
    const held = await answer("status", "--out", out, "--json");
    expect(held.json).toMatchObject({ runs: [{ state: "held", endState: "HOLD", code: stopped.json["code"] }] });

    const after = await simulate(...line);
    expect(after.serial).toBe(before.serial);
    expect((await run(after.address, after.serial, out)).json).toMatchObject({ code: "run.open", exit: 2 });
    const finished = await resume(after.address, out);
    expect(finished).toMatchObject({ code: 0, json: { endState: "CERT", outcome: "ERASED", runId: stopped.json["runId"] } });
    await expectWiped(state);
    after.child.process.kill("SIGTERM");
    await after.child.ended;
  });
});
