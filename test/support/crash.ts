// One case of the crash matrix: a run with faults at chosen points, taken up again until it ends, and judged by what bytes and ledger say.
import { DecomError } from "../../src/base/errors.js";
import type { EvidenceLevel } from "../../src/evidence/statement/fields.js";
import type { FactoryStores } from "../../src/sim/stores.js";
import { type Kind, kinds } from "../../src/terminal/facts.js";
import { astray } from "./books.js";
import { type Loss, Losses, type Points } from "./losses.js";
import { afterCareOf, takenUp } from "./performed.js";
import { World } from "./world.js";

export interface Case extends Loss {
  readonly model: string;
  readonly seed: number;
  /** Levels that the bench's order demands of areas beyond the usual ones. */
  readonly areas?: readonly EvidenceLevel[];
  /** It loses power when the agent sends its n-th frame, before that arrives or with it; counted from 1. */
  readonly dark?: { readonly nth: number; readonly when: "before" | "after" };
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

export interface Counts extends Points {
  /** Frames that the agent had sent when the erase began: those after it wait for it and look at what it left. */
  readonly armed: number;
}

const MAX_TURNS = 7;

export async function play(at: Case, usual?: Counts): Promise<Ending> {
  const { areas } = at;
  const losses = new Losses(at);
  const wrong: string[] = [];
  let armed: number | undefined;
  const world: World = new World({
    model: at.model,
    seed: at.seed,
    faults: losses.faults,
    ...(areas === undefined ? {} : { order: () => ({ bench: { areas } }) }),
    hooks: {
      nonVolatile: (act) => {
        if (act === "erase" && armed === undefined) {
          armed = world.line.frames.out;
          const open = world.inspect().terminal.filter(({ kind }) => kinds[kind as Kind].gate !== "WARN"); // the host log's kinds are the table's
          if (open.length > 0) wrong.push(`erased while ${open.length} items were open`);
        }
        losses.change(act);
      },
    },
  });
  const { line } = world;
  let darkReached = at.dark === undefined;
  if (at.dark !== undefined) goesDark(world, at.dark, () => (darkReached = true));
  const filled = areas === undefined ? undefined : watchFills(world.stores);
  world.disk.hook = (n, when) => losses.operation(n, when);
  const how = await world.clock.run(() => carryOn(world));
  wrong.push(...judge(world, how), ...falseFills(world, areas?.at(-1), filled));
  return {
    label: describeEnd(world, how, usual?.out),
    reached: darkReached && losses.reachedOn(line),
    wrong,
    counts: { disk: world.disk.operations, out: line.frames.out, in: line.frames.in, ...losses.passed, armed: armed ?? line.frames.out },
  };
}

/** The first line carries the n-th frame to a terminal that has just lost its power, or loses it as soon as it has it. */
function goesDark(world: World, { nth, when }: NonNullable<Case["dark"]>, reached: () => void): void {
  const { line } = world;
  const write = line.write.bind(line);
  line.write = async (bytes) => {
    const now = line.frames.out + 1 === nth;
    if (now) reached();
    if (now && when === "before") world.sim.powerCut();
    await write(bytes);
    if (now && when === "after") world.sim.powerCut();
  };
}

/** Which areas were programmed whole after their last erase but one: read from what reaches the flash, whoever has power. */
function watchFills({ flash }: FactoryStores): ReadonlySet<number> {
  const whole = new Set<number>();
  const written = new Map(flash.areas().map((area) => [area, new Uint8Array(flash.bytes(area).length)]));
  const { program, erase } = flash;
  flash.program = (area, at, bytes) => {
    program(area, at, bytes);
    const cells = written.get(area)?.fill(1, at, at + bytes.length);
    if (cells?.includes(0) === false) whole.add(area);
  };
  flash.erase = (area, block, upTo) => {
    erase(area, block, upTo);
    const size = flash.block(area);
    written.get(area)?.fill(0, block * size, (block + 1) * size);
  };
  return whole;
}

/** The level for an area that never held what it was to be filled with, or not for one that did. */
function falseFills(world: World, level: EvidenceLevel | undefined, whole: ReadonlySet<number> | undefined): string[] {
  const [certificate] = world.certificate().json;
  if (level === undefined || whole === undefined || certificate === undefined) return [];
  const rows = (world.verified(certificate).verified?.statement.areas ?? []).filter(({ result }) => result !== "retained");
  const claimed = rows.filter(({ verification }) => verification.level.includes(level)).map(({ id }) => id);
  return [
    ...claimed.filter((id) => !whole.has(id)).map((id) => `${level} for area ${id}, which was never full`),
    ...rows.filter(({ id }) => !claimed.includes(id)).map(({ id }) => `no ${level} for area ${id}`),
  ];
}

/** Where a faultless run fills one area: disk operations, frames and non-volatile changes from its first to its last. */
export async function fillWindow({ model, seed, areas = [] }: Case, area: number): Promise<Record<"from" | "to", Points>> {
  const passed = { nv: 0, program: 0, erase: 0 };
  let [from, to]: (Points | undefined)[] = [];
  const world: World = new World({
    model,
    seed,
    order: () => ({ bench: { areas } }),
    hooks: {
      nonVolatile(act, which) {
        const before = { ...passed };
        passed[act]++;
        if (act !== "nv" || which !== `fill/${area}`) return;
        const now = { disk: world.disk.operations, out: world.line.frames.out, in: world.line.frames.in };
        from ??= { ...before, ...now };
        to = { ...passed, ...now };
      },
    },
  });
  await world.clock.run(() => world.run("run"));
  if (from === undefined || to === undefined) throw new Error(`area ${area} of ${model} is not filled`);
  return { from, to };
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
  const at = takenUp(world);
  if (turns > 1 || at !== undefined) return `${last} ${code} in ${turns} turns, taken up ${at ?? "at the door"}`;
  return `${last} ${code}${usual === undefined ? "" : world.line.frames.out > usual ? ", repaired" : ", unnoticed"}`;
}

/** The invariants, read from the terminal's bytes, the host's ledger and the files, never from what the agent says. */
/** One cannot ask its host, the other remembers nothing of a settlement. */
const CANNOT_TELL: ReadonlySet<string> = new Set(["podp-mute", "podp-forgetful"]);

function judge(world: World, { last, code }: How): string[] {
  const wrong: string[] = [];
  const { areas, keys, start, terminal, doubt, bookings, violations } = world.inspect();
  wrong.push(...astray({ start, host: bookings, terminal, exceptions: [], doubt, afterCare: afterCareOf(world) }));
  for (const violation of violations) wrong.push(`violation ${violation}`);
  const { json, p7s } = world.certificate();
  if (json.length > 1 || p7s.length > 1) wrong.push(`${json.length} certificates`);
  // These faults pass: a run has to get through them, except where not even the host can tell what happened.
  const parked = last === "HOLD" && code === "settle.unknown" && CANNOT_TELL.has(world.setup.model ?? "");
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
