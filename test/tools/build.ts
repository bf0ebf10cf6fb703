// Before the real tests: dist/ as users run it, since child processes cannot run TypeScript on Node 20.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export function setup(): void {
  const cwd = fileURLToPath(new URL("../..", import.meta.url));
  spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], { cwd }); // what it complains about, `npm run types` says
}
