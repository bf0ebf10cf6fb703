// What the simulated terminal answers to each podp command, as one table of functions.
import { censusOf } from "./census.js";
import type { Context, Handlers } from "./context.js";
import { erasing } from "./erasing.js";
import { money } from "./money.js";
import { reading } from "./reading.js";

export function handlers(at: Omit<Context, "census">): Handlers {
  const context: Context = { ...at, census: censusOf(at.terminal) };
  return Object.assign(reading(context), money(context), erasing(context));
}
