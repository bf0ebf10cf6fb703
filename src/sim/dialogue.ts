// What the terminal says to an acquirer and what it makes of the answers: bytes out, bytes or nothing back. It keeps no state over a power cut.
import { rfc3339 } from "../base/clock.js";
import type { Kind, Totals } from "../terminal/facts.js";
import type { Body } from "./body.js";
import { codes, type Dialect, type Exchange, judge, listOf, type Upload } from "./host/dialects/dialect.js";
import type { Heard } from "./host/host.js";
import { decode, encode } from "./host/iso8583.js";
import { read, type Values, write } from "./host/shape.js";
import { totalsAsValues, totalsIn } from "./host/totals.js";
import type { Entry } from "./stores.js";
import type { Account } from "./unit.js";

/** How a settlement was answered. `hostCode` is field 39, or `F` and the flags of field 48: domestic, foreign. */
export type Verdict =
  | { readonly kind: "silent" }
  /** `refused`: nothing was booked. `duplicate`: perhaps it was, and has to be looked up. */
  | { readonly kind: "refused" | "duplicate"; readonly hostCode: string }
  | { readonly kind: "different" | "error"; readonly hostCode: string; readonly hostTotals?: Totals }
  | {
      readonly kind: "equal";
      readonly hostCode: string;
      readonly hostTotals?: Totals;
      readonly reference?: string;
      readonly hostDate?: string;
      readonly mac: boolean;
    };

export interface QueryReply {
  readonly answer: "closed" | "open" | "cannot-tell";
  readonly hostTotals?: Totals;
  readonly reference?: string;
  readonly hostDate?: string;
}

/** A record as the acquirer is to have it: the only place outside the flash where its card number is whole. */
export interface Card {
  readonly kind: Kind;
  readonly entry: Entry;
  /** Absent where nothing was paid by card. */
  readonly pan?: string;
  readonly digest: string;
}

interface Answer {
  readonly values: Values;
  readonly mac: boolean;
}

/** What an answer has to repeat before it counts as one. */
const REPEATED = ["trace", "tid", "mid", "batch", "processing"] as const;

/** The next number but `by`: 000000 is none. */
export const traceAfter = (trace: string, by = 1): string => String(((Number(trace) + by - 1) % 999_999) + 1).padStart(6, "0");
/** How many numbers a settlement of so many records may use at most. */
export const tracesOf = ({ rounds }: Dialect, records: number): number => 2 + rounds * (records + 1);

const panOf = (pan: string | undefined): Values => (pan === undefined ? {} : { pan });
const isFine = (answer: Answer | undefined): boolean => answer?.values.code === codes.fine;

/** What the terminal has to know while a dialogue is going on. */
export interface Told {
  /** A message is about to leave, and its answer will be waited for. */
  readonly waiting: () => void;
  /** A sign-in was answered with the number of the batch that is open from now on. */
  readonly openBatch: (batch: string) => void;
}

export class Dialogue {
  readonly #body: Body;
  readonly #account: Account;
  readonly #dialect: Dialect;
  readonly #told: Told;
  #trace: string;
  #signedIn = false;

  /** `trace`: the first number of its messages. Said again from the same one, everything is the same again. */
  constructor(body: Body, account: Account, dialect: Dialect, trace: string, told: Told) {
    this.#body = body;
    this.#account = account;
    this.#dialect = dialect;
    this.#told = told;
    this.#trace = trace;
  }

  /** Asks to close a batch. `left` is called once the bytes have left. */
  async settle(batch: string, totals: Totals, left: () => void): Promise<Verdict> {
    const values = { ...this.#values(batch), ...totalsAsValues(totals) };
    return this.#verdict(await this.#ask(this.#dialect.settle, values, left));
  }

  /** The terminal's list after totals differed; how many records the host confirmed. What was not answered is sent once more, unchanged. */
  async upload(batch: string, cards: readonly Card[]): Promise<number> {
    let open = this.#uploads(batch, cards);
    let confirmed = 0;
    for (let attempt = 0; attempt < 2 && open.length > 0; attempt++) {
      const unanswered: typeof open = [];
      for (const message of open) {
        const answer = await this.#ask(message.exchange, message.values);
        if (answer === undefined) unanswered.push(message);
        else if (isFine(answer)) confirmed += message.records;
      }
      open = unanswered;
    }
    return confirmed;
  }

  /** After an upload: the question of settle() again, or the count of what was uploaded. */
  async end(batch: string, totals: Totals, count: number): Promise<Verdict> {
    const values = { ...this.#values(batch), ...totalsAsValues(totals), count: `${count}` };
    return this.#verdict(await this.#ask(this.#dialect.end, values));
  }

  /** Says that nothing more is coming; the host has booked, so no answer changes anything. */
  async farewell(batch: string): Promise<void> {
    const { farewell } = this.#dialect;
    if (farewell === undefined) return;
    const values = { ...this.#values(batch), count: "0" };
    for (let attempt = 0; attempt < 2; attempt++) if ((await this.#ask(farewell, values)) !== undefined) return;
  }

  /** One item by itself, under its own trace number: the same bytes however often. `unread`: the host did not judge the item at all. */
  async send({ kind, entry, digest, pan }: Card): Promise<"booked" | "rejected" | "silent" | "unread"> {
    const exchange = this.#dialect.sends[kind];
    if (exchange === undefined) return "silent";
    const { batch, stan, amount, direction } = entry;
    const processing = exchange.processing[direction];
    const answer = await this.#ask(exchange, { ...this.#values(batch, stan), ...panOf(pan), amount: `${amount}`, processing, digest });
    if (answer === undefined) return "silent";
    return isFine(answer) ? "booked" : answer.values.code === codes.mac ? "unread" : "rejected";
  }

  /** What the host knows of a batch, at once. */
  query(batch: string): QueryReply {
    const { query } = this.#dialect;
    const { values } = this.#exchange(query, this.#values(batch)) ?? { values: { code: codes.unable } };
    if (values.code === codes.unknown) return { answer: "open" };
    if (values.code !== codes.fine) return { answer: "cannot-tell" };
    return { answer: "closed", ...this.#evidence(values) };
  }

  // --- one message -------------------------------------------------------------------------------------------------------------

  /** A message refused for its MAC booked nothing: sign in once, then say the same again. */
  async #ask(exchange: Exchange, values: Values, left: () => void = () => undefined): Promise<Answer | undefined> {
    const answer = await this.#wait(exchange, values, left);
    if (answer?.values.code !== codes.mac || this.#signedIn) return answer;
    this.#signedIn = true;
    const signedIn = await this.#wait(this.#dialect.signIn, values);
    const opened = signedIn?.values.openBatch;
    if (opened !== undefined) this.#told.openBatch(opened);
    return this.#wait(exchange, values);
  }

  async #wait(exchange: Exchange, values: Values, left: () => void = () => undefined): Promise<Answer | undefined> {
    const { ms } = this.#body.model;
    this.#told.waiting();
    const answer = this.#exchange(exchange, values);
    left();
    await this.#body.pause(answer === undefined ? ms.hostPatience : ms.host);
    return answer;
  }

  /** Noise, another shape and an answer to something else are no answer. */
  #exchange({ ask, answer }: Exchange, values: Values): Answer | undefined {
    const heard: Heard | undefined = this.#body.host.hear(this.#account.acquirer, encode(write(ask, values)));
    if (heard === undefined) return undefined;
    const message = decode(heard.bytes);
    if ("noise" in message) return undefined;
    const said = read(answer, message);
    if (said === undefined || REPEATED.some((name) => said[name] !== undefined && said[name] !== values[name])) return undefined;
    return { values: said, mac: heard.mac };
  }

  #values(batch: string, trace = this.#next()): Values {
    const { tid, mid, currency } = this.#account;
    return { trace, tid, mid, batch, currency };
  }

  #next(): string {
    const trace = this.#trace;
    this.#trace = traceAfter(trace);
    return trace;
  }

  /** Lists first, then the rest one by one. */
  #uploads(batch: string, cards: readonly Card[]): { exchange: Upload; values: Values; records: number }[] {
    return (["debit", "credit"] as const).flatMap((direction) => {
      const exchange = this.#dialect.upload[direction];
      const { most, row } = exchange.list ?? { most: 1, row: undefined };
      const wanted = cards.filter(({ entry }) => entry.direction === direction);
      return Array.from({ length: Math.ceil(wanted.length / most) }, (_, i) => {
        const part = wanted.slice(i * most, (i + 1) * most);
        const rows = part.map(({ entry, pan }) => ({ original: entry.stan, ...panOf(pan), amount: `${entry.amount}` }));
        const list = row === undefined ? rows[0] : { count: `${rows.length}`, list: listOf(row, rows) };
        return { exchange, values: { ...this.#values(batch), ...list }, records: part.length };
      });
    });
  }

  // --- what an answer means ----------------------------------------------------------------------------------------------------

  #verdict(answer: Answer | undefined): Verdict {
    if (answer === undefined) return { kind: "silent" };
    const { values, mac } = answer;
    const { verdict } = this.#dialect;
    const judged = judge(verdict, values);
    if (judged === "unsaid") return { kind: "silent" };
    const flags = verdict.by.map((name) => values[name] ?? "").join("");
    const hostCode = judged === "refused" || verdict.by.includes("code") ? (values.code ?? "") : `F${flags}`;
    if (judged === "refused") return { kind: hostCode === codes.duplicate ? "duplicate" : "refused", hostCode };
    const { hostTotals, ...closing } = this.#evidence(values);
    const told = { hostCode, ...(hostTotals === undefined ? {} : { hostTotals }) };
    return judged === "equal" ? { kind: judged, ...told, ...closing, mac } : { kind: judged, ...told };
  }

  #evidence({ reference, date, ...values }: Values): Omit<QueryReply, "answer"> {
    const totals = totalsIn(values);
    const day = date === undefined ? undefined : this.#dated(date);
    return {
      ...(totals === undefined ? {} : { hostTotals: totals }),
      ...(reference === undefined ? {} : { reference }),
      ...(day === undefined ? {} : { hostDate: day }),
    };
  }

  /** The host's day without a year, in the year that brings it closest to the terminal's own clock; none when there is no such day. */
  #dated(day: string): string | undefined {
    const now = this.#body.clock.wall() + (this.#body.options.clockOffsetMs ?? 0);
    const year = new Date(now).getUTCFullYear();
    const days = [year - 1, year, year + 1].map((y) => Date.UTC(y, Number(day.slice(0, 2)) - 1, Number(day.slice(2))));
    const closest = days.reduce((best, one) => (Math.abs(one - now) < Math.abs(best - now) ? one : best));
    const dated = rfc3339(closest).slice(0, 10).replaceAll("-", "");
    return dated.endsWith(day) ? dated : undefined;
  }
}
