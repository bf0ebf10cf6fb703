// Whether a program is on this machine; tests that need one are skipped, and counted, where it is not.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

export function has(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => folder !== "" && existsSync(join(folder, program)));
}
