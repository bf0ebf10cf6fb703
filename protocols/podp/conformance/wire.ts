// A podp line on which wrong things can be said: frames, commands and bodies as given, answers as they came.
import { concat, EMPTY, equal, readUint, uint } from "../../../src/base/bytes.js";
import { sleep } from "../../../src/base/clock.js";
import type { Link } from "../../../src/link/link.js";
import { DelimitedReader } from "../../../src/wire/delimited.js";
import type { Command } from "../../../src/wire/messages.js";
import { authFaults, badStates, limits, results, timers, VERSION } from "../codes.js";
import { ahead, decodeFrame, encodeFrame, type Frame, fragments, next, payloadRoom } from "../frame.js";
import { events, hello, helloAck, progress, refusal, stall } from "../messages.js";
import type { HelloAck } from "../session.js";
import { type ConformanceContext, disagree } from "./case.js";

export interface Reply {
  /** Result with its detail, as `AUTH SERIAL` or `OK`. */
  readonly says: string;
  readonly tlv: Uint8Array;
  /** What DATA frames brought. */
  readonly file: Uint8Array;
}

const PATIENCE = 60_000;
const nameIn = (table: Readonly<Record<string, number>>, code: number | undefined) =>
  Object.entries(table).find(([, value]) => value === code)?.[0] ?? `unknown-${code}`;

function spoken(result: number, tlv: Uint8Array): string {
  const name = nameIn(results, result);
  const detail = refusal.decode(tlv, limits.depthToHost);
  const code = "badTag" in detail ? undefined : detail.value.detail;
  if (name === "AUTH") return `AUTH ${nameIn(authFaults, code)}`;
  return name === "BAD_STATE" ? `BAD_STATE ${nameIn(badStates, code)}` : name;
}

export class Wire {
  readonly #link: Link;
  readonly #context: ConformanceContext;
  readonly #reader = new DelimitedReader(limits.maxFrame);
  readonly #frames: Frame[] = [];
  #wake: (() => void) | undefined;
  #last: readonly Frame[] = [];
  #room = payloadRoom(limits.minFrame);
  /** Between the two halves of each frame that is sent, ms. */
  pause = 0;
  session = 0;
  seq = 0;
  expected = 0;

  constructor(link: Link, context: ConformanceContext) {
    this.#link = link;
    this.#context = context;
    link.listen({
      bytes: (chunk) => {
        for (const encoded of this.#reader.push(chunk)) {
          const frame = decodeFrame(encoded);
          if (frame !== undefined) this.#frames.push(frame);
        }
        this.#wake?.();
      },
      closed: () => this.#wake?.(),
    });
  }

  async hello(): Promise<HelloAck> {
    const { clock, random } = this.#context;
    const nonce = random.bytes(8);
    const payload = hello.encode({ hostNonce: nonce, version: VERSION, maxFrame: limits.maxFrame });
    const start = clock.monotonic();
    this.#reader.reset();
    while (clock.monotonic() - start < PATIENCE) {
      await this.send({ type: "HELLO", session: 0, seq: 0, ack: 0, payload });
      for (let frame = await this.take(timers.ackMax); frame !== undefined; frame = await this.take(timers.ackMax)) {
        const ack = frame.type === "HELLO_ACK" ? helloAck.decode(frame.payload, limits.depthToHost) : undefined;
        if (ack === undefined || "badTag" in ack || !equal(ack.value.hostNonce, nonce)) continue;
        this.session = frame.session;
        this.seq = 0;
        this.expected = 0;
        this.#room = payloadRoom(ack.value.maxFrame);
        this.#frames.length = 0;
        return ack.value;
      }
    }
    return disagree(`no HELLO_ACK within ${PATIENCE} ms`);
  }

  /** A frame with whatever the caller wants to be wrong in it. */
  async send(frame: Partial<Frame> & Pick<Frame, "type">): Promise<void> {
    const whole = { more: false, session: this.session, seq: this.seq, ack: this.expected, payload: EMPTY, ...frame };
    const bytes = encodeFrame(whole);
    if (this.pause === 0) return await this.#link.write(bytes);
    await this.#link.write(bytes.subarray(0, bytes.length >> 1));
    await sleep(this.#context.clock, this.pause);
    await this.#link.write(bytes.subarray(bytes.length >> 1));
  }

  /** The next frame that comes within `ms`. */
  async take(ms: number): Promise<Frame | undefined> {
    if (this.#frames.length === 0 && ms > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#context.clock.after(ms, resolve);
        this.#wake = () => {
          cancel();
          resolve();
        };
      });
      this.#wake = undefined;
    }
    return this.#frames.shift();
  }

  say<Q, A>(command: Command<Q, A>, request: Q): Promise<Reply> {
    return this.ask(command.code, command.request.encode(request));
  }

  /** A command and its body as bytes, well-formed or not. */
  ask(code: number, body: Uint8Array = EMPTY): Promise<Reply> {
    const parts = fragments(concat(uint(code, 1), body), this.#room);
    const first = this.seq;
    this.#last = parts.map((payload, i) => ({
      type: "CMD",
      more: i + 1 < parts.length,
      session: this.session,
      seq: next(first, i),
      ack: this.expected,
      payload,
    }));
    this.seq = next(first, parts.length);
    return this.#exchange();
  }

  /** File or fill bytes that fit one DATA frame. */
  get dataRoom(): number {
    return this.#room - 4;
  }

  /** One DATA frame from the host, sent again until it is acknowledged. */
  async data(offset: number, bytes: Uint8Array): Promise<void> {
    const seq = this.seq;
    this.seq = next(seq);
    for (let sends = 0; sends <= timers.resends; sends++) {
      await this.send({ type: "DATA", seq, payload: concat(uint(offset, 4), bytes) });
      for (let frame = await this.take(timers.ackMax); frame !== undefined; frame = await this.take(timers.ackMax)) {
        if (frame.type === "RST" && frame.session === this.session) disagree("RST in answer to DATA");
        if (frame.type === "ACK" && frame.session === this.session && ahead(frame.ack, this.seq) >= 0) return;
      }
    }
    disagree(`DATA at offset ${offset} was not acknowledged`);
  }

  /** The identical frames of the last command once more: transport, no new command. */
  repeat(): Promise<Reply> {
    this.expected = next(this.expected, -1);
    return this.#exchange();
  }

  async close(): Promise<void> {
    await this.#link.close();
  }

  async #exchange(): Promise<Reply> {
    const { clock } = this.#context;
    const command = this.#last[0]?.payload[0] ?? 0;
    const answer: Uint8Array[] = [];
    const file: Uint8Array[] = [];
    for (let sends = 0; sends <= timers.resends; sends++) {
      for (const frame of this.#last) await this.send(frame);
      for (let until = clock.monotonic() + timers.ackMax; ; ) {
        const frame = await this.take(until - clock.monotonic());
        if (frame === undefined) break;
        if (frame.session !== this.session) continue;
        if (frame.type === "RST") disagree(`RST in answer to command ${command.toString(16)}`);
        until = Math.max(until, clock.monotonic() + (frame.type === "EVT" ? this.#announced(frame) : timers.response));
        if (frame.type !== "RSP" && frame.type !== "DATA") continue;
        if (ahead(frame.seq, this.expected) !== 0) continue;
        this.expected = next(this.expected);
        if (frame.type === "DATA") {
          file.push(frame.payload.subarray(4));
          await this.send({ type: "ACK" });
          continue;
        }
        answer.push(frame.payload);
        if (frame.more) continue;
        const whole = concat(...answer);
        if (whole[0] !== command || readUint(whole, 1, 2) !== this.#last[0]?.seq) disagree("an RSP that names another command or seq");
        const tlv = whole.subarray(4);
        return { says: spoken(whole[3] ?? 0, tlv), tlv, file: concat(...file) };
      }
    }
    return disagree(`no answer to command ${command.toString(16).padStart(2, "0")}`);
  }

  /** How long the terminal may now be silent. */
  #announced(frame: Frame): number {
    const body = frame.payload.subarray(1);
    const told = frame.payload[0] === events.STALL ? stall.decode(body) : undefined;
    if (told !== undefined && !("badTag" in told)) return told.value.ms + timers.ackMax;
    const going = frame.payload[0] === events.PROGRESS ? progress.decode(body) : undefined;
    return going === undefined || "badTag" in going ? 0 : going.value.silence;
  }
}
