// A scenario at work: its conditions as the simulator's options, its faults as hooks, and a record of which of them came to pass.
import { ascii } from "../../base/bytes.js";
import type { Clock } from "../../base/clock.js";
import { type Fault, type FaultKind, FaultyLink } from "../../link/faults.js";
import type { Link } from "../../link/link.js";
import type { CutPoint, SimOptions } from "../body.js";
import type { Firmware } from "../firmware.js";
import type { HostOptions } from "../host/options.js";
import { firmwareOf } from "../lies.js";
import type { Hooks } from "../setup.js";
import { PowerCut } from "../stores.js";
import type { Terminal } from "../terminal.js";
import type { Scenario, ScenarioFault } from "./scenario.js";

/** Until somebody has noticed that the terminal went dark. */
const DARK_MS = 3000;
const FIRST = 1;
/** Of a sale that nobody should make now. */
const AMOUNT = 777n;

const RELOADED = ascii("APN|depot|restored from a backup\n");

type LineFault = Extract<ScenarioFault, { readonly on: "out" | "in" }>;
type PointFault = Exclude<ScenarioFault, LineFault>;
type Named<K extends ScenarioFault["fault"]> = Extract<ScenarioFault, { readonly fault: K }>;
/** What only the agent's own computer can suffer: whoever runs the agent does these. */
export type AgentFault = Named<"death" | "disk-full" | "key-gone">;

/** Of a scenario, what is not done by hand. */
export type Staged = Pick<Scenario, "terminal" | "host" | "faults">;

export interface StagingOptions {
  readonly clock: Clock;
  /** The terminal that is running now. */
  terminal(): Terminal;
  /** Power is back; the terminal died by a fault of the scenario or by itself. */
  powerUp(): void;
  /** A fault of the agent's own computer is due. */
  readonly agent?: (fault: AgentFault) => void;
}

const isOnLine = (fault: ScenarioFault): fault is LineFault => "on" in fault;

export class Staging {
  options: SimOptions;
  readonly #scenario: Staged;
  readonly #at: StagingOptions;
  readonly #reached = new Set<ScenarioFault>();
  readonly #passed = new Map<string, number>();
  readonly #plan: Fault[] = [];
  readonly #planned = new Map<Fault, ScenarioFault>();
  #line: FaultyLink | undefined;
  #back = DARK_MS;
  /** One object for all lives of the terminal, so that its host can change while it is on. */
  readonly #host: Record<string, unknown>;

  constructor(scenario: Staged, at: StagingOptions) {
    this.#scenario = scenario;
    this.#at = at;
    this.#host = { ...scenario.host };
    this.options = this.#optionsWith(scenario.terminal);
    for (const fault of this.faults) {
      if (isOnLine(fault) && fault.frame !== undefined) this.#schedule(fault, fault.frame);
    }
  }

  get faults(): readonly ScenarioFault[] {
    return this.#scenario.faults ?? [];
  }

  /** Faults that did not come to pass: a scenario with any proves nothing. */
  get unreached(): ScenarioFault[] {
    for (const fault of this.#line?.reached ?? []) {
      const planned = this.#planned.get(fault);
      if (planned !== undefined) this.#reached.add(planned);
    }
    return this.faults.filter((fault) => !this.#reached.has(fault));
  }

  /** The first line has the scenario's faults, and `more`; one that is plugged in later is sound. */
  line(inner: Link, more: readonly Fault[] = []): FaultyLink {
    this.#plan.push(...more);
    this.#line = new FaultyLink(seeming(inner, firmwareOf(this.options.lie)), this.#at.clock, this.#plan);
    return this.#line;
  }

  /** From now on the host behaves like this. */
  host(options: HostOptions): void {
    for (const name of Object.keys(this.#host)) delete this.#host[name];
    Object.assign(this.#host, options);
  }

  /** From its next start on the terminal is like this. */
  condition(terminal: Scenario["terminal"]): void {
    this.options = this.#optionsWith(terminal);
  }

  /** For every life of the terminal: a fault comes to pass once. */
  readonly hooks: Hooks = {
    point: (name, k) => this.#pass(name, k),
    nonVolatile: (act) => {
      const nth = this.#count(act);
      for (const fault of this.#open("power")) {
        if (fault.write === act && (fault.nth ?? FIRST) === nth) this.#cut(fault);
      }
    },
    died: () => {
      this.#at.clock.after(this.#back, () => this.#at.powerUp());
      this.#back = DARK_MS;
    },
  };

  /** The agent's n-th write, before and after it: true when its process ends there. */
  dies(n: number, when: "before" | "after"): boolean {
    for (const fault of this.#open("death")) {
      if (fault.write !== n || (fault.when ?? "before") !== when) continue;
      this.#reached.add(fault);
      return true;
    }
    return false;
  }

  #optionsWith(terminal: Scenario["terminal"]): SimOptions {
    return { ...terminal, host: this.#host as HostOptions }; // the scenario's reader made it
  }

  #open<K extends ScenarioFault["fault"]>(kind: K): Named<K>[] {
    return this.faults.filter((fault): fault is Named<K> => fault.fault === kind && !this.#reached.has(fault));
  }

  #count(what: string): number {
    const nth = (this.#passed.get(what) ?? 0) + 1;
    this.#passed.set(what, nth);
    return nth;
  }

  #pass(name: CutPoint, k: number | undefined): void {
    const nth = k ?? this.#count(name);
    const due = this.faults.filter((fault) => !this.#reached.has(fault) && pointOf(fault) === name && (fault.nth ?? FIRST) === nth);
    for (const fault of due) this.#happen(fault);
  }

  #happen(fault: ScenarioFault): void {
    if (isOnLine(fault)) {
      const line = this.#line;
      if (line !== undefined && ![...this.#planned.values()].includes(fault)) this.#schedule(fault, line.frames[fault.on] + 1);
      return;
    }
    this.#strike(fault);
  }

  #strike(fault: PointFault): void {
    switch (fault.fault) {
      case "power":
        this.#cut(fault);
        break; // cutting throws
      case "customer":
        this.#at.terminal().sell(0, AMOUNT);
        break;
      case "sale":
        if (!this.#at.terminal().sellAnyway(0, AMOUNT)) return; // no room: it did not come to pass
        break;
      case "disturb":
        this.#at.terminal().disturb(fault.area);
        break;
      case "reload":
        this.#at.terminal().reload(fault.area, RELOADED);
        break;
      default:
        this.#at.agent?.(fault);
    }
    this.#reached.add(fault);
  }

  #cut(fault: Named<"power">): never {
    this.#reached.add(fault);
    this.#back = fault.back ?? DARK_MS;
    throw new PowerCut("the scenario");
  }

  #schedule(fault: LineFault, nth: number): void {
    const planned: Fault = { ...kindOf(fault), on: fault.on, nth };
    this.#planned.set(planned, fault);
    this.#plan.push(planned);
  }
}

/** The line as its port says it is. */
function seeming(inner: Link, { port }: Firmware): Link {
  const baud = port(inner.baud);
  if (baud === inner.baud) return inner;
  return {
    kind: inner.kind,
    address: inner.address,
    baud,
    write: (bytes) => inner.write(bytes),
    listen: (events) => inner.listen(events),
    close: () => inner.close(),
    [Symbol.asyncDispose]: () => inner.close(),
  };
}

function pointOf(fault: ScenarioFault): CutPoint | undefined {
  return isOnLine(fault) ? fault.after : fault.at;
}

function kindOf(fault: LineFault): FaultKind {
  switch (fault.fault) {
    case "flip":
      return { kind: "flip", bit: fault.bit };
    case "delay":
      return { kind: "delay", ms: fault.ms };
    default:
      return { kind: fault.fault };
  }
}
