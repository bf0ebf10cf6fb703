// The scenarios that come with the program, by name, and others by file.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DecomError } from "../base/errors.js";
import { words } from "../base/words.js";
import { readScenario, type Scenario } from "../sim/scenario/scenario.js";

/** Seen from src/cli, or from dist/src/cli. */
function folder(): string | undefined {
  return ["../../fixtures/scenarios", "../../../fixtures/scenarios"]
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(path));
}

export function scenarios(): Scenario[] {
  const at = folder();
  if (at === undefined) return [];
  return readdirSync(at)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => readScenario(readFileSync(`${at}/${name}`, "utf8"), name));
}

/** By its name, or by the path of a file (with a slash or a dot in it). */
export function scenarioOf(name: string): Scenario {
  if (/[./\\]/.test(name)) {
    try {
      return readScenario(readFileSync(name, "utf8"), name);
    } catch (cause) {
      if (cause instanceof DecomError) throw cause;
      throw new DecomError("file.unreadable", `cannot read ${name}: ${(cause as Error).message}`, { cause, path: name }); // fs gives Errors
    }
  }
  const file = `${folder() ?? ""}/${name}.json`;
  if (!existsSync(file)) throw new DecomError("args.invalid", words.cli.noScenario(name), { scenario: name });
  return readScenario(readFileSync(file, "utf8"), `${name}.json`);
}

/** What the scenario has for people's hands: no program does these for them. */
export function byHand({ faults = [], script = [], label, order }: Scenario): string[] {
  const agent = faults.flatMap((fault) => (fault.fault in words.byHand ? [fault.fault as keyof typeof words.byHand] : []));
  const acts = script.flatMap(({ do: act }) => (act in words.byHand ? [act as keyof typeof words.byHand] : [])); // both were just looked up
  const papers = [...(label === undefined ? [] : ["label" as const]), ...(order === undefined ? [] : ["order" as const])];
  return [...new Set([...papers, ...agent, ...acts])].map((name) => words.byHand[name]);
}
