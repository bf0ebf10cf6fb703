// Two ends of a serial line that exists in (virtual) time only: bytes take 10 bits each, writes queue, a closed end is noticed.
import type { Clock } from "../base/clock.js";
import { lineClosed } from "./bounded.js";
import { Inbox } from "./inbox.js";
import type { Link, LinkEvents } from "./link.js";

export interface MemoryLine {
  /** Bits per second; absent: bytes take no time. */
  readonly baud?: number;
  /** From the last bit on the line to the listener, each way; a USB adapter's latency timer. */
  readonly latencyMs?: number;
  /** Hand bytes over in pieces of this size, all at the same instant. */
  readonly chunk?: number;
  readonly address?: string;
}

export function memoryPair(clock: Clock, line: MemoryLine = {}): [Link, Link] {
  const a = new MemoryEnd(clock, line);
  const b = new MemoryEnd(clock, line);
  a.join(b);
  b.join(a);
  return [a, b];
}

class MemoryEnd implements Link {
  readonly kind = "memory";
  readonly address: string;
  readonly baud: number | undefined;
  readonly #clock: Clock;
  readonly #latency: number;
  readonly #chunk: number;
  readonly #inbox = new Inbox();
  /** Writes whose last bit has not left yet. */
  readonly #sending = new Set<() => void>();
  #peer: MemoryEnd | undefined;
  /** When the line out of this end is free again. */
  #free = 0;

  constructor(clock: Clock, { baud, latencyMs = 0, chunk = Number.POSITIVE_INFINITY, address = "memory" }: MemoryLine) {
    this.#clock = clock;
    this.baud = baud;
    this.#latency = latencyMs;
    this.#chunk = chunk;
    this.address = address;
  }

  join(peer: MemoryEnd): void {
    this.#peer = peer;
  }

  /** One timer a write, two where the line has both pace and latency. */
  write(bytes: Uint8Array): Promise<void> {
    if (this.#inbox.over) return Promise.reject(lineClosed(this.address, "not-done"));
    const now = this.#clock.monotonic();
    this.#free = Math.max(now, this.#free) + (this.baud === undefined ? 0 : (bytes.length * 10_000) / this.baud);
    const copy = new Uint8Array(bytes);
    const arrive = () => this.#peer?.arrive(copy);
    if (this.#free === now) {
      this.#clock.after(this.#latency, arrive);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(this.#free - now, () => {
        this.#sending.delete(fail);
        resolve();
        if (this.#latency === 0) arrive();
        else this.#clock.after(this.#latency, arrive);
      });
      const fail = () => {
        cancel();
        reject(lineClosed(this.address, "unknown"));
      };
      this.#sending.add(fail);
    });
  }

  listen(events: LinkEvents): void {
    this.#inbox.listen(events);
  }

  /** What has left this end still arrives, then the other end learns that it is alone; what was still leaving is lost. */
  async close(): Promise<void> {
    if (!this.#inbox.over) this.#clock.after(this.#latency, () => this.#peer?.abandoned());
    this.#inbox.stop();
    this.#failSending();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  arrive(bytes: Uint8Array): void {
    if (bytes.length <= this.#chunk) this.#inbox.bytes(bytes);
    else for (let at = 0; at < bytes.length; at += this.#chunk) this.#inbox.bytes(bytes.subarray(at, at + this.#chunk));
  }

  abandoned(): void {
    this.#failSending();
    this.#inbox.end();
  }

  #failSending(): void {
    for (const fail of this.#sending) fail();
    this.#sending.clear();
  }
}
