// The simulated podp terminal: filled at the factory, booted, put on a line, and booted again after every restart.
import { ascii, hex, unhex } from "../../src/base/bytes.js";
import type { Clock } from "../../src/base/clock.js";
import { DecomError } from "../../src/base/errors.js";
import { keyIdOf } from "../../src/base/sign.js";
import type { Link } from "../../src/link/link.js";
import type { Progress, SimOptions } from "../../src/sim/body.js";
import { inspect } from "../../src/sim/inspect.js";
import type { SimModel } from "../../src/sim/models/shape.js";
import { simModel, simModels } from "../../src/sim/models.js";
import type { Plant } from "../../src/sim/planting.js";
import { provision } from "../../src/sim/provision.js";
import { ownersOf } from "../../src/sim/self.js";
import type { Hooks, ResetReason } from "../../src/sim/setup.js";
import type { FactoryStores } from "../../src/sim/stores.js";
import { Terminal } from "../../src/sim/terminal.js";
import { unitOf } from "../../src/sim/unit.js";
import { timers } from "./codes.js";
import { events, progress, stall } from "./messages.js";
import { PodpConversation } from "./simulated/conversation.js";
import { encoding } from "./simulated/encoding.js";
import { Line } from "./simulated/line.js";
import type { Work } from "./simulated/work.js";

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

export function startSimulated(setup: SimulatedSetup): Simulated {
  const { stores, clock, seed, speed = 0, hooks = {}, options = {} } = setup;
  const name = unitOf(stores.nv).get()?.model ?? setup.model;
  const model: SimModel | undefined = simModel(name);
  if (model === undefined) {
    throw new DecomError("args.invalid", `no simulated model ${name}; there are ${simModels.map((known) => known.name).join(", ")}`);
  }
  provision(model, seed, stores, setup.plant);
  const owners = ownersOf(stores.nv);
  if (setup.owner !== undefined && owners.get().keys.length === 0) owners.set({ ...owners.get(), keys: [hex(setup.owner)] });
  let link: Link | undefined;
  let line: Line | undefined;
  let dead = false;
  const fell = () => {
    dead = true;
    line?.close();
    hooks.died?.();
  };
  const tell = {
    progress({ op, step, steps, area, permille, silence }: Progress) {
      const at = { op: unhex(op), step, steps, permille, silence };
      line?.event(events.PROGRESS, progress.encode(area === undefined ? at : { ...at, area }));
    },
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
    const started = new Terminal({ stores, model, clock, options, speed, encode: encoding, hooks: { ...hooks, died: fell }, reset }, tell);
    started.powerOn();
    return started;
  };
  const connect = () => {
    if (link === undefined || !terminal.alive) return;
    line = new Line(link, clock, model.maxFrame, model.window, new PodpConversation(terminal, speed, announce));
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
    connect();
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
      connect();
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
