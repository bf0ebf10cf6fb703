// One process of a station works on a terminal at a time.
import { DecomError } from "../base/errors.js";
import type { Bench } from "./context.js";

type Computer = Pick<Bench, "disk" | "station">;

/** A serial number names the lock of its terminal, and nothing but a file beside it. */
export const isSerial = (serial: string): boolean => /^[A-Z0-9._-]{1,32}$/.test(serial);

/** Takes the lock on a terminal, or throws `run.locked`; what it returns gives it back. */
export function lockFor({ disk, station }: Computer, serial: string): () => void {
  try {
    return disk.lock(`${station.state}/${serial}.lock`);
  } catch (cause) {
    if (!(cause instanceof DecomError) || cause.code !== "file.locked") throw cause;
    throw new DecomError("run.locked", `another decom process works on ${serial}: ${cause.message}`, { ...cause.facts, serial, cause });
  }
}

/** Needed even to look at the journals of its runs: to open one cuts off a line that another process may just be writing. */
export async function exclusively<T>(computer: Computer, serial: string, work: () => Promise<T>): Promise<T> {
  if (!isSerial(serial)) throw new DecomError("identity.unreadable", "the terminal's serial number is not one");
  computer.disk.makeFolder(computer.station.state);
  const unlock = lockFor(computer, serial);
  try {
    return await work();
  } finally {
    unlock();
  }
}
