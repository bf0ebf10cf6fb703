// Leaving: a first Ctrl-C waits for a safe point, a second does not; and the process ends even when a driver thread does not.
import { spawn } from "node:child_process";
import { words } from "../base/words.js";
import type { Io } from "./io.js";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Aborts at the first signal, exits 130 at the second. */
export function interruptible(io: Io): { readonly signal: AbortSignal } & Disposable {
  const stop = new AbortController();
  const interrupt = () => {
    if (stop.signal.aborted) process.exit(130);
    io.err(words.cli.stopping);
    stop.abort();
  };
  for (const name of SIGNALS) process.on(name, interrupt);
  return {
    signal: stop.signal,
    [Symbol.dispose]: () => {
      for (const name of SIGNALS) process.off(name, interrupt);
    },
  };
}

let serialWasOpen = false;
export function serialOpened(): void {
  serialWasOpen = true;
}

/**
 * Everything is closed by now, so nothing is cut off. A thread that a serial driver holds in the kernel would make exit() wait for ever,
 * since libuv joins its threads: a guard outside, which our end releases, then ends the process with a signal.
 */
export async function leave(code: number): Promise<never> {
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write("", done))));
  if (serialWasOpen && process.platform === "linux") {
    const guard = spawn("sh", ["-c", `timeout 3 cat; [ $? -ne 124 ] || kill -9 ${process.pid}`], { stdio: ["pipe", "ignore", "ignore"] });
    guard.on("error", () => undefined);
    guard.unref();
  }
  process.exit(code);
}
