// A simulated terminal without a wire: boots from its stores, does what it is told or refuses, and dies with its power.
import { ascii, hex, uint, unhex } from "../base/bytes.js";
import { type Clock, rfc3339, sleep } from "../base/clock.js";
import { hmacSha256, sha256 } from "../base/sign.js";
import {
  type Capability,
  cannotPay,
  contentClasses,
  type Identity,
  type Item,
  type Kind,
  type OwnerState,
  type SlotRange,
} from "../terminal/facts.js";
import { Batch } from "./batch.js";
import type { Body, CutPoint, Encoding, Progress, SimOptions } from "./body.js";
import { Fills } from "./fill.js";
import { dialectOf } from "./host/dialects/dialects.js";
import { AcquirerHost } from "./host/host.js";
import { type Exception, inTheWay } from "./interlock.js";
import { Keys, pairOf } from "./keys.js";
import type { SimModel } from "./models/shape.js";
import { Ops } from "./ops.js";
import { RECORD } from "./records.js";
import { refuse } from "./refused.js";
import { type MoneyRequest, Settlements } from "./settlements.js";
import { type Cell, cell, type NonVolatileHook, PowerCut, type Powered, powered, type Stores } from "./stores.js";
import { entryOf, UNIT, type Unit } from "./unit.js";
import type { Violation } from "./violations.js";
import { type Life, lifeOf, Wipe, type WipeOrder } from "./wipe.js";

export interface Hooks {
  readonly nonVolatile?: NonVolatileHook;
  readonly point?: (name: CutPoint, k?: number) => void;
  readonly died?: () => void;
}

export interface Setup {
  readonly stores: Stores;
  readonly model: SimModel;
  readonly clock: Clock;
  readonly encode: Encoding;
  readonly options?: SimOptions;
  /** Factor on every delay of the terminal's own; 0 is as fast as it goes. */
  readonly speed?: number;
  readonly hooks?: Hooks;
  readonly reset?: ResetReason;
}
export type ResetReason = "power" | "command" | "forced-security" | "watchdog";

export interface Listener {
  progress(at: Progress): void;
  stall(ms: number): void;
  /** RAM is lost; whoever owns this object starts a new one over the same stores. */
  restart(reason: ResetReason): void;
}

/** Keys of whom the terminal obeys, hex points; `pinned` when it took the first one it was shown. */
export interface Owners {
  readonly keys: readonly string[];
  readonly pinned: boolean;
  readonly rollover: number;
}

export interface WipePlan {
  readonly areas: readonly number[];
  readonly fills: readonly number[];
  readonly slots: readonly SlotRange[];
}

/** What can be booked at the counter, and what it is in the log. */
export const bookings = {
  sale: { kind: "U01", direction: "debit" },
  refund: { kind: "U01", direction: "credit" },
  reversal: { kind: "U03", direction: "credit" },
  offline: { kind: "U05", direction: "debit" },
} as const satisfies Record<string, { kind: Kind; direction: "debit" | "credit" }>;

export const NO_REBOOT = 0xffffffff;
const MIN_BATTERY = 30;

export class Terminal {
  readonly model: SimModel;
  readonly unit: Unit;
  readonly boot: number;
  readonly reset: ResetReason;
  readonly host: AcquirerHost;
  readonly keys: Keys;
  readonly batch: Batch;
  readonly ops: Ops;
  readonly settlements: Settlements;
  readonly wipe: Wipe;
  readonly fills: Fills;
  readonly owners: Cell<Owners>;
  readonly passFloor: Cell<number>;
  readonly #life: Cell<Life>;
  readonly #stores: Powered;
  readonly #clock: Clock;
  readonly #options: SimOptions;
  readonly #hooks: Hooks;
  readonly #speed: number;
  readonly #start: number;
  readonly #listener: Listener;
  #cancelReboot: () => void = () => undefined;
  readonly #boots: Cell<number>;
  #running: string | undefined;
  #drawn = 0;
  /** Its end is known: by restart it is no death. */
  #fallen = false;

  constructor({ stores, model, clock, encode, options = {}, speed = 0, hooks = {}, reset = "power" }: Setup, listener: Listener) {
    this.model = model;
    this.reset = reset;
    this.#clock = clock;
    this.#options = options;
    this.#speed = speed;
    this.#hooks = hooks;
    this.#listener = listener;
    this.#start = clock.monotonic();
    this.#stores = powered(stores, hooks.nonVolatile);
    this.host = new AcquirerHost(stores.host, clock, options.host ?? {}, (acquirer) => dialectOf(model, acquirer));
    const body: Body = {
      stores: this.#stores,
      host: this.host,
      clock,
      model,
      options,
      encode,
      pause: (ms) => this.#pause(ms),
      progress: (at) => listener.progress({ ...at, silence: Math.ceil(at.silence * speed) }),
      stall: (ms) => {
        if (ms * speed > 100) listener.stall(Math.ceil(ms * speed));
      },
      point: (name, k) => this.point(name, k),
      violate: (code) => this.violate(code),
    };
    const { nv } = this.#stores;
    this.unit = cell<Unit>(nv, UNIT, { serial: "SIM0000000", model: model.name, secret: "" }).get();
    this.#life = lifeOf(body);
    this.owners = cell<Owners>(nv, "owners", { keys: [], pinned: false, rollover: 0 });
    this.passFloor = cell(nv, "pass-floor", 0);
    this.keys = new Keys(nv, model, options.keyStore);
    this.batch = new Batch(body);
    this.wipe = new Wipe(body, this.batch, this.keys);
    this.fills = new Fills(body, this.wipe);
    this.ops = new Ops(body, 2 * model.accounts.length + 16, () => this.wipe.op());
    this.settlements = new Settlements(body, this.batch, this.ops, this.keys);

    this.#boots = cell(nv, "boot", 0);
    this.boot = this.#boots.get() + 1;
  }

  // --- power -----------------------------------------------------------------------------------------------------------------

  get alive(): boolean {
    return this.#stores.alive;
  }

  /** Counts the boot, says what became of what was under way, goes on with an armed wipe. */
  powerOn(): void {
    this.#guard(() => {
      this.#boots.set(this.boot);
      if (this.tampered) this.keys.zeroise();
      this.settlements.recover();
      const { rebootAfter } = this.#options;
      if (rebootAfter !== undefined) {
        this.#cancelReboot = this.#clock.after(rebootAfter * 1000, () => this.#guard(() => this.restart("forced-security")));
      }
      if (this.wipe.armed) this.#background(this.wipe.journal?.op ?? "", () => this.wipe.run(this.ops));
    });
  }

  /** The supply is gone: RAM with it, and whatever was under way stops where it is. */
  powerCut(): void {
    if (!this.#stores.alive) return;
    this.#stores.cut();
    this.#fell();
  }

  restart(reason: ResetReason): void {
    this.point("restart");
    this.#fallen = true;
    this.#stores.cut();
    this.#cancelReboot();
    this.#listener.restart(reason);
  }

  /** Runs what came from outside; a power cut in the middle is an end, not an error. */
  guard<T>(work: () => T): T | undefined {
    return this.#guard(work);
  }

  point(name: CutPoint, k?: number): void {
    this.#hooks.point?.(name, k);
  }

  violate(code: Violation): void {
    this.#stores.host.append({ event: "violation", code });
  }

  // --- what it is ------------------------------------------------------------------------------------------------------------

  get life(): Life {
    return this.#life.get();
  }

  get busy(): string | undefined {
    return this.#running;
  }

  get capabilities(): Capability[] {
    const hostQuery = this.#options.hostQuery ?? this.model.hostQuery;
    const fill = this.model.fillable.length > 0 ? (["fill"] as const) : [];
    return [...(hostQuery ? (["host-query"] as const) : []), ...fill, "attest", "locate", "printer", "rollover"];
  }

  get ownerState(): OwnerState {
    const { keys, pinned } = this.owners.get();
    return keys.length === 0 ? "unset" : pinned ? "first-use" : "set";
  }

  get secondsToReboot(): number {
    const { rebootAfter } = this.#options;
    if (rebootAfter === undefined) return NO_REBOOT;
    return Math.max(0, Math.floor(rebootAfter - (this.#clock.monotonic() - this.#start) / 1000));
  }

  /** `YYMMDDhhmmss` by the terminal's own clock. */
  get time(): string {
    return rfc3339(this.#clock.wall() + (this.#options.clockOffsetMs ?? 0))
      .replaceAll(/[^0-9]/g, "")
      .slice(2, 14);
  }

  /** Rises with every change of the bytes. */
  get version(): number {
    return this.#stores.changes;
  }

  get uptime(): number {
    return this.#clock.monotonic() - this.#start;
  }

  get power(): { readonly battery: number; readonly mains: boolean } {
    return { battery: this.#options.batteryPercent ?? 80, mains: this.#options.mains ?? true };
  }

  get tampered(): boolean {
    return this.#options.tampered === true;
  }

  get firmwareHash(): Uint8Array {
    return sha256(ascii(this.model.firmware));
  }

  /** Unique without a random number generator: secret, boot and a counter. */
  random(stream: string, length: number): Uint8Array {
    return hmacSha256(unhex(this.unit.secret), uint(this.boot, 4), ascii(stream), uint(this.#drawn++, 4)).subarray(0, length);
  }

  /** A MAC only this unit can make. */
  seal(...parts: readonly Uint8Array[]): Uint8Array {
    return hmacSha256(unhex(this.unit.secret), ...parts);
  }

  identityKey() {
    const scalar = this.keys.get("IDENTITY", "P256", 0);
    return scalar === undefined ? undefined : pairOf(scalar);
  }

  get cannotPay(): number {
    const { accounts, log } = this.batch;
    const full = (this.batch.used(log) + 1) * RECORD > this.#stores.flash.bytes(log).length;
    const reasons: Readonly<Record<keyof typeof cannotPay, boolean>> = {
      locked: this.life.locked,
      merchant: accounts.length === 0,
      keys: !this.keys.has("TMK") || !this.keys.has("TPK"),
      tampered: this.tampered,
      clock: Math.abs(this.#options.clockOffsetMs ?? 0) > 86_400_000,
      full,
    };
    return (Object.keys(reasons) as (keyof typeof cannotPay)[]) // keys() loses the key type
      .reduce((set, reason) => set | (reasons[reason] ? cannotPay[reason] : 0), 0);
  }

  areas() {
    const { flash } = this.#stores;
    return this.model.areas.map(({ id, classes }) => ({
      area: id,
      classes: classes.reduce((set, name) => set | contentClasses[name], 0),
      size: flash.bytes(id).length,
      block: flash.block(id),
      blank: 0xff,
      generation: this.batch.generation(id),
      fillable: this.model.fillable.includes(id),
      files: this.batch.files.flatMap((area, i) =>
        area === id ? [{ id: i + 1, size: this.batch.file(area).length, generation: this.batch.generation(area) }] : [],
      ),
    }));
  }

  /** Blocks of an area as a sample wants them: what is in them stays inside. */
  blocks(area: number, positions: readonly number[]): Uint8Array[] {
    const { flash } = this.#stores;
    const size = flash.block(area);
    return positions.map((at) => flash.bytes(area).subarray(at * size, (at + 1) * size));
  }

  /** Milliseconds that it takes to program or to hash so many bytes. */
  worksFor(size: number): number {
    return (size / 1024) * this.model.ms.kibibyte * this.#speed;
  }

  // --- what it does ----------------------------------------------------------------------------------------------------------

  setLock(locked: boolean): void {
    if (this.life.locked !== locked) this.#life.set({ ...this.life, locked });
  }

  /** The grant of the last wipe no longer counts. */
  endInspection(): void {
    const { spentGrant, ...life } = this.life;
    if (spentGrant === undefined) return;
    this.fills.releaseAll();
    this.#life.set(life);
  }

  /** A customer pays; false when the terminal will not. */
  sell(account: number, amount: bigint, as: keyof typeof bookings = "sale"): boolean {
    return this.cannotPay === 0 && this.#running === undefined && this.sellAnyway(account, amount, as);
  }

  /** What firmware does that does not keep its own lock; false when there is no such account, or no room. */
  sellAnyway(account: number, amount: bigint, as: keyof typeof bookings = "sale"): boolean {
    const of = this.batch.accounts[account];
    if (of === undefined) return false;
    const stans = this.batch.records.map(({ stan }) => Number(stan));
    const sale = {
      ...bookings[as],
      account,
      batch: this.batch.ledger(of.id).get().batch,
      stan: String((Math.max(0, ...stans) % 999_999) + 1).padStart(6, "0"),
      amount,
      currency: of.currency,
      time: this.time,
    } as const;
    const pan = `6299990${Array.from(this.random("card", 9), (byte) => byte % 10).join("")}`;
    this.endInspection();
    if (!this.batch.append(sale, { pan, expiry: "3012", track: `${pan}=3012220` })) return false;
    const item = entryOf(sale, of.id);
    this.#stores.host.append({ event: "start", item });
    if (sale.kind === "U01") this.host.authorise(item);
    return true;
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

  /** What the firmware checks by itself before anything is destroyed, at COMMIT and again at ARM. */
  interlock(censusHash: Uint8Array, named: Uint8Array, areas: readonly number[], exceptions: readonly Exception[]): void {
    if (!this.life.locked) {
      this.violate("unlocked");
      refuse("BAD_STATE", { detail: "NOT_LOCKED" });
    }
    if (hex(censusHash) !== hex(named)) {
      this.violate("commit-stale");
      refuse("CENSUS_CHANGED");
    }
    const { items, unread } = this.batch.census();
    const standing = inTheWay(items, exceptions);
    if (standing.length > 0 || unread.length > 0) {
      this.violate("commit-unsettled");
      refuse("UNSETTLED", { unsettled: this.batch.rows().filter((row) => standing.some((item) => isOf(row, item))) });
    }
    const { battery, mains } = this.power;
    if (!mains && battery < MIN_BATTERY) refuse("NEEDS_POWER");
    const wanted = (this.wipe.estimate(areas) * this.#speed * 2) / 1000 + 60;
    if (wanted >= this.secondsToReboot) refuse("REBOOT_DUE", { seconds: this.secondsToReboot });
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

  #moneyAllowed(): void {
    if (this.tampered) refuse("TAMPERED");
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

  #guard<T>(work: () => T): T | undefined {
    try {
      return this.#stores.alive ? work() : undefined;
    } catch (cause) {
      if (!(cause instanceof PowerCut)) throw cause;
      this.#stores.cut();
      this.#fell();
      return undefined;
    }
  }

  #fell(): void {
    this.#stores.cut();
    this.#cancelReboot();
    if (this.#fallen) return;
    this.#fallen = true;
    this.#hooks.died?.();
  }
}

const isOf = (row: { account: string; kind: string; direction: string }, item: Item): boolean =>
  row.account === item.account && row.kind === item.kind && row.direction === item.direction;

/** What HELLO_ACK says, in the words of `Identity`. */
export function identityOf(terminal: Terminal): Identity {
  const { unit, model, life, boot, reset, ops, busy } = terminal;
  return {
    serial: unit.serial,
    model: model.name,
    firmware: model.firmware,
    life: life.life,
    bootNumber: boot,
    resetReason: reset,
    environment: model.environment,
    nextOp: ops.next,
    capabilities: terminal.capabilities,
    ownerKeyIds: terminal.owners.get().keys.map((key) => hex(sha256(unhex(key)).subarray(0, 8))),
    ownerState: terminal.ownerState,
    passFloor: terminal.passFloor.get(),
    locked: life.locked,
    ...(busy === undefined ? {} : { busyOp: busy }),
    secondsToReboot: terminal.secondsToReboot,
  };
}
