// Locks between processes, with real processes on a real disk.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { systemDisk } from "../../src/base/disk.js";

const dir = mkdtempSync(join(tmpdir(), "lock-"));
afterAll(() => rmSync(dir, { recursive: true }));
const disk = new URL("../../dist/src/base/disk.js", import.meta.url).href;
const elsewhere = (code: string) =>
  spawn(process.execPath, ["--input-type=module", "-e", `import { systemDisk } from ${JSON.stringify(disk)};\n${code}`], { stdio: "pipe" });

it("three processes that add up in one file under a lock lose nothing", async () => {
  const [count, lock] = [join(dir, "count"), join(dir, "count.lock")];
  writeFileSync(count, "0");
  const rounds = 300;
  const adders = Array.from({ length: 3 }, () =>
    elsewhere(`import { readFileSync, writeFileSync } from "node:fs";
      for (let i = 0; i < ${rounds}; i++) {
        const unlock = systemDisk.lock(${JSON.stringify(lock)}, 20_000);
        const before = Number(readFileSync(${JSON.stringify(count)}, "utf8"));
        writeFileSync(${JSON.stringify(count)}, String(before + 1));
        unlock();
      }`),
  );
  const exits = await Promise.all(adders.map(async (child) => (await once(child, "exit"))[0]));
  expect(exits).toEqual([0, 0, 0]);
  expect(readFileSync(count, "utf8")).toBe(String(3 * rounds));
}, 60_000);

it("a lock that somebody holds is refused, and that of the dead is taken", async () => {
  const path = join(dir, "held.lock");
  const holder = elsewhere(`systemDisk.lock(${JSON.stringify(path)}); console.log("held"); setInterval(() => undefined, 1000);`);
  await once(holder.stdout, "data");
  expect(() => systemDisk.lock(path)).toThrow(expect.objectContaining({ code: "file.locked", facts: { path, holder: holder.pid } }));
  holder.kill();
  await once(holder, "exit");
  const unlock = systemDisk.lock(path);
  expect(() => systemDisk.lock(path, 50)).toThrow(expect.objectContaining({ code: "file.locked" }));
  unlock();
  writeFileSync(path, ""); // as a power cut may leave it
  systemDisk.lock(path)();
});
