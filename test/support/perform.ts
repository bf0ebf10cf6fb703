// Plays a scenario in virtual time: does what its script says, or what a technician would, and judges what bytes and books say afterwards.
import { sleep } from "../../src/base/clock.js";
import { DecomError } from "../../src/base/errors.js";
import type { Fault } from "../../src/link/faults.js";
import type { GivenOrder } from "../../src/procedure/admission.js";
import { inspect } from "../../src/sim/inspect.js";
import type { Scenario, ScenarioAct, ScenarioFault } from "../../src/sim/scenario/scenario.js";
import { type Entry, PowerCut } from "../../src/sim/stores.js";
import { type Item, type Kind, kinds } from "../../src/terminal/facts.js";
import { type AfterCare, astray } from "./books.js";
import { Death, MemoryDisk } from "./memory-disk.js";
import { ordered } from "./scenario-order.js";
import { World } from "./world.js";

/** One more fault than the scenario has, somewhere in its run. */
export interface Extra {
  readonly frame?: Fault;
  /** The terminal loses power at its n-th non-volatile change of this sort, from 0. */
  readonly power?: { readonly act: CutAct; readonly n: number };
  /** The agent dies around its n-th disk operation, from 0. */
  readonly death?: { readonly n: number; readonly when: "before" | "after" };
}
export const cutActs = ["nv", "program", "erase"] as const;
export type CutAct = (typeof cutActs)[number];

export interface Turn {
  readonly endState: string | null;
  readonly code: string;
  readonly exit: number;
  readonly outcome: string | null;
}

/** Points of each sort that a run passes. */
export interface Points {
  readonly disk: number;
  readonly out: number;
  readonly in: number;
  readonly nv: number;
  readonly program: number;
  readonly erase: number;
}

export interface Performed {
  readonly turns: readonly Turn[];
  readonly last: Turn;
  /** Faults of the scenario that did not come to pass. */
  readonly unreached: readonly ScenarioFault[];
  readonly extraReached: boolean;
  /** Invariants that do not hold: empty in a good world. */
  readonly wrong: readonly string[];
  readonly violations: readonly string[];
  readonly items: { readonly host: number; readonly terminal: number; readonly doubt: number; readonly exception: number };
  readonly points: Points;
  /** All that the agent and the host wrote down: two runs that differ in nothing have the same. */
  readonly trace: string;
}

const MAX_TURNS = 8;
const DIED: Turn = { endState: null, code: "died", exit: 137, outcome: null };

export async function perform(scenario: Scenario, extra: Extra = {}): Promise<Performed> {
  const stage = new Stage(scenario, extra);
  await stage.world.clock.run(() => stage.play());
  return stage.performed();
}

class Stage {
  readonly world: World;
  readonly #scenario: Scenario;
  readonly #extra: Extra;
  readonly #turns: Turn[] = [];
  readonly #passed = { nv: 0, program: 0, erase: 0 };
  readonly #wrong: string[] = [];
  readonly #due = new Set<"death" | "disk-full" | "key-gone">();
  readonly #disks: MemoryDisk[] = [];
  readonly #first;
  #excepted: readonly Item[] = [];
  #backup = new MemoryDisk();
  #unlock: () => void = () => undefined;
  #powerReached: boolean;
  #deathReached: boolean;
  #erased = false;

  constructor(scenario: Scenario, extra: Extra) {
    this.#scenario = scenario;
    this.#extra = extra;
    this.#powerReached = extra.power === undefined;
    this.#deathReached = extra.death === undefined;
    const { model, seed, plant, label, owner, order } = scenario;
    this.world = new World({
      model,
      seed,
      scenario,
      ...(plant === undefined ? {} : { plant }),
      ...(order === undefined ? {} : { order: (world: World) => this.#sign(world, order), witness: "P-0002" }),
      ...(label === undefined ? {} : { label }),
      ...(owner === undefined ? {} : { owner: new Uint8Array(65).fill(4) }),
      faults: extra.frame === undefined ? [] : [extra.frame],
      agent: ({ fault }) => this.#due.add(fault),
      hooks: { nonVolatile: (act) => this.#nonVolatile(act) },
    });
    this.#first = this.world.line;
    this.#work(this.world.disk);
  }

  async play(): Promise<void> {
    const { script } = this.#scenario;
    if (script === undefined) return this.#carryOn();
    for (const act of script) await this.#do(act);
    if (this.#extraFaults) await this.#carryOn("resume");
  }

  performed(): Performed {
    const { world } = this;
    const terminals = [...world.terminals.values()].map(({ stores }) => inspect(stores));
    const all = <T>(of: (one: ReturnType<typeof inspect>) => readonly T[]) => terminals.flatMap(of);
    const books = {
      start: all(({ start }) => start),
      // What only the host knows of (U25) stays with the host.
      host: all(({ bookings, start }) => [...bookings, ...start.filter(({ kind }) => kind === "U25")]),
      terminal: all(({ terminal }) => terminal),
      doubt: all(({ doubt }) => doubt),
      exceptions: this.#letGo(
        all(({ start }) => start),
        all(({ terminal }) => terminal),
      ),
      afterCare: this.#afterCare(),
    };
    const last = this.#turns.at(-1) ?? DIED;
    const trace = this.#disks.flatMap((disk) => disk.list("out").map((run) => text(disk.read(`out/${run}/journal.ndjson`))));
    return {
      turns: this.#turns,
      last,
      unreached: world.staging.unreached,
      extraReached:
        this.#powerReached && this.#deathReached && (this.#extra.frame === undefined || this.#first.reached.has(this.#extra.frame)),
      wrong: [...this.#wrong, ...astray(books), ...this.#misjudged(last)],
      violations: all(({ violations }) => violations),
      items: { host: books.host.length, terminal: books.terminal.length, doubt: books.doubt.length, exception: books.exceptions.length },
      points: { disk: this.#disks[0]?.operations ?? 0, ...this.#first.frames, ...this.#passed },
      trace: [...this.#turns.map((turn) => JSON.stringify(turn)), JSON.stringify(this.#first.frames), ...trace].join("\n"),
    };
  }

  #sign(world: World, order: NonNullable<Scenario["order"]>): GivenOrder {
    const { given, excepted } = ordered(world, order);
    this.#excepted = excepted;
    return given;
  }

  /** What a signed exception let go: named in it, and wiped with the terminal under a certificate that uses exceptions. */
  #letGo(start: readonly Entry[], terminal: readonly Entry[]): Entry[] {
    if (!this.#turns.some(({ outcome }) => outcome === "ERASED_WITH_EXCEPTIONS")) return [];
    return start.filter((entry) => this.#isExcepted(entry) && !terminal.some((left) => isSame(left, entry)));
  }

  #isExcepted(entry: Entry): boolean {
    return this.#excepted.some((item) => isSame(item, entry));
  }

  /** What certificates list as left: kinds that a wipe takes with it and people see to afterwards. */
  #afterCare(): AfterCare[] {
    return this.world.certificate().json.flatMap((path) => {
      const { settlement } = JSON.parse(text(this.world.disk.read(path))) as { settlement: { after: AfterCare[] }[] }; // verified elsewhere
      return settlement.flatMap(({ after }) => after);
    });
  }

  get #extraFaults(): boolean {
    return Object.keys(this.#extra).length > 0;
  }

  /** Runs, and resumes as a technician would, until the run ends or says the same twice. */
  async #carryOn(first: "run" | "resume" = "run"): Promise<void> {
    let next = first;
    for (let before = ""; ; ) {
      const { endState, code } = await this.#turn(next);
      next = code === "run.none" ? "run" : "resume";
      const goesOn = endState === "HOLD" || GOES_ON.has(code);
      if (!goesOn || this.#turns.length >= MAX_TURNS || (code === before && code !== "died")) return;
      before = code;
    }
  }

  async #turn(how: "run" | "resume"): Promise<Turn> {
    const { world } = this;
    const turn = await told(() => world.run(how));
    this.#turns.push(turn);
    this.#due.clear();
    world.computer.canSign = true;
    this.#unlock();
    this.#unlock = () => undefined;
    await world.replug();
    world.powerUp();
    return turn;
  }

  async #do(act: ScenarioAct): Promise<void> {
    const { world } = this;
    switch (act.do) {
      case "run":
      case "resume": {
        const { code } = await this.#turn(act.do);
        // One more fault than planned may stop a turn early; a technician takes it up again.
        if (this.#extraFaults && GOES_ON.has(code)) await this.#turn(code === "run.none" ? "run" : "resume");
        return;
      }
      case "wait":
        return sleep(world.clock, act.hours * 3_600_000);
      case "clock":
        world.computer.skewMs = act.hours * 3_600_000;
        return;
      case "sell":
        if (!world.sim.terminal.sell(act.account ?? 0, act.amount)) this.#wrong.push("the terminal refused a sale of the script");
        return;
      case "host":
        return world.staging.host(act.host);
      case "swap":
        return world.swap(act.seed);
      case "swap-back":
        return world.swap(this.#scenario.seed);
      case "twin":
        return world.twin();
      case "serve-again":
        return world.serveAgain(act.seed);
      case "lose-op-store":
        return world.loseOps();
      case "power-off":
        return world.powerOff();
      case "power-on":
        return world.powerOn();
      case "condition":
        world.staging.condition(act.terminal);
        world.powerOff();
        return world.powerOn();
      case "copy-folder":
        this.#backup = world.disk.copy();
        return;
      case "restore-folder":
        return this.#work(this.#backup);
      case "other-station":
        return this.#work(new MemoryDisk());
      case "new-version":
        world.computer.version = "9.9.9-test";
        return;
      case "hold-lock":
        this.#unlock = world.disk.lock(`keys/state/${world.serial}.lock`);
        return;
      default:
        act satisfies never;
    }
  }

  /** From now on the agent works on this disk. */
  #work(disk: MemoryDisk): void {
    this.world.disk = disk;
    this.#disks.push(disk);
    disk.hook = (n, when, what) => {
      if (this.#due.has("key-gone")) this.world.computer.canSign = false;
      if (this.#due.delete("death") || this.world.staging.dies(n + 1, when)) throw new Death();
      const { death } = this.#extra;
      if (!this.#deathReached && disk === this.#disks[0] && death?.n === n && death.when === when) {
        this.#deathReached = true;
        throw new Death();
      }
      if (this.#due.has("disk-full") && when === "before") throw new DecomError("file.unwritable", `${what}: no space left on device`);
    };
  }

  #nonVolatile(act: CutAct): void {
    if (act === "erase" && !this.#erased) {
      this.#erased = true;
      // The host log's kinds are those of the table.
      const blocks = (entry: Entry) => kinds[entry.kind as Kind].gate !== "WARN" && !this.#isExcepted(entry);
      const open = this.world.inspect().terminal.filter(blocks);
      if (open.length > 0) this.#wrong.push(`erased while ${open.length} items were open`);
    }
    const n = this.#passed[act]++;
    const { power } = this.#extra;
    if (!this.#powerReached && power?.act === act && power.n === n) {
      this.#powerReached = true;
      throw new PowerCut("one more fault");
    }
  }

  /** What a certificate promises, held against the bytes. */
  #misjudged({ endState, outcome }: Turn): string[] {
    const { world } = this;
    const wrong: string[] = [];
    const { areas, keys, terminal } = world.inspect();
    const { json, p7s } = world.certificate();
    const runs = this.#turns.filter((turn) => turn.endState !== "HOLD" && turn.outcome !== null).length;
    if (json.length > Math.max(1, runs) || p7s.length > json.length) wrong.push(`${json.length} certificates and ${p7s.length} signatures`);
    for (const path of p7s.map((name) => name.replace(/p7s$/, "json"))) {
      const verified = world.verified(path);
      if (verified.outcome === null || verified.status !== statusOf[verified.outcome])
        wrong.push(`certificate is ${verified.status} ${verified.code}`);
    }
    if (endState === "CERT" && json.length === 0) wrong.push("ended as CERT without a certificate");
    if (outcome === "ERASED") {
      const readable = [...areas, ...keys].filter((part) => part.readable);
      if (readable.length > 0) wrong.push(`ERASED, but ${readable.length} areas or keys can still be read`);
      if (terminal.length > 0) wrong.push(`ERASED with ${terminal.length} items in the terminal`);
    }
    return wrong;
  }
}

const isSame = (a: Pick<Entry, "account" | "batch" | "stan">, b: Pick<Entry, "account" | "batch" | "stan">) =>
  a.account === b.account && a.batch === b.batch && a.stan === b.stan;

const statusOf = {
  ERASED: "ACCEPTED",
  ERASED_WITH_EXCEPTIONS: "ACCEPTED_WITH_FINDINGS",
  NOT_ERASED: "QUARANTINED",
  ABORTED: "QUARANTINED",
} as const;

/** What a technician tries again after. */
const GOES_ON: ReadonlySet<string> = new Set(["died", "run.none", "run.open", "terminal.absent", "file.unwritable"]);

async function told(run: () => ReturnType<World["run"]>): Promise<Turn> {
  try {
    const end = await run();
    if (end === undefined) return DIED;
    return { endState: end.endState, code: end.code, exit: end.exit, outcome: end.outcome };
  } catch (thrown) {
    if (!(thrown instanceof DecomError)) throw thrown;
    const { code, row } = thrown;
    return { endState: row.end === "REFUSE" ? "REFUSE" : null, code, exit: row.exit, outcome: null };
  }
}

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

/** The same scenario with one of its conditions taken away, for each: a condition that changes nothing proves nothing. */
export function without(scenario: Scenario): { readonly field: string; readonly scenario: Scenario }[] {
  const { label, owner, order, ...bare } = scenario;
  const parts = (["terminal", "host"] as const).flatMap((part) =>
    Object.keys(scenario[part] ?? {}).map((field) => {
      const { [field]: _, ...rest } = scenario[part] as Record<string, unknown>; // keys() just named it
      return { field: `${part}.${field}`, scenario: { ...scenario, [part]: rest } };
    }),
  );
  const given = Object.entries({ label, owner, order }).filter(([, value]) => value !== undefined);
  const whole = given.map(([field]) => ({
    field,
    scenario: { ...bare, ...Object.fromEntries(given.filter(([name]) => name !== field)) } as Scenario, // less of what it had
  }));
  return [...parts, ...whole];
}
