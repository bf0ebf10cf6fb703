// The podp face of the simulated terminal: boots it, gives it a line, and turns commands into what it does or refuses.
import { ascii, concat, hex, readUint, uint, unhex } from "../../src/base/bytes.js";
import type { Clock } from "../../src/base/clock.js";
import { DecomError } from "../../src/base/errors.js";
import { keyIdOf, sha256 } from "../../src/base/sign.js";
import type { Link } from "../../src/link/link.js";
import type { Progress, SimOptions } from "../../src/sim/body.js";
import { inspect } from "../../src/sim/inspect.js";
import type { SimModel } from "../../src/sim/models/shape.js";
import { simModel, simModels } from "../../src/sim/models.js";
import type { Plant } from "../../src/sim/planting.js";
import { provision } from "../../src/sim/provision.js";
import { type Reason, Refused } from "../../src/sim/refused.js";
import type { Owners } from "../../src/sim/self.js";
import type { Hooks, ResetReason } from "../../src/sim/setup.js";
import { cell, type FactoryStores } from "../../src/sim/stores.js";
import { Terminal } from "../../src/sim/terminal.js";
import { UNIT, type Unit } from "../../src/sim/unit.js";
import type { Capability } from "../../src/terminal/facts.js";
import { elements } from "../../src/wire/tlv.js";
import { areaFaults, authFaults, badStates, capabilityBits, limits, results, type rights, timers, VERSION } from "./codes.js";
import { payloadRoom } from "./frame.js";
import { type CommandName, commands, events, FILL_DATA, hello, helloAck, progress, refusal, stall } from "./messages.js";
import { Authority, isCritical } from "./simulated/authority.js";
import { handlers } from "./simulated/commands.js";
import type { Plan, Streams } from "./simulated/context.js";
import { encoding, rowOf } from "./simulated/encoding.js";
import { type Conversation, Line, type Reply } from "./simulated/line.js";
import { type Work, workOf } from "./simulated/work.js";

export interface SimulatedSetup {
  /** By name; a terminal that was provisioned before stays what it is. */
  readonly model: string;
  readonly seed: number;
  readonly stores: FactoryStores;
  readonly clock: Clock;
  /** Factor on the terminal's own delays; 0, the default, is as fast as it goes. */
  readonly speed?: number;
  /** The owner's point; without one the terminal pins the first it is shown. */
  readonly owner?: Uint8Array;
  readonly options?: SimOptions;
  /** What the factory puts in besides, or instead of, what the model comes with. */
  readonly plant?: Plant;
  readonly hooks?: Hooks;
}

export interface Simulated {
  readonly serial: string;
  readonly model: string;
  readonly ownerKeyId?: string;
  /** The terminal now running; another one after each restart. */
  readonly terminal: Terminal;
  readonly dead: boolean;
  attach(link: Link): void;
  powerCut(): void;
  /** The rules its host has broken, over all its lives. */
  violations(): string[];
}

/** Rights of which the grant must give one; `any`: an open session, `none`: not even that. */
const needs: Readonly<Record<CommandName, readonly (keyof typeof rights)[] | "any" | "none">> = {
  identify: "none",
  locate: "none",
  challenge: "none",
  open: "none",
  rollover: "any",
  lock: "any",
  unlock: ["unlock"],
  reboot: "any",
  totals: ["read"],
  census: ["read"],
  read: ["read"],
  lastSettlement: ["read"],
  areaList: ["read"],
  keyList: ["read"],
  keyProbe: ["read"],
  canPay: ["read"],
  pendingSend: ["settle"],
  settleStart: ["settle"],
  settleStatus: ["read"],
  hostQuery: ["settle"],
  getOp: ["read"],
  releaseOp: ["settle", "wipe"],
  prepare: ["wipe"],
  abortPrepared: ["wipe"],
  commit: ["wipe"],
  arm: ["wipe"],
  sample: ["read"],
  attest: ["read"],
  fillBegin: ["fill"],
  fillEnd: ["fill"],
  fillRelease: ["fill"],
  proof: ["fill"],
};
/** What a terminal may lack. */
const capable: Readonly<Partial<Record<CommandName, Capability>>> = {
  hostQuery: "host-query",
  fillBegin: "fill",
  fillEnd: "fill",
  fillRelease: "fill",
  proof: "fill",
  attest: "attest",
};
const accepted: ReadonlySet<CommandName> = new Set(["pendingSend", "settleStart", "arm"]);
const signing: ReadonlySet<CommandName> = new Set(["open", "commit", "attest"]);
/** Answered while an op is under way. */
const always: ReadonlySet<CommandName> = new Set<CommandName>([
  ...([
    "identify",
    "locate",
    "challenge",
    "open",
    "lock",
    "totals",
    "census",
    "read",
    "lastSettlement",
    "areaList",
    "keyList",
    "keyProbe",
  ] as const),
  ...(["canPay", "settleStatus", "getOp", "sample", "attest"] as const),
]);
/** What DF6D of a refusal says. */
const details: Readonly<Partial<Record<Reason, Readonly<Record<string, number>>>>> = {
  AUTH: authFaults,
  BAD_STATE: badStates,
  AREA_FAILED: areaFaults,
};
const byCode = new Map(Object.entries(commands).map(([name, { code }]) => [code, name as CommandName])); // entries() loses the key type
/** Critical elements that may stand inside a constructed one of a request. */
const insidePlan: ReadonlySet<number> = new Set([0xdf4a, 0xdf4b, 0xdf4f, 0xdf58, 0xdf5a, 0xdf5b, 0xdf5c, 0xdf5d]);

/** One run of the terminal, from boot to restart or death: everything here is RAM. */
class Session implements Conversation {
  readonly #terminal: Terminal;
  readonly #authority: Authority;
  readonly #plan: Plan = { current: undefined };
  readonly #streams: Streams = { out: undefined, into: undefined };
  readonly #handlers;
  readonly #speed: number;
  readonly #announce: (work: Work) => () => void;
  #quiet: () => void = () => undefined;
  /** Ops that this session began: their repetition is still transport. */
  readonly #own = new Set<string>();
  #hellos = 0;
  #maxFrame: number = limits.minFrame;

  constructor(terminal: Terminal, speed: number, announce: (work: Work) => () => void) {
    this.#terminal = terminal;
    this.#speed = speed;
    this.#announce = announce;
    this.#authority = new Authority(terminal);
    this.#handlers = handlers({
      terminal,
      authority: this.#authority,
      plan: this.#plan,
      room: () => payloadRoom(this.#maxFrame),
      streams: this.#streams,
    });
  }

  hello(payload: Uint8Array) {
    const decoded = hello.decode(payload, limits.depthToDevice);
    if ("badTag" in decoded || decoded.value.maxFrame < limits.minFrame) return undefined;
    return this.#terminal.guard(() => {
      const terminal = this.#terminal;
      this.ended();
      this.#maxFrame = Math.min(decoded.value.maxFrame, limits.maxFrame);
      terminal.point("hello");
      const { capabilities, busyOp, ownerKeyIds, resetReason, ...identity } = terminal.identity();
      const ack = helloAck.encode({
        ...identity,
        hostNonce: decoded.value.hostNonce,
        nonce: terminal.self.random("nonce", 8),
        version: VERSION,
        resetReason: resetReason as ResetReason, // identity() passes it on
        maxFrame: terminal.model.maxFrame,
        window: terminal.model.window,
        capabilities: capabilities.reduce((set, name) => set | capabilityBits[name], 0),
        ownerKeys: ownerKeyIds.map(unhex),
        ...(busyOp === undefined ? {} : { busyOp: unhex(busyOp) }),
      });
      const session = ((terminal.self.boot & 0xffff) * 0x10000 + (++this.#hellos & 0xffff)) >>> 0;
      return { session, payload: ack, maxFrame: this.#maxFrame };
    });
  }

  ended(): void {
    this.#quiet();
    this.#authority.void();
    this.#plan.current = undefined;
    this.#streams.into = undefined;
    this.#own.clear();
  }

  impatient(): void {
    this.#terminal.violate("window-ignored");
  }

  thinks(message: Uint8Array): number {
    const name = byCode.get(message[0] ?? -1);
    const { signature, answer } = this.#terminal.model.ms;
    const ms = (name !== undefined && signing.has(name) ? signature : answer) * this.#speed;
    const work = this.#terminal.guard(() => workOf(this.#terminal, this.#speed, name, message.subarray(1)));
    if (work === undefined) return ms;
    this.#quiet();
    this.#quiet = this.#announce(work);
    return ms + work.ms;
  }

  data(payload: Uint8Array): boolean {
    const { into } = this.#streams;
    if (into === undefined || payload.length < 4) return true;
    const { fills } = this.#terminal;
    this.#terminal.guard(() => fills.write(into, readUint(payload, 0, 4), payload.subarray(4)));
    return this.#terminal.alive;
  }

  command(message: Uint8Array, tooLong: boolean): Reply | undefined {
    const name = byCode.get(message[0] ?? -1);
    const pure = name !== undefined && commands[name].effect === "read";
    this.#streams.out = undefined;
    const answer = this.#terminal.guard(() => {
      try {
        return this.#answer(name, message, tooLong);
      } catch (thrown) {
        if (!(thrown instanceof Refused)) throw thrown;
        return this.#refusal(thrown);
      }
    });
    if (answer === undefined) return undefined;
    const { out: data } = this.#streams;
    const restarts = name === "reboot" && answer[0] === results.OK;
    const after = () => this.#terminal.guard(() => this.#terminal.restart("command"));
    return { answer, pure, ...(data === undefined ? {} : { data }), ...(restarts ? { after } : {}) };
  }

  /** README "Order of checks". */
  #answer(name: CommandName | undefined, message: Uint8Array, tooLong: boolean): Uint8Array {
    if (tooLong || message.length === 0) throw new Refused("BAD_FIELD", { tag: 0 });
    if (name === undefined) {
      if (message[0] === FILL_DATA) this.#authority.demand("fill");
      throw new Refused("NOT_SUPPORTED");
    }
    const need = needs[name];
    if (need !== "none") this.#authority.demand(...(need === "any" ? [] : need));
    const raw = message.subarray(1);
    const { request: shape, effect } = commands[name];
    const decoded = shape.decode(raw, limits.depthToDevice);
    if ("badTag" in decoded) throw new Refused("BAD_FIELD", { tag: decoded.badTag });
    const unknown = [...decoded.unknown, ...(name === "prepare" ? strangersIn(raw) : [])].find(isCritical);
    if (unknown !== undefined) throw new Refused("BAD_FIELD", { tag: unknown });
    const request: { readonly op?: unknown } = decoded.value;
    const capability = capable[name];
    if (capability !== undefined && !this.#terminal.self.capabilities.includes(capability)) throw new Refused("NOT_SUPPORTED");
    const op = accepted.has(name) && request.op instanceof Uint8Array ? hex(request.op) : undefined;
    if (op !== undefined && this.#terminal.ops.look(op, hex(sha256(raw))) !== undefined) {
      if (!this.#own.has(op)) this.#terminal.violate(effect === "money" ? "money-repeated" : "destroy-repeated");
      return uint(results.ACCEPTED, 1);
    }
    const { busy } = this.#terminal;
    if (busy !== undefined && !always.has(name)) throw new Refused("BUSY", { op: busy });
    const handle = this.#handlers[name] as (request: unknown, raw: Uint8Array) => unknown; // each name's own request was just decoded
    const response = handle(request, raw);
    if (op !== undefined) this.#own.add(op);
    const write = commands[name].response as { encode(value: unknown): Uint8Array }; // likewise its response
    return concat(uint(accepted.has(name) ? results.ACCEPTED : results.OK, 1), write.encode(response));
  }

  #refusal({ reason, facts }: Refused): Uint8Array {
    const { detail, field, op, unsettled = [], ...rest } = facts;
    const number = detail === undefined ? undefined : details[reason]?.[detail];
    const body = refusal.encode({
      ...rest,
      ...(number === undefined ? {} : { detail: number }),
      ...(field === "account" ? { tag: 0xdf48 } : {}),
      ...(op === undefined ? {} : { op: unhex(op) }),
      unsettled: unsettled.map(rowOf),
    });
    return concat(uint(results[reason], 1), body);
  }
}

function strangersIn(raw: Uint8Array): number[] {
  const outer = elements(raw, limits.depthToDevice);
  if (!Array.isArray(outer)) return [];
  return outer.flatMap(({ tag, value }) => {
    const inner = tag >= 0xff40 && tag <= 0xff42 ? elements(value, limits.depthToDevice) : [];
    return Array.isArray(inner) ? inner.map((element) => element.tag).filter((found) => !insidePlan.has(found)) : [];
  });
}

export function startSimulated(setup: SimulatedSetup): Simulated {
  const { stores, clock, seed, speed = 0, hooks = {}, options = {} } = setup;
  const before =
    stores.nv.get(UNIT) === undefined ? setup.model : cell<Unit>(stores.nv, UNIT, { serial: "", model: "", secret: "" }).get().model;
  const model: SimModel | undefined = simModel(before);
  if (model === undefined) {
    throw new DecomError("args.invalid", `no simulated model ${before}; there are ${simModels.map(({ name }) => name).join(", ")}`);
  }
  provision(model, seed, stores, setup.plant);
  const owners = cell<Owners>(stores.nv, "owners", { keys: [], pinned: false, rollover: 0 });
  if (setup.owner !== undefined && owners.get().keys.length === 0) {
    owners.set({ keys: [hex(setup.owner)], pinned: false, rollover: 0 });
  }
  let link: Link | undefined;
  let line: Line | undefined;
  let dead = false;
  const fell = () => {
    dead = true;
    line?.close();
    hooks.died?.();
  };
  const tell = {
    progress: ({ op, area, ...at }: Progress) =>
      line?.event(events.PROGRESS, progress.encode({ ...at, op: unhex(op), ...(area === undefined ? {} : { area }) })),
    stall(ms: number) {
      line?.event(events.STALL, stall.encode({ ms }));
      line?.stall(ms);
    },
    restart(reason: ResetReason) {
      line?.close(true);
      line = undefined;
      clock.after(model.ms.boot * speed, () => {
        if (!dead) boot(reason);
      });
    },
  };
  const start = (reset: ResetReason) => {
    const setupOf = { stores, model, clock, options, speed, encode: encoding, hooks: { ...hooks, died: fell }, reset };
    const started = new Terminal(setupOf, tell);
    started.powerOn();
    return started;
  };
  const connect = (to: Link) => {
    line = new Line(to, clock, model.maxFrame, model.window, new Session(terminal, speed, announce));
  };
  /** A host waits five seconds; whatever takes longer is announced. */
  const announce = ({ op, area, ms }: Work) => {
    const { progress: every } = timers;
    const cancels: (() => void)[] = [];
    for (let at: number = every; at < ms; at += every) {
      const told = { op, step: 1, steps: 1, area, permille: Math.floor((at * 1000) / ms), silence: every };
      cancels.push(clock.after(at, () => tell.progress(told)));
    }
    return () => {
      for (const cancel of cancels) cancel();
    };
  };
  const boot = (reset: ResetReason) => {
    terminal = start(reset);
    if (link !== undefined) connect(link);
    line?.noise(ascii(`\r\n${model.hardware} boot ${terminal.self.boot}\r\n`));
  };
  let terminal = start("power");
  const first = owners.get().keys[0];
  return {
    serial: terminal.self.unit.serial,
    model: model.name,
    ...(first === undefined ? {} : { ownerKeyId: hex(keyIdOf(unhex(first))) }),
    get terminal() {
      return terminal;
    },
    get dead() {
      return dead;
    },
    attach(to) {
      line?.close();
      link = to;
      if (terminal.alive) connect(to);
    },
    powerCut() {
      dead = true;
      terminal.powerCut();
      line?.close();
    },
    violations: () => [...inspect(stores).violations],
  };
}

export const simulatedPodp = { family: "podp", models: simModels.map(({ name }) => name), start: startSimulated } as const;
