import { conserves } from "./conservation.js";

conserves(0);
