// `npm run demo`: the main job as a person would type it, with real processes over a real line, at a pace one can follow.
import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { systemClock } from "../base/clock.js";
import { words } from "../base/words.js";

const MAIN = fileURLToPath(new URL("main.js", import.meta.url));
const { demo } = words;
const colour = process.stderr.isTTY === true && (process.env["NO_COLOR"] ?? "") === "" && process.env["TERM"] !== "dumb";
const begun = systemClock.monotonic();
const folder = mkdtempSync(join(tmpdir(), "decom-demo-"));
const keys = join(folder, "keys");
const env = { ...process.env, DECOM_PASSPHRASE: randomBytes(18).toString("base64url"), DECOM_KEYS: keys };

const say = (line: string) => void process.stderr.write(`${line}\n`);
const title = (text: string) => say(colour ? `\n\x1b[1m${text}\x1b[0m` : `\n${text}`);
const typed = (program: string, args: readonly string[]) => say(`$ ${[program, ...args].join(" ")}`);

class DemoFailed extends Error {}

/** Runs `decom` as a user would; what it prints for people goes through, its last line comes back. */
function decom(args: readonly string[], result: "show" | "keep" = "show"): string {
  typed("decom", args);
  const { stdout, status } = spawnSync(process.execPath, [MAIN, ...args], { env, stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" });
  if (result === "show") say(stdout.trimEnd());
  if (status !== 0) throw new DemoFailed(`decom ${args[0]}: ${status}\n${stdout}`);
  return stdout.trimEnd().split("\n").at(-1) ?? "";
}

interface Ready {
  readonly address: string;
  readonly serial: string;
}

type Simulator = ChildProcessByStdio<null, Readable, null>;

function startSimulator(...line: readonly string[]): Promise<{ ready: Ready; child: Simulator }> {
  const args = ["simulate", ...line, "--seed", "7", "--state", join(folder, "terminal"), "--owner", join(keys, "owner.pem"), "--speed", "2", "--baud", "115200"]; // biome-ignore format: one line
  typed("decom", args);
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
      if (!out.includes("\n")) return;
      say(out.trimEnd());
      resolve({ ready: JSON.parse(out), child });
    });
    child.once("exit", (code) => reject(new DemoFailed(`decom simulate: ${code}`)));
  });
}

function has(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: "ignore" }).error === undefined;
}

function judge(certificate: string, signature: string): void {
  title(demo.verify);
  decom(["verify", certificate, "--trust", join(keys, "root.pem")]);
  if (!has("openssl", "version")) {
    say(demo.noOpenssl);
    return;
  }
  title(demo.openssl);
  const files = ["-in", signature, "-content", certificate, "-CAfile", join(keys, "root.pem")];
  const strict = ["-binary", "-cades", "-x509_strict", "-auth_level", "2", "-no-CApath", "-no-CAstore"];
  const args = ["cms", "-verify", ...strict, "-inform", "DER", ...files, "-out", "/dev/null"];
  typed("openssl", args);
  if (spawnSync("openssl", args, { stdio: ["ignore", "inherit", "inherit"] }).status !== 0) throw new DemoFailed("openssl cms -verify");
}

async function main(): Promise<string> {
  title(demo.begin);
  title(demo.keys);
  decom(["keys", "init", "--dir", keys, "--bench"]);
  title(demo.start);
  const pty = has("socat", "-V");
  if (!pty) say(demo.overTcp);
  const { ready, child } = await startSimulator(...(pty ? ["--pty"] : ["--tcp", "0"]));
  try {
    const port = ["--port", ready.address];
    const inspect = ["simulate", "--inspect", join(folder, "terminal")];
    title(demo.identify);
    decom(["identify", ...port]);
    title(demo.before);
    decom(inspect);
    title(demo.run);
    const out = join(folder, "out");
    const last = decom(
      ["run", ...port, "--bench", "--keys", keys, "--expect-serial", ready.serial, "--yes", "--json", "--out", out],
      "keep",
    );
    title(demo.after);
    decom(inspect);
    const { certificate, signature } = JSON.parse(last) as { certificate: string; signature: string }; // a run that ended well has both
    judge(certificate, signature);
    return last;
  } finally {
    child.kill("SIGTERM");
  }
}

try {
  const last = await main();
  title(demo.done(((systemClock.monotonic() - begun) / 1000).toFixed(1), folder));
  process.stdout.write(`${last}\n`);
} catch (thrown) {
  if (!(thrown instanceof DemoFailed)) throw thrown;
  say(demo.failed(thrown.message));
  process.exitCode = 1;
}
