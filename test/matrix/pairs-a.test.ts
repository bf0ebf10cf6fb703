import { pairs } from "../support/matrix.js";

pairs("a");
