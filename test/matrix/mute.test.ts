import { singles } from "./axes.js";

singles("podp-mute");
