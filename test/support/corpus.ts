// The scenario files, read.
import { readdirSync, readFileSync } from "node:fs";
import { readScenario, type Scenario } from "../../src/sim/scenario/scenario.js";

const FOLDER = "fixtures/scenarios";

export const corpus: readonly Scenario[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".json"))
  .sort()
  .map((file) => readScenario(readFileSync(`${FOLDER}/${file}`, "utf8"), file));
