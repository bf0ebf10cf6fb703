// The `decom` command as a process: its keys, its streams, its end, and the terminals and scenarios that it simulates.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { say } from "../cli/console.js";
import { start, startModule } from "../tools/child.js";
import { answer, at, decom, env, expectWiped, keys, run, simulate } from "../tools/decom.js";

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
