// A terminal without a wire beside its host, for either dialect, with every message between them written down.
import { hex, uint } from "../../../src/base/bytes.js";
import { sleep } from "../../../src/base/clock.js";
import { VirtualClock } from "../../../src/base/virtual-clock.js";
import type { SimOptions } from "../../../src/sim/body.js";
import type { Dialect } from "../../../src/sim/host/dialects/dialect.js";
import type { AcquirerHost, Heard } from "../../../src/sim/host/host.js";
import { decode } from "../../../src/sim/host/iso8583.js";
import { inspect } from "../../../src/sim/inspect.js";
import type { SimModel } from "../../../src/sim/models/shape.js";
import { simModel } from "../../../src/sim/models.js";
import { provision } from "../../../src/sim/provision.js";
import { copyStores, type FactoryStores, memoryStores, type NonVolatileHook, PowerCut, toJson } from "../../../src/sim/stores.js";
import { Terminal } from "../../../src/sim/terminal.js";

const json = (value: unknown) => Buffer.from(toJson(value));
const encode = { totals: json, settleResult: json, wipeResult: json };
const small = simModel("podp-small")!;

/** Twelve sales, of which two are refunds: more than one list. */
const areas = small.areas.map((area) => ({ ...area, blocks: 10 }));
const models = {
  unionpay: { ...small, areas, accounts: [{ ...small.accounts[0]!, items: [["U01", 12]] }] },
  edc: { ...small, areas, accounts: [{ ...small.accounts[0]!, dialect: "edc", items: [["U01", 12]] }] },
} satisfies Record<Dialect["name"], SimModel>;

const factory = new Map<SimModel, FactoryStores>();
function fresh(model: SimModel): FactoryStores {
  const made = factory.get(model) ?? memoryStores();
  if (!factory.has(model)) provision(model, 7, made);
  factory.set(model, made);
  return copyStores(made);
}

export type Items = SimModel["accounts"][number]["items"];

export class HostBench {
  readonly clock = new VirtualClock();
  readonly stores: FactoryStores;
  readonly model: SimModel;
  readonly options: SimOptions;
  /** What the terminal said on the line, as hex. */
  readonly asked: string[] = [];
  terminal: Terminal;
  cuts = 0;
  #ops = 0;

  constructor(dialect: Dialect["name"], options: SimOptions = {}, items?: Items, hook?: NonVolatileHook) {
    const model: SimModel = models[dialect];
    const key = JSON.stringify([dialect, items]);
    if (items !== undefined && !made.has(key)) made.set(key, { ...model, accounts: model.accounts.map((one) => ({ ...one, items })) });
    this.model = made.get(key) ?? model;
    this.stores = fresh(this.model);
    this.options = options;
    this.terminal = this.start(hook);
  }

  start(nonVolatile?: NonVolatileHook): Terminal {
    const listener = { progress: () => undefined, stall: () => undefined, restart: () => undefined };
    const { stores, clock, options, model } = this;
    const hooks = nonVolatile === undefined ? {} : { nonVolatile };
    const terminal = new Terminal({ stores, clock, options, hooks, model, encode, speed: 1 }, listener);
    this.#listen(terminal.host);
    terminal.powerOn();
    terminal.guard(() => terminal.setLock(true));
    return terminal;
  }

  #listen(host: AcquirerHost): void {
    const hear = host.hear.bind(host);
    host.hear = (acquirer: string, bytes: Uint8Array): Heard | undefined => {
      this.asked.push(hex(bytes));
      return hear(acquirer, bytes);
    };
  }

  get account() {
    return this.terminal.batch.accounts[0]!;
  }

  get last() {
    return this.terminal.batch.ledger(this.account.id).get().last;
  }

  op(): string {
    return hex(uint(this.terminal.ops.next, 4)) + (this.#ops++).toString(16).padStart(24, "0");
  }

  async idle(): Promise<void> {
    while (this.terminal.alive && this.terminal.busy !== undefined) await sleep(this.clock, 500);
    if (!this.terminal.alive) throw new PowerCut("found dead");
  }

  /** Settles, or finishes `old`; how its op ended. */
  async settle(old?: string) {
    const op = this.op();
    this.terminal.settle({ op, body: "00", account: this.account.id }, old);
    await this.idle();
    return this.terminal.ops.get(op)!;
  }

  async send(kind: number) {
    const op = this.op();
    this.terminal.sendPending({ op, body: "00", account: this.account.id }, kind);
    await this.idle();
    return this.terminal.ops.get(op)!;
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    return this.clock.run(work);
  }

  inspect() {
    return inspect(this.stores);
  }

  /** Message types and what distinguishes them, in order. */
  get talk(): string[] {
    return this.asked.map((bytes) => {
      const message = decode(Buffer.from(bytes, "hex"));
      if ("noise" in message) return "noise";
      const { mti, fields } = message;
      return `${mti} ${this.model.accounts[0]?.dialect === "edc" ? (fields[3] ?? "") : (fields[60] ?? "").slice(-3)}`.trim();
    });
  }
}
const made = new Map<string, SimModel>();
