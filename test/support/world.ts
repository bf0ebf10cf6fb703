// A bench in memory: a simulated terminal, a line, an agent with its disk. Only wire, disk, clock and chance are make-believe.
import { families } from "../../protocols/index.js";
import { type Simulated, startSimulated } from "../../protocols/podp/simulated.js";
import type { Clock } from "../../src/base/clock.js";
import { silent } from "../../src/base/log.js";
import { seededRandom } from "../../src/base/random.js";
import { VirtualClock } from "../../src/base/virtual-clock.js";
import type { ArchiveRecipient } from "../../src/evidence/archive/recipients.js";
import type { Signer } from "../../src/evidence/envelope/cms.js";
import type { StationRole } from "../../src/evidence/envelope/oids.js";
import type { SignedOrder } from "../../src/evidence/order/schema.js";
import { StationLog } from "../../src/evidence/station-log.js";
import { verify } from "../../src/evidence/verify.js";
import { type Fault, FaultyLink } from "../../src/link/faults.js";
import type { Link } from "../../src/link/link.js";
import { memoryPair } from "../../src/link/memory.js";
import type { Bench } from "../../src/procedure/context.js";
import { abandon, decommission, resume } from "../../src/procedure/decommission.js";
import type { RunResult } from "../../src/procedure/finish.js";
import { inspect } from "../../src/sim/inspect.js";
import { Staging } from "../../src/sim/scenario/staging.js";
import type { Hooks } from "../../src/sim/setup.js";
import type { FactoryStores } from "../../src/sim/stores.js";
import type { IsolationWay } from "../../src/terminal/isolation.js";
import { freshStores, START } from "./factory.js";
import { testStation } from "./identities.js";
import { Death, MemoryDisk } from "./memory-disk.js";
import type { WorldSetup } from "./world-setup.js";

const station = testStation("p256", "keys/state");
const signers = new Map((["bench", "simulator"] as const).map((role) => [role as StationRole, station.signerFor(role)]));
const cached = { ...station, signerFor: (role: StationRole) => signers.get(role) ?? station.signerFor(role) };

export class World {
  readonly clock = new VirtualClock(START);
  /** The agent's own; another station has another, and a backup may be put in its place. */
  disk = new MemoryDisk();
  stores: FactoryStores;
  readonly setup: WorldSetup;
  readonly staging: Staging;
  sim: Simulated;
  line: FaultyLink;
  /** Results of every time the agent was run, in order; `died` where its process was killed. */
  readonly ends: (RunResult | "died")[] = [];
  deaths = 0;
  /** An order under which an unfinished run goes on. */
  newer: SignedOrder | undefined;
  /** How whoever is at the bench now says that the terminal is kept off networks; undefined when they say nothing. */
  isolation: readonly IsolationWay[] | undefined;
  /** The agent's own computer: how far its clock is off, what version of the agent it has, whether it can sign. */
  readonly computer = { skewMs: 0, version: "0.0.0-test", canSign: true };
  /** Every terminal that was ever at the end of the cable. */
  readonly terminals = new Map<number, { readonly stores: FactoryStores; sim: Simulated }>();
  #plugged: Link;
  #off = false;

  constructor(setup: WorldSetup = {}) {
    this.setup = setup;
    this.isolation = setup.isolation ?? ["shielded", "lan-out", "modem-out"];
    this.stores = freshStores(setup.model ?? "podp-small", setup.seed ?? 7, setup.plant);
    this.staging = new Staging(setup.scenario ?? {}, {
      clock: this.clock,
      terminal: () => this.sim.terminal,
      powerUp: () => this.powerUp(),
      ...(setup.agent === undefined ? {} : { agent: setup.agent }),
    });
    [this.line, this.#plugged] = this.#newLine(setup.faults ?? []);
    this.sim = this.#boot(setup.hooks);
    this.sim.attach(this.#plugged);
    this.terminals.set(setup.seed ?? 7, { stores: this.stores, sim: this.sim });
  }

  get serial(): string {
    return this.sim.serial;
  }

  bench(): Bench {
    const { version } = this.computer;
    const { owner, ...depot } = cached;
    const clock: Clock = {
      wall: () => this.clock.wall() + this.computer.skewMs,
      monotonic: () => this.clock.monotonic(),
      after: (ms, wake) => this.clock.after(ms, wake),
    };
    return {
      clock,
      random: seededRandom(`agent ${this.setup.seed ?? 7} ${this.ends.length}`),
      disk: this.disk,
      log: this.setup.log ?? silent,
      station: {
        ...depot,
        ...(this.setup.ownerless === true || owner === undefined ? {} : { owner }),
        signerFor: (role) => this.#signer(role),
      },
      stationLog: StationLog.open(this.disk, "keys/state/log.ndjson", clock),
      out: "out",
      tool: { version, buildSha256: "0".repeat(64) },
      performedBy: "P-0001",
      ...(this.setup.witness === undefined ? {} : { witness: this.setup.witness }),
      runtime: { node: "test", os: "test", arch: "test" },
    };
  }

  /** The agent's process, once. Undefined when it was killed. */
  async run(how: "run" | "resume", signal?: AbortSignal, named?: readonly ArchiveRecipient[]): Promise<RunResult | undefined> {
    const { knows } = this.setup;
    const known = families.map((family) => ({ ...family, models: family.models.map((model) => ({ ...model, ...knows })) }));
    const archiveRecipients = named ?? (how === "run" ? this.setup.archiveRecipients : undefined);
    const connection = {
      families: knows === undefined ? families : known,
      link: this.line,
      patience: 30_000,
      ...(signal === undefined ? {} : { signal }),
      ...(archiveRecipients === undefined ? {} : { archiveRecipients }),
    };
    const { isolation, newer: order } = this;
    return await this.#process((bench) =>
      how === "resume"
        ? resume(bench, { ...connection, ...(order === undefined ? {} : { order }), ...(isolation === undefined ? {} : { isolation }) })
        : decommission(bench, {
            ...connection,
            expectSerial: this.setup.label ?? this.serial,
            order: this.setup.order?.(this) ?? "bench",
            isolation: isolation ?? [],
          }),
    );
  }

  /** Gives the terminal's unfinished run up. Undefined when the process was killed. */
  async abandon(): Promise<RunResult | undefined> {
    return await this.#process(async (bench) => abandon(bench, families, this.serial));
  }

  async #process(work: (bench: Bench) => Promise<RunResult>): Promise<RunResult | undefined> {
    try {
      const end = await work(this.bench());
      this.ends.push(end);
      return end;
    } catch (thrown) {
      if (!(thrown instanceof Death)) throw thrown;
      this.ends.push("died");
      this.deaths++;
      this.disk.reborn(seededRandom(`disk ${this.setup.seed ?? 7} ${this.deaths}`));
      return undefined;
    }
  }

  /** Another terminal at the same cable, or one that was there before. */
  async swap(seed: number): Promise<void> {
    const { terminals } = this;
    for (const known of terminals.values()) if (known.stores === this.stores) known.sim = this.sim;
    const known = terminals.get(seed);
    this.sim.attach(memoryPair(this.clock)[1]);
    this.stores = known?.stores ?? freshStores(this.setup.model ?? "podp-small", seed, undefined);
    this.sim = known?.sim ?? this.#boot(undefined);
    terminals.set(seed, { stores: this.stores, sim: this.sim });
    await this.replug();
  }

  /** The same terminal again as it was when it came, in another case. */
  async twin(): Promise<void> {
    const { seed = 7, model = "podp-small", plant } = this.setup;
    this.sim.attach(memoryPair(this.clock)[1]);
    this.stores = freshStores(model, seed, plant);
    this.sim = this.#boot(undefined);
    this.terminals.set(-1, { stores: this.stores, sim: this.sim });
    await this.replug();
  }

  /** Another working life: what a factory fills is filled again, as for another terminal, under the same identity. */
  async serveAgain(seed: number): Promise<void> {
    const { nv, flash, host } = freshStores(this.setup.model ?? "podp-small", seed, undefined);
    this.sim.powerCut();
    for (const area of flash.areas()) this.stores.flash.program(area, 0, flash.bytes(area));
    const worked = nv.names().filter((name) => name.startsWith("settle/") || (name.startsWith("key/") && !name.startsWith("key/IDENTITY")));
    for (const name of worked) this.stores.nv.set(name, nv.get(name));
    this.stores.host.append(...host.lines());
    this.powerUp();
    await this.replug();
  }

  /** Its store of operations is blank when it starts again. */
  async loseOps(): Promise<void> {
    this.sim.powerCut();
    for (const name of this.stores.nv.names()) if (name.startsWith("op")) this.stores.nv.set(name, undefined);
    this.powerUp();
    await this.replug();
  }

  /** A new cable; what was on the way in the old one is lost. */
  async replug(faults: readonly Fault[] = []): Promise<void> {
    await this.line.close();
    [this.line, this.#plugged] = this.#newLine(faults);
    this.sim.attach(this.#plugged);
  }

  /** Dark until somebody gives it power. */
  powerOff(): void {
    this.#off = true;
    this.sim.powerCut();
  }

  powerOn(): void {
    this.#off = false;
    this.powerUp();
  }

  /** Power returns, with no more cuts to come but those of the scenario. */
  powerUp(): void {
    if (!this.sim.dead || this.#off) return;
    this.sim = this.#boot(undefined);
    this.sim.attach(this.#plugged);
  }

  certificate() {
    const [json, p7s] = [".json", ".p7s"].map((ending) =>
      this.disk
        .list("out")
        .flatMap((run) => this.disk.list(`out/${run}`).map((name) => `out/${run}/${name}`))
        .filter((path) => path.endsWith(ending) && /-7[0-9a-f]{3}-[^/]*$/.test(path)),
    );
    return { json: json ?? [], p7s: p7s ?? [] };
  }

  verified(path: string) {
    const content = this.disk.read(path) ?? new Uint8Array(0);
    const signature = this.disk.read(path.replace(/json$/, "p7s")) ?? new Uint8Array(0);
    return verify({ content, signature }, { trust: [cached.root], trustedTime: this.clock.wall() });
  }

  inspect() {
    return inspect(this.stores);
  }

  #signer(role: StationRole): Signer {
    const signer = cached.signerFor(role);
    const sign = (bytes: Uint8Array) => {
      if (!this.computer.canSign) throw new Error("the token with the key is not there");
      return signer.sign(bytes);
    };
    return { ...signer, sign };
  }

  #newLine(faults: readonly Fault[]): [FaultyLink, Link] {
    const { baud, latencyMs, port } = this.setup;
    const [ours, theirs] = memoryPair(this.clock, {
      address: port ?? "sim:test",
      ...(baud === undefined ? {} : { baud }),
      ...(latencyMs === undefined ? {} : { latencyMs }),
    });
    if (port !== undefined) Object.assign(ours, { kind: "serial" });
    return [this.line === undefined ? this.staging.line(ours, faults) : new FaultyLink(ours, this.clock, faults), theirs];
  }

  #boot(hooks: Hooks | undefined): Simulated {
    const staged = this.staging.hooks;
    const always = this.setup.always?.(this.stores);
    return startSimulated({
      model: this.setup.model ?? "podp-small",
      seed: this.setup.seed ?? 7, // stores that are provisioned keep the seed they have
      stores: this.stores,
      clock: this.clock,
      speed: this.setup.speed ?? 0,
      ...(this.setup.owner === undefined ? {} : { owner: this.setup.owner }),
      options: Object.assign(this.setup.options ?? {}, { ...this.staging.options, ...this.setup.options }), // a test may change its own while it runs
      hooks: {
        point: (name, k) => {
          hooks?.point?.(name, k);
          always?.point?.(name, k);
          staged.point?.(name, k);
        },
        nonVolatile: (act, which) => {
          hooks?.nonVolatile?.(act, which);
          always?.nonVolatile?.(act, which);
          staged.nonVolatile?.(act, which);
        },
        died: () => {
          hooks?.died?.();
          staged.died?.();
        },
      },
    });
  }
}
