// The masked frame log beside the journal: what went over the line, for people to read; the certificate carries only its hash.
import { rfc3339 } from "../base/clock.js";
import type { Disk } from "../base/disk.js";
import { sha256Hex } from "../base/sign.js";
import type { TapLine } from "../terminal/driver.js";

export const MASKED_POLICY = "podp-1";
const LF = 0x0a;

export class Transcript {
  readonly #disk: Disk;
  #path: string | undefined;
  #waiting: string[] = [];

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Kept in memory until `flush`; a crash loses at most the lines of one step, the journal loses none. */
  add({ at, to, bytes, frame, masked }: TapLine): void {
    this.#waiting.push(`${JSON.stringify({ at: rfc3339(at), to, bytes, frame, masked })}\n`);
  }

  /** The run has a folder now. */
  openIn(folder: string): void {
    this.#path = `${folder}/transcript.ndjson`;
  }

  flush(): void {
    if (this.#path === undefined || this.#waiting.length === 0) return;
    this.#disk.append(this.#path, Buffer.from(this.#waiting.join("")));
    this.#waiting = [];
  }
}

export interface TranscriptFacts {
  readonly sha256: string;
  readonly frames: number;
  readonly maskedPolicy: string;
  readonly bytes: number;
}

export function transcriptFacts(disk: Disk, folder: string): TranscriptFacts {
  const bytes = disk.read(`${folder}/transcript.ndjson`) ?? new Uint8Array(0);
  let frames = 0;
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) frames++;
  return { sha256: sha256Hex(bytes), frames, maskedPolicy: MASKED_POLICY, bytes: bytes.length };
}
