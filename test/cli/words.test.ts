// The catalogue: everything a person can be shown has its sentence, and commands take their sentences from nowhere else.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { codes } from "../../src/base/codes.js";
import { words } from "../../src/base/words.js";
import { orderRules } from "../../src/evidence/order/rules.js";
import { steps } from "../../src/procedure/plan.js";
import { kinds } from "../../src/terminal/facts.js";
import { say } from "./console.js";

const cli = fileURLToPath(new URL("../../src/cli/", import.meta.url));

function leaves(of: unknown): unknown[] {
  return typeof of === "object" && of !== null ? Object.values(of).flatMap(leaves) : [of];
}

describe("the catalogue", () => {
  it("names every step of the plan, every kind of item and every code, and nothing that does not exist", () => {
    expect(Object.keys(words.step)).toEqual(steps.map(({ name }) => name));
    expect(Object.keys(words.orderRule)).toEqual(["signature", ...Object.keys(orderRules)]);
    expect(Object.keys(words.kind)).toEqual(Object.keys(kinds));
    expect(Object.keys(words.remedy).sort()).toEqual(Object.keys(codes).sort());
  });

  it("holds sentences and functions that make them, never an empty one", () => {
    for (const leaf of leaves(words)) expect(typeof leaf === "function" || (typeof leaf === "string" && leaf.trim() !== "")).toBe(true);
  });

  it("describes every command and option", async () => {
    const names = (await say(["--help"])).out.join("\n").match(/^ {2}([a-z]+)(?= )/gm) ?? [];
    expect(names.map((name) => name.trim())).toEqual(expect.arrayContaining(["ports", "run", "resume", "conform", "doctor"]));
    for (const name of names) {
      const help = (await say([name.trim(), "--help"])).out.join("\n");
      for (const [, option, rest] of help.matchAll(/^ {2}(?:-h, )?(--[a-z-]+(?: <[^>]+>)?)(.*)$/gm)) {
        expect(`${option}${rest}`, `${name} ${option}`).toMatch(/ {2}\S/);
      }
    }
  });

  it("is where commands take their sentences from", () => {
    const files = readdirSync(cli, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
    expect(files.length).toBeGreaterThan(15);
    const shown = /\b(?:io\.err|io\.out|io\.status|title|say|description|option)\(\s*["'`][A-Z][a-z]+ /;
    expect(files.filter((name) => shown.test(readFileSync(join(cli, name), "utf8")))).toEqual([]);
  });
});
