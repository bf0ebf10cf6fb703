// The acquirer's host: another machine with its own ledger. It books before it answers and computes its totals from its own records.
import type { Clock } from "../base/clock.js";
import { rfc3339 } from "../base/clock.js";
import type { HostAnswer, Totals } from "../terminal/facts.js";
import type { Entry, HostLog } from "./stores.js";

export interface HostOptions {
  /** Knows that no host can be reached; nothing is ever sent. */
  readonly unreachable?: boolean;
  /** The first answers never arrive: the host stays silent before or after it has booked. */
  readonly silent?: "before" | "after";
  /** To what it stays silent; settlements when absent. */
  readonly silentTo?: "settle" | "send";
  /** How many answers are lost that way; then it answers. */
  readonly silences?: number;
  /** A repeated advice (same account, batch, STAN, kind) is booked once. Reversals and signatures always are. */
  readonly deduplicates?: boolean;
  /** Totals differ: the host lacks this many transactions until the terminal uploads them. */
  readonly lacks?: number;
  /** Totals differ for good: the host holds this much more than the terminal will ever show. */
  readonly excess?: bigint;
  /** Answers a settlement with this code and books nothing. */
  readonly rejects?: string;
  /** Kinds of item it refuses. */
  readonly refusesKinds?: readonly string[];
  readonly cannotTell?: boolean;
  /** The answers carry no MAC that the terminal could verify. */
  readonly withoutMac?: boolean;
}

export type SettleReply =
  | { readonly kind: "silent" }
  | { readonly kind: "rejected"; readonly code: string }
  | { readonly kind: "different"; readonly totals: Totals }
  | { readonly kind: "equal"; readonly totals: Totals; readonly reference: string; readonly date: string; readonly mac: boolean };

export interface QueryReply {
  readonly answer: Exclude<HostAnswer, `unknown-${number}`>;
  readonly totals?: Totals;
  readonly reference?: string;
  readonly date?: string;
}

const key = (item: Entry) => `${item.account} ${item.batch} ${item.stan} ${item.kind}`;

export function totalsOf(items: readonly Pick<Entry, "direction" | "amount">[]): Totals {
  const sum = (direction: string) => items.filter((item) => item.direction === direction);
  const [debits, credits] = [sum("debit"), sum("credit")];
  const amount = (part: typeof items) => part.reduce((total, item) => total + item.amount, 0n);
  return { debitCount: debits.length, debit: amount(debits), creditCount: credits.length, credit: amount(credits) };
}

export function sameTotals(a: Totals, b: Totals): boolean {
  return a.debitCount === b.debitCount && a.debit === b.debit && a.creditCount === b.creditCount && a.credit === b.credit;
}

export class AcquirerHost {
  readonly options: HostOptions;
  readonly #log: HostLog;
  readonly #clock: Clock;

  constructor(log: HostLog, clock: Clock, options: HostOptions = {}) {
    this.#log = log;
    this.#clock = clock;
    this.options = options;
  }

  get reachable(): boolean {
    return this.options.unreachable !== true;
  }

  get deduplicates(): boolean {
    return this.options.deduplicates !== false;
  }

  settle(account: string, batch: string, totals: Totals): SettleReply {
    if (this.options.rejects !== undefined) return { kind: "rejected", code: this.options.rejects };
    return this.#close(account, batch, totals, this.#held(account, batch), "settle");
  }

  /** The terminal's own list after totals differed. The host adds what it lacks; it never drops what it has. */
  upload(account: string, batch: string, items: readonly Entry[], totals: Totals): SettleReply {
    const held = new Map(this.#held(account, batch).map((item) => [key(item), item]));
    for (const item of items) held.set(key(item), item);
    return this.#close(account, batch, totals, [...held.values()], "upload");
  }

  query(account: string, batch: string): QueryReply {
    if (this.options.cannotTell === true) return { answer: "cannot-tell" };
    const closed = this.#closed(account, batch);
    if (closed === undefined) return { answer: "open" };
    const totals = totalsOf(this.#booked().filter((item) => item.account === account && item.batch === batch && item.kind === "U01"));
    return { answer: "closed", totals, reference: closed.reference, date: closed.date };
  }

  /** One advice, reversal, signature or script result, booked by itself. */
  send(item: Entry): "booked" | "rejected" | "silent" {
    if (this.options.refusesKinds?.includes(item.kind) === true) return "rejected";
    if (this.#isSilent("send", "before")) return "silent";
    const repeated = this.#booked().some((other) => key(other) === key(item));
    if (!repeated || (item.kind === "U05" && !this.deduplicates)) this.#log.append({ event: "booked", item, via: "send" });
    return this.#isSilent("send", "after") ? "silent" : "booked";
  }

  /** What the host saw online. */
  authorise(item: Entry): void {
    this.#log.append({ event: "authorised", item });
  }

  #close(account: string, batch: string, claimed: Totals, held: readonly Entry[], via: "settle" | "upload"): SettleReply {
    const own = totalsOf(held);
    const totals = { ...own, debit: own.debit + (this.options.excess ?? 0n) };
    if (!sameTotals(totals, claimed)) return { kind: "different", totals };
    if (this.#isSilent("settle", "before")) return { kind: "silent" };
    const before = this.#closed(account, batch);
    const date = rfc3339(this.#clock.wall()).slice(0, 10).replaceAll("-", "");
    const reference = `${batch}${String(this.#log.lines().length).padStart(6, "0")}`;
    // An ordinary host closes again what it is told to close again; that is why nobody may tell it to.
    if (before !== undefined) this.#log.append({ event: "violation", code: "batch-closed-twice" });
    this.#log.append(...held.map((item) => ({ event: "booked", item, via }) as const), {
      event: "closed",
      account,
      batch,
      reference,
      date,
    });
    if (this.#isSilent("settle", "after")) return { kind: "silent" };
    return { kind: "equal", totals, reference, date, mac: this.options.withoutMac !== true };
  }

  /** The host's own open records of a batch. */
  #held(account: string, batch: string): Entry[] {
    const all = this.#log.lines().flatMap((line) => (line.event === "authorised" ? [line.item] : []));
    const own = all.filter((item) => item.account === account && item.batch === batch);
    return own.slice(0, own.length - (this.options.lacks ?? 0));
  }

  #booked(): Entry[] {
    return this.#log.lines().flatMap((line) => (line.event === "booked" ? [line.item] : []));
  }

  #closed(account: string, batch: string) {
    for (const line of this.#log.lines()) if (line.event === "closed" && line.account === account && line.batch === batch) return line;
    return undefined;
  }

  #isSilent(to: "settle" | "send", when: "before" | "after"): boolean {
    if (this.options.silent !== when || (this.options.silentTo ?? "settle") !== to) return false;
    if (this.#log.lines().filter((line) => line.event === "silent").length >= (this.options.silences ?? 1)) return false;
    this.#log.append({ event: "silent" });
    return true;
  }
}
