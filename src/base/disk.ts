// The few file operations that evidence needs, small enough that a test can die between any two of them.
import * as fs from "node:fs";
import { dirname } from "node:path";
import { DecomError } from "./errors.js";

/** Paths are absolute or relative to the working folder. Writes are not durable until `sync` or `syncFolder` returned. */
export interface Disk {
  /** `undefined` when there is no such file. */
  read(path: string): Uint8Array | undefined;
  /** Names in a folder, sorted; an absent folder is empty. */
  list(folder: string): string[];
  makeFolder(folder: string): void;
  append(path: string, bytes: Uint8Array): void;
  write(path: string, bytes: Uint8Array, mode?: number): void;
  sync(path: string): void;
  rename(from: string, to: string): void;
  syncFolder(folder: string): void;
  truncate(path: string, length: number): void;
  /** Of a file that is not there, nothing happens. */
  remove(path: string): void;
  /** One holder at a time across processes; a holder that died gives the lock up. Throws `file.locked` after `patience` ms, at once without. */
  lock(path: string, patience?: number): () => void;
}

/** On return the bytes are at the end of the file and survive a power cut. */
export function appendDurably(disk: Disk, path: string, bytes: Uint8Array): void {
  disk.append(path, bytes);
  disk.sync(path);
}

/** On return the file holds exactly `bytes`; at every moment before it held its old content or these. */
export function replaceDurably(disk: Disk, path: string, bytes: Uint8Array, mode?: number): void {
  const temporary = `${path}.tmp`;
  disk.write(temporary, bytes, mode);
  disk.sync(temporary);
  disk.rename(temporary, path);
  disk.syncFolder(dirname(path));
}

/** On return there is no such file, nor one that was to take its place. */
export function removeDurably(disk: Disk, path: string): void {
  disk.remove(`${path}.tmp`);
  disk.remove(path);
  disk.syncFolder(dirname(path));
}

function writing<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw new DecomError("file.unwritable", `cannot write ${path}: ${(cause as Error).message}`, { cause, path });
  }
}

function syncPath(path: string): void {
  const fd = fs.openSync(path, "r");
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Our own number counts as alive: it stands for another holder in this process. */
function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false; // a file that a power cut emptied
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EPERM";
  }
}

const LOCK_PAUSE = 10;
const IDLE = new Int32Array(new SharedArrayBuffer(4));

/** A lock comes to stand there with its holder's number in it, or not at all. */
function linked(own: string, path: string): boolean {
  try {
    fs.linkSync(own, path);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw new DecomError("file.unwritable", `cannot lock ${path}`, { cause, path });
  }
}

function holderOf(path: string): number | undefined {
  try {
    return Number(fs.readFileSync(path, "utf8").trim());
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new DecomError("file.unreadable", `cannot read ${path}: ${(cause as Error).message}`, { cause, path });
  }
}

export const systemDisk: Disk = {
  read(path) {
    try {
      return new Uint8Array(fs.readFileSync(path));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw new DecomError("file.unreadable", `cannot read ${path}: ${(cause as Error).message}`, { cause, path });
    }
  },
  list: (folder) => (fs.existsSync(folder) ? fs.readdirSync(folder).sort() : []),
  makeFolder: (folder) => writing(folder, () => void fs.mkdirSync(folder, { recursive: true, mode: 0o700 })),
  append: (path, bytes) => writing(path, () => fs.appendFileSync(path, bytes, { mode: 0o600 })),
  write: (path, bytes, mode = 0o644) => writing(path, () => fs.writeFileSync(path, bytes, { mode })),
  sync: (path) => writing(path, () => syncPath(path)),
  rename: (from, to) => writing(to, () => fs.renameSync(from, to)),
  syncFolder: (folder) => writing(folder, () => syncPath(folder)),
  truncate: (path, length) => writing(path, () => fs.truncateSync(path, length)),
  remove: (path) => writing(path, () => fs.rmSync(path, { force: true })),
  lock(path, patience = 0) {
    const own = `${path}.${process.pid}`;
    writing(own, () => fs.writeFileSync(own, `${process.pid}\n`, { mode: 0o600 }));
    const until = performance.now() + patience;
    try {
      for (let removed = 0; ; ) {
        if (linked(own, path)) return () => fs.rmSync(path, { force: true });
        const holder = holderOf(path);
        if (holder === undefined) continue; // given up just now
        if (!isAlive(holder) && removed++ < 3) fs.rmSync(path, { force: true });
        else if (performance.now() < until) Atomics.wait(IDLE, 0, 0, LOCK_PAUSE);
        else throw new DecomError("file.locked", `${path} is held by process ${holder}`, { path, holder });
      }
    } finally {
      fs.rmSync(own, { force: true });
    }
  },
};
