// Child processes of the real tests: started as a user would, ended by their id at the latest when the test file is done.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Child {
  readonly process: ChildProcessWithoutNullStreams;
  /** The next line of stdout that fits. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  /** Exit code or signal, and all that was printed. */
  readonly ended: Promise<{ code: number | NodeJS.Signals | null; out: string; err: string }>;
}

const started = new Set<ChildProcessWithoutNullStreams>();
afterAll(() => {
  for (const child of started) child.kill("SIGKILL");
});

export function start(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Child {
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env } });
  started.add(child);
  let out = "";
  let err = "";
  const waiting = new Set<() => void>();
  const look = () => {
    for (const wake of waiting) wake();
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    look();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  const ended = new Promise<{ code: number | NodeJS.Signals | null; out: string; err: string }>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      started.delete(child);
      resolve({ code: signal ?? code, out, err });
      look();
    });
  });
  ended.catch(() => undefined);
  const line = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const wake = () => {
        const match = pattern.exec(out);
        if (match === null && started.has(child)) return;
        waiting.delete(wake);
        if (match === null) reject(new Error(`it ended without ${pattern}: ${out}${err}`));
        else resolve(match);
      };
      waiting.add(wake);
      wake();
    });
  return { process: child, line, ended };
}

/** Runs a module text against dist/, as a program that has this package would. */
export function startModule(source: string): Child {
  return start(process.execPath, ["--input-type=module", "-e", source]);
}
