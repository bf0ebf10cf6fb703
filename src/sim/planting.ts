// What can be put into a simulated terminal at the factory, so that a test or a person meets it: every kind of unsettled item, as bytes.

import { readUint } from "../base/bytes.js";
import type { Direction } from "../base/money.js";
import type { Random } from "../base/random.js";
import type { Algorithm, KeyType, Kind } from "../terminal/facts.js";
import type { Settlement } from "./batch.js";
import { totalsOf } from "./host/totals.js";
import type { RecordFile } from "./models/shape.js";
import type { Op } from "./ops.js";
import { type Card, MAX_TRIES, marked, marks, type Sale } from "./records.js";
import type { Entry, HostLine } from "./stores.js";
import { type Account, entryOf } from "./unit.js";

/** What became of an item before the terminal was returned. */
export type Fate = "unsent" | "unanswered" | "rejected" | "failed" | "sent";

/**
 * Some items of one kind. U02 is a sale and its void; U06 and U07 are offline advices with that fate; U23 is a record with a wrong check
 * sum, U24 one with a type byte nobody knows; U15 to U19 are left behind by a settlement that another began; U25 is known to the host
 * alone; U26 looks like any sale or refund, only younger.
 */
export interface Planting {
  readonly kind: Kind;
  /** Position in the terminal's list of accounts; the first when absent. */
  readonly account?: number;
  /** How many; one when absent. */
  readonly count?: number;
  readonly direction?: Direction;
  /** Minor units of each; drawn from the seed when absent. */
  readonly amount?: number;
  readonly batch?: string;
  /** `YYMMDDhhmmss` by the terminal's clock. */
  readonly time?: string;
  /** `unsent` when absent. */
  readonly fate?: Fate;
  /** Of an e-signature: uploads tried in vain, at most three. */
  readonly tries?: number;
}

/** A key where its model has none. */
export interface PlantedKey {
  readonly type: KeyType;
  readonly algorithm: Algorithm;
  readonly slot: number;
  /** Another application put it there. */
  readonly foreign?: boolean;
}

export interface Plant {
  /** Without the items that the model comes with. */
  readonly alone?: boolean;
  readonly items: readonly Planting[];
  readonly keys?: readonly PlantedKey[];
}

/** A record as it is to lie in its file. */
export interface PlantedRecord {
  readonly file: RecordFile;
  readonly sale: Sale;
  readonly card: Card;
  readonly state: number;
  readonly damaged: boolean;
}

export interface Grown {
  readonly records: readonly PlantedRecord[];
  /** By account id. */
  readonly settlements: ReadonlyMap<string, Settlement>;
  readonly ops: readonly Op[];
  readonly host: readonly HostLine[];
}

const files: Readonly<Partial<Record<Kind, RecordFile>>> = { U20: "stored-value", U22: "sub-batch", U04: "events" };
export const fileOf = (kind: Kind): RecordFile => files[kind] ?? "transactions";
/** What the host took part in when it happened. */
const ONLINE: ReadonlySet<Kind> = new Set(["U01", "U25"]);
const CREDITS: ReadonlySet<Kind> = new Set(["U03", "U04", "U13", "U26"]);
export const WITHOUT_AMOUNT: ReadonlySet<Kind> = new Set(["U08", "U09"]);
const LATER = "260105075900";

/** The type that a record carries on its own: what a kind says beyond it is in its state, its sum, its neighbours or its time. */
const recordKind: Readonly<Partial<Record<Kind, Kind>>> = { U02: "U01", U06: "U05", U07: "U05", U26: "U01" };
const fates: Readonly<Partial<Record<Kind, Fate>>> = { U06: "rejected", U07: "unanswered" };
/** How another's settlement of the account ended, as the terminal keeps it. */
const ends = {
  U15: { state: "sent", code: "UNKNOWN", op: "UNKNOWN" },
  U16: { state: "sent", code: "UPLOAD_INCOMPLETE", op: "UNKNOWN" },
  U17: { state: "booked", code: "BALANCED", op: "UNKNOWN" },
  U18: { state: "idle", code: "UNBALANCED", op: "FAILED" },
  U19: { state: "idle", code: "HOST_REJECTED", op: "FAILED" },
} as const;
const isEnd = (kind: Kind): kind is keyof typeof ends => kind in ends;

export interface Soil {
  readonly accounts: readonly (Account & { readonly batch: string })[];
  /** What already lies there. */
  readonly records: readonly Sale[];
  readonly random: Random;
  readonly card: () => Card;
  readonly nextStan: () => string;
}

export function grow(items: readonly Planting[], soil: Soil): Grown {
  const records: PlantedRecord[] = [];
  const host: HostLine[] = [];
  const drawn = () => 100 + (readUint(soil.random.bytes(4)) % 99_900);
  const put = (planting: Planting, sale: Sale) => {
    const { kind, tries = 0 } = planting;
    const item = entryOf(sale, soil.accounts[sale.account]?.id ?? "");
    host.push({ event: "start", item });
    if (ONLINE.has(sale.kind)) host.push({ event: "authorised", item });
    if (kind === "U25") return;
    const state = stateOf(sale.kind, planting.fate ?? fates[kind] ?? "unsent", tries);
    records.push({ file: fileOf(kind), sale, card: soil.card(), state, damaged: kind === "U23" });
  };
  for (const planting of items.filter(({ kind }) => !isEnd(kind))) {
    const { kind, account = 0, count = 1, time = kind === "U26" ? LATER : "251204120000" } = planting;
    const { batch = "000001", currency = "156" } = soil.accounts[account] ?? {};
    for (let i = 0; i < count; i++) {
      const sale: Sale = {
        kind: recordKind[kind] ?? kind,
        direction: planting.direction ?? (CREDITS.has(kind) ? "credit" : "debit"),
        account,
        batch: planting.batch ?? batch,
        stan: soil.nextStan(),
        amount: BigInt(WITHOUT_AMOUNT.has(kind) ? 0 : (planting.amount ?? drawn())),
        currency,
        time,
      };
      put(planting, sale);
      if (kind === "U02") put(planting, { ...sale, direction: "credit", stan: soil.nextStan() });
    }
  }
  return { records, host, ...settledByOthers(items, soil, [...soil.records, ...records.map(({ sale }) => sale)], host) };
}

/** State byte of a record with that fate. */
function stateOf(kind: Kind, fate: Fate, tries: number): number {
  let state: number = 0xff & ~marks.written;
  const asked = fate === "failed" ? MAX_TRIES : Math.max(tries, fate === "unsent" ? 0 : 1);
  for (let i = 0; i < asked; i++) state = marked(kind, state, "asked");
  if (fate === "rejected") state = marked(kind, state, "rejected");
  return fate === "sent" ? marked(kind, state, "booked") : state;
}

/** Settlements that somebody else began: their state in the terminal, their op in its store, and what of them the host has booked. */
function settledByOthers(items: readonly Planting[], { accounts }: Soil, records: readonly Sale[], host: HostLine[]) {
  const settlements = new Map<string, Settlement>();
  const ops: Op[] = [];
  for (const { kind, account: at = 0 } of items) {
    const account = accounts[at];
    if (!isEnd(kind) || account === undefined) continue;
    const { state, code, op } = ends[kind];
    const id = (ops.length + 1).toString(16).padStart(8, "0") + "e5".repeat(12);
    const { id: name, batch } = account;
    const open: Entry[] = records
      .filter((sale) => sale.account === at && sale.batch === batch && sale.kind === "U01")
      .map((sale) => entryOf(sale, name));
    const terminalTotals = totalsOf(open);
    const reference = `${batch}000001`;
    const date = "20260104";
    const booked = { hostCode: "00", hostTotals: terminalTotals, reference, hostDate: date };
    const differing = { hostTotals: { ...terminalTotals, debit: terminalTotals.debit + 100n } };
    settlements.set(name, {
      state,
      batch,
      code,
      terminalTotals,
      macVerified: kind === "U17",
      ops: [id],
      ...(kind === "U17" ? booked : kind === "U18" ? differing : kind === "U19" ? { hostCode: "96" } : {}),
    });
    ops.push({ id, body: "00", kind: "settle", state: op, account: name, code });
    if (kind !== "U17") continue;
    host.push(...open.map((item) => ({ event: "booked", item, via: "settle" }) as const), {
      event: "closed",
      account: name,
      batch,
      reference,
      date,
    });
  }
  return { settlements, ops };
}
