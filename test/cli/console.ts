// A console for tests: what a command says is kept, and nobody is at the keyboard unless the test types.
import type { Io } from "../../src/cli/io.js";
import { decom } from "../../src/cli/program.js";

export interface Said {
  readonly exit: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
  readonly asked: readonly string[];
  /** The last line of stdout, read as JSON. */
  readonly json: Readonly<Record<string, unknown>>;
}

export async function say(argv: readonly string[], env: Readonly<Record<string, string>> = {}, typing?: readonly string[]): Promise<Said> {
  const out: string[] = [];
  const err: string[] = [];
  const asked: string[] = [];
  const io: Io = {
    env,
    interactive: typing !== undefined,
    live: false,
    colour: false,
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    status: () => undefined,
    async ask(question) {
      asked.push(question);
      return typing?.[asked.length - 1] ?? "";
    },
  };
  const exit = await decom(argv, io);
  const last = out.at(-1) ?? "null";
  return { exit, out, err, asked, json: last.startsWith("{") ? JSON.parse(last) : {} };
}
