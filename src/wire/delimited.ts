// Zero-delimited frames out of any cutting of a byte stream, in bounded memory: a length guard in front of DelimiterParser.
import { DelimiterParser } from "@serialport/parser-delimiter";
import { EMPTY } from "../base/bytes.js";
import { unreachable } from "../base/errors.js";

const DELIMITER = Buffer.of(0);

export interface DelimitedNoise {
  /** Bytes that were given up because no delimiter came within the limit, or because the reader was reset. */
  bytes: number;
  /** Runs without a delimiter that were longer than the limit. */
  overlong: number;
}

/**
 * The parser alone keeps everything until a delimiter comes and copies all of it at every chunk. So the guard withholds bytes until a 00
 * arrives within the limit and gives the parser whole frames only; anything longer is discarded up to the next 00.
 */
export class DelimitedReader {
  readonly #max: number;
  readonly #noise: DelimitedNoise = { bytes: 0, overlong: 0 };
  #parser: DelimiterParser | undefined;
  #frames: Uint8Array[] = [];
  #emitted = 0;
  #held: Uint8Array = EMPTY;
  #length = 0;
  #discarding = false;

  /** `maxEncoded` counts the bytes between two delimiters. */
  constructor(maxEncoded: number) {
    this.#max = maxEncoded;
  }

  get noise(): Readonly<DelimitedNoise> {
    return this.#noise;
  }

  /** The frames that end in this chunk, without delimiters, never empty, each a copy. */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#frames = [];
    for (let at = 0; at < chunk.length; ) {
      const zero = chunk.indexOf(0, at);
      const end = zero === -1 ? chunk.length : zero;
      if (this.#discarding || this.#length + end - at > this.#max) this.#discard(end - at);
      else if (zero === -1) this.#hold(chunk, at, end);
      else if (this.#length + end > at) this.#pass(chunk, at, zero + 1);
      if (zero !== -1) this.#discarding = false;
      at = end + 1;
    }
    return this.#frames;
  }

  /** Forgets what was half heard. */
  reset(): void {
    this.#noise.bytes += this.#length;
    this.#length = 0;
    this.#discarding = false;
    this.#parser = undefined;
  }

  #discard(size: number): void {
    if (!this.#discarding) this.#noise.overlong++;
    this.#noise.bytes += this.#length + size;
    this.#length = 0;
    this.#discarding = true;
  }

  #hold(chunk: Uint8Array, from: number, to: number): void {
    if (this.#held.length === 0) this.#held = new Uint8Array(this.#max);
    this.#held.set(chunk.subarray(from, to), this.#length);
    this.#length += to - from;
  }

  #pass(chunk: Uint8Array, from: number, to: number): void {
    const rest = chunk.subarray(from, to);
    const run = this.#length === 0 ? rest : Buffer.concat([this.#held.subarray(0, this.#length), rest]);
    this.#length = 0;
    this.#parser ??= this.#newParser();
    this.#emitted = 0;
    this.#parser.write(run);
    if (this.#emitted !== 1) unreachable(`one frame went into the delimiter parser, ${this.#emitted} came out at once`);
  }

  /** Object mode keeps frames apart; read(0) starts the flow, from then on a Transform emits within write(). */
  #newParser(): DelimiterParser {
    const parser = new DelimiterParser({ delimiter: DELIMITER, readableObjectMode: true });
    parser.on("data", (frame: Uint8Array) => {
      this.#emitted++;
      this.#frames.push(new Uint8Array(frame));
    });
    parser.read(0);
    return parser;
  }
}
