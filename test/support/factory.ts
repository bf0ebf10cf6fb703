// Simulated terminals as they come from the factory and its working life: made once, then copied.
import { startSimulated } from "../../protocols/podp/simulated.js";
import { VirtualClock } from "../../src/base/virtual-clock.js";
import type { Plant } from "../../src/sim/planting.js";
import { copyStores, type FactoryStores, memoryStores } from "../../src/sim/stores.js";

export const START = Date.UTC(2026, 0, 5, 8, 0, 0);

const factory = new Map<string, FactoryStores>();

/** Memory of this model's terminal with this seed, and what was planted in it besides. */
export function freshStores(model: string, seed: number, plant: Plant | undefined): FactoryStores {
  const key = `${model} ${seed} ${JSON.stringify(plant)}`;
  const known = factory.get(key) ?? memoryStores();
  if (!factory.has(key)) {
    startSimulated({ model, seed, stores: known, clock: new VirtualClock(START), ...(plant === undefined ? {} : { plant }) }).powerCut();
    factory.set(key, known);
  }
  return copyStores(known);
}
