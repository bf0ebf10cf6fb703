// The simulated terminal's end of the line: frames, numbers, repetition, the windows of READ and FILL. Written from README "Line and framing".
import { concat, EMPTY, equal, uint } from "../../../src/base/bytes.js";
import type { Clock } from "../../../src/base/clock.js";
import type { Link } from "../../../src/link/link.js";
import { DelimitedReader } from "../../../src/wire/delimited.js";
import { type FrameType, limits } from "../codes.js";
import { ahead, decodeFrame, encodeFrame, type Frame, fragments, next, payloadRoom } from "../frame.js";

export interface Reply {
  readonly result: number;
  /** TLV. */
  readonly body: Uint8Array;
  /** DATA that goes before the answer. */
  readonly data: { readonly count: number; readonly frame: (i: number) => Uint8Array } | undefined;
  /** Effect `read`: carried out again when asked again. */
  readonly pure: boolean;
  /** What happens when the answer is on its way. */
  readonly after: (() => void) | undefined;
}

export interface Conversation {
  /** A new session and its HELLO_ACK; `undefined` when HELLO does not read. */
  hello(payload: Uint8Array): { readonly session: number; readonly payload: Uint8Array; readonly maxFrame: number } | undefined;
  ended(): void;
  /** How long the terminal thinks before it acts. */
  thinks(message: Uint8Array): number;
  /** `message` is longer than allowed: only its command number counts. `undefined`: the terminal died of it. */
  command(message: Uint8Array, tooLong: boolean): Reply | undefined;
  /** DATA in its order. False: the terminal died of it. */
  data(payload: Uint8Array): boolean;
  /** A new CMD came before the last one was answered. */
  impatient(): void;
}

interface LastCommand {
  readonly first: number;
  readonly last: number;
  readonly message: Uint8Array;
  /** The bytes of the last fragment, to tell a repetition from an abuse of its number. */
  readonly tail: Uint8Array;
  readonly tooLong: boolean;
  /** Our number of the first frame of the answer; its payloads, and whether it is made anew each time, once they are out. */
  readonly start: number;
  answer: readonly Uint8Array[] | undefined;
  pure: boolean;
}

interface Stream {
  readonly start: number;
  readonly count: number;
  readonly frame: (i: number) => Uint8Array;
  readonly answer: readonly Uint8Array[];
  base: number;
  next: number;
  tries: number;
}

const ACK_SOON = 50;
const STREAM_PATIENCE = 500;
const STREAM_TRIES = 3;
/** What the receive hardware holds while the processor stands still. */
const STALL_BUFFER = 8192;

export class Line {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #above: Conversation;
  readonly #window: number;
  readonly #reader: DelimitedReader;
  #hears = true;
  #speaks = true;
  #out: Promise<void> = Promise.resolve();
  #session = 0;
  #hello: { readonly payload: Uint8Array; readonly ack: Frame } | undefined;
  #room = payloadRoom(limits.minFrame);
  #seq = 0;
  #expected = 0;
  #missed = -1;
  #parts: Uint8Array[] = [];
  /** Fragments and bytes of the CMD that is arriving. */
  #count = 0;
  #size = 0;
  #last: LastCommand | undefined;
  #stream: Stream | undefined;
  #cancelStream: () => void = () => undefined;
  #stalled: Uint8Array[] | undefined;
  #buffered = 0;

  constructor(link: Link, clock: Clock, maxFrame: number, window: number, above: Conversation) {
    this.#link = link;
    this.#clock = clock;
    this.#above = above;
    this.#window = window;
    this.#reader = new DelimitedReader(maxFrame);
    link.listen({ bytes: (chunk) => this.#heard(chunk), closed: () => this.close() });
  }

  /** Deaf and dumb from now on; `lastWords`: what was already said still leaves. */
  close(lastWords = false): void {
    this.#hears = false;
    this.#speaks &&= lastWords;
    this.#dropStream();
    this.#above.ended();
  }

  event(code: number, body: Uint8Array): void {
    if (this.#session !== 0) this.#send("EVT", this.#seq, concat(uint(code, 1), body));
  }

  /** Bytes that arrive in the next `ms` are read after them. */
  stall(ms: number): void {
    this.#stalled ??= [];
    this.#clock.after(ms, () => {
      const held = this.#stalled ?? [];
      this.#stalled = undefined;
      this.#buffered = 0;
      for (const chunk of held) this.#heard(chunk);
    });
  }

  /** Anything that is no frame. */
  noise(bytes: Uint8Array): void {
    this.#write(bytes);
  }

  #heard(chunk: Uint8Array): void {
    if (!this.#hears) return;
    if (this.#stalled !== undefined) {
      if (this.#buffered + chunk.length > STALL_BUFFER) return;
      this.#buffered += chunk.length;
      this.#stalled.push(chunk.slice());
      return;
    }
    for (const encoded of this.#reader.push(chunk)) {
      const frame = decodeFrame(encoded);
      if (frame !== undefined && this.#hears) this.#frame(frame);
    }
  }

  #frame(frame: Frame): void {
    if (frame.type === "HELLO") return void this.#greeted(frame.payload);
    if (this.#session === 0 || frame.session !== this.#session) {
      if (frame.type === "ACK" || frame.type === "NAK" || frame.type === "RST") return;
      return void this.#write(encodeFrame({ type: "RST", more: false, session: frame.session, seq: 0, ack: 0, payload: EMPTY }));
    }
    this.#hello = undefined;
    switch (frame.type) {
      case "RST":
        this.#end();
        return void this.#above.ended();
      case "NAK":
        return void this.#goBack(frame.ack);
      case "ACK":
        return void this.#acknowledged(frame.ack);
      case "CMD":
      case "DATA":
        return void this.#numbered(frame);
      default: // HELLO_ACK, RSP and EVT from a host mean nothing
    }
  }

  #greeted(payload: Uint8Array): void {
    if (this.#hello !== undefined && equal(this.#hello.payload, payload)) return void this.#write(encodeFrame(this.#hello.ack));
    const answer = this.#above.hello(payload);
    if (answer === undefined) return;
    this.#end();
    this.#session = answer.session;
    this.#room = payloadRoom(answer.maxFrame);
    const ack: Frame = { type: "HELLO_ACK", more: false, session: answer.session, seq: 0, ack: 0, payload: answer.payload };
    this.#hello = { payload, ack };
    this.#write(encodeFrame(ack));
  }

  #end(): void {
    this.#dropStream();
    this.#session = 0;
    this.#seq = 0;
    this.#expected = 0;
    this.#missed = -1;
    this.#forgetParts();
    this.#last = undefined;
    this.#hello = undefined;
  }

  #forgetParts(): void {
    this.#parts = [];
    this.#count = 0;
    this.#size = 0;
  }

  #numbered(frame: Frame): void {
    const step = ahead(frame.seq, this.#expected);
    if (step > 0) {
      if (this.#missed !== this.#expected) this.#send("NAK", this.#seq, EMPTY);
      this.#missed = this.#expected;
      return;
    }
    this.#acknowledged(frame.ack);
    if (step < 0) return void this.#repeated(frame);
    this.#expected = next(this.#expected);
    this.#missed = -1;
    if (frame.type === "DATA") {
      if (this.#above.data(frame.payload)) this.#send("ACK", this.#seq, EMPTY);
      return;
    }
    this.#size += frame.payload.length;
    this.#count++;
    // What is too long is counted, not kept; its first fragment says which command it was.
    if (this.#size <= limits.message || this.#count === 1) this.#parts.push(frame.payload);
    if (frame.more) return void this.#send("ACK", this.#seq, EMPTY);
    if (this.#last !== undefined && this.#last.answer === undefined) this.#above.impatient();
    this.#dropStream();
    const [whole] = this.#parts;
    const message = whole !== undefined && this.#count === 1 ? whole : concat(...this.#parts);
    const tooLong = this.#size > limits.message;
    const first = next(frame.seq, 1 - this.#count);
    this.#forgetParts();
    this.#ask({ first, last: frame.seq, message, tail: frame.payload, tooLong });
  }

  /** A number from before: the last CMD is answered again, everything else only acknowledged. */
  #repeated(frame: Frame): void {
    const last = this.#last;
    if (frame.type !== "CMD" || last === undefined || frame.seq !== last.last || last.answer === undefined) {
      return void this.#send("ACK", this.#seq, EMPTY);
    }
    if (!equal(frame.payload, last.tail)) return;
    if (!last.pure) return void this.#answer(last.start, last.answer);
    this.#dropStream();
    this.#seq = last.start;
    this.#ask(last);
  }

  #ask({ first, last, message, tail, tooLong }: Pick<LastCommand, "first" | "last" | "message" | "tail" | "tooLong">): void {
    const mine: LastCommand = { first, last, message, tail, tooLong, start: this.#seq, answer: undefined, pure: false };
    this.#last = mine;
    const ms = this.#above.thinks(message);
    if (ms === 0) return void this.#carryOut(mine);
    if (ms > ACK_SOON) this.#send("ACK", this.#seq, EMPTY);
    this.#clock.after(ms, () => {
      if (this.#hears && this.#last === mine) this.#carryOut(mine);
    });
  }

  #carryOut(mine: LastCommand): void {
    const reply = this.#above.command(mine.message, mine.tooLong);
    if (reply === undefined) return;
    const { result, body, data, after } = reply;
    mine.pure = reply.pure;
    const head = Uint8Array.of(mine.message[0] ?? 0, mine.first >> 8, mine.first & 0xff, result);
    mine.answer = fragments(concat(head, body), this.#room);
    this.#seq = next(mine.start, (data?.count ?? 0) + mine.answer.length);
    if (data === undefined) this.#answer(mine.start, mine.answer);
    else {
      this.#stream = { ...data, start: mine.start, answer: mine.answer, base: 0, next: 0, tries: 0 };
      this.#pump(this.#stream);
    }
    after?.();
  }

  #answer(start: number, payloads: readonly Uint8Array[]): void {
    for (const [i, payload] of payloads.entries()) this.#send("RSP", next(start, i), payload, i + 1 < payloads.length);
  }

  // --- the window of READ --------------------------------------------------------------------------------------------------------

  #pump(stream: Stream): void {
    let bytes = 0;
    while (stream.next < stream.count && stream.next < stream.base + this.#window) {
      const payload = stream.frame(stream.next);
      bytes += payload.length + 24;
      this.#send("DATA", next(stream.start, stream.next), payload);
      stream.next++;
    }
    if (stream.next === stream.count) {
      stream.next++;
      this.#answer(next(stream.start, stream.count), stream.answer);
    }
    this.#cancelStream();
    if (stream.base >= stream.count) return;
    const lineTime = this.#link.baud === undefined ? 0 : (bytes * 10_000) / this.#link.baud;
    this.#cancelStream = this.#clock.after(STREAM_PATIENCE + lineTime, () => this.#retry(stream, stream.base));
  }

  #retry(stream: Stream, from: number): void {
    if (++stream.tries > STREAM_TRIES) return void this.#dropStream();
    stream.next = from;
    this.#pump(stream);
  }

  #acknowledged(ack: number): void {
    const stream = this.#stream;
    if (stream === undefined) return;
    const done = Math.min(ahead(ack, stream.start), stream.count);
    if (done <= stream.base) return;
    stream.base = done;
    stream.tries = 0;
    this.#pump(stream);
  }

  #goBack(wanted: number): void {
    const stream = this.#stream;
    if (stream === undefined) return;
    const from = ahead(wanted, stream.start);
    if (from < stream.base || from > stream.count) return;
    stream.base = from;
    this.#retry(stream, from);
  }

  #dropStream(): void {
    this.#cancelStream();
    this.#stream = undefined;
  }

  #send(type: FrameType, seq: number, payload: Uint8Array, more = false): void {
    this.#write(encodeFrame({ type, more, session: this.#session, seq, ack: this.#expected, payload }));
  }

  /** One write a frame, in order; a line that is gone has nobody to tell. */
  #write(bytes: Uint8Array): void {
    this.#out = this.#out.then(() => (this.#speaks ? this.#link.write(bytes) : undefined)).catch(() => undefined);
  }
}
