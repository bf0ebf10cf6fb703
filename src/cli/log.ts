// pino on stderr, synchronous so that nothing is lost at exit, every line without card numbers.
import { pino } from "pino";
import { DecomError } from "../base/errors.js";
import type { Log } from "../base/log.js";
import { redact } from "../base/redact.js";
import { words } from "../base/words.js";

const LEVELS = ["trace", "debug", "info", "warn", "error", "silent"];

export function openLog(level = "warn"): Log {
  if (!LEVELS.includes(level)) throw new DecomError("args.invalid", `--log ${level}: ${words.cli.oneOf(LEVELS.join(", "))}`);
  return pino({ level, base: null, hooks: { streamWrite: redact } }, pino.destination({ dest: 2, sync: true }));
}
