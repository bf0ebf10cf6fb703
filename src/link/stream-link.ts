// What links over Node's own streams share: an inbox, writes with a deadline, one end that is bounded, idempotent and quiet.
import type { Writable } from "node:stream";
import type { Clock } from "../base/clock.js";
import { lineClosed, sending } from "./bounded.js";
import { Inbox } from "./inbox.js";
import type { Link, LinkEvents } from "./link.js";

const SEND_MS = 5_000;

export abstract class StreamLink implements Link {
  abstract readonly kind: Link["kind"];
  readonly baud = undefined;
  readonly address: string;
  protected readonly clock: Clock;
  protected readonly inbox = new Inbox();
  readonly #out: Writable;
  #closing: Promise<void> | undefined;

  constructor(clock: Clock, address: string, out: Writable) {
    this.clock = clock;
    this.address = address;
    this.#out = out;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.inbox.over || !this.#out.writable) throw lineClosed(this.address, "not-done");
    await sending(this.clock, SEND_MS, this.address, (done) => this.#out.write(new Uint8Array(bytes), done));
  }

  listen(events: LinkEvents): void {
    this.inbox.listen(events);
  }

  close(): Promise<void> {
    this.inbox.stop();
    this.#closing ??= this.end();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Once, after the last event. */
  protected abstract end(): Promise<void>;
}
