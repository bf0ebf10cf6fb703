// A link that fails on purpose, at the frame the plan names: each write is one frame, each delivery of a memory line one too.
import type { Clock } from "../base/clock.js";
import { sleep } from "../base/clock.js";
import { lineClosed } from "./bounded.js";
import { Inbox } from "./inbox.js";
import type { Link, LinkEvents } from "./link.js";

export type FaultKind =
  | { readonly kind: "drop" | "double" | "cut" }
  /** Counted from the lowest bit of the first byte, modulo the frame's size. */
  | { readonly kind: "flip"; readonly bit: number }
  | { readonly kind: "delay"; readonly ms: number };

/** `nth` counts from 1, separately for what this end sends and what it hears. */
export type Fault = FaultKind & { readonly on: "out" | "in"; readonly nth: number };

export class FaultyLink implements Link {
  readonly kind: Link["kind"];
  readonly address: string;
  readonly baud: number | undefined;
  /** The faults that met their frame; a test that never reached its fault proves nothing. */
  readonly reached = new Set<Fault>();
  readonly frames = { out: 0, in: 0 };
  readonly #inner: Link;
  readonly #clock: Clock;
  readonly #plan: readonly Fault[];
  readonly #inbox = new Inbox();
  /** A late frame holds back those behind it: a line does not change the order. */
  readonly #heldUntil = { out: 0, in: 0 };

  constructor(inner: Link, clock: Clock, plan: readonly Fault[]) {
    this.kind = inner.kind;
    this.address = inner.address;
    this.baud = inner.baud;
    this.#inner = inner;
    this.#clock = clock;
    this.#plan = plan;
    inner.listen({
      bytes: (chunk) => this.#hear(chunk),
      closed: (cause) => this.#inbox.end(cause),
    });
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#inbox.over) throw lineClosed(this.address, "not-done");
    const { frame, times, cut, wait } = this.#meet("out", bytes);
    if (cut) {
      this.#cut();
      throw lineClosed(this.address, "unknown");
    }
    // To the sender a lost or late frame looks sent: the line was busy for as long.
    if (times === 0) return this.#passing(bytes.length);
    if (wait > 0) {
      const held = new Uint8Array(frame);
      this.#clock.after(wait, () => {
        for (let i = 0; i < times; i++) this.#inner.write(held).catch(() => undefined);
      });
      return this.#passing(bytes.length);
    }
    for (let i = 0; i < times; i++) await this.#inner.write(frame);
  }

  listen(events: LinkEvents): void {
    this.#inbox.listen(events);
  }

  close(): Promise<void> {
    this.#inbox.stop();
    return this.#inner.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #hear(chunk: Uint8Array): void {
    const { frame, times, cut, wait } = this.#meet("in", chunk);
    const deliver = (bytes: Uint8Array) => {
      for (let i = 0; i < times; i++) this.#inbox.bytes(bytes);
    };
    if (cut) this.#cut();
    else if (wait > 0) {
      const held = new Uint8Array(frame); // the chunk is valid during this call only
      this.#clock.after(wait, () => deliver(held));
    } else deliver(frame);
  }

  /** What becomes of a frame: as it is or altered, so many times, so late. */
  #meet(on: Fault["on"], bytes: Uint8Array): { frame: Uint8Array; times: number; cut: boolean; wait: number } {
    const nth = ++this.frames[on];
    const now = this.#clock.monotonic();
    let frame = bytes;
    let times = 1;
    let cut = false;
    for (const fault of this.#plan) {
      if (fault.on !== on || fault.nth !== nth) continue;
      this.reached.add(fault);
      switch (fault.kind) {
        case "drop":
          times = 0;
          break;
        case "double":
          times *= 2;
          break;
        case "cut":
          cut = true;
          break;
        case "flip":
          frame = flipped(frame, fault.bit);
          break;
        case "delay":
          this.#heldUntil[on] = Math.max(this.#heldUntil[on], now + fault.ms);
          break;
        default:
          fault satisfies never;
      }
    }
    return { frame, times, cut, wait: this.#heldUntil[on] - now };
  }

  /** The cable is out: both ends learn it, nothing under way arrives. */
  #cut(): void {
    this.#inner.close().catch(() => undefined);
    this.#inbox.end(new Error("the cable was cut"));
  }

  #passing(size: number): Promise<void> {
    return this.baud === undefined ? Promise.resolve() : sleep(this.#clock, (size * 10_000) / this.baud);
  }
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  if (copy.length === 0) return copy;
  const at = bit % (copy.length * 8);
  copy[at >> 3] = (copy[at >> 3] ?? 0) ^ (1 << (at & 7));
  return copy;
}
