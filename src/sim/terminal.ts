// A simulated terminal without a wire: boots from its stores, does what it is told or refuses, and dies with its power.
import { type Clock, sleep } from "../base/clock.js";
import type { Identity } from "../terminal/facts.js";
import { Batch } from "./batch.js";
import type { Body, CutPoint, SimOptions } from "./body.js";
import { type Booking, book } from "./counter.js";
import { Fills } from "./fill.js";
import type { Firmware } from "./firmware.js";
import { dialectOf } from "./host/dialects/dialects.js";
import { AcquirerHost } from "./host/host.js";
import { type Asked, interlock } from "./interlock.js";
import { Keys } from "./keys.js";
import { firmwareOf } from "./lies.js";
import type { SimModel } from "./models/shape.js";
import { Ops } from "./ops.js";
import { Refused, refuse } from "./refused.js";
import { Self } from "./self.js";
import { type MoneyRequest, Settlements } from "./settlements.js";
import type { Hooks, Listener, ResetReason, Setup } from "./setup.js";
import { type Cell, PowerCut, type Powered, powered } from "./stores.js";
import type { Violation } from "./violations.js";
import { type Life, lifeOf, Wipe, type WipeOrder } from "./wipe.js";

/** Its own work is done under this: the number before the first. */
const NO_OP = "0".repeat(32);
/** Seconds until it looks again whether it has time to settle. */
const RETRY_S = 60;

export class Terminal {
  readonly model: SimModel;
  readonly host: AcquirerHost;
  readonly self: Self;
  readonly keys: Keys;
  readonly batch: Batch;
  readonly ops: Ops;
  readonly settlements: Settlements;
  readonly wipe: Wipe;
  readonly fills: Fills;
  readonly #life: Cell<Life>;
  readonly #body: Body;
  readonly #stores: Powered;
  readonly #clock: Clock;
  readonly #options: SimOptions;
  readonly #hooks: Hooks;
  readonly #speed: number;
  readonly #listener: Listener;
  readonly #timers: (() => void)[] = [];
  #running: string | undefined;
  /** Its end is known: by restart it is no death. */
  #fallen = false;

  constructor({ stores, model, clock, encode, options = {}, speed = 0, hooks = {}, reset = "power" }: Setup, listener: Listener) {
    this.model = model;
    this.#clock = clock;
    this.#options = options;
    this.#speed = speed;
    this.#hooks = hooks;
    this.#listener = listener;
    const firmware = firmwareOf(options.lie);
    this.#stores = powered(firmware.memory(stores), hooks.nonVolatile);
    this.host = new AcquirerHost(stores.host, clock, options.host ?? {}, (acquirer) => dialectOf(model, acquirer));
    this.#body = {
      stores: this.#stores,
      host: this.host,
      clock,
      model,
      options,
      firmware,
      encode,
      pause: (ms) => this.#pause(ms),
      progress: (at) => listener.progress({ ...at, silence: Math.ceil(at.silence * speed) }),
      stall: (ms) => {
        if (ms * speed > 100) listener.stall(Math.ceil(ms * speed));
      },
      point: (name, k) => this.point(name, k),
      violate: (code) => this.violate(code),
    };
    const body = this.#body;
    this.#life = lifeOf(body);
    this.keys = new Keys(this.#stores.nv, model, options.keyStore);
    this.batch = new Batch(body);
    this.self = new Self(body, this.batch, this.keys, reset);
    this.wipe = new Wipe(body, this.batch, this.keys);
    this.fills = new Fills(body, this.wipe);
    this.ops = new Ops(body, 2 * model.accounts.length + 16, () => this.wipe.op());
    this.settlements = new Settlements(body, this.batch, this.ops, this.keys);
  }

  // --- power -----------------------------------------------------------------------------------------------------------------

  get alive(): boolean {
    return this.#stores.alive;
  }

  /** Counts the boot, says what became of what was under way, goes on with an armed wipe. */
  powerOn(): void {
    this.guard(() => {
      this.self.countBoot();
      if (this.self.tamperCodes !== undefined) this.keys.zeroise();
      if (this.model.keepsOps === false) this.settlements.forget();
      this.settlements.recover();
      this.#body.firmware.started(this.#body, this.self.wiped);
      const { rebootAfter, settlesAfter } = this.#options;
      if (rebootAfter !== undefined) this.#later(rebootAfter, () => this.restart("forced-security"));
      if (settlesAfter !== undefined) this.#later(settlesAfter, () => this.#settleByItself());
      if (this.wipe.armed) this.#background(this.wipe.journal?.op ?? "", () => this.wipe.run(this.ops));
    });
  }

  /** The supply is gone: RAM with it, and whatever was under way stops where it is. */
  powerCut(): void {
    if (this.#stores.alive) this.#fell();
  }

  restart(reason: ResetReason): void {
    this.point("restart");
    this.#fallen = true;
    this.#stores.cut();
    for (const cancel of this.#timers) cancel();
    this.#listener.restart(reason);
  }

  /** Runs what came from outside; a power cut in the middle is an end, not an error. */
  guard<T>(work: () => T): T | undefined {
    try {
      return this.#stores.alive ? work() : undefined;
    } catch (cause) {
      if (!(cause instanceof PowerCut)) throw cause;
      this.#fell();
      return undefined;
    }
  }

  point(name: CutPoint, k?: number): void {
    this.#hooks.point?.(name, k);
  }

  violate(code: Violation): void {
    this.#stores.host.append({ event: "violation", code });
  }

  get firmware(): Firmware {
    return this.#body.firmware;
  }

  // --- where it stands -------------------------------------------------------------------------------------------------------

  get life(): Life {
    return this.#life.get();
  }

  get busy(): string | undefined {
    return this.#running;
  }

  /** Rises with every change of the bytes. */
  get version(): number {
    return this.#stores.changes;
  }

  identity(): Identity {
    const { busy } = this;
    return { ...this.self.identity(), nextOp: this.ops.next, ...(busy === undefined ? {} : { busyOp: busy }) };
  }

  /** Milliseconds that it takes to program or to hash so many bytes. */
  worksFor(size: number): number {
    return (size / 1024) * this.model.ms.kibibyte * this.#speed;
  }

  // --- what it does ----------------------------------------------------------------------------------------------------------

  setLock(locked: boolean): void {
    if (this.life.locked !== locked) this.#life.set({ ...this.life, locked });
  }

  /** The grant of the last wipe no longer counts. Refuses, and it goes on, while an area cannot be made blank. */
  endInspection(): void {
    const { spentGrant, ...life } = this.life;
    if (spentGrant === undefined) return;
    this.fills.releaseAll();
    this.#life.set(life);
  }

  /** A customer pays; false when the terminal will not. */
  sell(account: number, amount: bigint, as: Booking = "sale"): boolean {
    return this.self.cannotPay === 0 && this.#running === undefined && this.sellAnyway(account, amount, as);
  }

  /** What firmware does that does not keep its own lock; false when there is no such account, or no room. */
  sellAnyway(account: number, amount: bigint, as: Booking = "sale"): boolean {
    if (this.batch.accounts[account] === undefined) return false;
    try {
      this.endInspection();
    } catch (thrown) {
      if (thrown instanceof Refused) return false;
      throw thrown;
    }
    return book(this.#body, this.batch, this.self, account, amount, as);
  }

  settle(request: MoneyRequest, old?: string, ruling?: "closed" | "open"): void {
    this.#moneyAllowed();
    const work = this.settlements.start(request, old, ruling);
    if (work !== undefined) this.#background(request.op, work);
  }

  sendPending(request: MoneyRequest, kind: number): void {
    this.#moneyAllowed();
    const work = this.settlements.sendPending(request, kind);
    if (work !== undefined) this.#background(request.op, work);
  }

  /** Throws unless the firmware itself would let this wipe begin: asked at COMMIT and again at ARM. */
  interlock(asked: Asked): void {
    interlock(this.#body, this.batch, this.self, asked, (this.wipe.estimate(asked.areas) * this.#speed * 2) / 1000 + 60);
  }

  arm(order: WipeOrder): void {
    const before = this.wipe.op();
    if (before !== undefined) {
      this.ops.room();
      const { result: _, ...shrunk } = before;
      this.ops.begin(shrunk);
    }
    this.wipe.arm(order);
    this.#background(order.op, () => this.wipe.run(this.ops));
  }

  /** Something puts bytes into an area behind everybody's back: a backup, a remote update. */
  reload(area: number, bytes: Uint8Array): void {
    this.#stores.flash.program(area, 0, bytes);
  }

  /** Something else than the host changed an area: for tests of what must stop a wipe. */
  disturb(area: number): void {
    const all = this.batch.generations.get();
    this.batch.generations.set({ ...all, [area]: (all[area] ?? 1) + 1 });
  }

  /** Seconds from now, unless it goes dark before. */
  #later(seconds: number, work: () => void): void {
    this.#timers.push(this.#clock.after(seconds * 1000, () => this.guard(work)));
  }

  /** Waits for what it does already; the op under which it is busy then is nobody's. */
  #settleByItself(): void {
    if (this.#running !== undefined) this.#later(RETRY_S, () => this.#settleByItself());
    else this.#background(NO_OP, () => this.settlements.byItself(NO_OP));
  }

  #moneyAllowed(): void {
    if (this.self.tampered) refuse("TAMPERED");
    if (this.life.locked) return;
    this.violate("unlocked");
    refuse("BAD_STATE", { detail: "NOT_LOCKED" });
  }

  /** Always leaves first, so that ACCEPTED is on the line before anything happens. */
  #background(op: string, work: () => Promise<void>): void {
    this.#running = op;
    this.#pause(0)
      .then(work)
      .catch((cause: unknown) => {
        if (!(cause instanceof PowerCut)) throw cause;
        this.#fell();
      })
      .finally(() => {
        this.#running = undefined;
      });
  }

  async #pause(ms: number): Promise<void> {
    await sleep(this.#clock, ms * this.#speed);
    if (!this.#stores.alive) throw new PowerCut("woke up without power");
  }

  #fell(): void {
    this.#stores.cut();
    for (const cancel of this.#timers) cancel();
    if (this.#fallen) return;
    this.#fallen = true;
    this.#hooks.died?.();
  }
}
