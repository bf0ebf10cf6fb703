// After a build: one hash over everything that is published, for certificates to name. The same files give the same hash anywhere.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("../..", import.meta.url)));
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const built = readdirSync("dist", { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => `${parentPath}/${name}`.replaceAll("\\", "/"))
  .filter((path) => path !== "dist/build.json");
const files = [...built, "package.json", "protocols/podp/README.md"].sort();
const listing = files.map((path) => `${sha256(readFileSync(path))}  ${path}\n`).join("");
writeFileSync("dist/build.json", `${JSON.stringify({ sha256: sha256(listing), files: files.length })}\n`);
