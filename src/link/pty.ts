// A serial device made of software, for the simulator: socat holds the master of a pty, we talk to socat through pipes.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { type Clock, within } from "../base/clock.js";
import { DecomError } from "../base/errors.js";
import { closing } from "./bounded.js";
import type { Link } from "./link.js";
import { StreamLink } from "./stream-link.js";

const OPEN_MS = 5_000;
const CLOSE_MS = 1_000;

/**
 * The link's address is the device for the other side to open. It outlives any number of openings and closings there, and it goes with this
 * process: when we are killed, socat reads the end of its input and the other side's port hangs up, like a cable pulled.
 */
export async function openPty(clock: Clock): Promise<Link> {
  const child = spawn("socat", ["-d", "-d", "-t0", "PTY,raw,echo=0", "STDIO"]);
  try {
    const path = await within(clock, OPEN_MS, "port.open", "making a pty with socat", slavePath(child));
    return new PtyLink(clock, child, path, openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK));
  } catch (cause) {
    child.kill("SIGKILL");
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") throw new DecomError("pty.missing", "socat is not installed", { cause }); // any Error may lack it
    throw cause instanceof DecomError ? cause : new DecomError("port.open", `socat made no pty: ${(cause as Error).message}`, { cause }); // child_process gives Errors
  }
}

/** socat says it on stderr, which is then read on so that it never blocks. */
function slavePath(child: ChildProcessWithoutNullStreams): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (said.length < 4_096) said += text;
      const path = /PTY is (\S+)\n/.exec(said)?.[1];
      if (path !== undefined) resolve(path);
    });
    child.on("error", reject);
    child.once("exit", (code) => reject(new Error(`it ended with ${code}: ${said.trim()}`)));
  });
}

class PtyLink extends StreamLink {
  readonly kind = "serial";
  readonly #child: ChildProcessWithoutNullStreams;

  /** `holder` is the other side's end, never read: while someone has it open the master reads no error (socat 1.7 keeps one too, but promises nothing). */
  constructor(clock: Clock, child: ChildProcessWithoutNullStreams, path: string, holder: number) {
    super(clock, path, child.stdin);
    this.#child = child;
    child.stdin.on("error", () => undefined); // socat is gone; "exit" tells
    child.stdout.on("data", (chunk: Uint8Array) => this.inbox.bytes(chunk));
    child.once("exit", (code, signal) => {
      closeSync(holder);
      this.inbox.end(new Error(`socat ended (${signal ?? code})`));
    });
  }

  protected async end(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    await closing(this.clock, CLOSE_MS, this.address, (done) => child.once("exit", () => done()).stdin.end());
    child.kill("SIGKILL");
  }
}
