// src/sim/host/README.md against the program: fields, options, and six messages byte by byte.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { hex, unhex } from "../../../src/base/bytes.js";
import { decode, fieldTable } from "../../../src/sim/host/iso8583.js";
import { worked } from "./worked.js";

const read = (path: string) => readFileSync(new URL(`../../../src/sim/host/${path}`, import.meta.url), "utf8");
const readme = read("README.md");
const cells = (line: string) => line.split("|").slice(1, -1).map((cell) => cell.trim()); // biome-ignore format: one line
/** The rows below a header. */
function table(header: string, text = readme): string[][] {
  const lines = text.slice(text.indexOf(`| ${header} |`)).split("\n");
  return lines
    .slice(
      2,
      lines.findIndex((line) => !line.startsWith("|")),
    )
    .map(cells);
}
const sections = new Map(readme.split("\n### ").slice(1).map((text) => [/label=(\S+)/.exec(text)![1]!, text])); // biome-ignore format: one line

test("the table of fields is the declared one", () => {
  const declared = Object.entries(fieldTable).map(([field, { form, size, prefix }]) => [field, `${form} ${prefix > 0 ? ".." : ""}${size}`]);
  expect(table("field | what | format").map(([field, , format]) => [field, format])).toEqual(declared);
});

test("every option of the host is told, and no other", () => {
  const declared = [...read("options.ts").matchAll(/readonly (\w+)\?/g)].map(([, name]) => name);
  const told = table("option | what the host does").flatMap(([names]) => names!.replaceAll("`", "").split(", "));
  expect(told.sort()).toEqual(declared.sort());
});

test("there are six worked messages", () => {
  expect([...sections.keys()]).toEqual([...worked.keys()]);
  expect(worked.size).toBe(6);
});

test.each([...worked])("%s is made again byte for byte, and its parts add up to it", (label, bytes) => {
  const section = sections.get(label)!;
  const [, block = ""] = /```hex label=\S+\n([^`]*)```/.exec(section)!;
  expect(hex(unhex(block))).toBe(hex(bytes));
  const parts = table("bytes | part | says", section);
  expect(hex(unhex(parts.map(([part]) => part).join("")))).toBe(hex(bytes));
  const [, sum = "", length, sixteen] = /^([0-9+ ()]+) = (\d+) = ([0-9A-F]+)\./m.exec(section)!;
  const added = sum.match(/\d+/g)!.reduce((total, term) => total + Number(term), 0);
  expect([added, Number.parseInt(sixteen!, 16)]).toEqual([Number(length), bytes.length - 2]);
  expect(added).toBe(bytes.length - 2);
  const message = decode(bytes);
  if ("noise" in message) throw new Error(message.noise);
  const told = parts.slice(4).map(([, part, says]) => [part!.split(" ")[0], says!.slice(1, -1)]);
  expect(Object.fromEntries(told)).toEqual(message.fields);
  expect(parts.slice(2, 4).map(([, , says]) => says)).toEqual([message.mti, Object.keys(message.fields).join(", ")]);
});
