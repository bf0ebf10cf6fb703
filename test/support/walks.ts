// Random walks over a bench: what may happen to a terminal, its host, its line and its agent, in any order, and what must hold after each step.
import fc, { type AsyncCommand } from "fast-check";
import { sleep } from "../../src/base/clock.js";
import { DecomError } from "../../src/base/errors.js";
import type { FaultKind } from "../../src/link/faults.js";
import type { Booking } from "../../src/sim/counter.js";
import type { HostOptions } from "../../src/sim/host/options.js";
import { inspect } from "../../src/sim/inspect.js";
import { PowerCut, type Stores } from "../../src/sim/stores.js";
import { type Kind, kinds } from "../../src/terminal/facts.js";
import { astray } from "./books.js";
import { Death, type MemoryDisk } from "./memory-disk.js";
import { World } from "./world.js";

const SEED = 7;
const OTHER = 8;
const TURNS = 9;

/** The bench of one walk: what the next run will meet, and what has been seen to be wrong. */
class Bench {
  readonly host: HostOptions = {};
  readonly world: World;
  readonly wrong: string[] = [];
  cutAt: number | undefined;
  dieAt: number | undefined;
  backup: MemoryDisk | undefined;
  #changes = 0;

  constructor(model: string) {
    this.world = new World({
      model,
      seed: SEED,
      options: { host: this.host },
      always: (stores) => ({ nonVolatile: (act) => this.#changed(act, stores) }),
    });
    this.#hook();
  }

  /** One turn of the agent; what it says is not looked at, only what it did. */
  async turn(how: "run" | "resume"): Promise<string> {
    const { world } = this;
    this.#changes = 0;
    this.#hook();
    const code = await world.run(how).then(
      (end) => end?.code ?? "died",
      (thrown: unknown) => (thrown instanceof DecomError ? thrown.code : Promise.reject(thrown)),
    );
    this.cutAt = undefined;
    this.dieAt = undefined;
    await world.replug();
    world.powerUp();
    return code;
  }

  behave(options: HostOptions): void {
    for (const name of Object.keys(this.host)) delete (this.host as Record<string, unknown>)[name]; // its own copy
    Object.assign(this.host, options);
  }

  check(): string[] {
    const { world } = this;
    for (const known of world.terminals.values()) if (known.stores === world.stores) known.sim = world.sim;
    const all = [...world.terminals.values()].map(({ stores }) => inspect(stores));
    const { json, p7s } = world.certificate();
    const signed = json.filter((path) => p7s.includes(path.replace(/json$/, "p7s")));
    const afterCare = signed.flatMap((path) => {
      const { settlement } = JSON.parse(Buffer.from(world.disk.read(path) ?? []).toString());
      return (settlement as { after: { kind: string; direction: string; count: number }[] }[]).flatMap(({ after }) => after);
    });
    return [
      ...this.wrong,
      ...astray({
        start: all.flatMap(({ start }) => start),
        host: all.flatMap(({ bookings: booked }) => booked),
        terminal: all.flatMap(({ terminal }) => terminal),
        doubt: all.flatMap(({ doubt }) => doubt),
        exceptions: [],
        afterCare,
      }),
      ...all.flatMap(({ violations }) => violations.map((violation) => `violation ${violation}`)),
      ...signed.map((path) => world.verified(path)).flatMap(({ status, code }) => (status === "REJECTED" ? [`certificate ${code}`] : [])),
    ];
  }

  #hook(): void {
    let n = 0;
    this.world.disk.hook = () => {
      if (++n === this.dieAt) throw new Death();
    };
  }

  #changed(act: string, stores: Stores): void {
    if (act === "erase") {
      const open = inspect(stores).terminal.filter(({ kind }) => kinds[kind as Kind].gate !== "WARN"); // the table's kinds
      if (open.length > 0) this.wrong.push(`erased while ${open.length} items were open`);
    }
    if (++this.#changes === this.cutAt) throw new PowerCut("the walk");
  }
}

type Step = AsyncCommand<object, Bench>;

/** A step by name, as a failing walk prints it. */
function step(name: string, act: (bench: Bench) => Promise<unknown> | unknown): Step {
  return {
    check: () => true,
    async run(_, bench) {
      const { clock } = bench.world;
      await clock.run(async () => act(bench));
      const wrong = bench.check();
      if (wrong.length > 0) throw new Error(`after ${name}: ${wrong.join("; ")}`);
    },
    toString: () => name,
  };
}

const count = (max: number) => fc.integer({ min: 1, max });
const booking = fc.constantFrom<Booking>("sale", "refund", "reversal", "offline");
const hosts: Readonly<Record<string, HostOptions>> = {
  "behaves again": {},
  "stays silent before it books": { silent: "before", silences: 99 },
  "books and stays silent": { silent: "after", silences: 99 },
  "stays silent to what is sent alone": { silent: "after", silentTo: "send", silences: 99 },
  "cannot tell": { silent: "after", silences: 99, cannotTell: true },
  "has lost a record": { lacks: 1 },
  "holds a cent too much": { excess: 1n },
  "refuses settlements": { rejects: "05" },
  "says duplicate": { rejects: "94" },
  "refuses reversals": { refusesKinds: ["U03"] },
  "refuses offline advices": { refusesKinds: ["U05"] },
  "cannot be reached": { unreachable: true },
};
const faults: readonly FaultKind[] = [
  { kind: "drop" },
  { kind: "double" },
  { kind: "cut" },
  { kind: "flip", bit: 77 },
  { kind: "delay", ms: 3000 },
];

const behaviours = fc
  .constantFrom(...Object.entries(hosts))
  .map(([name, options]) => step(`the host ${name}`, (bench) => bench.behave(options)));
const steps: fc.Arbitrary<Step>[] = [
  fc
    .record({ booking, amount: count(99_999) })
    .map(({ booking: as, amount }) =>
      step(`book a ${as} of ${amount}`, ({ world }) => world.sim.terminal.alive && world.sim.terminal.sell(0, BigInt(amount), as)),
    ),
  count(60).map((n) => step(`run, and cut the power at change ${n} of memory`, (bench) => cutting(bench, n, "run"))),
  count(60).map((n) => step(`resume, and cut the power at change ${n} of memory`, (bench) => cutting(bench, n, "resume"))),
  count(160).map((n) => step(`run, and kill the agent at its write ${n}`, (bench) => killing(bench, n, "run"))),
  count(160).map((n) => step(`resume, and kill the agent at its write ${n}`, (bench) => killing(bench, n, "resume"))),
  fc
    .record({ on: fc.constantFrom("in" as const, "out" as const), nth: count(90), fault: fc.constantFrom(...faults) })
    .map(({ on, nth, fault }) =>
      step(`resume, and ${fault.kind} frame ${nth} ${on}`, async (bench) => {
        await bench.world.replug([{ on, nth, ...fault }]);
        await bench.turn("resume");
      }),
    ),
  fc.constant(step("run", (bench) => bench.turn("run"))),
  fc.constant(step("resume", (bench) => bench.turn("resume"))),
  behaviours,
  fc.constantFrom(SEED, OTHER).map((seed) => step(`plug in terminal ${seed}`, ({ world }) => world.swap(seed))),
  count(48).map((hours) => step(`wait ${hours} hours`, ({ world }) => sleep(world.clock, hours * 3_600_000))),
  fc.constant(
    step("copy the folders", (bench) => {
      bench.backup = bench.world.disk.copy();
    }),
  ),
  fc.constant(
    step("put the copy back", (bench) => {
      bench.world.disk = bench.backup?.copy() ?? bench.world.disk;
    }),
  ),
];

async function cutting(bench: Bench, n: number, how: "run" | "resume"): Promise<void> {
  bench.cutAt = n;
  await bench.turn(how);
}

async function killing(bench: Bench, n: number, how: "run" | "resume"): Promise<void> {
  bench.dieAt = n;
  await bench.turn(how);
}

/** At the end everything works again: whatever can go on goes on, and says in the end where it stands. */
const ending = step("everything works again", async (bench) => {
  bench.behave({});
  let code = "";
  for (let turns = 0, before = "-"; code !== before && turns < TURNS; turns++) {
    before = code;
    code = await bench.turn(code === "run.none" || code === "" ? "run" : "resume");
  }
});

/** Plays walks and throws the shortest one that goes wrong, readable. Returns how many were played. */
export async function walk(model: string, runs: number, seed: number): Promise<number> {
  let played = 0;
  await fc.assert(
    fc.asyncProperty(behaviours, fc.commands(steps, { maxCommands: 14, size: "max" }), async (behaviour, commands) => {
      played++;
      const bench = new Bench(model);
      await behaviour.run({}, bench);
      const setup = () => ({ model: {}, real: bench });
      await fc.asyncModelRun(setup, commands);
      await ending.run({}, bench);
    }),
    { numRuns: runs, seed, endOnFailure: false },
  );
  return played;
}
