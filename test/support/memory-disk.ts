// A disk that can die between any two operations: what was not synced may be whole, torn or lost afterwards, as a real one's.
import type { Disk } from "../../src/base/disk.js";
import { DecomError } from "../../src/base/errors.js";
import type { Random } from "../../src/base/random.js";

/** The agent's process ends here. Not a DecomError, so nothing in the program takes it for an answer. */
export class Death extends Error {
  override name = "Death";
}

interface File {
  /** What survives for certain. */
  durable: Uint8Array | undefined;
  current: Uint8Array | undefined;
}

/** `before` with `bytes` behind it, in the same memory where there is room: what is there already is never changed. */
function grown(before: Uint8Array, bytes: Uint8Array): Uint8Array {
  const length = before.length + bytes.length;
  const room = before.buffer.byteLength - before.byteOffset;
  const isLast = ends.get(before.buffer) === before.byteOffset + before.length;
  const store =
    isLast && room >= length
      ? new Uint8Array(before.buffer, before.byteOffset, length)
      : new Uint8Array(new ArrayBuffer(2 * length), 0, length);
  if (store.buffer !== before.buffer) store.set(before);
  store.set(bytes, before.length);
  ends.set(store.buffer, store.byteOffset + length);
  return store;
}
/** How far each memory is written; only its last view may grow in place. */
const ends = new WeakMap<ArrayBufferLike, number>();

export class MemoryDisk implements Disk {
  readonly #files = new Map<string, File>();
  readonly #locks = new Set<string>();
  #dead = false;
  /** Operations that write, so far. */
  operations = 0;
  /** Called around each of them; throw Death to end the process there, anything else to refuse the operation. */
  hook: (n: number, when: "before" | "after", what: string) => void = () => undefined;

  read(path: string): Uint8Array | undefined {
    this.#alive();
    return this.#files.get(path)?.current?.slice();
  }
  list(folder: string): string[] {
    this.#alive();
    const names = new Set<string>();
    for (const [path, { current }] of this.#files) {
      if (current !== undefined && path.startsWith(`${folder}/`)) names.add(path.slice(folder.length + 1).split("/")[0] ?? "");
    }
    return [...names].sort();
  }
  makeFolder(): void {
    this.#alive();
  }
  append(path: string, bytes: Uint8Array): void {
    this.#operate(`append ${path}`, () => {
      const file = this.#file(path);
      file.current = grown(file.current ?? new Uint8Array(0), bytes);
    });
  }
  write(path: string, bytes: Uint8Array): void {
    this.#operate(`write ${path}`, () => {
      this.#file(path).current = bytes.slice();
    });
  }
  sync(path: string): void {
    this.#operate(`sync ${path}`, () => {
      const file = this.#file(path);
      file.durable = file.current;
    });
  }
  remove(path: string): void {
    if (this.#files.get(path)?.current === undefined) return;
    this.#operate(`remove ${path}`, () => {
      this.#file(path).current = undefined;
    });
  }
  rename(from: string, to: string): void {
    this.#operate(`rename ${to}`, () => {
      const file = this.#file(from);
      this.#file(to).current = file.current;
      file.current = undefined;
    });
  }
  syncFolder(folder: string): void {
    this.#operate(`sync folder ${folder}`, () => {
      for (const [path, file] of this.#files) if (path.startsWith(`${folder}/`)) file.durable = file.current;
    });
  }
  truncate(path: string, length: number): void {
    this.#operate(`truncate ${path}`, () => {
      const file = this.#file(path);
      file.current = file.current?.slice(0, length);
    });
  }
  lock(path: string): () => void {
    this.#alive();
    if (this.#locks.has(path)) throw new DecomError("file.locked", `${path} is held`);
    this.#locks.add(path);
    return () => this.#locks.delete(path);
  }

  /** What a backup of it would hold now. */
  copy(): MemoryDisk {
    const copy = new MemoryDisk();
    for (const [path, { durable, current }] of this.#files) copy.#files.set(path, { durable: durable?.slice(), current: current?.slice() });
    return copy;
  }

  /** After a death: every write that was not synced is kept, torn or lost, by chance; locks of the dead are free. */
  reborn(random: Random): void {
    this.#dead = false;
    this.#locks.clear();
    for (const file of this.#files.values()) {
      if (file.current === file.durable) continue;
      const [choice = 0, cut = 0] = random.bytes(2);
      const before = file.durable?.length ?? 0;
      const grown =
        file.current !== undefined &&
        file.current.length > before &&
        Buffer.from(file.current)
          .subarray(0, before)
          .equals(file.durable ?? new Uint8Array(0));
      if (choice < 85 || file.current === undefined) file.current = choice < 128 ? file.durable : file.current;
      else if (choice < 170 && grown) file.current = file.current.slice(0, before + (cut % (file.current.length - before)));
      file.durable = file.current;
    }
  }

  #file(path: string): File {
    const file = this.#files.get(path) ?? { durable: undefined, current: undefined };
    this.#files.set(path, file);
    return file;
  }
  #alive(): void {
    if (this.#dead) throw new Death("the process is dead");
  }
  #operate(what: string, act: () => void): void {
    this.#alive();
    const n = this.operations++;
    this.#around(n, "before", what);
    act();
    this.#around(n, "after", what);
  }
  #around(n: number, when: "before" | "after", what: string): void {
    try {
      this.hook(n, when, what);
    } catch (thrown) {
      this.#dead = thrown instanceof Death;
      throw thrown;
    }
  }
}
