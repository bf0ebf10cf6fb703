import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { words } from "../../src/base/words.js";
import { kinds } from "../../src/terminal/facts.js";
import { corpus } from "../support/corpus.js";
import { remarks, situations, withoutScenario } from "./rows.js";

const readme = readFileSync("fixtures/scenarios/README.md", "utf8");

const met = (row: string) => corpus.filter(({ rows }) => rows.includes(row));

/** `CERT`, or the end state with its code; what ends no run has its code alone. */
function endOf({ expect: { endState, code } }: (typeof corpus)[number]): string {
  return code === "ok" ? (endState ?? "") : [endState, code].filter((part) => part !== null).join(" ");
}

const told = (row: string) =>
  met(row)
    .map((scenario) => `\`${scenario.name}\` ${endOf(scenario)}`)
    .join(" · ");

const answered = (row: string) => [told(row), ...(remarks[row] === undefined ? [] : [remarks[row]])].join("; ");
const edges = Object.entries(situations).map(
  ([row, about]) => `| ${row} | ${about} | ${met(row).length === 0 ? `– ${withoutScenario[row]}` : answered(row)} |`,
);
const items = Object.entries(kinds).map(
  ([kind, { gate }]) => `| ${kind} | ${words.kind[kind as keyof typeof kinds]} | ${gate} | ${told(kind)} |`,
);
const table = (head: string, lines: readonly string[]) => [head, head.replace(/[^|]+/g, "---"), ...lines].join("\n");

it("every row of the edge matrix, E01 to E99, has a scenario or a reason, and none has both", () => {
  const rows = Array.from({ length: 99 }, (_, i) => `E${String(i + 1).padStart(2, "0")}`);
  expect(Object.keys(situations)).toEqual(rows);
  expect(rows.filter((row) => met(row).length === 0 && withoutScenario[row] === undefined)).toEqual([]);
  expect(rows.filter((row) => met(row).length > 0 && withoutScenario[row] !== undefined)).toEqual([]);
  expect(Object.keys(remarks).filter((row) => met(row).length === 0)).toEqual([]);
});

it("every kind of unsettled item, U01 to U26, has a scenario", () => {
  expect(Object.keys(kinds).filter((kind) => met(kind).length === 0)).toEqual([]);
});

it("the tables of fixtures/scenarios are those of the corpus, each there once", () => {
  const wanted = [
    table("| kind | what | gate | scenario and end |", items),
    table("| row | situation | scenario and end, or why there is none |", edges),
  ];
  for (const text of wanted) if (!readme.includes(text)) console.log(text);
  expect(readme.match(/^\| E01 \|/gm)).toHaveLength(1);
  expect(wanted.map((text) => readme.split(text).length - 1)).toEqual([1, 1]);
});
