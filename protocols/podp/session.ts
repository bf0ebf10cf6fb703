// The host's end of a podp line: one question at a time, every wait with a deadline, every lost answer said to be lost.
import { concat, EMPTY, equal, hex, readUint, uint } from "../../src/base/bytes.js";
import { DecomError } from "../../src/base/errors.js";
import type { Keystream } from "../../src/base/random.js";
import type { Link } from "../../src/link/link.js";
import type { DriverContext } from "../../src/terminal/driver.js";
import { DelimitedReader } from "../../src/wire/delimited.js";
import type { Command } from "../../src/wire/messages.js";
import { limits, type Result, results, timers, VERSION } from "./codes.js";
import { ahead, decodeFrame, encodeFrame, type Frame, fragments, next, payloadRoom } from "./frame.js";
import { events, hello, helloAck, progress, stall } from "./messages.js";
import { type Outlet, streamed } from "./stream.js";
import { maskFrame } from "./tap.js";

export type HelloAck = Extract<ReturnType<typeof helloAck.decode>, { value: unknown }>["value"];

export interface Answer<A> {
  readonly result: Result;
  /** Present on OK and ACCEPTED. */
  readonly body: A | undefined;
  /** The answer's TLV as sent, for what is hashed as sent. */
  readonly raw: Uint8Array;
}

const resultNames = new Map(Object.entries(results).map(([name, code]) => [code as number, name as Result])); // entries() loses the key type
/** No single answer may take longer than this, however much progress is announced. */
const ABSOLUTE_LIMIT = 15 * 60_000;
/** More frames than any window allows are not kept: a chatterbox costs no memory. */
const INBOX = 64;
/** A reader of DATA acknowledges every second frame, so that a sender with a window of four never waits. */
const ACK_EVERY = 2;
/** A DATA payload begins with its offset. */
const OFFSET_BYTES = 4;

/** Frames wait here until the question in flight takes them; one reader. */
class Inbox {
  readonly #frames: Frame[] = [];
  #wake: (() => void) | undefined;
  #closed: DecomError | undefined;

  put(frame: Frame): void {
    if (this.#frames.length >= INBOX) return;
    this.#frames.push(frame);
    this.#wake?.();
  }
  close(cause: DecomError): void {
    this.#closed = cause;
    this.#wake?.();
  }
  clear(): void {
    this.#frames.length = 0;
  }
  /** Whoever waits looks around. */
  nudge(): void {
    this.#wake?.();
  }
  /** The next frame, or undefined after `ms`. Throws when the line has ended. */
  async next(context: DriverContext, ms: number): Promise<Frame | undefined> {
    if (this.#frames.length === 0 && this.#closed === undefined && ms > 0) {
      await new Promise<void>((resolve) => {
        const cancel = context.clock.after(ms, resolve);
        this.#wake = () => {
          cancel();
          resolve();
        };
      });
      this.#wake = undefined;
    }
    const frame = this.#frames.shift();
    if (frame === undefined && this.#closed !== undefined) throw this.#closed;
    return frame;
  }
}

export class Session {
  readonly #link: Link;
  readonly #context: DriverContext;
  readonly #reader = new DelimitedReader(limits.maxFrame);
  readonly #inbox = new Inbox();
  #session = 0;
  #seq = 0;
  #expected = 0;
  #room = payloadRoom(limits.minFrame);
  #roundTrip: number = timers.ackMin;
  #window = 1;

  constructor(link: Link, context: DriverContext) {
    this.#link = link;
    this.#context = context;
    link.listen({
      bytes: (chunk) => {
        for (const encoded of this.#reader.push(chunk)) this.#heard(encoded);
      },
      closed: (cause) =>
        this.#inbox.close(new DecomError("link.closed", `${link.address} was closed by the other side`, { did: "unknown", cause })),
    });
  }

  /** Bytes that belonged to no frame; a value to report, never an error. */
  get noise(): { readonly bytes: number; readonly overlong: number } {
    return this.#reader.noise;
  }

  /** A new session. Asks again until something answers or `patience` ms have passed. */
  async hello(patience: number): Promise<HelloAck> {
    const { clock, random } = this.#context;
    const nonce = random.bytes(8);
    const payload = hello.encode({ hostNonce: nonce, version: VERSION, maxFrame: limits.maxFrame });
    this.#reader.reset();
    this.#inbox.clear();
    this.#session = 0;
    const start = clock.monotonic();
    for (let wait: number = timers.ackMin; clock.monotonic() - start < patience; wait = Math.min(wait * 2, timers.ackMax)) {
      await this.#send({ type: "HELLO", more: false, session: 0, seq: 0, ack: 0, payload });
      const until = clock.monotonic() + wait;
      for (;;) {
        const frame = await this.#inbox.next(this.#context, until - clock.monotonic());
        if (frame === undefined) break;
        const ack = frame.type === "HELLO_ACK" ? helloAck.decode(frame.payload, limits.depthToHost) : undefined;
        if (ack === undefined || "badTag" in ack || !equal(ack.value.hostNonce, nonce)) continue;
        if (ack.value.version !== VERSION)
          throw new DecomError("terminal.unknown", `the terminal speaks podp version ${ack.value.version}`);
        this.#session = frame.session;
        this.#seq = 0;
        this.#expected = 0;
        this.#room = payloadRoom(Math.min(limits.maxFrame, Math.max(limits.minFrame, ack.value.maxFrame)));
        this.#window = Math.min(limits.maxWindow, Math.max(1, ack.value.window));
        this.#inbox.clear();
        return ack.value;
      }
    }
    throw new DecomError("terminal.silent", `no podp terminal answered on ${this.#link.address} within ${patience} ms`);
  }

  /** One question and its answer. `onData` receives the DATA frames of a READ in order, each once. */
  async ask<Q, A>(command: Command<Q, A>, request: Q, onData?: (offset: number, bytes: Uint8Array) => void): Promise<Answer<A>> {
    const { clock } = this.#context;
    const lost = command.effect === "read" ? "not-done" : "unknown";
    const message = concat(uint(command.code, 1), command.request.encode(request));
    if (message.length > limits.message) throw new DecomError("wire.unsendable", `command ${command.code} needs ${message.length} bytes`);
    const first = this.#seq;
    const parts = fragments(message, this.#room);
    this.#seq = next(first, parts.length);
    const send = async (): Promise<void> => {
      for (const [i, payload] of parts.entries()) {
        const more = i + 1 < parts.length;
        await this.#send({ type: "CMD", more, session: this.#session, seq: next(first, i), ack: this.#expected, payload });
      }
    };
    await send();
    const begun = clock.monotonic();
    let until = begun + this.#roundTrip;
    let sends = 1;
    let unacknowledged = 0;
    let missed = -1;
    const answer: Uint8Array[] = [];
    for (;;) {
      const now = clock.monotonic();
      if (now - begun > ABSOLUTE_LIMIT) throw new DecomError("terminal.silent", `command ${command.code} took too long`, { did: lost });
      const frame = await this.#inbox.next(this.#context, until - now);
      if (frame === undefined) {
        if (sends > timers.resends) {
          await this.#control("RST");
          throw new DecomError("terminal.silent", `no answer to command ${command.code} after ${sends} sends`, { did: lost });
        }
        sends++;
        await send();
        until = clock.monotonic() + (sends === 2 ? this.#roundTrip : timers.ackMax);
        continue;
      }
      if (frame.type === "RST" && frame.session === this.#session) {
        throw new DecomError("terminal.restarted", `the terminal left the session during command ${command.code}`, { did: lost });
      }
      if (frame.session !== this.#session) continue;
      switch (frame.type) {
        case "ACK":
          if (ahead(frame.ack, first) > 0) {
            if (sends === 1) this.#roundTrip = Math.min(timers.ackMax, Math.max(timers.ackMin, 4 * (clock.monotonic() - begun)));
            until = clock.monotonic() + timers.response;
          }
          break;
        case "NAK":
          if (ahead(frame.ack, this.#seq) < 0 && sends <= timers.resends) {
            sends++;
            await send();
          }
          until = clock.monotonic() + timers.response;
          break;
        case "EVT":
          until = Math.max(until, clock.monotonic() + this.#announced(frame));
          break;
        case "DATA":
        case "RSP": {
          until = clock.monotonic() + timers.response;
          const step = ahead(frame.seq, this.#expected);
          if (step !== 0) {
            if (step < 0) await this.#control("ACK");
            else if (missed !== this.#expected) {
              missed = this.#expected;
              await this.#control("NAK");
            }
            break;
          }
          this.#expected = next(this.#expected);
          if (frame.type === "DATA") {
            if (frame.payload.length > 4) onData?.(readUint(frame.payload, 0, 4), frame.payload.subarray(4));
            if (++unacknowledged >= ACK_EVERY) {
              unacknowledged = 0;
              await this.#control("ACK");
            }
            break;
          }
          answer.push(frame.payload);
          if (frame.more) break;
          return this.#read(command, first, answer.length === 1 ? frame.payload : concat(...answer));
        }
        default: // HELLO, HELLO_ACK and CMD have no meaning here
      }
    }
  }

  /** Bytes `from` to before `to` as DATA, as many in a frame as the terminal takes; returns when all are acknowledged. */
  async send(from: number, to: number, bytes: Keystream): Promise<void> {
    const perFrame = this.#room - OFFSET_BYTES;
    const count = Math.ceil((to - from) / perFrame);
    const first = this.#seq;
    this.#seq = next(first, count);
    const payload = (i: number) => {
      const at = from + i * perFrame;
      return concat(uint(at, OFFSET_BYTES), bytes(at, Math.min(to, at + perFrame)));
    };
    const outlet: Outlet = {
      clock: this.#context.clock,
      window: this.#window,
      first,
      ackMs: this.#roundTrip,
      send: (i) =>
        this.#send({
          type: "DATA",
          more: false,
          session: this.#session,
          seq: next(first, i),
          ack: this.#expected,
          payload: payload(i),
        }),
      heard: async (ms) => {
        const frame = await this.#inbox.next(this.#context, ms);
        return frame?.session === this.#session ? frame : undefined;
      },
      nudge: () => this.#inbox.nudge(),
      announced: (frame) => {
        const silent = this.#announced(frame);
        return { silent, deaf: frame.payload[0] === events.STALL ? Math.max(0, silent - timers.response) : 0 };
      },
    };
    await streamed(outlet, count);
  }

  /** Milliseconds in which the line moves so many bytes at best (8N1); undefined where it has no pace of its own. */
  lineMs(bytes: number): number | undefined {
    const { baud } = this.#link;
    return baud === undefined ? undefined : (bytes * 10_000) / baud;
  }

  async close(): Promise<void> {
    await this.#link.close();
  }

  #read<Q, A>(command: Command<Q, A>, seq: number, message: Uint8Array): Answer<A> {
    const result = resultNames.get(message[3] ?? -1) ?? (`unknown-${message[3] ?? -1}` as const);
    const raw = message.subarray(4);
    const did = command.effect === "read" ? "not-done" : "unknown";
    if (message.length < 4 || message[0] !== command.code || readUint(message, 1, 2) !== seq) {
      throw new DecomError("terminal.answer", `the answer to command ${command.code} belongs to another question`, { did });
    }
    if (result !== "OK" && result !== "ACCEPTED") return { result, body: undefined, raw };
    const decoded = command.response.decode(raw, limits.depthToHost);
    if ("badTag" in decoded) {
      throw new DecomError("terminal.answer", `answer to command ${command.code}: tag ${decoded.badTag.toString(16)} is missing or wrong`, {
        did,
      });
    }
    if (decoded.unknown.length > 0) this.#context.log.debug({ command: command.code, unknown: decoded.unknown }, "unknown tags kept");
    return { result, body: decoded.value, raw };
  }

  /** How long an event lets the terminal be silent. */
  #announced(frame: Frame): number {
    const body = frame.payload.subarray(1);
    if (frame.payload[0] === events.STALL) {
      const told = stall.decode(body);
      return "badTag" in told ? 0 : Math.min(told.value.ms, timers.stallMax) + timers.response;
    }
    const told = frame.payload[0] === events.PROGRESS ? progress.decode(body) : undefined;
    if (told === undefined || "badTag" in told) return 0;
    this.#context.progress?.({ what: this.#describe(told.value), permille: told.value.permille });
    return Math.min(told.value.silence, timers.stallMax) + timers.response;
  }

  #describe(told: { readonly step: number; readonly steps: number; readonly area?: number }): string {
    return told.area === undefined ? `step ${told.step} of ${told.steps}` : `area ${told.area}, step ${told.step} of ${told.steps}`;
  }

  #heard(encoded: Uint8Array): void {
    const frame = decodeFrame(encoded);
    if (frame === undefined) {
      this.#context.log.debug({ bytes: encoded.length }, "noise");
      return;
    }
    this.#tap("host", frame, encoded.length + 2);
    // Events nobody waits for still show progress; anything else waits for the question in flight.
    this.#inbox.put(frame);
  }

  async #control(type: "ACK" | "NAK" | "RST"): Promise<void> {
    await this.#send({ type, more: false, session: this.#session, seq: this.#seq, ack: this.#expected, payload: EMPTY });
  }

  async #send(frame: Frame): Promise<void> {
    const bytes = encodeFrame(frame);
    this.#tap("terminal", frame, bytes.length);
    await this.#link.write(bytes);
  }

  #tap(to: "terminal" | "host", frame: Frame, bytes: number): void {
    this.#context.tap?.({ at: this.#context.clock.wall(), to, bytes, ...maskFrame(frame) });
  }
}

/** A result and what it objects to, for messages: `BAD_STATE 02`. */
export function describeRefusal(answer: { readonly result: Result; readonly raw: Uint8Array }): string {
  return answer.raw.length === 0 ? answer.result : `${answer.result} ${hex(answer.raw.subarray(0, 24))}`;
}
