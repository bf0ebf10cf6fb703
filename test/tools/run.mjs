// The project's test command: every stage, then one line with what the runners reported. `--complete` adds the whole crash matrices.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const complete = process.argv.includes("--complete");
const total = { passed: 0, failed: 0, skipped: 0 };

process.chdir(root);
rmSync("reports", { recursive: true, force: true });
mkdirSync("reports");

const inPath = { ...process.env, PATH: [join(root, "node_modules/.bin"), process.env.PATH].join(delimiter) };

const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

/** Checks without a report of their own count as one test each. They run side by side and speak one after the other. */
async function checks(lines) {
  const each = Object.entries(lines).map(async ([name, line]) => {
    const started = Date.now();
    const child = spawn(line, { shell: true, stdio: ["ignore", "pipe", "pipe"], env: inPath });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
    const [code] = await once(child, "close");
    total[code === 0 ? "passed" : "failed"]++;
    console.log(`\n--- ${name}: ${code === 0 ? "ok" : "FAILED"}, ${seconds(started)}\n${said.trimEnd()}`);
  });
  await Promise.all(each);
}

/** A runner that ended badly although no test failed (a file that would not load, nothing run) counts as one failure. */
async function vitest(name, env) {
  console.log(`\n--- ${name}`);
  const started = Date.now();
  const report = `reports/${name}.json`;
  const line = `vitest run --reporter=default --reporter=json --outputFile.json=${report}`;
  const child = spawn(line, { shell: true, stdio: ["ignore", "inherit", "inherit"], env: { ...inPath, ...env } });
  const [code] = await once(child, "close");
  const seen = existsSync(report)
    ? JSON.parse(readFileSync(report, "utf8"))
    : { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  total.passed += seen.numPassedTests;
  total.failed += seen.numFailedTests;
  total.skipped += seen.numPendingTests + seen.numTodoTests;
  if (code !== 0 && seen.numFailedTests === 0) total.failed++;
  console.log(`--- ${name}: ${code === 0 ? "ok" : "FAILED"}, ${seconds(started)}`);
}

// The tests run what these two make; the rest is looked at while they run.
await checks({ build: "npm run --silent build", "types, and code of the matrix": "tsc -p tsconfig.matrix.json" });
await Promise.all([
  checks({ "format and lint": "biome check .", "unused code": "knip", package: "npm run --silent package" }),
  vitest("tests", { DECOM_BUILT: "1", ...(complete ? { DECOM_MATRIX: "complete" } : {}) }),
]);

const nothing = total.passed === 0;
console.log(`\n${total.passed} passed, ${total.failed + (nothing ? 1 : 0)} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 || nothing ? 1 : 0;
