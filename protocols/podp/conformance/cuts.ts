// Power cuts for the conformance cases: at the n-th non-volatile change where that can be had, else by the clock.
import { sleep } from "../../../src/base/clock.js";
import { type ConformanceContext, skip } from "./case.js";

export interface Cut {
  readonly name: string;
  /** Does something while the power goes away; what the line says meanwhile is no verdict. */
  during(act: () => Promise<unknown>): Promise<void>;
}

const MOST_CUTS = 400;
const DELAYS = [0, 20, 50, 100, 200, 400, 800, 1600, 3200, 6400];

/** One power cut after another, each a little later, each on a terminal of its own. */
export async function* cuts(context: ConformanceContext): AsyncGenerator<Cut> {
  const { clock, fresh, powerCut, cutAtWrite } = context;
  if (fresh === undefined || (powerCut === undefined && cutAtWrite === undefined)) {
    return skip("needs a power cut and a fresh terminal after each; neither can be had at this address");
  }
  for (let n = 1; n <= (cutAtWrite === undefined ? DELAYS.length : MOST_CUTS); n++) {
    await fresh.call(context);
    if (cutAtWrite !== undefined) {
      const during = async (act: () => Promise<unknown>) => {
        cutAtWrite.call(context, n);
        await heedless(act());
        cutAtWrite.call(context, 0);
        await sleep(clock, 1000);
      };
      yield { name: `cut at change ${n}`, during };
      continue;
    }
    const delay = DELAYS[n - 1] ?? 0;
    const during = async (act: () => Promise<unknown>) => {
      const acting = heedless(act());
      await sleep(clock, delay);
      await powerCut?.call(context);
      await acting;
    };
    yield { name: `cut after ${delay} ms`, during };
  }
}

async function heedless(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
  }
}
