import { test } from "vitest";
import { conformanceCases } from "../../protocols/podp/conformance.js";
import { simBench } from "./bench.js";
test("dbg", async () => {
  const bench = simBench();
  const orig = bench.cutAtWrite!;
  const b = { ...bench, get sim() { return bench.sim; }, cutAtWrite(n: number) { console.log("cut", n, bench.clock.monotonic()); orig.call(bench, n); } };
  try { await bench.clock.run(() => conformanceCases.find(({ id }) => id === "P24")!.run(b)); } catch (e) { console.log((e as Error).stack, bench.clock.monotonic()); }
});
