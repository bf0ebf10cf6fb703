// A `sim:` port: a terminal in this process, in memory, at the other end of a line that takes no time. It lives as long as the process.
import { simulatedFaces } from "../../protocols/simulated.js";
import type { Clock } from "../base/clock.js";
import { DecomError } from "../base/errors.js";
import { words } from "../base/words.js";
import type { Link } from "../link/link.js";
import { memoryPair } from "../link/memory.js";
import type { PortSpec } from "../link/spec.js";
import { memoryStores } from "../sim/stores.js";
import { SEED } from "./options.js";
import { scenarioOf } from "./scenarios.js";
import { staged } from "./staged.js";

export interface SimulatedPort {
  /** Another line to the same terminal; the last one is dead. */
  connect(): Link;
  /** Another terminal, as it came from the factory and its working life. */
  fresh(): void;
  /** Takes the power away and gives it back. */
  powerCut(): void;
}

/** The family's face that can be this model. */
export function faceOf(model: string): (typeof simulatedFaces)[number] {
  const face = simulatedFaces.find(({ models }) => models.includes(model));
  if (face !== undefined) return face;
  const names = simulatedFaces.flatMap(({ models }) => models).join(", ");
  throw new DecomError("args.invalid", words.cli.noModel(model, names), { model });
}

/** Without an owner key the terminal pins the first it is shown. */
export function simulatedPort(spec: PortSpec & { kind: "sim" }, clock: Clock, owner?: Uint8Array): SimulatedPort {
  const { model } = spec;
  const scenario = spec.scenario === undefined ? undefined : scenarioOf(spec.scenario);
  const seed = spec.seed ?? scenario?.seed ?? SEED;
  const face = faceOf(model);
  if (scenario !== undefined && scenario.model !== model) {
    throw new DecomError("args.invalid", words.cli.scenarioModel(scenario.name, scenario.model), { model });
  }
  const make = () => staged({ face, model, seed, stores: memoryStores(), clock, scenario, ...(owner === undefined ? {} : { owner }) });
  let terminal = make();
  let lines = 0;
  return {
    connect() {
      const [ours, theirs] = memoryPair(clock, { address: `sim:${model},seed=${seed}` });
      terminal.attach(theirs);
      return lines++ === 0 ? terminal.line(ours) : ours;
    },
    fresh() {
      terminal.simulated.powerCut();
      terminal = make();
      lines = 0;
    },
    powerCut: () => terminal.powerCycle(),
  };
}
