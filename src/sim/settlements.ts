// Money: idle → sent → booked → printed → cleared, each step written before the next begins. An unknown end is looked up, never repeated.
import { kindOf, type SettlementFacts } from "../terminal/facts.js";
import { type Batch, isUnfinished, nextBatch, type Settlement } from "./batch.js";
import type { Body } from "./body.js";
import { type QueryReply, type SettleReply, sameTotals, totalsOf } from "./host.js";
import type { Keys } from "./keys.js";
import type { Op, Ops } from "./ops.js";
import { kindNow, type LogRecord } from "./records.js";
import { refuse } from "./refused.js";
import type { Account } from "./unit.js";

const STEPS = 5;

export interface MoneyRequest {
  readonly op: string;
  /** Hash of the command. */
  readonly body: string;
  readonly account: string;
}

export class Settlements {
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

  /** Settles, or finishes what `old` began. `ruling` is the back office's word on it. Returns the work that follows ACCEPTED. */
  start(request: MoneyRequest, old?: string, ruling?: "closed" | "open"): (() => Promise<void>) | undefined {
    const { op, body } = request;
    const account = this.#admit(request);
    const { last, batch } = this.#batch.ledger(account.id).get();
    const running: Op = { id: op, body, kind: "settle", state: "RUNNING", account: account.id };
    if (isUnfinished(last)) {
      this.#mayFollow(last, old);
      if (last.state !== "sent") return this.#begin(running, () => this.#finish(account, op));
      const known = ruling ?? last.answer;
      if (known === "closed") return this.#begin(running, () => this.#closedThere(account, op));
      if (known !== "open") this.#body.violate("settle-unlooked");
      if (known !== "open" || last.retried === true) refuse("BAD_STATE", { detail: "SETTLE_PENDING", op: last.ops.at(-1) ?? op });
    } else {
      const waiting = this.#batch.waiting(account);
      if (waiting.length > 0) {
        this.#body.violate("settle-before-pending");
        const unsettled = this.#batch.rows(account.id).filter(({ kind }) => waiting.some((record) => kindNow(record) === kind));
        refuse("UNSETTLED", { unsettled });
      }
      if (this.#batch.open(account, batch).length === 0) {
        this.#ops.begin({ ...running, state: "DONE", code: "NOTHING_TO_SETTLE" });
        return undefined;
      }
    }
    if (!this.#body.host.reachable) refuse("NEEDS_HOST");
    return this.#begin(running, () => this.#settle(account, op, isUnfinished(last) ? last : undefined));
  }

  sendPending(request: MoneyRequest, kind: number): (() => Promise<void>) | undefined {
    const { op, body } = request;
    const account = this.#admit(request);
    const { last } = this.#batch.ledger(account.id).get();
    if (isUnfinished(last)) this.#mayFollow(last, undefined);
    if (!this.#body.host.reachable) refuse("NEEDS_HOST");
    if (kind === 7 && !this.#body.host.deduplicates) this.#body.violate("advice-resent");
    const records = this.#batch.sendable(account, kindOf(kind));
    const running: Op = { id: op, body, kind: "send", state: "RUNNING", account: account.id };
    return this.#begin(running, () => this.#send(op, records));
  }

  status(op: string): SettlementFacts | undefined {
    const found = this.#batch.settlementOf(op);
    if (found !== undefined) return found.last;
    const held = this.#ops.get(op);
    if (held?.kind !== "settle" || held.account === undefined) return undefined;
    return { state: "idle", batch: this.#batch.ledger(held.account).get().batch, code: held.code ?? "UNKNOWN", macVerified: false };
  }

  last(account: string): SettlementFacts {
    const { last, batch } = this.#batch.ledger(account).get();
    return last ?? { state: "idle", batch, code: "NOTHING_TO_SETTLE", macVerified: false };
  }

  /** Asks the host about an unknown settlement and remembers what it said. */
  query(op: string): QueryReply {
    const found = this.#batch.settlementOf(op);
    if (found === undefined || found.last.state !== "sent") return refuse("BAD_STATE", { detail: "NOTHING" });
    if (!this.#body.host.reachable) return refuse("NEEDS_HOST");
    const { account, last } = found;
    const reply = this.#body.host.query(account.id, last.batch);
    const { answer, totals, reference, date } = reply;
    this.#save(account, {
      ...last,
      answer,
      ...(totals === undefined ? {} : { hostTotals: totals }),
      ...(reference === undefined ? {} : { reference }),
      ...(date === undefined ? {} : { hostDate: date }),
    });
    return reply;
  }

  /** At boot: what ran when the power failed is said to be unknown unless the records show how it ended. */
  recover(): void {
    for (const { id, kind } of this.#ops.all.filter(({ state }) => state === "RUNNING")) {
      const last = this.#batch.settlementOf(id)?.last;
      if (kind === "settle" && last?.state === "cleared") this.#ops.end(id, "DONE", last.code, this.#body.encode.settleResult(last));
      else if (kind === "send" || isUnfinished(last)) this.#ops.end(id, "UNKNOWN", "UNKNOWN");
      else this.#ops.end(id, "FAILED", "HOST_UNREACHABLE");
    }
  }

  #admit({ op, account }: MoneyRequest): Account {
    this.#ops.expect(op);
    this.#ops.room();
    return this.#batch.accounts.find(({ id }) => id === account) ?? refuse("BAD_FIELD", { field: "account" });
  }

  #begin(op: Op, work: () => Promise<void>): () => Promise<void> {
    this.#ops.begin(op);
    return work;
  }

  #mayFollow(last: Settlement, old: string | undefined): void {
    if (old !== undefined && last.ops.includes(old)) return;
    this.#body.violate("settle-beside-unfinished");
    refuse("BAD_STATE", { detail: "SETTLE_PENDING", ...(last.ops.length > 0 ? { op: last.ops.at(-1) ?? "" } : {}) });
  }

  #save(account: Account, last: Settlement, batch?: string): void {
    const ledger = this.#batch.ledger(account.id);
    ledger.set({ batch: batch ?? ledger.get().batch, last });
  }

  #step(op: string, step: number, silence = 0): void {
    this.#body.progress({ op, step, steps: STEPS, permille: (step * 1000) / STEPS, silence });
  }

  /** Sends totals, and records when the totals differ. `unknown` is the settlement that turned out to be open at the host. */
  async #settle(account: Account, op: string, unknown?: Settlement): Promise<void> {
    const { host, model } = this.#body;
    const batch = unknown?.batch ?? this.#batch.ledger(account.id).get().batch;
    const items = this.#batch.open(account, batch).map((record) => this.#batch.entry(record));
    const terminalTotals = totalsOf(items);
    const sent: Settlement = {
      state: "sent",
      batch,
      code: "UNKNOWN",
      terminalTotals,
      macVerified: false,
      ops: [...(unknown?.ops ?? []), op],
      ...(unknown === undefined ? {} : { retried: true }),
    };
    this.#step(op, 1);
    this.#save(account, sent);
    this.#body.point("settle.request");
    this.#step(op, 2, model.ms.hostPatience);
    let reply = host.settle(account.id, batch, terminalTotals);
    this.#body.point("settle.sent");
    await this.#body.pause(model.ms.host);
    const differed = reply.kind === "different";
    if (differed) {
      reply = host.upload(account.id, batch, items, terminalTotals);
      await this.#body.pause(model.ms.host);
    }
    if (reply.kind === "silent") {
      await this.#body.pause(model.ms.hostPatience);
      return this.#ops.end(op, "UNKNOWN", "UNKNOWN");
    }
    if (reply.kind !== "equal") return this.#declined(account, op, sent, reply);
    this.#save(account, {
      ...sent,
      state: "booked",
      code: differed ? "BALANCED_AFTER_UPLOAD" : "BALANCED",
      hostCode: "00",
      hostTotals: reply.totals,
      reference: reply.reference,
      hostDate: reply.date,
      macVerified: reply.mac && this.#keys.has("TAK"),
    });
    this.#body.point("settle.booked");
    await this.#finish(account, op);
  }

  #declined(account: Account, op: string, sent: Settlement, reply: Extract<SettleReply, { kind: "rejected" | "different" }>): void {
    const said =
      reply.kind === "rejected" ? { code: "HOST_REJECTED", hostCode: reply.code } : { code: "UNBALANCED", hostTotals: reply.totals };
    const ended: Settlement = { ...sent, ...said, state: "idle" };
    this.#save(account, ended);
    this.#ops.end(op, "FAILED", ended.code, this.#body.encode.settleResult(ended));
  }

  /** The host had booked it all along: take over what it said and do the local steps. */
  async #closedThere(account: Account, op: string): Promise<void> {
    const { last } = this.#batch.ledger(account.id).get();
    if (last === undefined) return;
    const { terminalTotals, hostTotals } = last;
    const told = terminalTotals !== undefined && hostTotals !== undefined;
    const code = told ? (sameTotals(terminalTotals, hostTotals) ? "BALANCED" : "UNBALANCED") : "UNKNOWN";
    this.#save(account, { ...last, state: "booked", code, ops: [...last.ops, op] });
    this.#body.point("settle.booked");
    await this.#finish(account, op);
  }

  /** Print, clear, next batch: nothing here concerns the host, so all of it may be done again. */
  async #finish(account: Account, op: string): Promise<void> {
    let { last } = this.#batch.ledger(account.id).get();
    if (last === undefined) return;
    const ops = last.ops.includes(op) ? last.ops : [...last.ops, op];
    this.#step(op, 3, this.#body.model.ms.print);
    if (last.state === "booked") {
      if (this.#body.options.printer === "out-of-paper") return this.#ops.end(op, "FAILED", "PRINT_PENDING");
      await this.#body.pause(this.#body.model.ms.print);
      last = { ...last, state: "printed", ops };
      this.#save(account, last);
    }
    this.#step(op, 4);
    for (const record of this.#batch.open(account, last.batch)) this.#batch.mark(record, "settled");
    last = { ...last, state: "cleared", ops };
    this.#save(account, last, nextBatch(last.batch));
    this.#body.point("settle.cleared");
    this.#ops.end(op, "DONE", last.code, this.#body.encode.settleResult(last));
    this.#step(op, STEPS);
  }

  /** One by one, each marked as asked before its first byte leaves. */
  async #send(op: string, records: readonly LogRecord[]): Promise<void> {
    const { host, model } = this.#body;
    let silent = false;
    for (const [i, record] of records.entries()) {
      this.#batch.mark(record, "asked");
      this.#body.progress({
        op,
        step: i + 1,
        steps: records.length,
        permille: Math.floor((i * 1000) / records.length),
        silence: model.ms.hostPatience,
      });
      const reply = host.send(this.#batch.entry(record));
      await this.#body.pause(reply === "silent" ? model.ms.hostPatience : model.ms.host);
      if (reply === "silent") silent = true;
      else this.#batch.mark(record, reply);
    }
    this.#ops.end(op, silent ? "UNKNOWN" : "DONE", silent ? "UNKNOWN" : "BALANCED");
  }
}
