// The op store: what was asked, with which body, and what became of it. Nothing acts before it is written here.
import { hex, unhex } from "../base/bytes.js";
import { sha256 } from "../base/sign.js";
import type { OpState } from "../terminal/facts.js";
import type { Body } from "./body.js";
import { refuse } from "./refused.js";
import { type Cell, cell } from "./stores.js";

export interface Op {
  readonly id: string;
  /** SHA-256 of the command as it came. */
  readonly body: string;
  readonly kind: "settle" | "send" | "wipe";
  readonly state: OpState;
  readonly account?: string;
  /** A settlement code or an area code, by name. */
  readonly code?: string;
  /** Hex. After ARM only the hash is left. */
  readonly result?: string;
  readonly resultHash?: string;
  readonly released?: boolean;
}

const PREFIX = "op/";
export const opName = (id: string): string => PREFIX + id;
const counterOf = (id: string): number => Number.parseInt(id.slice(0, 8), 16);
const isFinished = ({ state }: Op): boolean => state === "DONE" || state === "FAILED";

export class Ops {
  readonly #body: Body;
  readonly #limit: number;
  readonly #held = new Map<string, Op>();
  /** Below this every counter is used, whether its op is still held or not. */
  readonly #floor: Cell<number>;
  /** The wipe's op lives in the wipe's own journal, so that its end is one write. */
  readonly #wipe: () => Op | undefined;

  constructor(body: Body, limit: number, wipe: () => Op | undefined) {
    this.#body = body;
    this.#limit = limit;
    this.#wipe = wipe;
    this.#floor = cell(body.stores.nv, "op-floor", 1);
    for (const name of body.stores.nv.names()) {
      if (name.startsWith(PREFIX)) this.#held.set(name.slice(PREFIX.length), this.#cell(name.slice(PREFIX.length)).get());
    }
  }

  get all(): readonly Op[] {
    return [...this.#held.values()];
  }

  get next(): number {
    const wipe = this.#wipe();
    const used = [...this.#held.keys(), ...(wipe === undefined ? [] : [wipe.id])].map(counterOf);
    return Math.max(this.#floor.get(), ...used.map((counter) => counter + 1));
  }

  get(id: string): Op | undefined {
    const wipe = this.#wipe();
    return wipe?.id === id ? wipe : this.#held.get(id);
  }

  state(id: string): OpState {
    return this.get(id)?.state ?? (counterOf(id) >= this.next ? "NOT_STARTED" : "FORGOTTEN");
  }

  /** The op that this very command began before. */
  look(id: string, body: string): Op | undefined {
    const held = this.get(id);
    if (held === undefined || held.body === body) return held;
    this.#body.violate("op-reused");
    return refuse("OP_MISMATCH");
  }

  /** Only the next counter is ever executed. */
  expect(id: string): void {
    if (counterOf(id) === this.next) return;
    this.#body.violate("op-counter");
    refuse("BAD_STATE", { detail: "OP_COUNTER", nextOp: this.next });
  }

  room(): void {
    if (this.#held.size >= this.#limit && !this.all.some(({ released }) => released === true)) refuse("STORE_FULL");
  }

  begin(op: Op): void {
    if (this.#held.size >= this.#limit) {
      const old = this.all.find(({ released }) => released === true);
      if (old !== undefined) {
        this.#floor.set(this.next);
        this.#held.delete(old.id);
        this.#body.stores.nv.set(opName(old.id), undefined);
      }
    }
    this.#set(op);
  }

  end(id: string, state: OpState, code: string, result?: Uint8Array): void {
    const op = this.#held.get(id);
    if (op === undefined) return;
    const kept = result === undefined ? {} : { result: hex(result), resultHash: hex(sha256(result)) };
    this.#set({ ...op, state, code, ...kept });
  }

  release(id: string): void {
    const op = this.get(id);
    if (op === undefined) return;
    if (!isFinished(op)) {
      this.#body.violate("release-unfinished");
      refuse("BAD_STATE", { detail: "SETTLE_PENDING", op: id });
    }
    if (this.#held.has(id)) this.#set({ ...op, released: true });
  }

  /** All but their numbers. */
  forget(): void {
    if (this.#held.size === 0) return;
    this.#floor.set(this.next);
    for (const id of [...this.#held.keys()]) {
      this.#body.stores.nv.set(opName(id), undefined);
      this.#held.delete(id);
    }
  }

  /** What a wipe leaves of the others: that they were, and the hash of how they ended. */
  shrink(): void {
    for (const { account, result, ...rest } of this.all) {
      if (account !== undefined || result !== undefined) this.#set(rest);
    }
  }

  #set(op: Op): void {
    this.#cell(op.id).set(op);
    this.#held.set(op.id, op);
  }

  #cell(id: string): Cell<Op> {
    return cell<Op>(this.#body.stores.nv, opName(id), { id, body: "", kind: "send", state: "STORE_LOST" });
  }
}

export const resultOf = (op: Op): Uint8Array | undefined => (op.result === undefined ? undefined : unhex(op.result));
