import { pairs, singles } from "./axes.js";

singles("podp-tiny");
pairs("a");
