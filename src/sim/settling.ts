// The work behind a settlement and a PENDING_SEND: what runs after ACCEPTED. Every step is written before the next begins.
import type { SettlementFacts, Totals } from "../terminal/facts.js";
import { type Batch, nextBatch, type Settlement } from "./batch.js";
import type { Body } from "./body.js";
import { type Card, Dialogue, type QueryReply, type Verdict } from "./dialogue.js";
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
    if (!this.#body.host.takesCalls) return this.#ops.end(op, "FAILED", "HOST_UNREACHABLE");
    const { batch, last } = this.#batch.ledger(account.id).get();
    const trace = unknown?.trace ?? this.#nextTrace(last);
    const cards = this.#batch.open(account, unknown?.batch ?? batch).map((record) => this.#card(record));
    const terminalTotals = totalsOf(cards.map(({ entry }) => entry));
    const sent: Settlement = {
      state: "sent",
      batch: unknown?.batch ?? batch,
      code: "UNKNOWN",
      terminalTotals,
      macVerified: false,
      ops: [...(unknown?.ops ?? []), op],
      ...(unknown === undefined ? {} : { retried: true }),
      trace,
    };
    this.#step(op, 1);
    this.save(account, sent);
    this.#body.point("settle.request");
    const talk = this.#talk(account, trace);
    const { verdict, uploaded } = await this.#agree(talk, op, sent.batch, cards, terminalTotals);
    const ended: Settlement = { ...sent, trace: talk.trace };
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
        return this.#declined(account, op, { ...ended, ...told(verdict), code: declined[verdict.kind], state: "idle" });
      case "equal":
        break;
      default:
        return verdict satisfies never;
    }
    const macVerified = verdict.mac && this.#keys.has("TAK");
    this.save(account, {
      ...ended,
      ...told(verdict),
      state: "booked",
      code: uploaded ? "BALANCED_AFTER_UPLOAD" : "BALANCED",
      macVerified,
    });
    this.#body.point("settle.booked");
    if (!uploaded) await talk.farewell(sent.batch, () => this.#wait(op));
    await this.finish(account, op);
  }

  /** Asks, and uploads as often as the dialect allows while the totals differ. */
  async #agree(talk: Dialogue, op: string, batch: string, cards: readonly Card[], totals: Totals) {
    this.#wait(op);
    let verdict: Verdict | Incomplete = await talk.settle(batch, totals, () => this.#body.point("settle.sent"));
    let uploaded = false;
    for (let round = 0; verdict.kind === "different" && round < talk.rounds; round++) {
      uploaded = true;
      const confirmed = await talk.upload(batch, cards, () => this.#wait(op));
      if (confirmed < cards.length) verdict = { ...verdict, kind: "incomplete" };
      else {
        this.#wait(op);
        verdict = await talk.end(batch, totals, cards.length);
      }
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
    const told = terminalTotals !== undefined && hostTotals !== undefined;
    const code = told ? (sameTotals(terminalTotals, hostTotals) ? "BALANCED" : "UNBALANCED") : "UNKNOWN";
    this.save(account, { ...last, state: "booked", code, ops: [...last.ops, op] });
    this.#body.point("settle.booked");
    await this.finish(account, op);
  }

  /** Print, clear, next batch: nothing here concerns the host, so all of it may be done again. */
  async finish(account: Account, op: string): Promise<void> {
    let { last } = this.#batch.ledger(account.id).get();
    if (last === undefined) return;
    const ops = last.ops.includes(op) ? last.ops : [...last.ops, op];
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
    this.save(account, last, nextBatch(last.batch));
    this.#body.point("settle.cleared");
    this.#ops.end(op, "DONE", last.code, this.#body.encode.settleResult(last));
    this.#step(op, STEPS);
  }

  /** One by one, each marked as asked before its first byte leaves. */
  async send(account: Account, op: string, records: readonly LogRecord[]): Promise<void> {
    if (!this.#body.host.takesCalls) return this.#ops.end(op, "FAILED", "HOST_UNREACHABLE");
    const talk = this.#talk(account, NO_TRACE);
    let silent = false;
    for (const [i, record] of records.entries()) {
      this.#batch.mark(record, "asked");
      const permille = Math.floor((i * 1000) / records.length);
      this.#body.progress({ op, step: i + 1, steps: records.length, permille, silence: this.#body.model.ms.hostPatience });
      const reply = await talk.send(this.#card(record));
      if (reply === "silent") silent = true;
      else this.#batch.mark(record, reply);
    }
    this.#ops.end(op, silent ? "UNKNOWN" : "DONE", silent ? "UNKNOWN" : "BALANCED");
  }

  /** What the host knows of the batch of an unknown settlement. */
  query(account: Account, { batch, trace = NO_TRACE }: Settlement): QueryReply {
    return this.#talk(account, trace).query(batch);
  }

  #step(op: string, step: number, silence = 0): void {
    this.#body.progress({ op, step, steps: STEPS, permille: (step * 1000) / STEPS, silence });
  }

  /** The next thing heard may take as long as the host's patience lasts. */
  #wait(op: string): void {
    this.#step(op, 2, this.#body.model.ms.hostPatience);
  }

  #talk(account: Account, trace: string): Dialogue {
    return new Dialogue(this.#body, account, dialectOf(this.#body.model, account.acquirer), trace);
  }

  #card(record: LogRecord): Card {
    const bytes = this.#body.stores.flash.bytes(record.area).subarray(record.slot * RECORD, (record.slot + 1) * RECORD);
    const pan = cardNumber(bytes);
    return { kind: record.kind, entry: this.#batch.entry(record), ...(pan === "" ? {} : { pan }), digest: record.digest };
  }

  /** Above every recorded transaction and every settlement message that has ended. */
  #nextTrace(last: Settlement | undefined): string {
    const highest = this.#batch.records.reduce((most, { stan }) => (stan > most ? stan : most), NO_TRACE);
    const next = String((Number(highest) % 999_999) + 1).padStart(6, "0");
    return last?.trace !== undefined && last.trace > next ? last.trace : next;
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
