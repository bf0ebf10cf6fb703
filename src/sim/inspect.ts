// What the bytes say, without starting a terminal: what can still be read, where the money is, what the host booked.
import { EMPTY, hex, isFilledWith, text } from "../base/bytes.js";
import { isUnfinished, type Ledger } from "./batch.js";
import { recordFiles } from "./models/shape.js";
import { simModel } from "./models.js";
import { decodeRecord, has, RECORD } from "./records.js";
import { cell, type Entry, fromJson, type Stores, spareName } from "./stores.js";
import { ledgerName, UNIT, type Unit } from "./unit.js";

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
  const moving = entries.filter(({ kind }) => !WITHOUT_MONEY.has(kind));
  return moving.reduce((sum, { direction, amount }) => sum + (direction === "debit" ? amount : -amount), 0n);
}

export function inspect({ nv, flash, host }: Stores): Inspection {
  const unit = nv.get(UNIT);
  const model = unit === undefined ? undefined : simModel((fromJson(text(unit)) as Unit).model); // written by provision()
  const area = (id: number) => model?.areas.find((known) => known.id === id);
  const events = host.lines();
  const items = (event: "start" | "booked") => events.flatMap((line) => (line.event === event ? [line.item] : []));
  const start = items("start");
  const bookings = items("booked");
  const open = recordsIn({ nv, flash, host }, start, area);
  const terminal = open.map(({ entry }) => entry);
  const slots = [
    ...new Set([...(model?.keys ?? []).flatMap((k) => k.used.map((slot) => `key/${k.type}/${k.algorithm}/${slot}`)), ...nv.names()]),
  ];
  const isOwn = (id: number) => area(id)?.classes.includes("ID") === true || area(id)?.kept === true;
  const names = slots.filter((name) => name.startsWith("key/")).map((name) => name.slice(4));
  const ranges = model?.keys ?? [];
  const rangeOf = (name: string) => {
    const [type, algorithm, slot] = name.split("/");
    return ranges.find((k) => k.type === type && k.algorithm === algorithm && k.from <= Number(slot) && Number(slot) <= k.to);
  };
  const isKept = (slot: string) => rangeOf(slot)?.kept === true;
  /** A key that the maker puts into every unit is no secret of this one. */
  const isReadable = (slot: string) => {
    const key = hex(nv.get(`key/${slot}`) ?? EMPTY);
    return key !== "" && key !== rangeOf(slot)?.reseeds;
  };
  return {
    areas: flash
      .areas()
      .filter((id) => !isOwn(id))
      .map((id) => ({ id, readable: !isFilledWith(flash.bytes(id), 0xff) })),
    keys: names.filter((slot) => !isKept(slot)).map((slot) => ({ slot, readable: isReadable(slot) })),
    undeclared: flash.areas().filter((id) => nv.get(spareName(id)) !== undefined),
    kept: { areas: flash.areas().filter(isOwn), keys: names.filter(isKept) },
    money: { start: net(start), host: net(bookings), terminal: net(terminal) },
    start,
    terminal,
    doubt: open.filter(({ doubtful }) => doubtful).map(({ entry }) => entry),
    bookings,
    violations: events.flatMap((line) => (line.event === "violation" ? [line.code] : [])),
  };
}

/** Open records still in flash, as the entries they began as. One that the terminal knows to be booked is no longer there. */
function recordsIn(
  { nv, flash }: Stores,
  start: readonly Entry[],
  area: (id: number) => { holds: readonly string[] } | undefined,
): { readonly entry: Entry; readonly doubtful: boolean }[] {
  const files = flash.areas().filter((id) => area(id)?.holds.some((content) => recordFiles.some((file) => file === content)));
  const accounts = [...new Set(start.map(({ account }) => account))];
  const unfinished = new Map(
    accounts.flatMap((account) => {
      const { last, lost } = cell<Ledger>(nv, ledgerName(account), { batch: "" }).get();
      if (lost !== undefined) return [[`${account} ${lost}`, "sent"] as const];
      return isUnfinished(last) ? [[`${account} ${last.batch}`, last.state] as const] : [];
    }),
  );
  const out: { readonly entry: Entry; readonly doubtful: boolean }[] = [];
  for (const file of files) {
    const bytes = flash.bytes(file);
    for (let at = 0; at + RECORD <= bytes.length; at += RECORD) {
      const record = decodeRecord(bytes.subarray(at, at + RECORD), at, file);
      if (record === undefined || has(record.state, "settled") || has(record.state, "booked")) continue;
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
