import { pairs, singles } from "./axes.js";

singles("podp-mute");
pairs("b");
