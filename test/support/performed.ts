// How a performance came out: what its turns said, where every item is, and what must not be, read from bytes, books and certificates.
import { inspect } from "../../src/sim/inspect.js";
import { firmwareOf } from "../../src/sim/lies.js";
import type { ScenarioFault } from "../../src/sim/scenario/scenario.js";
import type { Entry, FactoryStores, Stores } from "../../src/sim/stores.js";
import type { Item } from "../../src/terminal/facts.js";
import type { AfterCare } from "./books.js";
import type { Points } from "./losses.js";
import type { MemoryDisk } from "./memory-disk.js";
import type { World } from "./world.js";

export interface Turn {
  readonly endState: string | null;
  readonly code: string;
  readonly exit: number;
  readonly outcome: string | null;
}

export interface Performed {
  readonly turns: readonly Turn[];
  readonly last: Turn;
  /** Faults of the scenario that did not come to pass. */
  readonly unreached: readonly ScenarioFault[];
  readonly extraReached: boolean;
  /** Invariants that do not hold: empty in a good world. */
  readonly wrong: readonly string[];
  readonly violations: readonly string[];
  readonly items: { readonly host: number; readonly terminal: number; readonly doubt: number; readonly exception: number };
  readonly points: Points;
  /** All that the agent and the host wrote down: two runs that differ in nothing have the same. */
  trace(): string;
}

/** Items of all terminals that were ever on the bench, by where they are, and the rules that the agent broke. */
export function booksOf(world: World, turns: readonly Turn[], excepted: readonly Item[]) {
  const terminals = [...world.terminals.values()].map(({ stores }) => inspect(answering(world, stores)));
  const all = <T>(of: (one: ReturnType<typeof inspect>) => readonly T[]) => terminals.flatMap(of);
  const start = all((one) => one.start);
  const terminal = all((one) => one.terminal);
  const books = {
    start,
    // What only the host knows of (U25) stays with the host.
    host: [...all(({ bookings }) => bookings), ...start.filter(({ kind }) => kind === "U25")],
    terminal,
    doubt: all(({ doubt }) => doubt),
    exceptions: letGo(start, terminal, turns, excepted),
    afterCare: afterCareOf(world),
  };
  return { books, violations: all(({ violations }) => violations) };
}

/** The memory that answers on the cable, whatever unit it says it is: the money is where that one keeps it. */
export function answering({ staging }: World, stores: FactoryStores): Stores {
  return firmwareOf(staging.options.lie).memory(stores);
}

/** What was written down about every run, on every disk that the agent had. */
export function journalsOf(disks: readonly MemoryDisk[]): string[] {
  return disks.flatMap((disk) => disk.list("out").map((run) => text(disk.read(`out/${run}/journal.ndjson`))));
}

/** Where the last walk of the only run was taken up, read from its journal; undefined when it never was. */
export function takenUp({ disk }: World): string | undefined {
  const text = disk.list("out").map((run) => Buffer.from(disk.read(`out/${run}/journal.ndjson`) ?? []).toString());
  const walks = text.at(-1)?.split('"kind":"resumed"') ?? [];
  if (walks.length < 2) return undefined;
  const last = walks.at(-1) ?? "";
  if (!last.includes('"step":"identity"')) return "with only the signature left";
  return last.includes('"step":"census"') ? "before the wipe" : last.includes('"step":"erase"') ? "after the wipe" : "at the door";
}

/** What a signed exception let go: named in it, and wiped with the terminal under a certificate that uses exceptions. */
function letGo(start: readonly Entry[], terminal: readonly Entry[], turns: readonly Turn[], excepted: readonly Item[]): Entry[] {
  if (!turns.some(({ outcome }) => outcome === "ERASED_WITH_EXCEPTIONS")) return [];
  return start.filter((entry) => isAmong(excepted, entry) && !terminal.some((left) => isSame(left, entry)));
}

/** What certificates list as left: kinds that a wipe takes with it and people see to afterwards. */
export function afterCareOf(world: World): AfterCare[] {
  return world.certificate().json.flatMap((path) => {
    const { settlement } = JSON.parse(text(world.disk.read(path))) as { settlement: { after: AfterCare[] }[] }; // verified elsewhere
    return settlement.flatMap(({ after }) => after);
  });
}

/** What a certificate promises, held against the bytes. */
export function misjudged(world: World, turns: readonly Turn[], { endState, outcome }: Turn, undetected = false): string[] {
  const wrong: string[] = [];
  const { areas, keys, terminal, undeclared } = world.inspect();
  const { json, p7s } = world.certificate();
  const runs = turns.filter((turn) => turn.endState !== "HOLD" && turn.outcome !== null).length;
  if (json.length > Math.max(1, runs) || p7s.length > json.length) wrong.push(`${json.length} certificates and ${p7s.length} signatures`);
  for (const path of p7s.map((name) => name.replace(/p7s$/, "json"))) {
    const verified = world.verified(path);
    const incident = verified.verified?.statement.device.tamperStatus.state === "tampered"; // whatever was erased, a person must look
    if (verified.outcome === null || verified.status !== (incident ? "QUARANTINED" : statusOf[verified.outcome]))
      wrong.push(`certificate is ${verified.status} ${verified.code}`);
  }
  if (endState === "CERT" && json.length === 0) wrong.push("ended as CERT without a certificate");
  const left = [...areas, ...keys].filter((part) => part.readable).length + undeclared.length;
  if (outcome === "ERASED") {
    if (undetected && left === 0) wrong.push("ERASED, and nothing is left: no lie that was believed");
    if (!undetected && left > 0) wrong.push(`ERASED, but ${left} areas or keys can still be read`);
    if (!undetected && terminal.length > 0) wrong.push(`ERASED with ${terminal.length} items in the terminal`);
  }
  return wrong;
}

const isSame = (a: Pick<Entry, "account" | "batch" | "stan">, b: Pick<Entry, "account" | "batch" | "stan">) =>
  a.account === b.account && a.batch === b.batch && a.stan === b.stan;

export const isAmong = (items: readonly Item[], entry: Entry): boolean => items.some((item) => isSame(item, entry));

const statusOf = {
  ERASED: "ACCEPTED",
  ERASED_WITH_EXCEPTIONS: "ACCEPTED_WITH_FINDINGS",
  NOT_ERASED: "QUARANTINED",
  ABORTED: "QUARANTINED",
} as const;

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();
