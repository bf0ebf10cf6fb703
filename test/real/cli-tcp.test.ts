// A terminal in another process, on TCP: clients one after another, a slow line, production, Ctrl-C, and nobody there.
import { describe, expect, it } from "vitest";
import { answer, at, decom, inspect, resume, run, simulate } from "../tools/decom.js";

describe("a terminal on TCP in another process", () => {
  it("answers one client after another and keeps what it is", async () => {
    const sim = await simulate("--tcp", "0", "--model", "podp-small", "--seed", "5");
    for (let i = 0; i < 3; i++) expect((await answer("identify", "--port", sim.address, "--json")).json["serial"]).toBe(sim.serial);
    const wrong = await run(sim.address, "SIM0000099", at("tcp-out"));
    expect(wrong).toMatchObject({ code: 2, json: { endState: "REFUSE", code: "identity.serial", outcome: null, seed: null } });
    const done = await run(sim.address, sim.serial, at("tcp-out"));
    expect(done).toMatchObject({ code: 0, json: { endState: "CERT", outcome: "ERASED" } });
    sim.child.process.kill("SIGINT");
    expect((await sim.child.ended).code).toBe(0);
  });

  it("takes as long as a serial line of --baud would", async () => {
    const sim = await simulate("--tcp", "0", "--model", "podp-small", "--seed", "5", "--baud", "2400");
    const begun = performance.now();
    expect((await answer("identify", "--port", sim.address, "--json")).code).toBe(0);
    expect(performance.now() - begun).toBeGreaterThan(1000);
    sim.child.process.kill("SIGTERM");
    await sim.child.ended;
  });

  it("that says it is in production is left alone", async () => {
    const sim = await simulate("--tcp", "0", "--model", "podp-production", "--state", at("production"));
    const refused = await run(sim.address, sim.serial, at("production-out"));
    expect(refused).toMatchObject({ code: 2, json: { endState: "REFUSE", code: "order.bench" } });
    expect(await inspect(at("production"))).toMatchObject({ bookings: [], violations: [] });
    sim.child.process.kill("SIGTERM");
    await sim.child.ended;
  });

  it("is left at a safe point after the first Ctrl-C, and resume goes on", async () => {
    const sim = await simulate("--tcp", "0", "--model", "podp-small", "--seed", "6", "--speed", "4");
    const out = at("stopped-out");
    const child = decom(
      "run",
      "--port",
      sim.address,
      "--bench",
      "--expect-serial",
      sim.serial,
      "--yes",
      "--json",
      "--events",
      "--out",
      out,
    );
    await child.line(/"type":"begin","step":"settle"/);
    child.process.kill("SIGINT");
    const { code, out: said, err } = await child.ended;
    expect(code).toBe(130);
    expect(err).toContain("safe point");
    const last = said.trimEnd().split("\n").at(-1) ?? "";
    expect(JSON.parse(last)).toMatchObject({ code: "run.interrupted", exit: 130, endState: null });
    expect(said).toMatch(/"type":"end","step":"settle"/);
    expect(await resume(sim.address, out)).toMatchObject({ code: 0, json: { endState: "CERT", outcome: "ERASED" } });
    sim.child.process.kill("SIGTERM");
    await sim.child.ended;
  });

  it("or nothing at all: exit 3, in bounded time", async () => {
    const nobody = await answer("identify", "--port", "tcp:127.0.0.1:1", "--patience", "200", "--json");
    expect(nobody).toMatchObject({ code: 3, json: { code: "port.open", exit: 3 } });
  });
});
