// What several commands take: from the command line, else from the environment, else a default. Secrets never come from the command line.
import { readFileSync } from "node:fs";
import { DecomError } from "../base/errors.js";
import { words } from "../base/words.js";
import type { Io } from "./io.js";

export interface CommonOptions {
  readonly json?: boolean;
  readonly log?: string;
}

export interface PortOptions extends CommonOptions {
  readonly port?: string;
  readonly baud?: number;
  readonly patience?: number;
}

export interface KeyOptions extends CommonOptions {
  readonly keys?: string;
  readonly passphraseFd?: number;
}

export interface OutOptions {
  readonly out?: string;
}

export const PATIENCE = 10_000;
/** Of simulated terminals: the same every time, so that `identify` and `run` meet the same one. */
export const SEED = 1;

export function portOf({ port }: PortOptions, { env }: Io): string {
  return wanted(port, env["DECOM_PORT"], "--port", "DECOM_PORT");
}

export function keysOf({ keys }: KeyOptions, { env }: Io): string {
  return wanted(keys, env["DECOM_KEYS"], "--keys", "DECOM_KEYS");
}

export function outOf({ out }: OutOptions, { env }: Io): string {
  return out ?? env["DECOM_OUT"] ?? "./decom-out";
}

export function wanted(given: string | undefined, fallback: string | undefined, option: string, variable?: string): string {
  const value = given ?? fallback;
  if (value === undefined || value === "") throw new DecomError("args.invalid", words.cli.missing(option, variable));
  return value;
}

/** `twice` where a new one is chosen and a slip of the finger would lock everybody out. */
export async function passphraseOf({ passphraseFd }: KeyOptions, io: Io, twice = false): Promise<string> {
  if (passphraseFd !== undefined) return fromDescriptor(passphraseFd);
  const set = io.env["DECOM_PASSPHRASE"];
  if (set !== undefined) return set;
  if (!io.interactive) throw new DecomError("keys.passphrase", words.cli.missing("--passphrase-fd", "DECOM_PASSPHRASE"));
  const passphrase = await io.ask(words.cli.askPassphrase, true);
  if (twice && (await io.ask(words.cli.askPassphraseAgain, true)) !== passphrase) {
    throw new DecomError("keys.passphrase", words.cli.passphrasesDiffer);
  }
  return passphrase;
}

function fromDescriptor(fd: number): string {
  try {
    return readFileSync(fd, "utf8").replace(/\r?\n$/, "");
  } catch (cause) {
    throw new DecomError("keys.passphrase", `cannot read file descriptor ${fd}: ${(cause as Error).message}`, { cause }); // fs gives Errors
  }
}
