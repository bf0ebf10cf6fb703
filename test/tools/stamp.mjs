// After a build: one hash over everything that is published, for certificates to name. The same files give the same hash anywhere.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("../..", import.meta.url)));
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const { files: published } = JSON.parse(readFileSync("package.json", "utf8"));
const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name}`.replaceAll("\\", "/"));
const each = [...published, "package.json"].flatMap((path) => (statSync(path).isDirectory() ? filesIn(path) : [path]));
const files = each.filter((path) => path !== "dist/build.json").sort();
const listing = files.map((path) => `${sha256(readFileSync(path))}  ${path}\n`).join("");
writeFileSync("dist/build.json", `${JSON.stringify({ sha256: sha256(listing), files: files.length })}\n`);
