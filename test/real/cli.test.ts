// The `decom` command as other programs call it: child processes over ptys and TCP, with power cuts, signals and full runs.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { statuses } from "../../src/verify.js";
import { say } from "../cli/console.js";
import { start, startModule } from "../tools/child.js";
import { answer, at, decom, env, expectWiped, inspect, keys, resume, run, simulate } from "../tools/decom.js";
import { has } from "../tools/has.js";

describe("keys init", () => {
  it("writes root, owner and private keys that only their user can read, and the passphrase nowhere", () => {
    const names = readdirSync(keys);
    expect(names).toEqual(expect.arrayContaining(["root.pem", "owner.pem", "station.json"]));
    for (const name of names.filter((one) => /\.key$|^station\.(?:p12|pem)$/.test(one))) {
      expect(statSync(join(keys, name)).mode & 0o777).toBe(0o600);
    }
    for (const name of names.filter((one) => statSync(join(keys, one)).isFile())) {
      expect(readFileSync(join(keys, name), "latin1")).not.toContain(env.DECOM_PASSPHRASE);
    }
  });

  it("takes the passphrase from a file descriptor too", async () => {
    const secret = at("secret");
    writeFileSync(secret, "from a descriptor\n");
    const child = start(
      "sh",
      ["-c", `exec "$0" dist/src/cli/main.js keys init --dir "$1" --bench --algorithm p256 --passphrase-fd 3 --json 3<"$2"`, process.execPath, at("keys-fd"), secret], // biome-ignore format: one line
      { DECOM_PASSPHRASE: "" },
    );
    expect((await child.ended).code).toBe(0);
    expect(readFileSync(at("keys-fd", "owner.key"), "latin1")).toContain("ENCRYPTED");
  });
});

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

describe("the process", () => {
  it("is not stopped by a reader that goes away", async () => {
    const out = at("epipe-out");
    const child = decom(
      "run",
      "--port",
      "sim:podp-small,seed=4",
      "--bench",
      "--expect-serial",
      "SIM4000001",
      "--yes",
      "--events",
      "--out",
      out,
    );
    child.process.stdout.destroy();
    child.process.stderr.destroy();
    const [code] = await new Promise<[number | null]>((done) => child.process.once("exit", (exit) => done([exit])));
    expect(code).toBe(0);
    expect((await answer("status", "--out", out, "--json")).json).toMatchObject({ runs: [{ state: "ended", code: "ok" }] });
  });

  it("ends even when a driver holds a thread in the kernel", async () => {
    const fifo = at("fifo");
    expect(spawnSync("mkfifo", [fifo]).status).toBe(0);
    const program = (stuck: boolean) => `
      import { readFile } from "node:fs";
      import { leave, serialOpened } from "./dist/src/cli/stop.js";
      serialOpened();
      if (${stuck}) readFile(${JSON.stringify(fifo)}, () => undefined);
      setTimeout(() => leave(6), 100);`;
    expect((await startModule(program(false)).ended).code).toBe(6);
    expect((await startModule(program(true)).ended).code).toBe("SIGKILL");
  });

  it("of a command that needs no serial port loads no native module", async () => {
    const child = start(process.execPath, ["--input-type=module", "-e", `
      await import("./dist/src/index.js"); await import("./dist/src/simulator.js"); await import("./dist/src/cli/program.js");
      console.log(process.report.getReport().sharedObjects.filter((path) => path.endsWith(".node")).length);`]); // biome-ignore format: a program
    expect((await child.ended).out.trim()).toBe("0");
  });
});

describe("a simulated port in the same process", () => {
  const port = ["--port", "sim:podp-small,seed=3"];
  const here = { ...env, DECOM_OUT: at("sim-out") };

  it("gives one JSON object and keeps everything else off stdout; --events come before it", async () => {
    const argv = ["run", ...port, "--bench", "--expect-serial", "SIM3000001", "--json"];
    const quiet = await say([...argv, "--yes"], here);
    expect(quiet.out).toHaveLength(1);
    expect(quiet.json).toMatchObject({ endState: "CERT", outcome: "ERASED", code: "ok", exit: 0, seed: 3 });
    // The same seed again would be another terminal with the same serial number.
    const another = argv.map((one) => one.replace("seed=3", "seed=21").replace("SIM3000001", "SIM21000001"));
    const told = await say([...another, "--events"], here, ["SIM21000001"]);
    expect(told.json).toMatchObject({ endState: "CERT", code: "ok" });
    const events = told.out.slice(0, -1).map((line) => JSON.parse(line) as { type: string; step: string; row?: number; rows?: number });
    const begun = events.filter(({ type }) => type === "begin");
    expect(begun.map(({ row, rows }) => `${row}/${rows}`)).toEqual(begun.map((_, i) => `${i + 1}/22`));
    expect(events.every(({ step }) => step !== "")).toBe(true);
    expect((await say(["status", "--json"], here)).json).toMatchObject({ runs: [{ state: "ended" }, { state: "ended" }] });
  });

  it("conforms to the specification, or decom conform says where not and exits 1", async () => {
    const { exit, json } = await say(["conform", ...port, "--json"], here);
    expect(json).toMatchObject({ failed: 0, exit: 0, seed: 3 });
    expect(json["cases"]).toHaveLength(24);
    expect(exit).toBe(0);
  });
});

describe("a scenario for a person", () => {
  it("is met on a simulated port, and says what it is about", async () => {
    const argv = [
      "run",
      "--port",
      "sim:podp-small,scenario=deregistered-with-open-batch,seed=12",
      "--bench",
      "--expect-serial",
      "SIM12000001",
      "--json",
    ];
    const { exit, json, err } = await say([...argv, "--yes"], { ...env, DECOM_OUT: at("scenario-out") });
    expect(err[0]).toMatch(/^Scenario: The host no longer knows the terminal/);
    expect(json).toMatchObject({ endState: "HOLD", code: "settle.deregistered", exit: 4, seed: 12 });
    expect(exit).toBe(4);
  });

  it("is met in another process, which loses its power in the wipe and gets it back", async () => {
    const state = at("scenario-state");
    const sim = await simulate("--tcp", "0", "--scenario", "power-cut-in-wipe", "--seed", "22", "--state", state);
    expect(sim).toMatchObject({ scenario: "power-cut-in-wipe", seed: 22 });
    const done = await run(sim.address, sim.serial, at("scenario-tcp"));
    expect(done.json).toMatchObject({ endState: "CERT", outcome: "ERASED" });
    sim.child.process.kill();
    await sim.child.ended;
    await expectWiped(state);
  });

  it("is one of a list, and a file that does not read is refused with the place", async () => {
    const { json } = await say(["simulate", "--list", "--json"], env);
    expect((json["scenarios"] as { name: string }[]).map(({ name }) => name)).toContain("power-cut-in-wipe");
    writeFileSync(at("own.json"), JSON.stringify({ name: "own", rows: [], tittle: "x" }));
    const bad = await say(["simulate", "--tcp", "0", "--scenario", at("own.json"), "--json"], env);
    expect(bad.json).toMatchObject({ code: "args.invalid", message: expect.stringContaining("own.json: tittle: no such field") });
  });
});
