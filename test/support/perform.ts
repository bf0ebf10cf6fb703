// Plays a scenario in virtual time: does what its script says, or what a technician would, and judges what bytes and books say afterwards.
import { sleep } from "../../src/base/clock.js";
import { DecomError } from "../../src/base/errors.js";
import type { GivenOrder } from "../../src/procedure/admission.js";
import type { RunResult } from "../../src/procedure/finish.js";
import { inspect } from "../../src/sim/inspect.js";
import type { Scenario, ScenarioAct } from "../../src/sim/scenario/scenario.js";
import type { Entry } from "../../src/sim/stores.js";
import { type Item, type Kind, kinds } from "../../src/terminal/facts.js";
import { astray } from "./books.js";
import { type CutAct, type Loss, Losses } from "./losses.js";
import { Death, MemoryDisk } from "./memory-disk.js";
import { answering, booksOf, isAmong, journalsOf, misjudged, type Performed, type Turn } from "./performed.js";
import { continuing, ordered } from "./scenario-order.js";
import { World } from "./world.js";

const MAX_TURNS = 8;
const DIED: Turn = { endState: null, code: "died", exit: 137, outcome: null };

/** As the scenario says, with one more loss than it has. */
export async function perform(scenario: Scenario, extra: Loss = {}): Promise<Performed> {
  const stage = new Stage(scenario, extra);
  await stage.world.clock.run(() => stage.play());
  return stage.performed();
}

class Stage {
  readonly world: World;
  readonly #scenario: Scenario;
  readonly #losses: Losses;
  readonly #isLossy: boolean;
  readonly #turns: Turn[] = [];
  readonly #wrong: string[] = [];
  readonly #due = new Set<"death" | "disk-full" | "key-gone">();
  readonly #disks: MemoryDisk[] = [];
  readonly #first;
  #excepted: readonly Item[] = [];
  #backup = new MemoryDisk();
  #unlock: () => void = () => undefined;
  #erased = false;

  constructor(scenario: Scenario, extra: Loss) {
    this.#scenario = scenario;
    this.#losses = new Losses(extra);
    this.#isLossy = Object.keys(extra).length > 0;
    const { model, seed, plant, label, owner, order } = scenario;
    this.world = new World({
      model,
      seed,
      scenario,
      ...(plant === undefined ? {} : { plant }),
      ...(order === undefined ? {} : { order: (world: World) => this.#sign(world, order), witness: "P-0002" }),
      ...(label === undefined ? {} : { label }),
      ...(owner === undefined ? {} : { owner: new Uint8Array(65).fill(4) }),
      faults: this.#losses.faults,
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
    if (this.#isLossy && !this.#isEnded) await this.#carryOn("resume");
  }

  performed(): Performed {
    const { world } = this;
    const turns = this.#turns;
    const last = turns.at(-1) ?? DIED;
    const { books, violations } = booksOf(world, turns, this.#excepted);
    return {
      turns,
      last,
      unreached: world.staging.unreached,
      extraReached: this.#losses.reachedOn(this.#first),
      wrong: [...this.#wrong, ...astray(books), ...misjudged(world, turns, last, this.#scenario.expect.undetected)],
      violations,
      items: { host: books.host.length, terminal: books.terminal.length, doubt: books.doubt.length, exception: books.exceptions.length },
      points: { disk: this.#disks[0]?.operations ?? 0, ...this.#first.frames, ...this.#losses.passed },
      trace: () =>
        [...turns.map((turn) => JSON.stringify(turn)), JSON.stringify(this.#first.frames), ...journalsOf(this.#disks)].join("\n"),
    };
  }

  #sign(world: World, order: NonNullable<Scenario["order"]>): GivenOrder {
    world.powerUp(); // the order is written from the terminal's books, which nobody can read in the dark
    const { given, excepted } = ordered(world, order);
    this.#excepted = excepted;
    return given;
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

  async #turn(how: "run" | "resume" | "abandon"): Promise<Turn> {
    const { world } = this;
    const turn = await told(() => (how === "abandon" ? world.abandon() : world.run(how)));
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
        if (this.#isLossy && GOES_ON.has(code)) await this.#carryOn(code === "run.none" ? "run" : "resume");
        return;
      }
      case "wait":
        return sleep(world.clock, act.hours * 3_600_000);
      case "clock":
        world.computer.skewMs = act.hours * 3_600_000;
        return;
      case "sell":
        return await this.#sell(act);
      case "host":
        return world.staging.host(act.host);
      case "swap":
        return world.swap(act.seed);
      case "swap-back":
        return world.swap(this.#scenario.seed);
      case "twin":
        return world.twin();
      case "serve-again":
        if (await this.#isOver()) await world.serveAgain(act.seed);
        return;
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
      case "new-order":
        world.newer = continuing(world);
        return;
      case "hold-lock":
        this.#unlock = world.disk.lock(`keys/state/${world.serial}.lock`);
        return;
      case "abandon":
        await this.#turn("abandon");
        return;
      default:
        act satisfies never;
    }
  }

  /** Nobody sells with a terminal that an agent works on, or gives it to the next merchant: a run that a fault has stopped is ended first. */
  async #isOver(): Promise<boolean> {
    if (this.#isLossy && !this.#isEnded) await this.#carryOn("resume");
    return this.#isEnded;
  }

  get #isEnded(): boolean {
    const last = this.#turns.at(-1);
    return last === undefined || ENDED.has(last.endState);
  }

  async #sell({ account = 0, amount }: Extract<ScenarioAct, { readonly do: "sell" }>): Promise<void> {
    const { world } = this;
    if (!(await this.#isOver())) return;
    const { terminal } = world.sim;
    const sold = terminal.guard(() => terminal.sell(account, amount));
    if (sold !== true && terminal.alive) this.#wrong.push("the terminal refused a sale of the script");
    world.powerUp();
  }

  /** From now on the agent works on this disk. */
  #work(disk: MemoryDisk): void {
    this.world.disk = disk;
    this.#disks.push(disk);
    disk.hook = (n, when, what) => {
      if (this.#due.has("key-gone")) this.world.computer.canSign = false;
      if (this.#due.delete("death") || this.world.staging.dies(n + 1, when)) throw new Death();
      if (disk === this.#disks[0]) this.#losses.operation(n, when);
      if (this.#due.has("disk-full") && when === "before") throw new DecomError("file.unwritable", `${what}: no space left on device`);
    };
  }

  #nonVolatile(act: CutAct): void {
    if (act === "erase" && !this.#erased) {
      this.#erased = true;
      // The host log's kinds are those of the table.
      const blocks = (entry: Entry) => kinds[entry.kind as Kind].gate !== "WARN" && !isAmong(this.#excepted, entry);
      const open = inspect(answering(this.world, this.world.stores)).terminal.filter(blocks);
      if (open.length > 0) this.#wrong.push(`erased while ${open.length} items were open`);
    }
    this.#losses.change(act);
  }
}

/** What a technician tries again after. */
const GOES_ON: ReadonlySet<string> = new Set(["died", "run.none", "run.open", "terminal.absent", "file.unwritable"]);

/** Nothing goes on after these. */
const ENDED: ReadonlySet<string | null> = new Set(["CERT", "QUAR", "DESTROY", "REFUSE", "ABANDONED"]);

const ending = ({ endState, code, exit, outcome }: RunResult): Turn => ({ endState, code, exit, outcome });

async function told(run: () => ReturnType<World["run"]>): Promise<Turn> {
  try {
    const end = await run();
    return end === undefined ? DIED : ending(end);
  } catch (thrown) {
    if (!(thrown instanceof DecomError)) throw thrown;
    const { code, row } = thrown;
    return { endState: row.end === "REFUSE" ? "REFUSE" : null, code, exit: row.exit, outcome: null };
  }
}
