// Sending and closing that always come to an end, whatever the driver does.
import { type Clock, within } from "../base/clock.js";
import type { DidItHappen } from "../base/codes.js";
import { DecomError } from "../base/errors.js";

type Done = (error?: Error | null) => void;

export function lineClosed(address: string, did: DidItHappen, cause?: unknown): DecomError {
  return new DecomError("link.closed", `${address} is closed`, { did, cause });
}

/** Resolves when `work` is done. Throws `link.closed` or `link.stuck`; then nobody knows how many bytes went out. */
export async function sending(clock: Clock, ms: number, address: string, work: (done: Done) => void): Promise<void> {
  try {
    await within(clock, ms, "link.stuck", `sending to ${address}`, new Promise<void>((resolve, reject) => work(settle(resolve, reject))));
  } catch (cause) {
    if (cause instanceof DecomError) throw new DecomError(cause.code, cause.message, { did: "unknown", cause });
    throw lineClosed(address, "unknown", cause);
  }
}

/** Resolves when `work` is done, failed or took too long: closing has nobody left to complain to. */
export async function closing(clock: Clock, ms: number, address: string, work: (done: Done) => void): Promise<void> {
  const finished = new Promise<void>((resolve) => work(() => resolve()));
  await within(clock, ms, "link.stuck", `closing ${address}`, finished).catch(() => undefined);
}

export function settle(resolve: () => void, reject: (cause: Error) => void): Done {
  return (error) => (error ? reject(error) : resolve());
}
