// The terminal's own books: accounts from the merchant parameters, records from flash, and what a census of them says.
import { concat, hex, text } from "../base/bytes.js";
import { sha256 } from "../base/sign.js";
import type { Item, Kind, SettlementFacts, TotalRow } from "../terminal/facts.js";
import { type Body, memo } from "./body.js";
import { Files } from "./files.js";
import { isFilled } from "./filled.js";
import { netOf, totalsOf } from "./host/totals.js";
import { type RecordFile, recordFiles } from "./models/shape.js";
import { type Card, canBeSent, changes, encodeRecord, kindNow, type LogRecord, type Mark, marked, RECORD, type Sale } from "./records.js";
import { type Cell, cell, type Entry } from "./stores.js";
import { type Account, accountId, entryOf, ledgerName } from "./unit.js";

/** What the terminal keeps of one account outside the log. The last settlement stays until the next one begins. */
export interface Ledger {
  readonly batch: string;
  readonly last?: Settlement;
  /** A batch that was sent before a terminal without a memory for that was restarted. It does not look at this; who judges it does. */
  readonly lost?: string;
}

export interface Settlement extends SettlementFacts {
  /** Every op that worked on it, the latest last. */
  readonly ops: readonly string[];
  /** What the host said when asked. */
  readonly answer?: "closed" | "open" | "cannot-tell";
  /** It was open and has been settled once more; there is no third time. */
  readonly retried?: boolean;
  /** Trace numbers of its messages, from the first to before `after`: said again, it is said with the same ones. */
  readonly traces?: { readonly first: string; readonly after: string };
}

/** Before its answer is known, or with local steps to do. */
export function isUnfinished(last: Settlement | undefined): last is Settlement {
  return last?.state === "sent" || last?.state === "booked" || last?.state === "printed";
}

/** What the state of an account's settlement is to a census. */
function stateKind({ state, code }: Settlement): Kind | undefined {
  if (state === "sent") return code === "UPLOAD_INCOMPLETE" ? "U16" : "U15";
  if (state === "booked" || state === "printed") return "U17";
  return code === "UNBALANCED" || code === "HOST_ERROR_FLAG" ? "U18" : undefined;
}

/** First batch after 999999. */
export const nextBatch = (batch: string): string => (batch === "999999" ? "000001" : String(Number(batch) + 1).padStart(6, "0"));

export interface SimCensus {
  readonly generation: number;
  readonly items: readonly Item[];
  readonly unread: readonly number[];
}

const NO_STAN = "000000";
/** Of a line that stands for records which are not listed. */
export const NO_DIGEST = "0".repeat(64);

/** Work that the host has to have before a batch is closed: it would be missing from the totals, or reverse what they contain. */
const BEFORE_SETTLING: ReadonlySet<Kind> = new Set(["U03", "U05", "U08", "U11", "U12"]);

export class Batch {
  readonly #body: Body;
  /** The area that holds transactions. */
  readonly log: number;
  /** Every area with a file of records, in the order of their file numbers. */
  readonly files: readonly number[];
  /** Files whose records no census lists: the terminal only adds them up. */
  readonly #unlisted: readonly number[];
  readonly #read: Files;
  readonly #accounts: () => readonly Account[];
  readonly #records: () => readonly LogRecord[];
  readonly census: () => SimCensus;
  /** What the areas' generations are counted from. */
  readonly generations: Cell<Readonly<Record<number, number>>>;

  constructor(body: Body) {
    this.#body = body;
    const areaOf = (content: RecordFile) => body.model.areas.filter(({ holds }) => holds.includes(content)).map(({ id }) => id);
    this.files = recordFiles.flatMap(areaOf);
    this.log = this.files[0] ?? 0;
    this.#unlisted = [...areaOf("stored-value"), ...areaOf("sub-batch")];
    this.generations = cell<Readonly<Record<number, number>>>(body.stores.nv, "generations", {});
    const version = () => body.stores.changes;
    const { stores } = body;
    this.#read = new Files(stores);
    const merchant = body.model.areas.find(({ holds }) => holds.includes("merchant"))?.id;
    this.#accounts = memo(
      () => (merchant === undefined ? 0 : stores.flashChanges(merchant)),
      () => (merchant === undefined ? [] : this.#readAccounts(merchant)),
    );
    this.#records = memo(
      () => this.files.reduce((sum, area) => sum + stores.flashChanges(area), 0),
      () => body.firmware.records(this.#readRecords()),
    );
    this.census = memo(version, () => ({
      generation: this.files.reduce((sum, area) => sum + this.generation(area), 0),
      items: this.#items(),
      unread: this.#unread(),
    }));
  }

  get accounts(): readonly Account[] {
    return this.#accounts();
  }

  get records(): readonly LogRecord[] {
    return this.#records();
  }

  ledger(account: string): Cell<Ledger> {
    return cell<Ledger>(this.#body.stores.nv, ledgerName(account), { batch: "000001" });
  }

  /** The settlement an op belongs to, and its account. */
  settlementOf(op: string): { readonly account: Account; readonly last: Settlement } | undefined {
    for (const account of this.accounts) {
      const { last } = this.ledger(account.id).get();
      if (last?.ops.includes(op) === true) return { account, last };
    }
    return undefined;
  }

  /** Rises with every change of an area's content: for the log it is counted from the records themselves. */
  generation(area: number): number {
    const base = this.generations.get()[area] ?? 1;
    return this.#within(area).reduce((sum, { state }) => sum + changes(state), base);
  }

  /** Records of a kind as it is now. */
  pending(account: Account, ...wanted: readonly Kind[]): LogRecord[] {
    const { accounts } = this;
    return this.records.filter((record) => accounts[record.account]?.id === account.id && wanted.includes(kindNow(record) ?? "U24"));
  }

  /** What PENDING_SEND would send of a kind. */
  sendable(account: Account, kind: Kind): LogRecord[] {
    return this.pending(account, kind).filter(canBeSent);
  }

  /** What a settlement may not pass over. */
  waiting(account: Account): LogRecord[] {
    return this.pending(account, ...BEFORE_SETTLING).filter(canBeSent);
  }

  /** What a settlement of this batch is about; firmware that goes by the totals sees nothing in a sale and its void. */
  open(account: Account, batch: string): LogRecord[] {
    const records = this.pending(account, "U01").filter((record) => record.batch === batch);
    return this.#body.options.skipsZeroTotals === true && isZero(records) ? [] : records;
  }

  entry(record: LogRecord): Entry {
    return entryOf(record, this.accounts[record.account]?.id ?? "");
  }

  mark({ area, slot, kind, state }: LogRecord, mark: Mark): void {
    const next = marked(kind, state, mark);
    if (next !== state) this.#read.mark(area, slot, next);
  }

  /** No blank slot is left in the log. */
  get full(): boolean {
    return (this.#next + 1) * RECORD > this.#body.stores.flash.bytes(this.log).length;
  }

  /** False when the log is full. */
  append(sale: Sale, card: Card): boolean {
    if (this.full) return false;
    this.#body.stores.flash.program(this.log, this.#next * RECORD, encodeRecord(sale, card));
    return true;
  }

  /** The first slot of the log behind all that were ever written. */
  get #next(): number {
    return (this.records.findLast(({ area }) => area === this.log)?.slot ?? -1) + 1;
  }

  /** All records still in an area's flash, masked, as they may leave the terminal. */
  file(area: number): Uint8Array {
    return concat(...this.#within(area).map(({ masked }) => masked));
  }

  rows(only?: string): TotalRow[] {
    const rows = new Map<string, TotalRow>();
    for (const { account, kind, direction, count = 1, money } of this.census().items) {
      if (only !== undefined && account !== only) continue;
      const key = `${account} ${kind} ${direction}`;
      const before = rows.get(key) ?? { count: 0, money: { ...money, minor: 0n } };
      const sum = { ...before.money, minor: before.money.minor + money.minor };
      rows.set(key, { account, kind, direction, count: before.count + count, money: sum });
    }
    return [...rows.values()];
  }

  #within(area: number): readonly LogRecord[] {
    return this.files.includes(area) ? this.records.filter((record) => record.area === area) : [];
  }

  #unread(): number[] {
    const { model, options, stores } = this.#body;
    const isBad = (area: number) => this.files.includes(area) && options.unreadable?.includes(area) === true;
    return model.areas.flatMap(({ id }) => (isBad(id) || isFilled(stores.nv, id) ? [id] : []));
  }

  #readAccounts(area: number): Account[] {
    const lines = text(this.#body.stores.flash.bytes(area)).split("\n");
    return lines.flatMap((line) => {
      const [, acquirer, mid, tid, name, currency] = /^ACQ\|([0-9]{11})\|([^|]+)\|([^|]+)\|([^|]+)\|([0-9]{3})$/.exec(line) ?? [];
      if (acquirer === undefined || mid === undefined || tid === undefined || name === undefined || currency === undefined) return [];
      return [{ id: accountId(acquirer, mid, tid), acquirer, mid, tid, name, currency }];
    });
  }

  #readRecords(): LogRecord[] {
    const unread = this.#unread();
    return this.files.flatMap((area) => (unread.includes(area) ? [] : this.#read.records(area)));
  }

  #items(): Item[] {
    const zero = new Set(this.accounts.filter((account) => isZero(this.pending(account, "U01"))).map(({ id }) => id));
    const listed: Item[] = [];
    const sums = new Map<string, Item & { readonly count: number }>();
    for (const record of this.records) {
      const now = kindNow(record);
      if (now === undefined) continue;
      const { area, batch, direction, stan, digest, amount, currency } = record;
      const account = this.accounts[record.account]?.id ?? "0".repeat(16);
      const item: Item = {
        account,
        kind: now === "U01" && zero.has(account) ? "U02" : now,
        batch,
        direction,
        money: { minor: amount, currency },
        stan,
        digest,
      };
      if (record.damaged) listed.push(item);
      else if (this.#unlisted.includes(area)) addTo(sums, item);
      else listed.push({ ...item, recorded: record.time });
    }
    return [...listed, ...sums.values(), ...this.#states()];
  }

  /** One item for each account whose last settlement did not come to a good end. */
  #states(): Item[] {
    return this.accounts.flatMap(({ id, currency }): Item[] => {
      const { last } = this.ledger(id).get();
      const kind = last === undefined ? undefined : stateKind(last);
      if (last === undefined || kind === undefined) return [];
      const totals = last.terminalTotals ?? totalsOf([]);
      const net = netOf(totals);
      const money = { minor: net < 0n ? -net : net, currency };
      const digest = hex(sha256(this.#body.encode.totals(totals)));
      return [{ account: id, kind, batch: last.batch, direction: net < 0n ? "credit" : "debit", money, stan: NO_STAN, digest }];
    });
  }
}

/** Records, and yet nothing to add up: a sale and its void. */
function isZero(records: readonly LogRecord[]): boolean {
  return records.length > 0 && netOf(totalsOf(records)) === 0n;
}

/** Counts an item into the line of its account, kind, batch and direction. */
function addTo(sums: Map<string, Item & { readonly count: number }>, item: Item): void {
  const { account, kind, batch, direction, money } = item;
  const key = [account, kind, batch, direction, money.currency].join(" ");
  const { count, money: sum } = sums.get(key) ?? { count: 0, money: { ...money, minor: 0n } };
  sums.set(key, { ...item, stan: NO_STAN, digest: NO_DIGEST, count: count + 1, money: { ...sum, minor: sum.minor + money.minor } });
}
