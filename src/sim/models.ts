// The simulated terminals by name, one for each class of device and some that only tests have.
import { benchModels } from "./models/bench.js";
import { esign } from "./models/esign.js";
import { handheld, mpos } from "./models/reader.js";
import type { SimModel } from "./models/shape.js";
import { smart } from "./models/smart.js";
import { traditional } from "./models/traditional.js";

export const simModels: readonly SimModel[] = [traditional, esign, smart, mpos, handheld, ...benchModels];

export function simModel(name: string): SimModel | undefined {
  return simModels.find((model) => model.name === name);
}
