// P1 to P24 against the simulated terminal, in virtual time; and the suite itself, which must object to terminals that do wrong.
import { expect, test } from "vitest";
import { conformanceCases, runCase } from "../../protocols/podp/conformance.js";
import { simBench } from "./bench.js";

test("there is a case for each of P1 to P24", () => {
  const ids = conformanceCases.map(({ id }) => id).sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
  expect(ids).toEqual(Array.from({ length: 24 }, (_, i) => `P${i + 1}`));
});

test.each(conformanceCases.map(({ id, title }) => [id, title]))("%s: %s", async (id) => {
  const bench = simBench();
  const one = conformanceCases.find((found) => found.id === id)!;
  expect(await bench.clock.run(() => runCase(one, bench))).toEqual({ end: "passed" });
});
