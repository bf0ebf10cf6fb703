// The families' simulated faces, one line each. The agent's own path never comes here.
import { simulatedPodp } from "./podp/simulated.js";

export const simulatedFaces = [simulatedPodp] as const;
