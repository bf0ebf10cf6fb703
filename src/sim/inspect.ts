// What the bytes say, without starting a terminal: what can still be read, where the money is, what the host booked.
import { EMPTY, hex, isFilledWith } from "../base/bytes.js";
import { isUnfinished, type Ledger } from "./batch.js";
import { netOf, totalsOf } from "./host/totals.js";
import { rangeWith, slotName, slotsIn } from "./keys.js";
import { type Content, isRecordFile, type SimKeys } from "./models/shape.js";
import { simModel } from "./models.js";
import { has, recordsIn } from "./records.js";
import { cell, type Entry, type Nv, type Stores, spareName } from "./stores.js";
import { ledgerName, unitOf } from "./unit.js";

export interface Inspection {
  /** What a wipe has to take; `readable`: some byte is not blank. */
  readonly areas: readonly { readonly id: number; readonly readable: boolean }[];
  readonly keys: readonly { readonly slot: string; readonly readable: boolean }[];
  /** Areas of which a copy lies in memory that no list names. */
  readonly undeclared: readonly number[];
  /** What belongs to the terminal itself and stays: its identity. */
  readonly kept: { readonly areas: readonly number[]; readonly keys: readonly string[] };
  /** Net minor units of sales, refunds, reversals and advices: what was put in, what the host has booked, what the terminal still has. */
  readonly money: { readonly start: bigint; readonly host: bigint; readonly terminal: bigint };
  /** Everything that was ever put into the terminal, and what of it is open there now. */
  readonly start: readonly Entry[];
  readonly terminal: readonly Entry[];
  /** Of what is open in the terminal: sent to the host and not answered. */
  readonly doubt: readonly Entry[];
  readonly bookings: readonly Entry[];
  readonly violations: readonly string[];
}

/** Kinds that carry no money of their own: signatures, script results and holds. */
const WITHOUT_MONEY = new Set(["U08", "U09", "U10"]);

function net(entries: readonly Entry[]): bigint {
  return netOf(totalsOf(entries.filter(({ kind }) => !WITHOUT_MONEY.has(kind))));
}

export function inspect({ nv, flash, host }: Stores): Inspection {
  const unit = unitOf(nv).get();
  const model = unit === undefined ? undefined : simModel(unit.model);
  const area = (id: number) => model?.areas.find((known) => known.id === id);
  const events = host.lines();
  const items = (event: "start" | "booked") => events.flatMap((line) => (line.event === event ? [line.item] : []));
  const start = items("start");
  const bookings = items("booked");
  const open = openIn({ nv, flash, host }, start, area);
  const terminal = open.map(({ entry }) => entry);
  const isOwn = (id: number) => area(id)?.classes.includes("ID") === true || area(id)?.kept === true;
  const keys = keysIn(nv, model?.keys ?? []);
  return {
    areas: flash
      .areas()
      .filter((id) => !isOwn(id))
      .map((id) => ({ id, readable: !isFilledWith(flash.bytes(id), 0xff) })),
    keys: keys.filter(({ kept }) => !kept).map(({ slot, readable }) => ({ slot, readable })),
    undeclared: flash.areas().filter((id) => nv.get(spareName(id)) !== undefined),
    kept: { areas: flash.areas().filter(isOwn), keys: keys.filter(({ kept }) => kept).map(({ slot }) => slot) },
    money: { start: net(start), host: net(bookings), terminal: net(terminal) },
    start,
    terminal,
    doubt: open.filter(({ doubtful }) => doubtful).map(({ entry }) => entry),
    bookings,
    violations: events.flatMap((line) => (line.event === "violation" ? [line.code] : [])),
  };
}

/** Every slot that had a key from the factory on, and every other one that holds something. */
function keysIn(nv: Nv, ranges: readonly SimKeys[]): { readonly slot: string; readonly readable: boolean; readonly kept: boolean }[] {
  const factory = ranges.flatMap((range) => range.used.map((slot) => ({ ...range, slot, key: EMPTY })));
  const slots = new Map([...factory, ...slotsIn(nv)].map((one) => [slotName(one.type, one.algorithm, one.slot), one]));
  return [...slots].map(([slot, one]) => {
    const range = rangeWith(ranges, one);
    // A key that the maker puts into every unit is no secret of this one.
    const reseeded = range?.reseeds !== undefined && hex(one.key) === range.reseeds;
    return { slot, readable: one.key.length > 0 && !reseeded, kept: range?.kept === true };
  });
}

/** Open records still in flash, as the entries they began as. One that the terminal knows to be booked is no longer there. */
function openIn(
  { nv, flash }: Stores,
  start: readonly Entry[],
  area: (id: number) => { readonly holds: readonly Content[] } | undefined,
): { readonly entry: Entry; readonly doubtful: boolean }[] {
  const files = flash.areas().filter((id) => area(id)?.holds.some(isRecordFile));
  const accounts = [...new Set(start.map(({ account }) => account))];
  const unfinished = new Map(
    accounts.flatMap((account) => {
      const { last, lost } = cell<Ledger>(nv, ledgerName(account), { batch: "" }).get();
      if (lost !== undefined) return [[`${account} ${lost}`, "sent"] as const];
      return isUnfinished(last) ? [[`${account} ${last.batch}`, last.state] as const] : [];
    }),
  );
  const out: { readonly entry: Entry; readonly doubtful: boolean }[] = [];
  const isOpen = (state: number) => !has(state, "settled") && !has(state, "booked");
  for (const file of files) {
    for (const record of recordsIn(flash.bytes(file), file, isOpen)) {
      const same = ({ batch, stan, kind }: Entry) => batch === record.batch && stan === record.stan && kind === record.kind;
      const entry = start.find(same);
      if (entry === undefined) continue;
      const settling = entry.kind === "U01" ? unfinished.get(`${entry.account} ${entry.batch}`) : undefined;
      const asked = has(record.state, "asked") && !has(record.state, "rejected");
      if (settling === undefined || settling === "sent") out.push({ entry, doubtful: asked || settling === "sent" });
    }
  }
  return out;
}
