// The models that decom knows of this family, one for each class of device and some that only tests have.
import type { Model } from "../../../src/terminal/model.js";
import { benchModels } from "./bench.js";
import { esign } from "./esign.js";
import { handheld, mpos } from "./reader.js";
import { smart } from "./smart.js";
import { traditional } from "./traditional.js";

export const models: readonly Model[] = [traditional, esign, smart, mpos, handheld, ...benchModels];
