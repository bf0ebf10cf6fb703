// Power cuts, and what comes after each: the same work once more, with the power back.
import { PowerCut } from "../../src/sim/stores.js";
import type { Terminal } from "../../src/sim/terminal.js";

export interface Powered {
  terminal: Terminal;
  cuts: number;
  start(): Terminal;
}

/** Does `work`, and after each cut again from the start. */
export async function survive(at: Powered, work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      if (!at.terminal.alive) throw new PowerCut("born dead");
      return await work();
    } catch (cause) {
      if (!(cause instanceof PowerCut)) throw cause;
      at.cuts++;
      at.terminal = at.start();
    }
  }
}
