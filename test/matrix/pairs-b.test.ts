import { pairs } from "./axes.js";

pairs("b");
