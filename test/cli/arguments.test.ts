// What a command line says to a command line it cannot obey: one sentence, one remedy, one code, and exit codes that never change.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codes } from "../../src/base/codes.js";
import { statuses } from "../../src/verify.js";
import { sealQuickly } from "../tools/quick-keys.js";
import { say } from "./console.js";

const folder = mkdtempSync(join(tmpdir(), "decom-cli-"));
const keys = join(folder, "keys");
const out = join(folder, "out");
const env = { DECOM_PASSPHRASE: "only for this test", DECOM_KEYS: keys, DECOM_OUT: out };
const sim = ["--port", "sim:podp-small,seed=3"];
const run = ["run", ...sim, "--bench", "--json"];

beforeAll(async () => {
  const made = await say(["keys", "init", "--dir", keys, "--bench", "--algorithm", "p256", "--json"], env);
  expect(made).toMatchObject({ exit: 0, json: { dir: keys, algorithm: "p256" } });
  sealQuickly(keys, env.DECOM_PASSPHRASE);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("a command line that cannot be obeyed", () => {
  const lines: readonly (readonly [string, readonly string[], string, RegExp])[] = [
    ["an unknown command", ["wipe", "--json"], "args.invalid", /wipe/],
    ["a misspelt option", ["identify", "--prot", "x", "--json"], "args.invalid", /--prot/],
    ["no port", ["identify", "--json"], "args.invalid", /--port is missing/],
    ["a port that is none", ["identify", "--port", "ttyUSB0", "--json"], "args.invalid", /did you mean/],
    ["a baud rate that is no number", ["identify", ...sim, "--baud", "fast", "--json"], "args.invalid", /300 to 4000000/],
    ["a log level that is none", ["identify", ...sim, "--log", "loud", "--json"], "args.invalid", /trace, debug/],
    ["a simulated model that is none", ["identify", "--port", "sim:nobody", "--json"], "args.invalid", /podp-traditional/],
    ["a scenario that is none", ["identify", "--port", "sim:podp-small,scenario=x", "--json"], "args.invalid", /--list/],
    [
      "a scenario of another model",
      ["identify", "--port", "sim:podp-tiny,scenario=battery-dead", "--json"],
      "args.invalid",
      /about model podp-small/,
    ],
    ["a scenario file that is not there", ["simulate", "--tcp", "0", "--scenario", "./x.json", "--json"], "file.unreadable", /x\.json/],
    ["a run without an order", ["run", ...sim, "--expect-serial", "SIM3000001", "--yes", "--json"], "args.invalid", /--bench/],
    ["a fill that is none", [...run, "--fill", "twice"], "args.invalid", /stream, seed/],
    ["a fill beside an order", ["run", ...sim, "--order", "x.json", "--fill", "seed", "--json"], "args.invalid", /--fill/],
    ["isolation in words of one's own", [...run, "--isolated", "kept in a cupboard"], "args.invalid", /shielded, sim-out/],
    [
      "the same of a run that is taken up",
      ["resume", ...sim, "--yes", "--isolated", "shielded,drawer", "--json"],
      "args.invalid",
      /drawer: .*sim-out/,
    ],
    [
      "a run to be taken up in known words, of which there is none",
      ["resume", ...sim, "--yes", "--isolated", "shielded", "--json"],
      "run.none",
      /no run/,
    ],
    ["a streamed fill of a terminal on who knows which networks", [...run, "--fill", "stream"], "args.invalid", /--isolated/],
    [
      "a streamed fill of a terminal that is not kept off them",
      [...run, "--fill", "stream", "--isolated", "none"],
      "args.invalid",
      /--isolated/,
    ],
    ["a run off a terminal without --yes", [...run, "--expect-serial", "SIM3000001"], "args.consent", /nobody/],
    ["a run off a terminal without the serial number", [...run, "--yes"], "args.consent", /--expect-serial/],
    ["a resume off a terminal without --yes", ["resume", ...sim, "--json"], "args.consent", /nobody/],
    ["an abandon off a terminal without --yes", ["abandon", "--serial", "SIM3000001", "--json"], "args.consent", /nobody/],
    ["keys for anything but a bench", ["keys", "init", "--dir", `${folder}/other`, "--json"], "args.invalid", /--bench/],
    ["keys in a folder that has some", ["keys", "init", "--dir", keys, "--bench", "--json"], "keys.exists", /root.pem/],
    ["a simulator on two lines at once", ["simulate", "--pty", "--tcp", "0", "--json"], "args.invalid", /either/],
    ["a cut at a point that is none", ["simulate", "--tcp", "0", "--cut", "lunch", "--json"], "args.invalid", /settle.booked/],
    ["the inspection of a folder that is no terminal", ["simulate", "--inspect", folder, "--json"], "file.unreadable", /state folder/],
    [
      "a certificate that is not there",
      ["verify", `${folder}/x.json`, "--trust", `${keys}/root.pem`, "--json"],
      "file.unreadable",
      /x\.json/,
    ],
    ["a verification that trusts nothing", ["verify", `${folder}/x.json`, "--json"], "args.invalid", /--trust is missing/],
  ];
  it.each(lines)("%s", async (_, argv, code, message) => {
    const { exit, json, err, out: lines } = await say(argv, env);
    expect(json).toMatchObject({ code, exit: 2, message: expect.stringMatching(message), hint: expect.stringMatching(/\w/) });
    expect(exit).toBe(2);
    expect(lines).toHaveLength(1);
    expect(err.at(-1)).toContain(code);
  });

  it("says the same on stderr without --json, and nothing on stdout", async () => {
    const { exit, out: lines, err } = await say(["identify"], env);
    expect([exit, lines]).toEqual([2, []]);
    expect(err).toEqual([
      "--port is missing, and DECOM_PORT is not set",
      "  Run the command with --help and correct the named argument.",
      "  (code args.invalid, exit 2)",
    ]);
  });

  it("asks for the passphrase nowhere but in the environment, a descriptor or at the keyboard", async () => {
    const argv = ["run", ...sim, "--bench", "--expect-serial", "SIM3000001", "--yes", "--json"];
    expect((await say(argv, { DECOM_KEYS: keys, DECOM_OUT: out })).json).toMatchObject({ code: "keys.passphrase", endState: null });
    expect((await say(argv, { ...env, DECOM_PASSPHRASE: "wrong" })).json).toMatchObject({ code: "keys.passphrase" });
    const typed = await say(argv, { DECOM_KEYS: keys, DECOM_OUT: out }, ["also wrong"]);
    expect(typed.json).toMatchObject({ code: "keys.passphrase" });
    expect(typed.asked).toEqual(["Passphrase of the key folder: "]);
  });
});

describe("a run", () => {
  it("takes no for an answer, and a mistyped serial number as no", async () => {
    for (const answer of ["", "y", "SIM3000002"]) {
      const said = await say([...run, "--expect-serial", "SIM3000001"], env, [answer]);
      expect(said.json).toMatchObject({ code: "args.consent", exit: 2 });
      expect(said.asked[0]).toContain("SIM3000001");
    }
    expect(existsSync(out)).toBe(false);
  });

  it("refuses another terminal than the label says, and a production terminal, before anything is sent to it", async () => {
    const other = await say([...run, "--expect-serial", "SIM9999999", "--yes"], env);
    expect(other.json).toMatchObject({ endState: "REFUSE", code: "identity.serial", exit: 2, certificate: null, outcome: null, seed: 3 });
    const production = ["run", "--port", "sim:podp-production,seed=3", "--bench", "--expect-serial", "SIM3000001", "--yes", "--json"];
    expect((await say(production, env)).json).toMatchObject({ endState: "REFUSE", code: "order.bench", exit: 2 });
    expect(existsSync(out)).toBe(false);
  });

  it("with --dry-run says what would be done and leaves no run behind", async () => {
    const { exit, json } = await say([...run, "--expect-serial", "SIM3000001", "--dry-run"], env);
    expect(exit).toBe(0);
    expect(json).toMatchObject({ dryRun: true, code: "ok", serial: "SIM3000001", stops: [], would: { erase: { areas: [1, 2, 3] } } });
    expect((json["would"] as { send: { kind: string }[] }).send.map(({ kind }) => kind)).toEqual(["U03", "U05"]);
    expect(existsSync(out)).toBe(false);
  });
});

describe("a verification", () => {
  it("without a root that can be read is UNAVAILABLE: neither accepted nor the certificate's fault", async () => {
    for (const root of [`${folder}/none.pem`, folder, `${keys}/station.json`]) {
      const { exit, json } = await say(["verify", `${folder}/x.json`, "--trust", root, "--json"], env);
      expect([exit, json]).toMatchObject([7, { status: "UNAVAILABLE", code: "file.unreadable", http: 503, outcome: null }]);
    }
  });
});

describe("exit codes", () => {
  it("are the documented ones and no others", () => {
    expect([...new Set(Object.values(codes).map(({ exit }) => exit))].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 130]);
    expect(Object.values(statuses).map(({ exit }) => exit)).toEqual([0, 0, 0, 6, 5, 4, 4, 3, 7]);
  });

  it("are 0 for help and the version, 2 for nothing at all", async () => {
    expect((await say(["--help"])).exit).toBe(0);
    expect((await say(["--version"])).out).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
    expect((await say([])).exit).toBe(2);
  });
});
