// What a simulated terminal is, has and can: what it tells whoever asks, and the secrets from which it makes what only it can make.
import { ascii, hex, uint, unhex } from "../base/bytes.js";
import { rfc3339 } from "../base/clock.js";
import { hmacSha256, sha256 } from "../base/sign.js";
import { type Capability, cannotPay, contentClasses, type Identity, type OwnerState } from "../terminal/facts.js";
import type { Batch } from "./batch.js";
import type { Body } from "./body.js";
import type { Firmware, Signer } from "./firmware.js";
import type { Keys } from "./keys.js";
import type { SimArea } from "./models/shape.js";
import type { ResetReason } from "./setup.js";
import { type Cell, cell, type Nv } from "./stores.js";
import { type Unit, unitOf } from "./unit.js";
import { type Life, lifeOf } from "./wipe.js";

/** Keys of whom the terminal obeys, hex points; `pinned` when it took the first one it was shown. */
export interface Owners {
  readonly keys: readonly string[];
  readonly pinned: boolean;
  readonly rollover: number;
}

export const ownersOf = (nv: Nv): Cell<Owners> => cell<Owners>(nv, "owners", { keys: [], pinned: false, rollover: 0 });

const NO_REBOOT = 0xffffffff;

export class Self {
  readonly unit: Unit;
  readonly reset: ResetReason;
  readonly boot: number;
  /** The last wipe was done when it started. */
  readonly wiped: boolean;
  readonly owners: Cell<Owners>;
  readonly passFloor: Cell<number>;
  readonly #body: Body;
  readonly #batch: Batch;
  readonly #keys: Keys;
  readonly #life: Cell<Life>;
  readonly #boots: Cell<number>;
  readonly #start: number;
  readonly #secret: Uint8Array;
  #drawn = 0;

  constructor(body: Body, batch: Batch, keys: Keys, reset: ResetReason) {
    const { nv } = body.stores;
    this.#body = body;
    this.#batch = batch;
    this.#keys = keys;
    this.#start = body.clock.monotonic();
    this.#life = lifeOf(body);
    this.#boots = cell(nv, "boot", 0);
    this.reset = reset;
    this.boot = this.#boots.get() + 1;
    this.wiped = this.life.wipe?.state === "done";
    this.unit = unitOf(nv).get() ?? { serial: "SIM0000000", model: body.model.name, secret: "" };
    this.#secret = unhex(this.unit.secret);
    this.owners = ownersOf(nv);
    this.passFloor = cell(nv, "pass-floor", 0);
  }

  countBoot(): void {
    this.#boots.set(this.boot);
  }

  // --- what it tells ---------------------------------------------------------------------------------------------------------

  /** What HELLO_ACK says, in the words of `Identity`, but for what is under way. */
  identity(): Omit<Identity, "nextOp" | "busyOp"> {
    const { model, options } = this.#body;
    const { life, locked } = this.life;
    return {
      serial: this.serial,
      model: model.name,
      firmware: model.firmware,
      life,
      bootNumber: this.boot,
      resetReason: this.reset,
      environment: options.environment ?? model.environment,
      capabilities: this.capabilities,
      ownerKeyIds: this.owners.get().keys.map((key) => hex(sha256(unhex(key)).subarray(0, 8))),
      ownerState: this.ownerState,
      passFloor: this.passFloor.get(),
      locked,
      secondsToReboot: this.secondsToReboot,
    };
  }

  get life(): Life {
    return this.#life.get();
  }

  /** As it says. */
  get serial(): string {
    return this.#body.firmware.serial(this.unit.serial, this.wiped);
  }

  get capabilities(): Capability[] {
    const { model, options } = this.#body;
    const hostQuery = options.hostQuery ?? model.hostQuery;
    const fill = model.fillable.length > 0 ? (["fill"] as const) : [];
    const attest = options.attest === false ? [] : (["attest"] as const);
    return [...(hostQuery ? (["host-query"] as const) : []), ...fill, ...attest, "locate", "printer", "rollover"];
  }

  get ownerState(): OwnerState {
    const { keys, pinned } = this.owners.get();
    return keys.length === 0 ? "unset" : pinned ? "first-use" : "set";
  }

  get secondsToReboot(): number {
    const { rebootAfter } = this.#body.options;
    return rebootAfter === undefined ? NO_REBOOT : Math.max(0, Math.floor(rebootAfter - this.uptime / 1000));
  }

  /** `YYMMDDhhmmss` by the terminal's own clock. */
  get time(): string {
    const { clock, options } = this.#body;
    return rfc3339(clock.wall() + (options.clockOffsetMs ?? 0))
      .replaceAll(/[^0-9]/g, "")
      .slice(2, 14);
  }

  get uptime(): number {
    return this.#body.clock.monotonic() - this.#start;
  }

  get power(): { readonly battery: number; readonly mains: boolean } {
    const { batteryPercent = 80, mains = true } = this.#body.options;
    return { battery: batteryPercent, mains };
  }

  get tampered(): boolean {
    return this.#body.options.tampered === true;
  }

  /** The tamper register; undefined when nothing has ever triggered. */
  get tamperCodes(): string | undefined {
    return this.tampered || this.#body.options.tamperCleared === true ? "CASE" : undefined;
  }

  get cannotPay(): number {
    const { accounts, full } = this.#batch;
    const { options } = this.#body;
    const reasons: Readonly<Record<keyof typeof cannotPay, boolean>> = {
      locked: this.life.locked,
      merchant: accounts.length === 0,
      keys: !this.#keys.has("TMK") || !this.#keys.has("TPK"),
      tampered: this.tampered,
      clock: Math.abs(options.clockOffsetMs ?? 0) > 86_400_000,
      full,
    };
    const names = Object.keys(reasons) as (keyof typeof cannotPay)[]; // keys() loses the key type
    const set = names.reduce((bits, reason) => bits | (reasons[reason] ? cannotPay[reason] : 0), 0);
    return this.#body.firmware.cannotPay(set, this.life.wipe?.state === "done");
  }

  areas() {
    return this.#body.model.areas.map((area) => this.#area(area));
  }

  area(id: number) {
    const area = this.#body.model.areas.find((one) => one.id === id);
    return area === undefined ? undefined : this.#area(area);
  }

  #area({ id, classes }: SimArea) {
    const { firmware, model, stores } = this.#body;
    const { flash } = stores;
    const generation = this.#batch.generation(id);
    return {
      area: id,
      classes: classes.reduce((set, name) => set | contentClasses[name], 0),
      size: firmware.size(this.#body, id, flash.bytes(id).length),
      block: flash.block(id),
      blank: 0xff,
      generation,
      fillable: model.fillable.includes(id),
      files: this.#batch.files.flatMap((area, i) => (area === id ? [{ id: i + 1, size: this.#batch.file(area).length, generation }] : [])),
    };
  }

  /** A block of an area as a sample wants it: what is in it stays inside. */
  block(area: number, at: number): Uint8Array {
    const { firmware } = this.#body;
    return firmware.readsBack(this.#body, area, this.#block(area, at));
  }

  /** A block as a PROOF wants it; `again` makes what it holds of a fill by seed once more. */
  provenBlock(area: number, at: number, again: (() => Uint8Array) | undefined): Uint8Array {
    const { firmware } = this.#body;
    return firmware.proves(this.#body, area, this.#block(area, at), again);
  }

  #block(area: number, at: number): Uint8Array {
    const { flash } = this.#body.stores;
    const size = flash.block(area);
    return flash.bytes(area).subarray(at * size, (at + 1) * size);
  }

  // --- what only it can make -------------------------------------------------------------------------------------------------

  get firmwareHash(): Uint8Array {
    return sha256(ascii(this.#body.model.firmware));
  }

  /** Unique without a random number generator: secret, boot and a counter. */
  random(stream: string, length: number): Uint8Array {
    return hmacSha256(this.#secret, uint(this.boot, 4), ascii(stream), uint(this.#drawn++, 4)).subarray(0, length);
  }

  /** A MAC only this unit can make. */
  seal(...parts: readonly Uint8Array[]): Uint8Array {
    return hmacSha256(this.#secret, ...parts);
  }

  /** Whose key signs what it attests; `maker`: the scalar of who vouches for it. Undefined without a key. */
  signer(maker: Uint8Array): Signer | undefined {
    const scalar = this.#keys.get("IDENTITY", "P256", 0);
    return scalar === undefined ? undefined : this.#body.firmware.signer({ scalar, serial: this.unit.serial, maker });
  }

  /** What an answer is bound to, as it was asked for. */
  nonce(of: Parameters<Firmware["nonce"]>[0], asked: Uint8Array): Uint8Array {
    return this.#body.firmware.nonce(of, asked);
  }
}
