// The one injected clock. wall() dates documents, monotonic() measures deadlines; nothing else in the program asks for the time.
import type { ErrorCode } from "./codes.js";
import { DecomError } from "./errors.js";

export interface Clock {
  /** Milliseconds since 1970-01-01T00:00Z. */
  wall(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number;
  /** Calls `wake` once after `ms`; the result cancels it. */
  after(ms: number, wake: () => void): () => void;
}

export const systemClock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, wake) {
    const timer = setTimeout(wake, ms);
    return () => clearTimeout(timer);
  },
};

export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    const abort = () => {
      cancel();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
  });
}

/** Settles as `work` does, or rejects with `code` after `ms`. The work itself is not stopped; whoever owns it closes it. */
export function within<T>(clock: Clock, ms: number, code: ErrorCode, what: string, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => reject(new DecomError(code, `${what} took longer than ${ms} ms`)));
    work.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (cause: unknown) => {
        cancel();
        reject(cause);
      },
    );
  });
}

/** RFC 3339 in UTC with milliseconds, the only form of time in documents. */
export function rfc3339(wall: number): string {
  if (wall !== written.wall) written = { wall, text: new Date(wall).toISOString() };
  return written.text;
}
/** Many lines are written within one millisecond. */
let written = { wall: 0, text: "1970-01-01T00:00:00.000Z" };
