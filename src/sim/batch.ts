// The terminal's own books: accounts from the merchant parameters, records from flash, and what a census of them says.
import { hex, text } from "../base/bytes.js";
import { sha256 } from "../base/sign.js";
import { type Item, type Kind, kinds, type SettlementFacts, type TotalRow } from "../terminal/facts.js";
import { type Body, memo } from "./body.js";
import { totalsOf } from "./host/totals.js";
import { changes, decodeRecord, encodeRecord, has, kindNow, type LogRecord, marks, RECORD, type Sale } from "./records.js";
import { type Cell, cell, type Entry } from "./stores.js";
import { type Account, accountId, entryOf, ledgerName } from "./unit.js";

/** What the terminal keeps of one account outside the log. The last settlement stays until the next one begins. */
export interface Ledger {
  readonly batch: string;
  readonly last?: Settlement;
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

const inDoubt = { sent: "U15", booked: "U17", printed: "U17" } as const;
export function isUnfinished(last: Settlement | undefined): last is Settlement {
  return last !== undefined && last.state in inDoubt;
}

/** First batch after 999999. */
export const nextBatch = (batch: string): string => (batch === "999999" ? "000001" : String(Number(batch) + 1).padStart(6, "0"));

export interface SimCensus {
  readonly generation: number;
  readonly items: readonly Item[];
  readonly unread: readonly number[];
}

export class Batch {
  readonly #body: Body;
  /** The area that holds transactions. */
  readonly log: number;
  readonly #accounts: () => readonly Account[];
  readonly #records: () => readonly LogRecord[];
  readonly census: () => SimCensus;
  /** What the areas' generations are counted from. */
  readonly generations: Cell<Readonly<Record<number, number>>>;
  readonly #ledgers = new Map<string, Cell<Ledger>>();

  constructor(body: Body) {
    this.#body = body;
    this.log = body.model.areas.find(({ holds }) => holds.includes("transactions"))?.id ?? 0;
    this.generations = cell<Readonly<Record<number, number>>>(body.stores.nv, "generations", {});
    const version = () => body.stores.changes;
    const content = () => body.stores.flashChanges;
    this.#accounts = memo(content, () => this.#readAccounts());
    this.#records = memo(content, () => this.#readRecords());
    this.census = memo(version, () => ({ generation: this.generation(this.log), items: this.#items(), unread: this.#unread() }));
  }

  get accounts(): readonly Account[] {
    return this.#accounts();
  }

  get records(): readonly LogRecord[] {
    return this.#records();
  }

  ledger(account: string): Cell<Ledger> {
    const ledger = this.#ledgers.get(account) ?? cell<Ledger>(this.#body.stores.nv, ledgerName(account), { batch: "000001" });
    this.#ledgers.set(account, ledger);
    return ledger;
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
    return area === this.log ? this.records.reduce((sum, { state }) => sum + changes(state), base) : base;
  }

  /** Records of a kind as it is now. */
  pending(account: Account, ...wanted: readonly Kind[]): LogRecord[] {
    return this.records.filter((record) => this.#owns(account, record) && wanted.includes(kindNow(record) ?? "U24"));
  }

  /** What a settlement of this batch is about. */
  open(account: Account, batch: string): LogRecord[] {
    return this.pending(account, "U01").filter((record) => record.batch === batch);
  }

  entry(record: LogRecord): Entry {
    return entryOf(record, this.accounts[record.account]?.id ?? "");
  }

  mark(record: LogRecord, mark: keyof typeof marks): void {
    if (!has(record.state, mark)) this.#body.stores.flash.program(this.log, record.slot * RECORD, Uint8Array.of(0xff & ~marks[mark]));
  }

  /** False when there is no blank slot left. */
  append(sale: Sale, card: Parameters<typeof encodeRecord>[1]): boolean {
    const slot = (this.records.at(-1)?.slot ?? -1) + 1;
    if ((slot + 1) * RECORD > this.#body.stores.flash.bytes(this.log).length) return false;
    this.#body.stores.flash.program(this.log, slot * RECORD, encodeRecord(sale, card));
    return true;
  }

  /** All records still in flash, masked: the one file that leaves the terminal. */
  file(): Uint8Array {
    const out = new Uint8Array(this.records.length * RECORD);
    for (const [i, { masked }] of this.records.entries()) out.set(masked, i * RECORD);
    return out;
  }

  rows(account?: string): TotalRow[] {
    const rows = new Map<string, TotalRow>();
    for (const item of this.census().items) {
      if (account !== undefined && item.account !== account) continue;
      const key = `${item.account} ${item.kind} ${item.direction}`;
      const { count = 0, money = { minor: 0n, currency: item.money.currency } } = rows.get(key) ?? {};
      const { account: of, kind, direction } = item;
      rows.set(key, { account: of, kind, direction, count: count + 1, money: { ...money, minor: money.minor + item.money.minor } });
    }
    return [...rows.values()];
  }

  #owns(account: Account, record: LogRecord): boolean {
    return this.accounts[record.account]?.id === account.id;
  }

  #unread(): number[] {
    return this.#body.options.unreadable?.filter((area) => area === this.log) ?? [];
  }

  #readAccounts(): Account[] {
    const area = this.#body.model.areas.find(({ holds }) => holds.includes("merchant"));
    const lines = area === undefined ? [] : text(this.#body.stores.flash.bytes(area.id)).split("\n");
    return lines.flatMap((line) => {
      const [, acquirer, mid, tid, name, currency] = /^ACQ\|([0-9]{11})\|([^|]+)\|([^|]+)\|([^|]+)\|([0-9]{3})$/.exec(line) ?? [];
      if (acquirer === undefined || mid === undefined || tid === undefined || name === undefined || currency === undefined) return [];
      return [{ id: accountId(acquirer, mid, tid), acquirer, mid, tid, name, currency }];
    });
  }

  #readRecords(): LogRecord[] {
    if (this.#unread().length > 0) return [];
    const bytes = this.#body.stores.flash.bytes(this.log);
    const out: LogRecord[] = [];
    for (let slot = 0; (slot + 1) * RECORD <= bytes.length; slot++) {
      const record = decodeRecord(bytes.subarray(slot * RECORD, (slot + 1) * RECORD), slot);
      if (record !== undefined) out.push(record);
    }
    return out;
  }

  #items(): Item[] {
    const records = this.records.flatMap((record): Item[] => {
      const kind = kindNow(record);
      if (kind === undefined) return [];
      const { batch, direction, stan, digest, amount, currency } = record;
      const account = this.accounts[record.account]?.id ?? "0".repeat(16);
      return [{ account, kind, batch, direction, money: { minor: amount, currency }, stan, digest }];
    });
    const settlements = this.accounts.flatMap(({ id, currency }): Item[] => {
      const { last } = this.ledger(id).get();
      if (!isUnfinished(last)) return [];
      const totals = last.terminalTotals ?? totalsOf([]);
      const net = totals.debit - totals.credit;
      return [
        {
          account: id,
          kind: inDoubt[last.state as keyof typeof inDoubt], // isUnfinished() just looked it up
          batch: last.batch,
          direction: net < 0n ? "credit" : "debit",
          money: { minor: net < 0n ? -net : net, currency },
          stan: "000000",
          digest: hex(sha256(this.#body.encode.totals(totals))),
        },
      ];
    });
    return [...records, ...settlements];
  }
}

/** One line of a GRANT that lets these items go unsettled. */
export interface Exception {
  readonly account: string;
  readonly kind: number;
  readonly direction: "debit" | "credit";
  readonly currency: string;
  readonly batch: string;
  readonly count: number;
  readonly amount: bigint;
  readonly digest: string;
}

/** What stands in the way of a wipe: BLOCK items, and BLOCK-X items that no exception covers exactly. */
export function inTheWay(items: readonly Item[], exceptions: readonly Exception[]): Item[] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    if (kinds[item.kind].gate === "WARN") continue;
    const key = [item.account, item.kind, item.direction, item.money.currency, item.batch].join(" ");
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  const covered = ([first, ...rest]: readonly Item[]): boolean => {
    if (first === undefined || kinds[first.kind].gate !== "BLOCK-X") return false;
    const all = [first, ...rest];
    const digest = hex(
      sha256(
        Buffer.from(
          all
            .map((item) => item.digest)
            .sort()
            .join(""),
          "hex",
        ),
      ),
    );
    const fitting = exceptions.filter(
      (e) =>
        e.account === first.account &&
        e.kind === Number(first.kind.slice(1)) &&
        e.direction === first.direction &&
        e.currency === first.money.currency &&
        e.batch === first.batch &&
        e.count === all.length &&
        e.amount === all.reduce((sum, item) => sum + item.money.minor, 0n) &&
        e.digest === digest,
    );
    return fitting.length === 1;
  };
  return [...groups.values()].filter((group) => !covered(group)).flat();
}
