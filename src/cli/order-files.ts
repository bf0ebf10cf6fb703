// Orders on disk: a .json with its .p7s beside it, or a folder of such pairs.
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Disk } from "../base/disk.js";
import type { SignedOrder } from "../evidence/order/schema.js";
import { readFile } from "./files.js";

export function signatureBeside(file: string): string {
  return file.replace(/(?:\.json)?$/, ".p7s");
}

export function readOrderFile(disk: Disk, file: string, signature = signatureBeside(file)): SignedOrder {
  return { content: readFile(file, disk), signature: readFile(signature, disk) };
}

/** Every order under this path: the file itself, or all signed .json of the folder. */
export function readOrders(disk: Disk, path: string, signature?: string): readonly SignedOrder[] {
  const folder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!folder) return [readOrderFile(disk, path, signature)];
  const names = disk.list(path);
  return names
    .filter((name) => name.endsWith(".json") && names.includes(signatureBeside(name)))
    .map((name) => readOrderFile(disk, join(path, name)));
}
