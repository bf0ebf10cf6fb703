// The run's journal: one line a fact, each chained to the line before and MACed, each on disk before the program goes on.
import { ascii, concat, hex, text } from "../base/bytes.js";
import { type Clock, rfc3339 } from "../base/clock.js";
import { appendDurably, type Disk } from "../base/disk.js";
import { DecomError } from "../base/errors.js";
import { hmacSha256, sha256Hex } from "../base/sign.js";
import type { Entry } from "./entries.js";

export const JOURNAL_VERSION = 1;
const START = "0".repeat(64);
const LF = 0x0a;

/** One line as read back. `entry` is what was seen or intended; the rest is the chain. */
export interface Line {
  readonly n: number;
  readonly at: string;
  readonly entry: Entry;
  readonly sha256: string;
}

export class Journal {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #key: Uint8Array;
  readonly #clock: Clock;
  readonly #lines: Line[];
  /** What became of a line that could not be written is seen when the journal is opened again. */
  #broken: DecomError | undefined;

  private constructor(disk: Disk, path: string, key: Uint8Array, clock: Clock, lines: Line[]) {
    this.#disk = disk;
    this.#path = path;
    this.#key = key;
    this.#clock = clock;
    this.#lines = lines;
  }

  static begin(disk: Disk, path: string, key: Uint8Array, clock: Clock): Journal {
    return new Journal(disk, path, key, clock, []);
  }

  /** Reads and checks the whole chain. A torn last line was never promised to anybody and is cut off; anything else wrong is forgery. */
  static open(disk: Disk, path: string, key: Uint8Array, clock: Clock): Journal | undefined {
    const bytes = disk.read(path);
    if (bytes === undefined) return undefined;
    const lines: Line[] = [];
    let at = 0;
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, at)) {
      lines.push(check(bytes.subarray(at, end + 1), lines.at(-1), key, path));
      at = end + 1;
    }
    if (at < bytes.length) {
      disk.truncate(path, at);
      disk.sync(path);
    }
    return lines.length === 0 ? undefined : new Journal(disk, path, key, clock, lines);
  }

  get lines(): readonly Line[] {
    return this.#lines;
  }

  get head(): Line {
    const head = this.#lines.at(-1);
    if (head === undefined) throw new DecomError("internal.bug", "an empty journal has no head");
    return head;
  }

  /** On return the entry is on disk. After one that failed nothing more is written: it may stand there whole or torn. */
  write(entry: Entry): Line {
    if (this.#broken !== undefined) throw this.#broken;
    const n = this.#lines.length + 1;
    const at = rfc3339(this.#clock.wall());
    const whole = Buffer.from(JSON.stringify({ v: JOURNAL_VERSION, n, at, prev: this.#lines.at(-1)?.sha256 ?? START, entry }));
    const open = whole.subarray(0, -1);
    const mac = hex(hmacSha256(this.#key, open));
    const bytes = concat(open, ascii(macEnd(mac)));
    try {
      appendDurably(this.#disk, this.#path, bytes);
    } catch (thrown) {
      if (thrown instanceof DecomError) this.#broken = thrown;
      throw thrown;
    }
    const line: Line = { n, at, entry, sha256: sha256Hex(bytes) };
    this.#lines.push(line);
    return line;
  }
}

/** What stands behind the bytes that the MAC is over. */
const MAC_END = /^,"mac":"([0-9a-f]{64})"\}\n$/;
const MAC_END_BYTES = macEnd("0".repeat(64)).length;

function macEnd(mac: string): string {
  return `,"mac":"${mac}"}\n`;
}

function check(bytes: Uint8Array, before: Line | undefined, key: Uint8Array, path: string): Line {
  const n = (before?.n ?? 0) + 1;
  const forged = (why: string) => new DecomError("journal.forged", `${path} line ${n}: ${why}`, { path, line: n });
  const [, mac] = MAC_END.exec(text(bytes.subarray(-MAC_END_BYTES))) ?? [];
  if (mac === undefined) throw forged("not a journal line");
  const open = bytes.subarray(0, -MAC_END_BYTES);
  if (hex(hmacSha256(key, open)) !== mac) throw forged("its MAC is wrong");
  const written = `${Buffer.from(open).toString("utf8")}}`;
  const { v, n: stated, at, prev, entry } = JSON.parse(written) as { v: number; n: number; at: string; prev: string; entry: Entry }; // MACed by us
  if (v !== JOURNAL_VERSION) throw new DecomError("journal.version", `${path} was written as version ${v}`, { path, version: v });
  if (stated !== n || prev !== (before?.sha256 ?? START)) throw forged("the chain is broken");
  return { n, at, entry, sha256: sha256Hex(bytes) };
}
