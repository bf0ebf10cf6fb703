// One case of the crash matrix: a run with faults at chosen points, taken up again until it ends, and judged by what bytes and ledger say.
import { DecomError } from "../../src/base/errors.js";
import type { Fault } from "../../src/link/faults.js";
import { PowerCut } from "../../src/sim/stores.js";
import { astray } from "./books.js";
import { Death } from "./memory-disk.js";
import { World } from "./world.js";

export type CutAct = "nv" | "program" | "erase";

export interface Case {
  readonly model: string;
  readonly seed: number;
  /** The agent dies around its n-th disk operation. */
  readonly death?: { readonly n: number; readonly when: "before" | "after" };
  readonly frame?: Fault;
  /** The terminal loses power at its n-th non-volatile change of this sort. */
  readonly power?: { readonly act: CutAct; readonly n: number };
}

export interface Ending {
  /** Where it ended and how it got there, in a few words that can be counted. */
  readonly label: string;
  /** Every fault of the case took effect. */
  readonly reached: boolean;
  /** What must never be: empty in a good world. */
  readonly wrong: readonly string[];
  readonly counts: Counts;
}

/** How many points of each sort a run passes; a faultless run tells how many cases an axis has. */
export interface Counts {
  readonly disk: number;
  readonly out: number;
  readonly in: number;
  readonly nv: number;
  readonly program: number;
  readonly erase: number;
}

const MAX_TURNS = 7;

export async function play(at: Case, usual?: Counts): Promise<Ending> {
  const passed = { nv: 0, program: 0, erase: 0 };
  const wrong: string[] = [];
  let powerReached = at.power === undefined;
  let deathReached = at.death === undefined;
  let erased = false;
  const world = new World({
    model: at.model,
    seed: at.seed,
    faults: at.frame === undefined ? [] : [at.frame],
    hooks: {
      nonVolatile: (act) => {
        if (act === "erase" && !erased) {
          erased = true;
          const open = world.inspect().terminal;
          if (open.length > 0) wrong.push(`erased while ${open.length} items were open`);
        }
        const n = passed[act]++;
        if (!powerReached && at.power?.act === act && at.power.n === n) {
          powerReached = true;
          throw new PowerCut("test");
        }
      },
    },
  });
  const { line } = world;
  world.disk.hook = (n, when) => {
    if (!deathReached && at.death?.n === n && at.death.when === when) {
      deathReached = true;
      throw new Death();
    }
  };
  const how = await world.clock.run(() => carryOn(world));
  wrong.push(...judge(world, how));
  return {
    label: describeEnd(world, how, usual?.out),
    reached: powerReached && deathReached && (at.frame === undefined || line.reached.has(at.frame)),
    wrong,
    counts: { disk: world.disk.operations, out: line.frames.out, in: line.frames.in, ...passed },
  };
}

interface How {
  readonly last: string;
  readonly code: string;
  readonly turns: number;
}

/** Runs, and resumes as a technician would, until the run ends or says the same twice. */
async function carryOn(world: World): Promise<How> {
  let next: "run" | "resume" = "run";
  let before = "";
  for (let turns = 1; ; turns++) {
    let code = "died";
    try {
      const end = await world.run(next);
      next = "resume";
      if (end !== undefined) {
        code = end.code;
        if (end.endState !== "HOLD" || turns >= MAX_TURNS || code === before) return { last: end.endState, code, turns };
      }
    } catch (thrown) {
      if (!(thrown instanceof DecomError)) throw thrown;
      code = thrown.code;
      if (code === "run.none") next = "run";
      else if (code === "run.open") next = "resume";
      else if (code !== "terminal.absent") return { last: "error", code, turns };
      if (turns >= MAX_TURNS) return { last: "error", code, turns };
    }
    before = code;
    await world.replug();
    world.powerUp();
  }
}

/** A repaired line shows in more frames than a sound one needs; a resumed run in what its last walk still had to do. */
function describeEnd(world: World, { last, code, turns }: How, usual: number | undefined): string {
  const takenUp = world.takenUp();
  if (turns > 1 || takenUp !== undefined) return `${last} ${code} in ${turns} turns, taken up ${takenUp ?? "at the door"}`;
  return `${last} ${code}${usual === undefined ? "" : world.line.frames.out > usual ? ", repaired" : ", unnoticed"}`;
}

/** The invariants, read from the terminal's bytes, the host's ledger and the files, never from what the agent says. */
function judge(world: World, { last, code }: How): string[] {
  const wrong: string[] = [];
  const { areas, keys, start, terminal, doubt, bookings, violations } = world.inspect();
  wrong.push(...astray({ start, host: bookings, terminal, exceptions: [], doubt, afterCare: [] }));
  for (const violation of violations) wrong.push(`violation ${violation}`);
  const { json, p7s } = world.certificate();
  if (json.length > 1 || p7s.length > 1) wrong.push(`${json.length} certificates`);
  // These faults pass: a run has to get through them, except where not even the host can tell what happened.
  const parked = last === "HOLD" && code === "settle.unknown" && world.setup.model === "podp-mute";
  if (last !== "CERT" && !parked) wrong.push(`ended as ${last} ${code}`);
  const [certificate] = p7s.length === 1 ? json : [];
  const verified = certificate === undefined ? undefined : world.verified(certificate);
  if (verified !== undefined && verified.status !== "ACCEPTED" && last === "CERT")
    wrong.push(`certificate is ${verified.status} ${verified.code}`);
  if ((last === "CERT") !== (verified?.outcome === "ERASED")) wrong.push(`end state ${last} with outcome ${verified?.outcome ?? "none"}`);
  if (verified?.outcome === "ERASED") {
    const readable = [...areas, ...keys].filter((part) => part.readable);
    if (readable.length > 0) wrong.push(`ERASED, but ${readable.length} areas or keys can still be read`);
    if (terminal.length > 0) wrong.push(`ERASED with ${terminal.length} items in the terminal`);
  }
  return wrong;
}

/** Ends counted by kind of fault; what is printed and what the last checks look at. */
export class Report {
  readonly #rows = new Map<string, Map<string, number>>();
  readonly #reached = new Map<string, number>();
  readonly wrong: string[] = [];
  cases = 0;

  add(kind: string, at: Case, { label, reached, wrong }: Ending): void {
    this.cases++;
    const row = this.#rows.get(kind) ?? new Map<string, number>();
    this.#rows.set(kind, row.set(label, (row.get(label) ?? 0) + 1));
    this.#reached.set(kind, (this.#reached.get(kind) ?? 0) + (reached ? 1 : 0));
    for (const what of wrong) this.wrong.push(`${kind} ${JSON.stringify(at)}: ${what}`);
  }

  /** Sorts of fault (the first word of a kind) that never happened, or whose cases all ended alike: they prove nothing. */
  hollow(): string[] {
    const sorts = new Map<string, { ends: Set<string>; reached: number }>();
    for (const [kind, row] of this.#rows) {
      const sort = kind.split(" ")[0] ?? kind;
      const { ends, reached } = sorts.get(sort) ?? { ends: new Set<string>(), reached: 0 };
      sorts.set(sort, { ends: new Set([...ends, ...row.keys()]), reached: reached + (this.#reached.get(kind) ?? 0) });
    }
    return [...sorts].filter(([, { ends, reached }]) => ends.size < 2 || reached === 0).map(([sort]) => sort);
  }

  toString(): string {
    const lines = [...this.#rows].map(([kind, row]) => {
      const told = [...row].sort(([, a], [, b]) => b - a).map(([label, n]) => `${label}: ${n}`);
      const total = [...row.values()].reduce((sum, n) => sum + n, 0);
      return `${kind.padEnd(14)} ${String(total).padStart(6)} cases, ${this.#reached.get(kind) ?? 0} reached | ${told.join(" | ")}`;
    });
    return [`crash matrix: ${this.cases} cases, ${this.wrong.length} wrong`, ...lines].join("\n");
  }
}
