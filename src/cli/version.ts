// What this program is, without loading any more of it.
import { existsSync, readFileSync } from "node:fs";

/** Name, version and the hash of what was built; a checkout that was not built has none. */
export function tool(): { readonly version: string; readonly buildSha256: string } {
  const built = new URL("../../build.json", import.meta.url); // dist/build.json, seen from dist/src/cli
  return {
    version: version(),
    buildSha256: existsSync(built) ? JSON.parse(readFileSync(built, "utf8")).sha256 : "0".repeat(64),
  };
}

export function version(): string {
  const files = ["../../package.json", "../../../package.json"].map((path) => new URL(path, import.meta.url)); // seen from src, from dist/src
  const file = files.find((candidate) => existsSync(candidate));
  return file === undefined ? "0.0.0" : JSON.parse(readFileSync(file, "utf8")).version;
}
