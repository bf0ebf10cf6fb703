import { singles } from "../support/matrix.js";

singles("podp-mute");
