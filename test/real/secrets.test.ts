// Nothing leaks (I6), in the program as people run it: every word on stdout and stderr at trace level and every file that it leaves, also when it dies of a defect.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { serialOf } from "../../src/sim/provision.js";
import { foundIn, secretsOf } from "../support/planted.js";
import { root, start } from "../tools/child.js";
import { at, env, keys } from "../tools/decom.js";

const MODEL = "podp-small";

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());

async function run(name: string, port: string, seed: number, node: string) {
  const out = at(name);
  const args = ["run", "--port", port, "--bench", "--keys", keys, "--expect-serial", serialOf(seed), "--yes", "--json", "--events"];
  const child = start(process.execPath, [join(root, "dist/src/cli/main.js"), ...args, "--log", "trace", "--out", out], {
    ...env,
    NODE_OPTIONS: node,
  });
  child.process.stdin.end();
  const { code, out: said, err } = await child.ended;
  const files = [...filesIn(out), ...filesIn(join(keys, "state"))];
  const outputs = [
    { path: "stdout", bytes: Buffer.from(said) },
    { path: "stderr", bytes: Buffer.from(err) },
    ...files.map((path) => ({ path, bytes: readFileSync(path) })),
  ];
  return { code, said, err, outputs };
}

/** From the 100th time stamp on nothing can be dated any more: a defect in the middle of a run, and in whatever would tell of it. */
const DEFECT = `--import=data:text/javascript,${encodeURIComponent(
  "const dated=Date.prototype.toISOString;let n=0;Date.prototype.toISOString=function(){if(++n>100)throw new TypeError('no such date');return dated.call(this)};",
)}`;

it.each([
  ["a finished run", `sim:${MODEL},seed=8`, 8, "", 0, '"endState":"CERT"'],
  ["a parked one", `sim:${MODEL},scenario=deregistered-with-open-batch`, 7, "", 4, '"endState":"HOLD"'],
  ["one with a defect of ours", `sim:${MODEL},seed=9`, 9, DEFECT, 1, "no such date"],
])("planted secrets are in nothing that %s says or leaves", async (name, port, seed, node, exit, wanted) => {
  const { code, said, err, outputs } = await run(name, port, seed, node);
  expect({ code, err }).toMatchObject({ code: exit });
  expect(said + err).toContain(wanted);
  expect(outputs.length).toBeGreaterThan(3);
  for (const { path, bytes } of outputs) expect(foundIn(bytes, secretsOf(MODEL, seed)), path).toEqual([]);
});
