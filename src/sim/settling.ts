// The work behind a settlement and a PENDING_SEND: what runs after ACCEPTED. Every step is written before the next begins.
import type { SettlementFacts, Totals } from "../terminal/facts.js";
import { type Batch, nextBatch, type Settlement } from "./batch.js";
import type { Body } from "./body.js";
import { type Card, Dialogue, type QueryReply, traceAfter, tracesOf, type Verdict } from "./dialogue.js";
import type { Dialect } from "./host/dialects/dialect.js";
import { dialectOf } from "./host/dialects/dialects.js";
import { sameTotals, totalsOf } from "./host/totals.js";
import type { Keys } from "./keys.js";
import type { Ops } from "./ops.js";
import { cardNumber, type LogRecord, RECORD } from "./records.js";
import type { Account } from "./unit.js";

const STEPS = 5;
const NO_TRACE = "000000";
const declined = { refused: "HOST_REJECTED", different: "UNBALANCED", error: "HOST_ERROR_FLAG" } as const;

export class Settling {
  readonly #body: Body;
  readonly #batch: Batch;
  readonly #ops: Ops;
  readonly #keys: Keys;

  constructor(body: Body, batch: Batch, ops: Ops, keys: Keys) {
    this.#body = body;
    this.#batch = batch;
    this.#ops = ops;
    this.#keys = keys;
  }

  save(account: Account, last: Settlement, batch?: string): void {
    const ledger = this.#batch.ledger(account.id);
    ledger.set({ batch: batch ?? ledger.get().batch, last });
  }

  /** Sends totals, and records when the totals differ. `unknown` is the settlement that turned out to be open at the host. */
  async settle(account: Account, op: string, unknown?: Settlement): Promise<void> {
    if (unknown === undefined && !this.#body.host.takesCalls) return this.#ops.end(op, "FAILED", "HOST_UNREACHABLE");
    const { batch, last } = unknown === undefined ? this.#batch.ledger(account.id).get() : { batch: unknown.batch, last: unknown };
    const cards = this.#batch.open(account, batch).map((record) => this.#card(record));
    const traces = unknown?.traces ?? this.#traces(account, last, cards.length);
    const terminalTotals = totalsOf(cards.map(({ entry }) => entry));
    const sent: Settlement = {
      state: "sent",
      batch,
      code: "UNKNOWN",
      terminalTotals,
      macVerified: false,
      ops: [...(unknown?.ops ?? []), op],
      ...(unknown === undefined ? {} : { retried: true }),
      traces,
    };
    this.#step(op, 1);
    this.save(account, sent);
    this.#body.point("settle.request");
    const talk = this.#talk(account, traces.first, () => this.#step(op, 2, this.#body.model.ms.hostPatience));
    const { verdict, uploaded } = await this.#agree(talk, this.#dialect(account), batch, cards, terminalTotals);
    switch (verdict.kind) {
      case "silent":
        return this.#ops.end(op, "UNKNOWN", "UNKNOWN");
      case "incomplete":
        this.save(account, { ...sent, ...told(verdict), code: "UPLOAD_INCOMPLETE" });
        return this.#ops.end(op, "UNKNOWN", "UPLOAD_INCOMPLETE");
      case "duplicate":
        this.save(account, { ...sent, ...told(verdict) });
        return this.#ops.end(op, "UNKNOWN", "UNKNOWN");
      case "refused":
      case "different":
      case "error":
        return this.#declined(account, op, { ...sent, ...told(verdict), code: declined[verdict.kind], state: "idle" });
      case "equal":
        break;
      default:
        return verdict satisfies never;
    }
    const macVerified = verdict.mac && this.#keys.has("TAK");
    this.save(account, {
      ...sent,
      ...told(verdict),
      state: "booked",
      code: uploaded ? "BALANCED_AFTER_UPLOAD" : "BALANCED",
      macVerified,
    });
    this.#body.point("settle.booked");
    if (!uploaded) await talk.farewell(batch);
    await this.finish(account, op);
  }

  /** Asks, and uploads as often as the dialect allows while the totals differ. */
  async #agree(talk: Dialogue, { rounds }: Dialect, batch: string, cards: readonly Card[], totals: Totals) {
    let verdict: Verdict | Incomplete = await talk.settle(batch, totals, () => this.#body.point("settle.sent"));
    let uploaded = false;
    for (let round = 0; verdict.kind === "different" && round < rounds; round++) {
      uploaded = true;
      const confirmed = await talk.upload(batch, cards);
      verdict = confirmed < cards.length ? { ...verdict, kind: "incomplete" } : await talk.end(batch, totals, cards.length);
    }
    return { verdict, uploaded };
  }

  #declined(account: Account, op: string, ended: Settlement): void {
    this.save(account, ended);
    this.#ops.end(op, "FAILED", ended.code, this.#body.encode.settleResult(ended));
  }

  /** The host had booked it all along: take over what it said and do the local steps. */
  async closedThere(account: Account, op: string): Promise<void> {
    const { last } = this.#batch.ledger(account.id).get();
    if (last === undefined) return;
    const { terminalTotals, hostTotals } = last;
    const known = terminalTotals !== undefined && hostTotals !== undefined;
    const code = known ? (sameTotals(terminalTotals, hostTotals) ? "BALANCED" : "UNBALANCED") : "UNKNOWN";
    this.save(account, { ...last, state: "booked", code, ops: [...last.ops, op] });
    this.#body.point("settle.booked");
    await this.finish(account, op);
  }

  /** Print, clear, next batch: nothing here concerns the host, so all of it may be done again. */
  async finish(account: Account, op: string): Promise<void> {
    let { last } = this.#batch.ledger(account.id).get();
    if (last === undefined) return;
    const ops = last.ops.includes(op) ? last.ops : [...last.ops, op];
    // Whoever asks about this op, also after a cut, is told how the settlement stands.
    if (ops !== last.ops) this.save(account, { ...last, ops });
    this.#step(op, 3, this.#body.model.ms.print);
    if (last.state === "booked") {
      if (this.#body.options.printer === "out-of-paper") return this.#ops.end(op, "FAILED", "PRINT_PENDING");
      await this.#body.pause(this.#body.model.ms.print);
      last = { ...last, state: "printed", ops };
      this.save(account, last);
    }
    this.#step(op, 4);
    if (this.#body.options.clearFails === true) return this.#ops.end(op, "FAILED", "CLEAR_PENDING");
    for (const record of this.#batch.open(account, last.batch)) this.#batch.mark(record, "settled");
    last = { ...last, state: "cleared", ops };
    const { batch } = this.#batch.ledger(account.id).get();
    this.save(account, last, batch === last.batch ? nextBatch(batch) : batch); // a sign-in may have opened another already
    this.#body.point("settle.cleared");
    this.#ops.end(op, "DONE", last.code, this.#body.encode.settleResult(last));
    this.#step(op, STEPS);
  }

  /** One by one, each marked as asked before its first byte leaves. */
  async send(account: Account, op: string, records: readonly LogRecord[]): Promise<void> {
    if (!this.#body.host.takesCalls) return this.#ops.end(op, "FAILED", "HOST_UNREACHABLE");
    const steps = records.length;
    let step = 0;
    const silence = this.#body.model.ms.hostPatience;
    const talk = this.#talk(account, NO_TRACE, () => {
      this.#body.progress({ op, step, steps, permille: Math.floor(((step - 1) * 1000) / steps), silence });
    });
    const replies = new Set<string>();
    for (const record of records) {
      step++;
      this.#batch.mark(record, "asked");
      const reply = await talk.send(this.#card(record));
      replies.add(reply);
      if (reply === "booked" || reply === "rejected") this.#batch.mark(record, reply);
    }
    if (replies.has("silent")) this.#ops.end(op, "UNKNOWN", "UNKNOWN");
    else if (replies.has("unread")) this.#ops.end(op, "FAILED", "HOST_REJECTED");
    else this.#ops.end(op, "DONE", "BALANCED");
  }

  /** What the host knows of the batch of an unknown settlement. */
  query(account: Account, { batch, traces }: Settlement): QueryReply {
    return this.#talk(account, traces?.first ?? NO_TRACE).query(batch);
  }

  #step(op: string, step: number, silence = 0): void {
    this.#body.progress({ op, step, steps: STEPS, permille: (step * 1000) / STEPS, silence });
  }

  #dialect({ acquirer }: Account): Dialect {
    return dialectOf(this.#body.model, acquirer);
  }

  #talk(account: Account, trace: string, waiting: () => void = () => undefined): Dialogue {
    const ledger = this.#batch.ledger(account.id);
    const openBatch = (batch: string) => ledger.set({ ...ledger.get(), batch });
    return new Dialogue(this.#body, account, this.#dialect(account), trace, { waiting, openBatch });
  }

  #card(record: LogRecord): Card {
    const bytes = this.#body.stores.flash.bytes(record.area).subarray(record.slot * RECORD, (record.slot + 1) * RECORD);
    const pan = cardNumber(bytes);
    return { kind: record.kind, entry: this.#batch.entry(record), ...(pan === "" ? {} : { pan }), digest: record.digest };
  }

  /** Above every recorded transaction and whatever the last settlement may have used. */
  #traces(account: Account, last: Settlement | undefined, records: number): Settlement["traces"] & object {
    const highest = this.#batch.records.reduce((most, { stan }) => (stan > most ? stan : most), NO_TRACE);
    const [free, after] = [traceAfter(highest), last?.traces?.after ?? NO_TRACE];
    const first = after > free ? after : free;
    return { first, after: traceAfter(first, tracesOf(this.#dialect(account), records)) };
  }
}

type Incomplete = Omit<Extract<Verdict, { kind: "different" | "error" }>, "kind"> & { readonly kind: "incomplete" };

/** What of an answer is kept as evidence. */
function told({ kind: _, ...said }: Exclude<Verdict, { kind: "silent" }> | Incomplete): Partial<SettlementFacts> {
  const { hostCode, hostTotals, reference, hostDate } = said as Partial<SettlementFacts>; // every verdict has some of these
  return {
    ...(hostCode === undefined ? {} : { hostCode }),
    ...(hostTotals === undefined ? {} : { hostTotals }),
    ...(reference === undefined ? {} : { reference }),
    ...(hostDate === undefined ? {} : { hostDate }),
  };
}
