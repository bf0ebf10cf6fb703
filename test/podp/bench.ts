// A simulated terminal as the conformance suite meets one: with hooks to cut its power, sell at it and look inside.
import type { KeyObject } from "node:crypto";
import type { ConformanceContext } from "../../protocols/podp/conformance.js";
import { type Simulated, startSimulated } from "../../protocols/podp/simulated.js";
import { ascii, concat, hex, text } from "../../src/base/bytes.js";
import { sleep } from "../../src/base/clock.js";
import { seededRandom } from "../../src/base/random.js";
import { pairOf, sha256 } from "../../src/base/sign.js";
import { VirtualClock } from "../../src/base/virtual-clock.js";
import { memoryPair } from "../../src/link/memory.js";
import type { SimOptions } from "../../src/sim/body.js";
import { inspect } from "../../src/sim/inspect.js";
import { simModel } from "../../src/sim/models.js";
import { plantedValues } from "../../src/sim/provision.js";
import { memoryStores, PowerCut, type Stores, toJson } from "../../src/sim/stores.js";

export interface SimBench extends ConformanceContext {
  readonly clock: VirtualClock;
  readonly ownerKey: KeyObject;
  readonly sim: Simulated;
  stores(): Stores;
  fresh(): Promise<void>;
  inspect: NonNullable<ConformanceContext["inspect"]>;
}

export function simBench({ model = "podp-small", seed = 7, speed = 1, options = {} as SimOptions } = {}): SimBench {
  const clock = new VirtualClock();
  const owner = pairOf(sha256(ascii("podp TEST-ONLY owner 1")));
  let stores: ReturnType<typeof memoryStores> = memoryStores();
  let sim: Simulated | undefined;
  /** Changes left until the power goes. */
  let left = Number.POSITIVE_INFINITY;
  let tampered = false;
  const start = () => {
    sim = startSimulated({
      model,
      seed,
      stores,
      clock,
      speed,
      owner: owner.point,
      options: tampered ? { ...options, tampered } : options,
      hooks: {
        nonVolatile() {
          if (--left > 0) return;
          left = Number.POSITIVE_INFINITY;
          throw new PowerCut("the test pulled the plug");
        },
        died: () => void clock.after(100, start),
      },
    });
    return sim;
  };
  const running = () => sim ?? start();
  const secrets = plantedValues(simModel(model)!, seed).filter(({ what }) => what === "pan" || what === "track");
  return {
    clock,
    random: seededRandom(`conformance ${seed}`),
    ownerKey: owner.key,
    get sim() {
      return running();
    },
    stores: () => stores,
    async connect() {
      const [mine, theirs] = memoryPair(clock, { baud: 115_200, latencyMs: 1 });
      running().attach(theirs);
      return mine;
    },
    async fresh() {
      left = Number.POSITIVE_INFINITY;
      tampered = false;
      stores = memoryStores();
      start();
    },
    async powerCut() {
      running().powerCut();
      await sleep(clock, 200);
    },
    cutAtWrite(n) {
      left = n === 0 ? Number.POSITIVE_INFINITY : n;
    },
    async tamper() {
      tampered = true;
      running().powerCut();
      await sleep(clock, 200);
    },
    async sale() {
      return running().terminal.sell(0, 1234n);
    },
    async inspect() {
      running();
      const areas = stores.flash.areas().map((area) => [`area ${area}`, hex(sha256(stores.flash.bytes(area)))] as const);
      const records = stores.nv.names().filter((name) => name !== "boot").map((name) => [name, hex(stores.nv.get(name)!)] as const); // biome-ignore format: one line
      const ledger = stores.host.lines().filter(({ event }) => event !== "violation");
      const bookings = inspect(stores).bookings.map((entry) => toJson(entry));
      return {
        state: { ...Object.fromEntries(areas), ...Object.fromEntries(records), ledger: hex(sha256(concat(ascii(toJson(ledger))))) },
        bookedTwice: bookings.length - new Set(bookings).size,
        secrets: secrets.map(({ value }) => text(value)),
      };
    },
  };
}
