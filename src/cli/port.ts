// From --port to an open link; a simulated port brings its terminal with it.
import { type Clock, systemClock } from "../base/clock.js";
import { words } from "../base/words.js";
import type { Link } from "../link/link.js";
import { openSpec } from "../link/open.js";
import { parsePortSpec } from "../link/spec.js";
import type { Io } from "./io.js";
import { type PortOptions, portOf, SEED } from "./options.js";
import { serialOpened } from "./stop.js";

/** Of podp lines, 8N1. */
const BAUD = 115_200;

export async function openPort(options: PortOptions, io: Io, clock: Clock = systemClock): Promise<Link> {
  const spec = parsePortSpec(portOf(options, io));
  if (spec.kind === "sim") {
    const { simulatedPort } = await import("./simulated-port.js");
    if (spec.scenario !== undefined) {
      const { byHand, scenarioOf } = await import("./scenarios.js");
      const scenario = scenarioOf(spec.scenario);
      for (const line of words.cli.scenario(scenario.title, byHand(scenario))) io.err(line);
    }
    return simulatedPort(spec, clock).connect();
  }
  if (spec.kind !== "tcp") serialOpened();
  return openSpec(clock, spec, { baud: options.baud ?? BAUD });
}

/** What repeats a simulated run; real terminals have none. */
export async function seedOf(options: PortOptions, io: Io): Promise<number | null> {
  const spec = parsePortSpec(portOf(options, io));
  if (spec.kind !== "sim") return null;
  if (spec.seed !== undefined || spec.scenario === undefined) return spec.seed ?? SEED;
  const { scenarioOf } = await import("./scenarios.js");
  return scenarioOf(spec.scenario).seed;
}
