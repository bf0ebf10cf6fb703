// Before the matrix: tens of thousands of runs are played on compiled code, which is a quarter faster than code that a test runner transforms.
import { compile } from "./compile.js";

export function setup(): void {
  compile("tsconfig.matrix.json");
}
