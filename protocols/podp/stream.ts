// The host's window for DATA: frames leave back to back, are acknowledged cumulatively, and go back to the first one missed (README: "DATA").
import type { Clock } from "../../src/base/clock.js";
import { DecomError } from "../../src/base/errors.js";
import { timers } from "./codes.js";
import { ahead, type Frame } from "./frame.js";

/** What a stream needs of the session that it is part of. */
export interface Outlet {
  readonly clock: Clock;
  /** Most frames that may be unacknowledged. */
  readonly window: number;
  /** Number of the first frame. */
  readonly first: number;
  readonly ackMs: number;
  /** Resolves when the i-th frame has left. */
  send(i: number): Promise<void>;
  /** The next frame heard in this session, or undefined after `ms` or a nudge. */
  heard(ms: number): Promise<Frame | undefined>;
  nudge(): void;
  /** How long this event lets the terminal be silent, and deaf. */
  announced(frame: Frame): { readonly silent: number; readonly deaf: number };
}

/** The line must not run dry while a frame waits for the one before it to leave; more than that only waits in a queue. */
const LEAVING = 2;
/** An acknowledgement comes within the ack time of the last bit; until then the line speaks for itself. */
const FOREVER = 60_000;

/** Sends `count` frames; returns when all are acknowledged. Throws `terminal.silent` or `terminal.restarted` with `did: "unknown"`. */
export async function streamed(outlet: Outlet, count: number): Promise<void> {
  const { clock, window, first } = outlet;
  let [base, next, leaving, tries, deafUntil] = [0, 0, 0, 0, 0];
  let until = Number.POSITIVE_INFINITY;
  let failed: unknown;
  const leave = (i: number) => {
    leaving++;
    outlet
      .send(i)
      .catch((cause: unknown) => {
        failed ??= cause;
      })
      .finally(() => {
        leaving--;
        until = clock.monotonic() + outlet.ackMs;
        outlet.nudge();
      });
  };
  const goBack = () => {
    if (++tries > timers.resends) {
      throw new DecomError("terminal.silent", `DATA frame ${base + 1} of ${count} was not acknowledged`, { did: "unknown" });
    }
    next = base;
    until = clock.monotonic() + timers.ackMax;
  };
  while (base < count) {
    const deaf = deafUntil - clock.monotonic();
    while (deaf <= 0 && leaving < LEAVING && next < count && next < base + window) leave(next++);
    const patience = leaving > 0 ? FOREVER : until - clock.monotonic();
    const frame = await outlet.heard(Math.max(deaf, patience));
    if (failed !== undefined) throw failed;
    if (frame === undefined) {
      if (leaving === 0 && next > base && clock.monotonic() >= Math.max(until, deafUntil)) goBack();
      continue;
    }
    switch (frame.type) {
      case "RST":
        throw new DecomError("terminal.restarted", "the terminal left the session during DATA", { did: "unknown" });
      case "EVT": {
        const { silent, deaf: stalled } = outlet.announced(frame);
        until = Math.max(until, clock.monotonic() + silent);
        deafUntil = Math.max(deafUntil, clock.monotonic() + stalled);
        break;
      }
      case "ACK":
      case "NAK": {
        const done = ahead(frame.ack, first);
        if (done > base && done <= next) [base, tries] = [done, 0];
        if (frame.type === "NAK" && done === base && next > base) goBack();
        break;
      }
      default: // answers to earlier questions
    }
  }
}
