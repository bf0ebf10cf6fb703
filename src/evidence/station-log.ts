// The station's append-only log: every run it began, parked or ended, so that a lost or hidden run leaves a visible hole.
import { concat, EMPTY, equal } from "../base/bytes.js";
import { type Clock, rfc3339 } from "../base/clock.js";
import type { EndState } from "../base/codes.js";
import { appendDurably, type Disk } from "../base/disk.js";
import { DecomError } from "../base/errors.js";
import { sha256Hex } from "../base/sign.js";

export type LogRecord =
  | { readonly kind: "enrolment"; readonly certSha256: string; readonly wireKeySha256: string }
  | {
      readonly kind: "intent";
      readonly runId: string;
      readonly certId: string;
      readonly serial: string;
      readonly life: number;
      readonly orderSha256: string;
      readonly nonce: string;
    }
  /** Items of exceptions, and answers about batches, that this run has used up, each as a hash. */
  | { readonly kind: "used"; readonly runId: string; readonly used: readonly string[] }
  | { readonly kind: "hold"; readonly runId: string; readonly code: string; readonly holdSha256: string | null }
  | {
      readonly kind: "end";
      readonly runId: string;
      readonly endState: EndState;
      /** The certificate says only that the terminal was found blank: its life was not ended here. */
      readonly blank?: true;
      readonly certId?: string;
      readonly jsonSha256?: string;
      readonly p7sSha256?: string;
    };

export interface LogLine {
  readonly recordSeq: number;
  readonly at: string;
  readonly sha256: string;
  readonly record: LogRecord;
}

const START = "0".repeat(64);
/** Another run of this station writes for a moment only. */
const PATIENCE = 2000;

export class StationLog {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #lines: LogLine[] = [];
  /** The bytes of these lines: what only grew is not read through again. */
  #known = EMPTY;
  /** Where a last line begins that has no end. */
  #torn: number | undefined;

  private constructor(disk: Disk, path: string, clock: Clock) {
    this.#disk = disk;
    this.#path = path;
    this.#clock = clock;
  }

  /** Reads and checks the chain; a torn last line was never acted upon and is left out. */
  static open(disk: Disk, path: string, clock: Clock): StationLog {
    const log = new StationLog(disk, path, clock);
    log.#read();
    return log;
  }

  get head(): LogLine | undefined {
    return this.#lines.at(-1);
  }

  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** The latest time this station has put its name to; the clock may not stand before it. */
  get timeFloor(): string {
    return this.head?.at ?? rfc3339(0);
  }

  /** Takes in what other processes of this station have written since. */
  refresh(): void {
    this.#read();
  }

  find(matches: (record: LogRecord) => boolean): LogLine | undefined {
    return this.#lines.find((line) => matches(line.record));
  }

  write(record: LogRecord): LogLine {
    const unlock = this.#disk.lock(`${this.#path}.lock`, PATIENCE);
    try {
      this.#read();
      this.#cutTorn();
      const at = rfc3339(this.#clock.wall());
      if (at < this.timeFloor) throw new DecomError("clock.floor", `the clock says ${at}, the station log already ${this.timeFloor}`);
      const recordSeq = this.#lines.length + 1;
      const text = `${JSON.stringify({ recordSeq, at, prevSha256: this.head?.sha256 ?? START, ...record })}\n`;
      const bytes = Buffer.from(text);
      appendDurably(this.#disk, this.#path, bytes);
      const line = { recordSeq, at, sha256: sha256Hex(bytes), record };
      this.#lines.push(line);
      this.#known = concat(this.#known, bytes);
      return line;
    } finally {
      unlock();
    }
  }

  #read(): void {
    const bytes = this.#disk.read(this.#path) ?? EMPTY;
    const grown = equal(bytes.subarray(0, this.#known.length), this.#known);
    if (!grown) this.#lines.length = 0;
    let at = grown ? this.#known.length : 0;
    for (let end = bytes.indexOf(0x0a, at); end !== -1; end = bytes.indexOf(0x0a, at)) {
      const raw = bytes.subarray(at, end + 1);
      this.#lines.push(parse(raw, this.head, this.#path));
      at = end + 1;
    }
    this.#known = bytes.subarray(0, at);
    this.#torn = at < bytes.length ? at : undefined;
  }

  /** Only who holds the lock knows that nobody is in the middle of that line. */
  #cutTorn(): void {
    if (this.#torn === undefined) return;
    this.#disk.truncate(this.#path, this.#torn);
    this.#disk.sync(this.#path);
  }
}

function parse(raw: Uint8Array, before: LogLine | undefined, path: string): LogLine {
  const recordSeq = (before?.recordSeq ?? 0) + 1;
  try {
    const { recordSeq: stated, at, prevSha256, ...record } = JSON.parse(Buffer.from(raw).toString("utf8"));
    if (stated === recordSeq && prevSha256 === (before?.sha256 ?? START)) return { recordSeq, at, sha256: sha256Hex(raw), record };
  } catch {
    // falls through to the one complaint below
  }
  throw new DecomError("log.rolled-back", `${path} record ${recordSeq} does not continue the chain`, { path, recordSeq });
}
