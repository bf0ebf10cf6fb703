// The three stores in a folder: killing the process is a power cut, starting it again is the same terminal.
import { appendFileSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { readUint, text } from "../base/bytes.js";
import { type FactoryStores, fromJson, type HostLine, packRecords, type Region, storesOver, toJson } from "./stores.js";

const AREA = /^area-([0-9]+)-([0-9]+)\.bin$/;

/**
 * `nv.bin` is written whole and renamed, so that an overwritten key does not stay behind; `area-ID-BLOCK.bin` hold flash byte for byte;
 * `host.ndjson` is the outside world. Nothing is synced: a killed process loses nothing that it has written.
 */
export function folderStores(folder: string): FactoryStores {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const at = (name: string) => join(folder, name);
  const regions = new Map<number, Region>();
  for (const name of readdirSync(folder).sort()) {
    const [, area, block] = AREA.exec(name) ?? [];
    if (area !== undefined) regions.set(Number(area), { block: Number(block), bytes: new Uint8Array(readFileSync(at(name))) });
  }
  const lines = existsSync(at("host.ndjson")) ? readFileSync(at("host.ndjson"), "utf8").split("\n") : [];
  const open = new Map<number, number>();
  return storesOver(
    existsSync(at("nv.bin")) ? unpackRecords(new Uint8Array(readFileSync(at("nv.bin")))) : new Map(),
    regions,
    lines.filter((line) => line.endsWith("}")).map((line) => fromJson(line) as HostLine), // written below; a torn last line is no line
    {
      nv(records) {
        writeFileSync(at("nv.bin.tmp"), packRecords(records), { mode: 0o600 });
        renameSync(at("nv.bin.tmp"), at("nv.bin"));
      },
      flash(area, { block, bytes }, from, to) {
        const name = at(`area-${String(area).padStart(2, "0")}-${block}.bin`);
        const fd = open.get(area) ?? openSync(name, existsSync(name) ? "r+" : "w+", 0o600);
        open.set(area, fd);
        writeSync(fd, bytes, from, to - from, from);
      },
      host: (more) => appendFileSync(at("host.ndjson"), more.map((line) => `${toJson(line)}\n`).join(""), { mode: 0o600 }),
    },
  );
}

function unpackRecords(bytes: Uint8Array): Map<string, Uint8Array> {
  const records = new Map<string, Uint8Array>();
  for (let at = 0; at < bytes.length; ) {
    const name = text(bytes.subarray(at + 1, at + 1 + (bytes[at] ?? 0)));
    const value = at + 1 + name.length + 4;
    const end = value + readUint(bytes, value - 4, 4);
    records.set(name, bytes.slice(value, end));
    at = end;
  }
  return records;
}
