// The podp README as text and as tables, for the tests that hold the program to it.
import { readFileSync } from "node:fs";

export const readme = readFileSync(new URL("../../protocols/podp/README.md", import.meta.url), "utf8");

/** The rows of the table whose header begins so. */
export function table(...header: string[]): string[][] {
  const lines = readme.split("\n");
  const cells = (line: string) => line.split("|").slice(1, -1).map((cell) => cell.trim()); // biome-ignore format: one line
  const at = lines.findIndex((line) => line.startsWith("|") && header.every((title, i) => cells(line)[i] === title));
  if (at < 0) throw new Error(`no table ${header}`);
  const rows: string[][] = [];
  for (let i = at + 2; lines[i]?.startsWith("|"); i++) rows.push(cells(lines[i]!));
  return rows;
}
