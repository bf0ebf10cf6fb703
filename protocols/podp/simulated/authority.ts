// What a podp terminal believes: grant, pass, station signature, challenge. Written from README "Authority", apart from the agent's side.
import { ascii, concat, equal, hex, readBcd, readUint, uint, unhex } from "../../../src/base/bytes.js";
import { keyIdOf, keyOfPoint, sha256, verifyP256 } from "../../../src/base/sign.js";
import type { Exception } from "../../../src/sim/interlock.js";
import { refuse } from "../../../src/sim/refused.js";
import type { Terminal } from "../../../src/sim/terminal.js";
import type { Fields, Of } from "../../../src/wire/fields.js";
import { struct } from "../../../src/wire/fields.js";
import type { Request } from "../../../src/wire/messages.js";
import { element, elements } from "../../../src/wire/tlv.js";
import { ALL_RIGHTS, type authFaults, environments, limits, rights, timers, VERSION } from "../codes.js";
import { commands, grantFields, passFields, rolloverFields } from "../messages.js";

/** Who may do what until the session ends. */
export interface Opened {
  readonly rights: number;
  readonly scopeFloor: number;
  readonly grantHash: Uint8Array;
  readonly exceptions: readonly Exception[];
  readonly station: Uint8Array;
}

const CLASSES = 0xff;
const SIGNATURE = 0xdf2c;
export const isCritical = (tag: number): boolean => (tag & 0xffe0) === 0xdf40 || (tag & 0xffe0) === 0xff40;

/** A signed statement: its elements in order, the signature last. `undefined` when it is anything else. */
function statement<F extends Fields>(fields: F, bytes: Uint8Array): { readonly value: Of<F>; readonly signed: Uint8Array } | undefined {
  const decoded = struct(fields).decode(bytes, limits.depthToDevice - 1);
  const found = elements(bytes, limits.depthToDevice - 1);
  if ("badTag" in decoded || !Array.isArray(found) || decoded.unknown.some(isCritical)) return undefined;
  const order = Object.values(fields).map(({ tag }) => tag);
  const places = found.map(({ tag }) => order.indexOf(tag)).filter((place) => place !== -1);
  if (found.at(-1)?.tag !== SIGNATURE || places.some((place, i) => place < (places[i - 1] ?? 0))) return undefined;
  return { value: decoded.value, signed: concat(...found.slice(0, -1).map(({ value }) => value)) };
}

function verifies(point: Uint8Array, signature: Uint8Array, ...parts: readonly Uint8Array[]): boolean {
  const key = keyOfPoint(point);
  return key !== undefined && verifyP256(key, concat(...parts), signature);
}

/** Account 8 ‖ kind 1 ‖ direction 1 ‖ currency 2 ‖ batch 3 ‖ count 2 ‖ amount 6 ‖ digest 32. */
function exceptionOf(raw: Uint8Array): Exception | undefined {
  const amount = readBcd(raw.subarray(17, 23));
  const direction = raw[9];
  if (amount === undefined) return undefined;
  return {
    account: hex(raw.subarray(0, 8)),
    kind: raw[8] ?? 0,
    direction: direction === 2 ? "credit" : "debit",
    currency: hex(raw.subarray(10, 12)).slice(1),
    batch: hex(raw.subarray(12, 15)),
    count: readUint(raw, 15, 2),
    amount,
    digest: hex(raw.subarray(23)),
  };
}

export class Authority {
  readonly #terminal: Terminal;
  #challenge: { readonly command: number; readonly bytes: Uint8Array; readonly at: number } | undefined;
  #opened: Opened | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  get opened(): Opened | undefined {
    return this.#opened;
  }

  void(): void {
    this.#challenge = undefined;
    this.#opened = undefined;
  }

  /** Throws unless the session is open and its grant covers one of these rights. */
  demand(...wanted: readonly (keyof typeof rights)[]): Opened {
    if (this.#opened === undefined) {
      this.#terminal.violate("before-open");
      return this.#no("NOT_OPEN");
    }
    if (wanted.length > 0 && !wanted.some((right) => ((this.#opened?.rights ?? 0) & rights[right]) !== 0)) {
      this.#terminal.violate("without-right");
      return this.#no("RIGHT");
    }
    return this.#opened;
  }

  challenge(command: number): Uint8Array {
    if (command !== commands.open.code && command !== commands.commit.code) refuse("BAD_FIELD", { tag: 0xdf46 });
    if (command === commands.commit.code) this.demand("wipe");
    const bytes = this.#terminal.self.random("challenge", 16);
    this.#challenge = { command, bytes, at: this.#terminal.self.uptime };
    return bytes;
  }

  /** Checks a station signature for which the challenge is spent, good or bad. Returns the challenge. */
  signed(command: number, station: Uint8Array, signature: Uint8Array, grantHash: Uint8Array, rest: Uint8Array): Uint8Array {
    const { life, self } = this.#terminal;
    const { serial, boot, uptime } = self;
    const challenge = this.#challenge;
    this.#challenge = undefined;
    if (challenge === undefined || uptime - challenge.at > timers.challenge) {
      this.#terminal.violate("challenge-dead");
      return refuse("CHALLENGE_USED");
    }
    if (challenge.command !== command) return this.#no("CHALLENGE");
    const who = concat(uint(command, 1), uint(serial.length, 1), ascii(serial), uint(life.life, 4), uint(boot, 4));
    if (!verifies(station, signature, ascii("podp1"), who, challenge.bytes, rest, grantHash)) return this.#forged("SIGNATURE");
    return challenge.bytes;
  }

  open(request: Request<typeof commands.open>): Opened {
    const terminal = this.#terminal;
    const grant = statement(grantFields, request.grant) ?? this.#no("GRANT");
    const { value } = grant;
    const exceptions = value.exceptions.map(exceptionOf);
    const known = (value.rights & ~ALL_RIGHTS) === 0 && (value.scopeFloor & ~CLASSES) === 0;
    if (value.version !== VERSION || !known || exceptions.length > limits.exceptions) this.#no("GRANT");
    const readable = exceptions.filter((exception) => exception !== undefined);
    if (readable.length !== exceptions.length) this.#no("GRANT");
    const pass = statement(passFields, request.pass) ?? this.#no("PASS");
    if (pass.value.version !== VERSION) this.#no("PASS");
    const { point: owner, pinned } = this.#owner(value.ownerKeyId, request.ownerKey);
    if (!equal(pass.value.ownerKeyId, value.ownerKeyId)) this.#no("OWNER");
    if (!verifies(owner, value.signature, ascii("podp1 grant"), grant.signed)) this.#forged("GRANT");
    if (!verifies(owner, pass.value.signature, ascii("podp1 pass"), pass.signed)) this.#forged("PASS");
    if (value.serial !== terminal.self.unit.serial) this.#no("SERIAL");
    const grantHash = sha256(element(0xff21, request.grant));
    const { life, spentGrant } = terminal.life;
    const inspecting = value.life === life - 1 && spentGrant === hex(grantHash);
    if (value.life !== life && !inspecting) this.#no("LIFE");
    if (!equal(value.depot, pass.value.depot)) this.#no("DEPOT");
    const floor = terminal.self.passFloor.get();
    if (pass.value.passNumber < floor) this.#no("PASS_FLOOR");
    this.signed(commands.open.code, pass.value.stationKey, request.signature, grantHash, new Uint8Array(80));

    if (!inspecting) terminal.endInspection();
    if (pinned) terminal.self.owners.set({ ...terminal.self.owners.get(), keys: [hex(owner)], pinned: true });
    if (value.passFloor > floor) terminal.self.passFloor.set(value.passFloor);
    this.#opened = {
      rights: inspecting ? value.rights & (rights.read | rights.wipe | rights.fill) : value.rights,
      scopeFloor: value.scopeFloor,
      grantHash,
      exceptions: inspecting ? [] : readable,
      station: pass.value.stationKey,
    };
    return this.#opened;
  }

  rollover(bytes: Uint8Array): void {
    const { owners, unit } = this.#terminal.self;
    const { value, signed } = statement(rolloverFields, bytes) ?? this.#no("GRANT");
    const held = owners.get();
    const find = (id: Uint8Array) => held.keys.find((key) => equal(keyIdOf(unhex(key)), id));
    const signer = find(value.ownerKeyId) ?? this.#no("OWNER");
    const replaced = find(value.replacedKeyId) ?? this.#no("OWNER");
    if (value.version !== VERSION || keyOfPoint(value.newOwnerKey) === undefined) this.#no("GRANT");
    if (!verifies(unhex(signer), value.signature, ascii("podp1 rollover"), signed)) this.#forged("GRANT");
    if (value.serial !== unit.serial) this.#no("SERIAL");
    if (value.number <= held.rollover) this.#no("LIFE");
    const keys = held.keys.map((key) => (key === replaced ? hex(value.newOwnerKey) : key));
    owners.set({ ...held, keys, rollover: value.number });
  }

  /** The back office's word on an unknown settlement. */
  ruling(account: string, batch: string | undefined): "closed" | "open" | undefined {
    const said = this.#opened?.exceptions.find((e) => (e.kind === 0xf1 || e.kind === 0xf2) && e.account === account && e.batch === batch);
    return said === undefined ? undefined : said.kind === 0xf1 ? "closed" : "open";
  }

  #owner(id: Uint8Array, shown: Uint8Array | undefined): { readonly point: Uint8Array; readonly pinned: boolean } {
    const { model, self } = this.#terminal;
    const { owners } = self;
    const { keys } = owners.get();
    const held = keys.map(unhex).find((point) => equal(keyIdOf(point), id));
    if (held !== undefined) return { point: held, pinned: false };
    const mayPin = keys.length === 0 && environments[model.environment] === environments.simulator;
    if (!mayPin || shown === undefined || !equal(keyIdOf(shown), id)) return this.#no("OWNER");
    return { point: shown, pinned: true };
  }

  #forged(detail: keyof typeof authFaults): never {
    this.#terminal.violate("signature-wrong");
    return this.#no(detail);
  }

  #no(detail: keyof typeof authFaults): never {
    return refuse("AUTH", { detail });
  }
}
