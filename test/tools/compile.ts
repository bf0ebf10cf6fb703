// The compiler as a child process; what it complains about, `npm run types` says.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export function compile(project: string): void {
  if (process.env["DECOM_BUILT"] === "1") return; // the test command has just compiled everything
  const cwd = fileURLToPath(new URL("../..", import.meta.url));
  const { error, signal } = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", project], { cwd });
  if (error !== undefined || signal !== null) throw error ?? new Error(`the compiler was ended by ${signal}`);
}
