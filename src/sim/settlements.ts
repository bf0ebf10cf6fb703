// Money: idle → sent → booked → printed → cleared, each step written before the next begins. An unknown end is looked up, never repeated.
import { kindOf, type SettlementFacts } from "../terminal/facts.js";
import { type Batch, isUnfinished, type Settlement } from "./batch.js";
import type { Body } from "./body.js";
import type { QueryReply } from "./dialogue.js";
import type { Keys } from "./keys.js";
import type { Op, Ops } from "./ops.js";
import { kindNow } from "./records.js";
import { refuse } from "./refused.js";
import { Settling } from "./settling.js";
import type { Account } from "./unit.js";

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
  readonly #settling: Settling;

  constructor(body: Body, batch: Batch, ops: Ops, keys: Keys) {
    this.#body = body;
    this.#batch = batch;
    this.#ops = ops;
    this.#settling = new Settling(body, batch, ops, keys);
  }

  /** Settles, or finishes what `old` began. `ruling` is the back office's word on it. Returns the work that follows ACCEPTED. */
  start(request: MoneyRequest, old?: string, ruling?: "closed" | "open"): (() => Promise<void>) | undefined {
    const { op, body } = request;
    const account = this.#admit(request);
    const { last, batch } = this.#batch.ledger(account.id).get();
    const running: Op = { id: op, body, kind: "settle", state: "RUNNING", account: account.id };
    if (isUnfinished(last)) {
      this.#mayFollow(last, old);
      if (last.state !== "sent") return this.#begin(running, () => this.#settling.finish(account, op));
      const known = ruling ?? last.answer;
      if (known === "closed") return this.#begin(running, () => this.#settling.closedThere(account, op));
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
    // Of a batch in doubt nothing more is known when the call fails, so it is not even begun.
    if (!(isUnfinished(last) ? this.#body.host.takesCalls : this.#body.host.reachable)) refuse("NEEDS_HOST");
    return this.#begin(running, () => this.#settling.settle(account, op, isUnfinished(last) ? last : undefined));
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
    return this.#begin(running, () => this.#settling.send(account, op, records));
  }

  /** All that would be asked for one by one, for every account that stands well. */
  async byItself(op: string): Promise<void> {
    for (const account of this.#batch.accounts) {
      const { last, batch } = this.#batch.ledger(account.id).get();
      if (isUnfinished(last)) continue;
      const waiting = this.#batch.waiting(account);
      if (waiting.length > 0) await this.#settling.send(account, op, waiting);
      if (this.#batch.waiting(account).length === 0 && this.#batch.open(account, batch).length > 0)
        await this.#settling.settle(account, op);
    }
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
    if (!this.#body.host.takesCalls) return refuse("NEEDS_HOST");
    const { account, last } = found;
    const reply = this.#settling.query(account, last);
    this.#settling.save(account, { ...last, ...reply });
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

  /** At boot, of a model that keeps no ops: what was sent and not answered leaves no trace, but for the flag of an upload that is open. */
  forget(): void {
    this.#ops.forget();
    for (const { id } of this.#batch.accounts) {
      const ledger = this.#batch.ledger(id);
      const { batch, last } = ledger.get();
      if (last?.state === "sent" && last.code !== "UPLOAD_INCOMPLETE") ledger.set({ batch, lost: last.batch });
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
}
