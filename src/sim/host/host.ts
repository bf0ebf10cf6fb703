// The acquirers' host: another machine with its own ledger. It hears bytes, books before it answers, and adds up its own records only.
import type { Clock } from "../../base/clock.js";
import { rfc3339 } from "../../base/clock.js";
import type { Totals } from "../../terminal/facts.js";
import type { Entry, HostLog } from "../stores.js";
import { accountId } from "../unit.js";
import { type Asked, codes, type Dialect, rowsOf, say, understood } from "./dialects/dialect.js";
import { decode, encode } from "./iso8583.js";
import type { HostOptions } from "./options.js";
import { type Values, write } from "./shape.js";
import { sameTotals, totalsAsValues, totalsIn, totalsOf } from "./totals.js";

/** What comes back over the line. Field 64 is not among the bytes: whether the terminal can verify a MAC is said beside them. */
export interface Heard {
  readonly bytes: Uint8Array;
  readonly mac: boolean;
}

/** Who asks, and about which batch. */
interface Caller {
  readonly account: string;
  readonly batch: string;
  readonly dialect: Dialect;
  readonly values: Values;
}
/** `silent`: no answer leaves, whatever was done. */
type Reply = Values | "silent";

const key = (item: Entry) => `${item.account} ${item.batch} ${item.stan} ${item.kind}`;
const OTHER_BATCH = "999998";
/** What every host recognises when it comes again. */
const alwaysOnce: ReadonlySet<string> = new Set(["U03", "U08", "U09"]);

export class AcquirerHost {
  readonly #log: HostLog;
  readonly #clock: Clock;
  readonly #options: HostOptions;
  readonly #dialectOf: (acquirer: string) => Dialect;

  constructor(log: HostLog, clock: Clock, options: HostOptions, dialectOf: (acquirer: string) => Dialect) {
    this.#log = log;
    this.#clock = clock;
    this.#options = options;
    this.#dialectOf = dialectOf;
  }

  get reachable(): boolean {
    return this.#options.unreachable !== true;
  }

  get takesCalls(): boolean {
    return this.reachable && this.#options.down !== true;
  }

  get deduplicates(): boolean {
    return this.#options.deduplicates !== false;
  }

  /** What the host saw online. */
  authorise(item: Entry): void {
    this.#log.append({ event: "authorised", item });
  }

  /** One message on the line to an acquirer. Nothing comes back for noise, for a message that its dialect lacks, or when it stays silent. */
  hear(acquirer: string, bytes: Uint8Array): Heard | undefined {
    const message = this.takesCalls ? decode(bytes) : undefined;
    if (message === undefined || "noise" in message) return undefined;
    const dialect = this.#dialectOf(acquirer);
    const found = understood(dialect, message);
    if (found === undefined) return undefined;
    const { asked, values } = found;
    const { tid = "", mid = "", batch = "" } = values;
    const reply = this.#answer(asked, { account: accountId(acquirer, mid, tid), batch, dialect, values });
    if (reply === "silent") return undefined;
    const now = rfc3339(this.#clock.wall()).replaceAll(/[^0-9]/g, "");
    const other = this.#options.wrongBatch === true && asked.what === "settle" ? { batch: OTHER_BATCH } : {};
    const answer = encode(
      write(asked.exchange.answer, { ...ownOf(values), date: now.slice(4, 8), time: now.slice(8, 14), ...reply, ...other }),
    );
    return {
      bytes: this.#options.garbled === true ? answer.subarray(0, answer.length >> 1) : answer,
      mac: this.#options.withoutMac !== true,
    };
  }

  #answer(asked: Asked, caller: Caller): Reply {
    switch (asked.what) {
      case "signIn":
        this.#log.append({ event: "signed-in", account: caller.account });
        return { code: codes.fine, openBatch: this.#options.renumbers ?? caller.batch };
      case "query":
        return this.#query(caller);
      case "farewell":
        return this.#isSilent("farewell", "before") ? "silent" : { code: codes.fine };
      default:
        if (this.#misreadsMac(caller.account)) return { code: codes.mac };
    }
    switch (asked.what) {
      case "settle":
        return this.#settle(caller);
      case "upload":
        return this.#upload(caller, asked);
      case "end":
        return this.#end(caller);
      case "send":
        return this.#send(caller, asked);
      default:
        return asked satisfies never;
    }
  }

  #settle(caller: Caller): Reply {
    const { account, batch, dialect, values } = caller;
    const refusal = this.#options.rejects;
    if (refusal !== undefined && this.#spend("rejects", this.#options.rejections)) return { code: refusal };
    if (this.#options.errorFlag === true) {
      const own = dialect.verdict.error === undefined ? {} : totalsAsValues(this.#own(this.#held(account, batch)));
      return { ...own, ...say(dialect.verdict, "error") };
    }
    const claimed = totalsIn(values) ?? totalsOf([]);
    return this.#compare(caller, claimed, this.#held(account, batch), "settle");
  }

  /** After an upload, of which the host keeps what it lacked; it never drops what it has. */
  #end(caller: Caller): Reply {
    const { account, batch, values } = caller;
    const lines = this.#log.lines();
    const claim = lines.findLast((line) => line.event === "claimed" && line.account === account && line.batch === batch);
    const claimed = totalsIn(values) ?? (claim?.event === "claimed" ? claim.totals : undefined);
    if (claimed === undefined) return { code: codes.invalid };
    const held = new Map(this.#held(account, batch).map((item) => [key(item), item]));
    const uploaded = new Map<string, Entry>();
    for (const line of lines) {
      if (line.event === "uploaded" && line.item.account === account && line.item.batch === batch) uploaded.set(key(line.item), line.item);
    }
    if (values.count !== undefined && Number(values.count) !== uploaded.size)
      return this.#differ(caller, this.#own([...held.values()]), claimed);
    for (const [id, item] of uploaded) held.set(id, item);
    return this.#compare(caller, claimed, [...held.values()], "upload");
  }

  #compare(caller: Caller, claimed: Totals, held: readonly Entry[], via: "settle" | "upload"): Reply {
    const { account, batch, dialect } = caller;
    const totals = this.#own(held);
    const before = this.#closed(account, batch);
    if (before !== undefined) {
      this.#log.append({ event: "violation", code: "batch-closed-twice" });
      if (this.#options.closesAgain !== true) return { code: codes.duplicate };
    }
    const agree = sameTotals(totals, claimed) && !(this.#options.differs !== undefined && this.#spend("differs", this.#options.differs));
    if (!agree) return this.#differ(caller, totals, claimed);
    if (this.#isSilent("settle", "before")) return "silent";
    const date = rfc3339(this.#clock.wall()).slice(0, 10).replaceAll("-", "");
    const reference = `${batch}${String(this.#log.lines().length).padStart(6, "0")}`;
    this.#log.append(...held.map((item) => ({ event: "booked", item, via }) as const), {
      event: "closed",
      account,
      batch,
      reference,
      date,
    });
    if (this.#isSilent("settle", "after")) return "silent";
    return { ...totalsAsValues(totals), reference, ...say(dialect.verdict, "equal") };
  }

  #differ({ account, batch, dialect }: Caller, own: Totals, claimed: Totals): Reply {
    this.#log.append({ event: "claimed", account, batch, totals: claimed });
    return { ...totalsAsValues(own), ...say(dialect.verdict, "different") };
  }

  #upload({ account, batch, values }: Caller, { exchange, direction }: Extract<Asked, { what: "upload" }>): Reply {
    const rows = exchange.list === undefined ? [values] : rowsOf(exchange.list.row, values.list ?? "");
    if (rows === undefined || (values.count !== undefined && Number(values.count) !== rows.length)) return { code: codes.invalid };
    if (this.#isSilent("upload", "before")) return "silent";
    const items = rows.map(({ original = "", amount = "0" }): Entry => {
      return { account, batch, stan: original, kind: "U01", direction, amount: BigInt(amount), currency: values.currency ?? "" };
    });
    this.#log.append(...items.map((item) => ({ event: "uploaded", item }) as const));
    return this.#isSilent("upload", "after") ? "silent" : { code: codes.fine };
  }

  /** One advice, reversal, signature or script result, booked by itself. */
  #send({ account, batch, values }: Caller, { exchange, kind }: Extract<Asked, { what: "send" }>): Reply {
    if (this.#options.refusesKinds?.includes(kind) === true) return { code: codes.invalid };
    if (this.#isSilent("send", "before")) return "silent";
    const direction = values.processing === exchange.processing.credit ? "credit" : "debit";
    const { trace = "", amount = "0", currency = "" } = values;
    const item: Entry = { account, batch, stan: trace, kind, direction, amount: BigInt(amount), currency };
    const repeated = this.#booked().some((other) => key(other) === key(item));
    if (!repeated || !(this.deduplicates || alwaysOnce.has(kind))) this.#log.append({ event: "booked", item, via: "send" });
    return this.#isSilent("send", "after") ? "silent" : { code: codes.fine };
  }

  #query({ account, batch }: Caller): Reply {
    if (this.#options.cannotTell === true) return { code: codes.unable };
    const closed = this.#closed(account, batch);
    if (closed === undefined) return { code: codes.unknown };
    const booked = this.#booked().filter((item) => item.account === account && item.batch === batch && item.kind === "U01");
    return { code: codes.fine, ...totalsAsValues(totalsOf(booked)), reference: closed.reference, date: closed.date.slice(4) };
  }

  // --- the books -------------------------------------------------------------------------------------------------------------

  /** The host's own open records of a batch. */
  #held(account: string, batch: string): Entry[] {
    const all = this.#log.lines().flatMap((line) => (line.event === "authorised" ? [line.item] : []));
    const own = all.filter((item) => item.account === account && item.batch === batch);
    return own.slice(0, Math.max(0, own.length - (this.#options.lacks ?? 0)));
  }

  #own(held: readonly Entry[]): Totals {
    const own = totalsOf(held);
    return { ...own, debit: own.debit + (this.#options.excess ?? 0n) };
  }

  #booked(): Entry[] {
    return this.#log.lines().flatMap((line) => (line.event === "booked" ? [line.item] : []));
  }

  #closed(account: string, batch: string) {
    for (const line of this.#log.lines()) if (line.event === "closed" && line.account === account && line.batch === batch) return line;
    return undefined;
  }

  // --- how it behaves --------------------------------------------------------------------------------------------------------

  #misreadsMac(account: string): boolean {
    const { misreadsMac } = this.#options;
    if (misreadsMac !== "until-sign-in") return misreadsMac === "always";
    return !this.#log.lines().some((line) => line.event === "signed-in" && line.account === account);
  }

  #isSilent(to: HostOptions["silentTo"] & string, when: "before" | "after"): boolean {
    const { silent, silentTo = "settle", silences = 1 } = this.#options;
    return silent === when && silentTo === to && this.#spend("silent", silences);
  }

  /** Uses an option once; false when it has been used as often as it may. */
  #spend(option: keyof HostOptions, times = Number.POSITIVE_INFINITY): boolean {
    if (times === Number.POSITIVE_INFINITY) return true;
    if (this.#log.lines().filter((line) => line.event === "spent" && line.option === option).length >= times) return false;
    this.#log.append({ event: "spent", option });
    return true;
  }
}

/** What an answer repeats of its question: everything but the totals, which are the host's own or none. */
function ownOf({ debit, debitCount, credit, creditCount, ...rest }: Values): Values {
  return rest;
}
