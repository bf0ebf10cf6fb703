// The `decom` command as other programs call it: child processes with keys and folders of their own, gone when the test file ends.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { type Child, root, start } from "./child.js";
import { sealQuickly } from "./quick-keys.js";

const folder = mkdtempSync(join(tmpdir(), "decom-real-"));
export const at = (...names: string[]) => join(folder, ...names);
export const keys = at("keys");
export const env = { DECOM_PASSPHRASE: "only for this test", DECOM_KEYS: keys };
export const decom = (...args: string[]): Child => start(process.execPath, [join(root, "dist/src/cli/main.js"), ...args], env);

export interface Answer {
  readonly code: number | NodeJS.Signals | null;
  readonly lines: readonly string[];
  readonly err: string;
  readonly json: Readonly<Record<string, unknown>>;
}

export async function answer(...args: string[]): Promise<Answer> {
  const child = decom(...args);
  child.process.stdin.end();
  const { code, out, err } = await child.ended;
  const lines = out.trimEnd().split("\n");
  const last = lines.at(-1) ?? "";
  return { code, lines, err, json: last.startsWith("{") ? JSON.parse(last) : {} };
}

interface Ready {
  readonly ready: true;
  readonly address: string;
  readonly seed: number;
  readonly serial: string;
  readonly pid: number;
  readonly owner: string;
}

export async function simulate(...args: string[]): Promise<Ready & { readonly child: Child }> {
  const child = decom("simulate", ...args);
  const [line] = await child.line(/^\{.*\}$/m);
  return { ...(JSON.parse(line) as Ready), child };
}

export const inspect = async (state: string) =>
  (await answer("simulate", "--inspect", state, "--json")).json as {
    areas: { readable: boolean }[];
    keys: { readable: boolean }[];
    money: { start: number; host: number; terminal: number };
    bookings: { account: string; batch: string; stan: string; kind: string }[];
    violations: string[];
  };

export async function expectWiped(state: string): Promise<void> {
  const { areas, keys: slots, money, bookings, violations } = await inspect(state);
  expect([...areas, ...slots].filter(({ readable }) => readable)).toEqual([]);
  expect(money).toEqual({ start: money.start, host: money.start, terminal: 0 });
  expect(new Set(bookings.map((one) => JSON.stringify(one))).size).toBe(bookings.length);
  expect(violations).toEqual([]);
}

export const run = (port: string, serial: string, out: string, ...more: string[]) =>
  answer("run", "--port", port, "--bench", "--keys", keys, "--expect-serial", serial, "--yes", "--json", "--out", out, ...more);
export const resume = (port: string, out: string) => answer("resume", "--out", out, "--port", port, "--keys", keys, "--yes", "--json");

beforeAll(async () => {
  const made = await answer("keys", "init", "--dir", keys, "--bench", "--algorithm", "p256", "--json");
  expect(made.json).toMatchObject({ dir: keys });
  expect(made.code).toBe(0);
  sealQuickly(keys, env.DECOM_PASSPHRASE);
});
afterAll(() => rmSync(folder, { recursive: true }));
