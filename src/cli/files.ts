// Files that a command was told to read.
import { type Disk, systemDisk } from "../base/disk.js";
import { DecomError } from "../base/errors.js";

/** Throws `file.unreadable` when there is none. */
export function readFile(path: string, disk: Disk = systemDisk): Uint8Array {
  const bytes = disk.read(path);
  if (bytes === undefined) throw new DecomError("file.unreadable", `there is no ${path}`, { path });
  return bytes;
}
