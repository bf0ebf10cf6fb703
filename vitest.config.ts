import { defineConfig } from "vitest/config";

/** Whole runs in memory. */
const WHOLE = [
  "test/procedure/**/*.test.ts",
  "test/cli/**/*.test.ts",
  "test/podp/{stream,efficiency,fill-times}.test.ts",
  "test/sim/host/{agent,settling}.test.ts",
  "test/evidence/{archive-run,archive-secrets,hold,verify}.test.ts",
];

/** A worker lives for a minute: what the engine optimizes early in it is seldom earned back. */
const LATE_OPTIMIZING = "--interrupt-budget=250000";

/** unit: parts, under ten seconds. matrix: scenarios, and a seeded share of the crash matrices. real: ptys, sockets, child processes, OpenSSL. */
export default defineConfig({
  test: {
    // The real tests mostly wait for their children; of a complete matrix the four long files are to end together.
    maxWorkers: process.env["DECOM_MATRIX"] === "complete" ? 4 : 3,
    projects: [
      {
        test: {
          name: "unit",
          isolate: false,
          testTimeout: 30_000,
          include: ["test/**/*.test.ts"],
          exclude: ["test/{real,matrix}/**", ...WHOLE],
        },
      },
      { test: { name: "whole", isolate: false, execArgv: [LATE_OPTIMIZING], testTimeout: 60_000, include: WHOLE } },
      {
        test: {
          name: "matrix",
          isolate: false,
          include: ["test/matrix/**/*.test.ts"],
          globalSetup: ["test/tools/build-matrix.ts"],
          server: { deps: { external: [/\/reports\/matrix\//] } },
          // Two workers on two cores: helper threads of the engine would only be in each other's way.
          execArgv: ["--single-threaded", "--max-semi-space-size=64", LATE_OPTIMIZING],
          testTimeout: 600_000,
        },
      },
      {
        test: {
          name: "real",
          include: ["test/real/**/*.test.ts"],
          globalSetup: ["test/tools/build.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
