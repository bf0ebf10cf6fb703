import { describe, expect, it } from "vitest";
import { readScenario } from "../../src/sim/scenario/scenario.js";
import { corpus } from "../support/corpus.js";

const good = {
  name: "some-scenario",
  rows: ["E06"],
  title: "The answer is lost and found again.",
  model: "podp-small",
  seed: 7,
  host: { silent: "after" },
  faults: [{ fault: "drop", on: "in", after: "settle.sent" }],
  script: [{ do: "run" }, { do: "wait", hours: 2 }, { do: "resume" }],
  expect: { endState: "CERT", code: "ok", exit: 0, outcome: "ERASED", items: { host: 5, terminal: 0 } },
};
const read = (change: object) => () => readScenario(JSON.stringify({ ...good, ...change }), "x.json");

describe("a scenario file", () => {
  it("is read as it is written", () => {
    expect(read({})()).toEqual(good);
  });

  it.each([
    ["a misspelt field", { tittle: "x" }, "tittle: no such field"],
    ["a misspelt condition", { host: { silnet: "after" } }, "host.silnet: no such field"],
    ["a misspelt fault", { faults: [{ fault: "drip", on: "in", frame: 1 }] }, "faults[0].fault: one of drop, double"],
    ["a field of another fault", { faults: [{ fault: "drop", on: "in", frame: 1, bit: 3 }] }, "faults[0].bit: no such field"],
    ["a misspelt act", { script: [{ do: "run" }, { do: "resmue" }] }, "script[1].do: one of run, resume"],
    ["a missing field", { expect: { ...good.expect, items: { host: 5 } } }, "expect.items.terminal: missing"],
    ["a kind that is none", { plant: { items: [{ kind: "U27" }] } }, "plant.items[0].kind: one of U01"],
    ["a number that is none", { seed: "7" }, 'seed: a whole number from 0 to 999999999999, not "7"'],
    ["a fraction of a cent", { host: { excess: 0.5 } }, "host.excess: a whole number"],
    ["a point that is none", { faults: [{ fault: "power", at: "lunch" }] }, "faults[0].at: one of hello"],
    ["a fault on a line without a place", { faults: [{ fault: "drop", on: "in" }] }, "faults[0]: either frame or after"],
    ["a power cut without a place", { faults: [{ fault: "power" }] }, "faults[0]: either at or write"],
    ["a field of every object's prototype", { host: { constructor: true } }, "host.constructor: no such field"],
  ])("with %s is refused, and told where", (_, change, said) => {
    expect(read(change)).toThrow(expect.objectContaining({ code: "args.invalid", message: expect.stringContaining(`x.json: ${said}`) }));
  });

  it("that is no JSON is refused", () => {
    expect(() => readScenario("{", "x.json")).toThrow(expect.objectContaining({ code: "args.invalid" }));
  });
});

describe("the corpus", () => {
  it("has each name once, and each file under its name", () => {
    expect(corpus.length).toBeGreaterThan(45);
    expect(new Set(corpus.map(({ name }) => name)).size).toBe(corpus.length);
  });
});
