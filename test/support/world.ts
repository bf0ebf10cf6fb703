// A bench in memory: a simulated terminal, a line, an agent with its disk. Only wire, disk, clock and chance are make-believe.
import { families } from "../../protocols/index.js";
import { type Simulated, startSimulated } from "../../protocols/podp/simulated.js";
import { type Log, silent } from "../../src/base/log.js";
import { seededRandom } from "../../src/base/random.js";
import { VirtualClock } from "../../src/base/virtual-clock.js";
import type { ArchiveRecipient } from "../../src/evidence/archive/recipients.js";
import type { StationRole } from "../../src/evidence/envelope/oids.js";
import { StationLog } from "../../src/evidence/station-log.js";
import { verify } from "../../src/evidence/verify.js";
import { type Fault, FaultyLink } from "../../src/link/faults.js";
import type { Link } from "../../src/link/link.js";
import { memoryPair } from "../../src/link/memory.js";
import type { GivenOrder } from "../../src/procedure/admission.js";
import type { Bench } from "../../src/procedure/context.js";
import { decommission, resume } from "../../src/procedure/decommission.js";
import type { RunResult } from "../../src/procedure/finish.js";
import type { SimOptions } from "../../src/sim/body.js";
import { inspect } from "../../src/sim/inspect.js";
import type { Plant } from "../../src/sim/planting.js";
import { copyStores, type FactoryStores, memoryStores } from "../../src/sim/stores.js";
import type { Hooks } from "../../src/sim/terminal.js";
import { testStation } from "./identities.js";
import { Death, MemoryDisk } from "./memory-disk.js";

export const START = Date.UTC(2026, 0, 5, 8, 0, 0);
const station = testStation("p256", "keys/state");
const signers = new Map((["bench", "simulator"] as const).map((role) => [role as StationRole, station.signerFor(role)]));
const cached = { ...station, signerFor: (role: StationRole) => signers.get(role) ?? station.signerFor(role) };

/** Fresh terminals are provisioned once and copied. */
const factory = new Map<string, FactoryStores>();
function freshStores(model: string, seed: number, plant: Plant | undefined): FactoryStores {
  const key = `${model} ${seed} ${JSON.stringify(plant)}`;
  const known = factory.get(key) ?? memoryStores();
  if (!factory.has(key)) {
    startSimulated({ model, seed, stores: known, clock: new VirtualClock(START), ...(plant === undefined ? {} : { plant }) }).powerCut();
    factory.set(key, known);
  }
  return copyStores(known);
}

export interface WorldSetup {
  readonly model?: string;
  readonly seed?: number;
  readonly options?: SimOptions;
  readonly plant?: Plant;
  /** Faults on the first line; a line that is plugged in again is sound. */
  readonly faults?: readonly Fault[];
  readonly hooks?: Hooks;
  readonly baud?: number;
  readonly latencyMs?: number;
  readonly speed?: number;
  /** The order of a run that begins; the bench makes its own when absent. */
  readonly order?: (world: World) => GivenOrder;
  /** The second person at the bench. */
  readonly witness?: string;
  /** Named when a run begins. */
  readonly archiveRecipients?: readonly ArchiveRecipient[];
  readonly log?: Log;
}

const REPLUG_MS = 3000;

export class World {
  readonly clock = new VirtualClock(START);
  readonly disk = new MemoryDisk();
  readonly stores: FactoryStores;
  readonly setup: WorldSetup;
  sim: Simulated;
  line: FaultyLink;
  /** Results of every time the agent was run, in order; `died` where its process was killed. */
  readonly ends: (RunResult | "died")[] = [];
  deaths = 0;
  #plugged: Link;

  constructor(setup: WorldSetup = {}) {
    this.setup = setup;
    this.stores = freshStores(setup.model ?? "podp-small", setup.seed ?? 7, setup.plant);
    [this.line, this.#plugged] = this.#newLine(setup.faults ?? []);
    this.sim = this.#boot(setup.hooks);
    this.sim.attach(this.#plugged);
  }

  get serial(): string {
    return this.sim.serial;
  }

  bench(): Bench {
    return {
      clock: this.clock,
      random: seededRandom(`agent ${this.setup.seed ?? 7} ${this.ends.length}`),
      disk: this.disk,
      log: this.setup.log ?? silent,
      station: cached,
      stationLog: StationLog.open(this.disk, "keys/state/log.ndjson", this.clock),
      out: "out",
      tool: { version: "0.0.0-test", buildSha256: "0".repeat(64) },
      performedBy: "P-0001",
      ...(this.setup.witness === undefined ? {} : { witness: this.setup.witness }),
      runtime: { node: "test", os: "test", arch: "test" },
    };
  }

  /** The agent's process, once. Undefined when it was killed. */
  async run(how: "run" | "resume", signal?: AbortSignal, named?: readonly ArchiveRecipient[]): Promise<RunResult | undefined> {
    const archiveRecipients = named ?? (how === "run" ? this.setup.archiveRecipients : undefined);
    const connection = {
      ...{ families, link: this.line, patience: 30_000 },
      ...(signal === undefined ? {} : { signal }),
      ...(archiveRecipients === undefined ? {} : { archiveRecipients }),
    };
    try {
      const bench = this.bench();
      const end =
        how === "resume"
          ? await resume(bench, connection)
          : await decommission(bench, {
              ...connection,
              expectSerial: this.serial,
              order: this.setup.order?.(this) ?? "bench",
              isolation: "no network on this bench",
            });
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

  /** A new cable; what was on the way in the old one is lost. */
  async replug(faults: readonly Fault[] = []): Promise<void> {
    await this.line.close();
    [this.line, this.#plugged] = this.#newLine(faults);
    this.sim.attach(this.#plugged);
  }

  /** Power returns after a while, with no more cuts to come. */
  powerUp(): void {
    if (!this.sim.dead) return;
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

  /** Where the last walk of the only run was taken up, read from its journal; undefined when it never was. */
  takenUp(): string | undefined {
    const text = this.disk.list("out").map((run) => Buffer.from(this.disk.read(`out/${run}/journal.ndjson`) ?? []).toString());
    const walks = text.at(-1)?.split('"kind":"resumed"') ?? [];
    if (walks.length < 2) return undefined;
    const last = walks.at(-1) ?? "";
    if (!last.includes('"step":"identity"')) return "with only the signature left";
    return last.includes('"step":"census"') ? "before the wipe" : last.includes('"step":"erase"') ? "after the wipe" : "at the door";
  }

  inspect() {
    return inspect(this.stores);
  }

  #newLine(faults: readonly Fault[]): [FaultyLink, Link] {
    const { baud, latencyMs } = this.setup;
    const [ours, theirs] = memoryPair(this.clock, {
      address: "sim:test",
      ...(baud === undefined ? {} : { baud }),
      ...(latencyMs === undefined ? {} : { latencyMs }),
    });
    return [new FaultyLink(ours, this.clock, faults), theirs];
  }

  #boot(hooks: Hooks | undefined): Simulated {
    return startSimulated({
      model: this.setup.model ?? "podp-small",
      seed: this.setup.seed ?? 7,
      stores: this.stores,
      clock: this.clock,
      speed: this.setup.speed ?? 0,
      ...(this.setup.options === undefined ? {} : { options: this.setup.options }),
      hooks: {
        ...hooks,
        died: () => {
          hooks?.died?.();
          this.clock.after(REPLUG_MS, () => this.powerUp());
        },
      },
    });
  }
}
