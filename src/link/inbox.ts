// What every link does with what comes in: keeps it until someone listens, tells the end, is quiet after close.
import type { LinkEvents } from "./link.js";

/** What a line that talks before anyone listens may leave behind; the rest is lost, as in a driver's buffer. */
const KEPT = 65_536;

export class Inbox {
  #events: LinkEvents | undefined;
  #early: Uint8Array[] = [];
  #size = 0;
  #end: { readonly cause: Error | undefined } | undefined;
  #stopped = false;

  /** True when nothing more will come. */
  get over(): boolean {
    return this.#stopped || this.#end !== undefined;
  }

  bytes(chunk: Uint8Array): void {
    if (this.over || chunk.length === 0) return;
    if (this.#events !== undefined) this.#events.bytes(chunk);
    else if (this.#size + chunk.length <= KEPT) {
      this.#size += chunk.length;
      this.#early.push(new Uint8Array(chunk));
    }
  }

  /** The first call counts: a port can report its end more than once. */
  end(cause?: Error): void {
    if (this.over) return;
    this.#end = { cause };
    this.#events?.closed(cause);
  }

  listen(events: LinkEvents): void {
    this.#events = events;
    const early = this.#early;
    this.#early = [];
    this.#size = 0;
    for (const chunk of early) if (!this.#stopped) events.bytes(chunk);
    if (this.#end !== undefined && !this.#stopped) events.closed(this.#end.cause);
  }

  stop(): void {
    this.#stopped = true;
    this.#early = [];
  }
}
