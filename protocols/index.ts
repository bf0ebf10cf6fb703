// The terminal families this program can decommission, one line each.
import type { Family } from "../src/terminal/driver.js";
import { podp } from "./podp/family.js";

export const families: readonly Family[] = [podp];
