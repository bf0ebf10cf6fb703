// The podp family: its models, its marks and how a link becomes one of its terminals.
import type { Family } from "../../src/terminal/driver.js";
import { PodpTerminal } from "./driver.js";
import { models } from "./models/list.js";
import { grantMaker } from "./signed.js";

export const podp: Family = {
  name: "podp",
  marks: {
    identify: "simulated",
    census: "simulated",
    settle: "simulated",
    erase: "simulated",
    inspect: "simulated",
    fill: "simulated",
    attest: "simulated",
  },
  models,
  authority: grantMaker,
  connect: (link, context, patience) => PodpTerminal.connect(link, context, patience),
};
