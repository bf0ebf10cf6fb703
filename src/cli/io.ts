// Where a command speaks and listens: results on stdout, everything else on stderr, questions only to a person.
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { DecomError } from "../base/errors.js";
import { redact } from "../base/redact.js";
import { words } from "../base/words.js";

export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Somebody is at the keyboard. */
  readonly interactive: boolean;
  /** Lines on stderr may be rewritten. */
  readonly live: boolean;
  readonly colour: boolean;
  /** A line of the result, as it is: it holds no card data, and a mask would also hit ids and hashes with enough digits in a row. */
  out(line: string): void;
  /** A line for a person. */
  err(line: string): void;
  /** The line that stands below all others until something else is said; only on a live terminal. */
  status(line: string): void;
  ask(question: string, hidden?: boolean): Promise<string>;
}

/** What a command answers: printed as one JSON line, or as text. */
export interface Told {
  readonly exit: number;
  readonly json: object;
  readonly text: readonly string[];
}

/** A reader that went away (EPIPE) must not stop a run in the middle. */
export function systemIo(): Io {
  const { stdin, stdout, stderr, env } = process;
  for (const stream of [stdout, stderr]) stream.on("error", () => undefined);
  const live = stderr.isTTY === true && env["TERM"] !== "dumb";
  let volatile = false;
  const clear = () => {
    if (volatile) stderr.write("\r\x1b[K");
    volatile = false;
  };
  return {
    env,
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    live,
    colour: live && (env["NO_COLOR"] ?? "") === "",
    out(line) {
      clear();
      stdout.write(`${line}\n`);
    },
    err(line) {
      clear();
      stderr.write(`${redact(line)}\n`);
    },
    status(line) {
      if (!live) return;
      volatile = true;
      stderr.write(`\r${redact(line).slice(0, (stderr.columns ?? 80) - 1)}\x1b[K`);
    },
    ask: (question, hidden = false) =>
      new Promise((resolve, reject) => {
        clear();
        const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
        if (hidden) stderr.write(question);
        const lines = createInterface({ input: stdin, output: hidden ? silence : stderr, terminal: true });
        let answered = false;
        lines.question(hidden ? "" : question, (answer) => {
          answered = true;
          if (hidden) stderr.write("\n");
          lines.close();
          resolve(answer);
        });
        lines.on("close", () => answered || reject(new DecomError("args.consent", words.cli.notConfirmed)));
      }),
  };
}

/** An error as a person reads it: what was seen, whether it happened, what to do, how to call it. */
export function complain(io: Io, error: DecomError): void {
  const { message, did, remedy, code, row } = error;
  io.err(io.colour ? `\x1b[31m${message}\x1b[0m` : message);
  io.err(`  ${[...(did === "not-done" ? [] : [words.did[did]]), remedy].join(" ")}`);
  io.err(`  (${words.cli.error(code, row.exit)})`);
  if (code === "internal.bug" && error.cause instanceof Error) io.err(String(error.cause.stack));
}

export function errorJson({ code, message, remedy, row, did }: DecomError): object {
  return { code, message: redact(message), hint: remedy, exit: row.exit, didItHappen: did };
}

/** JSON has no whole numbers beyond 2^53; amounts here stay far below. */
export function toLine(value: object): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? Number(part) : part));
}
