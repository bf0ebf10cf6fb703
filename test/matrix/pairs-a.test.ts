import { pairs } from "./axes.js";

pairs("a");
