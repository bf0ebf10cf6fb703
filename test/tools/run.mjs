// The project's test command: every stage, then one line with what the runners reported. `--complete` adds the whole crash matrices.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const complete = process.argv.includes("--complete");
const total = { passed: 0, failed: 0, skipped: 0 };

process.chdir(root);
process.env.PATH = [join(root, "node_modules/.bin"), process.env.PATH].join(delimiter);
rmSync("reports", { recursive: true, force: true });
mkdirSync("reports");

/** Runs a command line to its end; true when it ended well. */
function run(line, env = {}) {
  const { status } = spawnSync(line, { shell: true, stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, ...env } });
  return status === 0;
}

function stage(name, work) {
  console.log(`\n--- ${name}`);
  const started = Date.now();
  const before = total.failed;
  work();
  console.log(`--- ${name}: ${total.failed === before ? "ok" : "FAILED"}, ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/** A stage without a report of its own counts as one test. */
function check(name, line) {
  stage(name, () => total[run(line) ? "passed" : "failed"]++);
}

/** A runner that ended badly although no test failed (a file that would not load, nothing run) counts as one failure. */
function vitest(name, args, env) {
  stage(name, () => {
    const report = `reports/${name}.json`;
    const well = run(`vitest run --reporter=default --reporter=json --outputFile.json=${report} ${args}`, env);
    const seen = existsSync(report)
      ? JSON.parse(readFileSync(report, "utf8"))
      : { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
    total.passed += seen.numPassedTests;
    total.failed += seen.numFailedTests;
    total.skipped += seen.numPendingTests + seen.numTodoTests;
    if (!well && seen.numFailedTests === 0) total.failed++;
  });
}

check("types", "tsc -p tsconfig.json");
check("format and lint", "biome check .");
check("unused code", "knip");
check("package", "npm run package");
vitest("tests", "", complete ? { DECOM_MATRIX: "complete" } : {});

const nothing = total.passed === 0;
console.log(`\n${total.passed} passed, ${total.failed + (nothing ? 1 : 0)} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 || nothing ? 1 : 0;
