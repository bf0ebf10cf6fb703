import { singles } from "./axes.js";

singles("podp-small");
