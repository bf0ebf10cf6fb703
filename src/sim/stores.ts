// What survives a power cut: small atomic records, flash in erase blocks, and the outside world's own log. Nothing else does.
import { ascii, concat, text, uint } from "../base/bytes.js";
import type { Totals } from "../terminal/facts.js";

/** The supply failed at this moment. Whoever sees it is dead: nothing may be done after it. */
export class PowerCut extends Error {}

export interface Nv {
  get(name: string): Uint8Array | undefined;
  /** Atomic. `undefined` overwrites the record away. */
  set(name: string, value: Uint8Array | undefined): void;
  names(): string[];
}

export interface Flash {
  areas(): number[];
  block(area: number): number;
  /** The area's bytes as they are now, not a copy: look, do not write. */
  bytes(area: number): Uint8Array;
  /** Clears bits, never sets one: the result is old AND new. */
  program(area: number, at: number, bytes: Uint8Array): void;
  /** Sets a block to FF, or its first `upTo` bytes when the supply fails in the middle. */
  erase(area: number, block: number, upTo?: number): void;
}

/** Where a terminal that has more memory than it says keeps a copy of an area. */
export const spareName = (area: number): string => `spare/${area}`;

/** Another machine's memory: it only grows, and no power cut of the terminal touches it. */
export interface HostLog {
  lines(): readonly HostLine[];
  append(...lines: readonly HostLine[]): void;
}

/** What the host knows of a transaction: never a card. */
export interface Entry {
  readonly account: string;
  readonly batch: string;
  readonly stan: string;
  readonly kind: string;
  readonly direction: "debit" | "credit";
  readonly amount: bigint;
  readonly currency: string;
}

export type HostLine =
  /** Everything that was put into the terminal, for whoever counts afterwards. */
  | { readonly event: "start"; readonly item: Entry }
  /** The host's own record of a transaction it saw online. */
  | { readonly event: "authorised"; readonly item: Entry }
  | { readonly event: "booked"; readonly item: Entry; readonly via: "settle" | "upload" | "send" }
  | { readonly event: "closed"; readonly account: string; readonly batch: string; readonly reference: string; readonly date: string }
  /** Totals that the host found different, kept for the end of the upload that follows; and what that upload brought. */
  | { readonly event: "claimed"; readonly account: string; readonly batch: string; readonly totals: Totals }
  | { readonly event: "uploaded"; readonly item: Entry }
  | { readonly event: "signed-in"; readonly account: string }
  /** An option that counts was used once. */
  | { readonly event: "spent"; readonly option: string }
  | { readonly event: "violation"; readonly code: string };

export interface Stores {
  readonly nv: Nv;
  readonly flash: Flash;
  readonly host: HostLog;
}

export interface Region {
  readonly block: number;
  readonly bytes: Uint8Array;
}

/** Where a change goes besides memory. */
export interface Through {
  nv(records: ReadonlyMap<string, Uint8Array>): void;
  flash(area: number, region: Region, from: number, to: number): void;
  host(lines: readonly HostLine[]): void;
}
const nowhere: Through = { nv: () => undefined, flash: () => undefined, host: () => undefined };

export function storesOver(
  records: Map<string, Uint8Array>,
  regions: Map<number, Region>,
  lines: HostLine[],
  through = nowhere,
): Stores & { format(area: number, size: number, block: number): void } {
  const region = (area: number): Region => {
    const found = regions.get(area);
    if (found === undefined) throw new RangeError(`no flash area ${area}`);
    return found;
  };
  return {
    nv: {
      get: (name) => records.get(name),
      names: () => [...records.keys()],
      set(name, value) {
        if (value === undefined) records.delete(name);
        else records.set(name, value.slice());
        through.nv(records);
      },
    },
    flash: {
      areas: () => [...regions.keys()],
      block: (area) => region(area).block,
      bytes: (area) => region(area).bytes,
      program(area, at, bytes) {
        const target = region(area);
        for (let i = 0; i < bytes.length; i++) target.bytes[at + i] = (target.bytes[at + i] ?? 0) & (bytes[i] ?? 0);
        through.flash(area, target, at, at + bytes.length);
      },
      erase(area, block, upTo = region(area).block) {
        const target = region(area);
        target.bytes.fill(0xff, block * target.block, block * target.block + upTo);
        through.flash(area, target, block * target.block, block * target.block + upTo);
      },
    },
    host: {
      lines: () => lines,
      append(...more) {
        lines.push(...more);
        through.host(more);
      },
    },
    /** The factory's act: a new, blank area. */
    format(area, size, block) {
      const blank: Region = { block, bytes: new Uint8Array(size).fill(0xff) };
      regions.set(area, blank);
      through.flash(area, blank, 0, size);
    },
  };
}

export type FactoryStores = ReturnType<typeof storesOver>;

export function memoryStores(): FactoryStores {
  return storesOver(new Map(), new Map(), []);
}

/** An independent copy in memory: another terminal in the same state, at the price of copying its bytes. */
export function copyStores({ nv, flash, host }: Stores): FactoryStores {
  const region = (area: number): Region => ({ block: flash.block(area), bytes: flash.bytes(area).slice() });
  return storesOver(
    new Map(nv.names().map((name) => [name, nv.get(name) ?? new Uint8Array()])),
    new Map(flash.areas().map((area) => [area, region(area)])),
    [...host.lines()],
  );
}

/** Called before each non-volatile change with a record's name, an area or the running number of the erase; throws PowerCut to cut. */
export type NonVolatileHook = (act: "nv" | "program" | "erase", which: string | number) => void;

export interface Powered extends Stores {
  readonly alive: boolean;
  /** How many changes there were: whatever was computed from the bytes holds while this stands still. */
  readonly changes: number;
  /** Of these, the ones to an area of flash. */
  flashChanges(area: number): number;
  cut(): void;
}

/** The same stores seen from a terminal that is on: after a cut every access throws, so that a dead terminal cannot act. */
export function powered({ nv, flash, host }: Stores, hook: NonVolatileHook = () => undefined): Powered {
  let alive = true;
  let changes = 0;
  const flashChanges = new Map<number, number>();
  let erases = 0;
  const live = () => {
    if (!alive) throw new PowerCut("the terminal has no power");
  };
  const before = (act: "nv" | "program" | "erase", which: string | number, area?: number, cut?: () => void) => {
    live();
    changes++;
    if (area !== undefined) flashChanges.set(area, (flashChanges.get(area) ?? 0) + 1);
    try {
      hook(act, which);
    } catch (cause) {
      alive = false;
      cut?.();
      throw cause;
    }
  };
  return {
    get alive() {
      return alive;
    },
    get changes() {
      return changes;
    },
    flashChanges: (area) => flashChanges.get(area) ?? 0,
    cut() {
      alive = false;
    },
    nv: {
      get(name) {
        live();
        return nv.get(name);
      },
      names() {
        live();
        return nv.names();
      },
      set(name, value) {
        before("nv", name);
        nv.set(name, value);
      },
    },
    flash: {
      areas: () => flash.areas(),
      block: (area) => flash.block(area),
      bytes(area) {
        live();
        return flash.bytes(area);
      },
      program(area, at, bytes) {
        before("program", area, area);
        flash.program(area, at, bytes);
      },
      erase(area, block) {
        before("erase", ++erases, area, () => flash.erase(area, block, flash.block(area) >> 1));
        flash.erase(area, block);
      },
    },
    host,
  };
}

// --- one record's bytes --------------------------------------------------------------------------------------------------------

const BIG = /^-?[0-9]+n$/;

/** JSON, with bigints as "12n". */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? `${part}n` : part));
}

export function fromJson(json: string): unknown {
  const value: unknown = JSON.parse(json);
  return /[0-9]n"/.test(json) ? revived(value) : value;
}

/** In place: a reviver costs several times the parsing. */
function revived(part: unknown): unknown {
  if (typeof part === "string") return BIG.test(part) ? BigInt(part.slice(0, -1)) : part;
  if (typeof part !== "object" || part === null) return part;
  const of = part as Record<string, unknown>; // fresh from JSON, an array too
  for (const name in of) of[name] = revived(of[name]);
  return of;
}

/** A record with a shape. The shape is trusted: only this program writes these bytes. */
export interface Cell<T> {
  get(): T;
  set(value: T): void;
}

export function cell<T>(nv: Nv, name: string, initial: T): Cell<T> {
  return {
    get() {
      const bytes = nv.get(name);
      return bytes === undefined ? initial : (valueIn(bytes) as T); // written by set() below
    },
    set: (value) => nv.set(name, ascii(toJson(value))),
  };
}

/** Read once: a record is replaced whole, so the same array is the same content, whoever asks. */
function valueIn(bytes: Uint8Array): unknown {
  const held = values.get(bytes);
  if (held !== undefined) return held;
  const value = fromJson(text(bytes));
  values.set(bytes, value);
  return value;
}
const values = new WeakMap<Uint8Array, unknown>();

/** All records as one file: name length u8 ‖ name ‖ size u32 ‖ bytes, again and again. */
export function packRecords(records: ReadonlyMap<string, Uint8Array>): Uint8Array {
  return concat(...[...records].flatMap(([name, value]) => [uint(name.length, 1), ascii(name), uint(value.length, 4), value]));
}
