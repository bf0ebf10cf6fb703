// Before the real tests: dist/ as users run it, since child processes cannot run TypeScript on Node 20.
import { compile } from "./compile.js";

export function setup(): void {
  compile("tsconfig.build.json");
}
