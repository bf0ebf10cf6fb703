// The erase: armed once, journaled before and after each area, resumed at boot by itself, and ended together with the life it ends.
import { hex } from "../base/bytes.js";
import { sha256 } from "../base/sign.js";
import type { AreaResult, SlotRange, SlotResult, WipeResult } from "../terminal/facts.js";
import type { Batch } from "./batch.js";
import { type Body, memo } from "./body.js";
import { eraseBlock, MAX_ERASES } from "./erase.js";
import { inEraseOrder, type Keys } from "./keys.js";
import type { Op, Ops } from "./ops.js";
import { type Cell, cell } from "./stores.js";
import { isLedger } from "./unit.js";

const areaCodes = { OK: 0, CENSUS_CHANGED: 1, WRITE: 2 } as const;
type AreaCode = keyof typeof areaCodes;

export interface WipePlan {
  readonly areas: readonly number[];
  /** Of these, the ones that may be filled afterwards. */
  readonly fills: readonly number[];
  readonly slots: readonly SlotRange[];
}

export interface WipeOrder extends WipePlan {
  readonly op: string;
  /** Hash of the ARM command. */
  readonly body: string;
  readonly planHash: string;
  readonly censusHash: string;
  readonly grantHash: string;
}

interface Journal extends Omit<WipeOrder, "areas"> {
  readonly state: "armed" | "done" | "failed";
  readonly code?: AreaCode;
  readonly areas: readonly JournaledArea[];
}

interface JournaledArea {
  readonly area: number;
  readonly generation: number;
  /** How often; only the last time counts, and it is the whole area. */
  readonly begun: number;
  readonly code?: AreaCode;
  readonly errors?: number;
  readonly retries?: number;
}

const MAX_COUNT = 0xffff;

/** One record, because what it says changes together: a life, the lock, the wipe that ends the life, the grant that may still inspect. */
export interface Life {
  readonly life: number;
  readonly locked: boolean;
  readonly spentGrant?: string;
  readonly wipe?: Journal;
}

export function lifeOf(body: Body): Cell<Life> {
  return cell<Life>(body.stores.nv, "life", { life: 1, locked: false });
}

export class Wipe {
  readonly #body: Body;
  readonly #batch: Batch;
  readonly #keys: Keys;
  readonly #life: Cell<Life>;
  /** The wipe as an op: its state is the journal's, so both end in one write. */
  readonly op: () => Op | undefined;

  constructor(body: Body, batch: Batch, keys: Keys) {
    this.#body = body;
    this.#batch = batch;
    this.#keys = keys;
    this.#life = lifeOf(body);
    this.op = memo(
      () => body.stores.changes,
      () => this.#asOp(),
    );
  }

  get armed(): boolean {
    return this.journal?.state === "armed";
  }

  get journal(): Journal | undefined {
    return this.#life.get().wipe;
  }

  /** Estimated milliseconds at full length. */
  estimate(areas: readonly number[]): number {
    return areas.reduce((sum, area) => sum + this.#blocks(area), 0) * this.#body.model.ms.erase;
  }

  #asOp(): Op | undefined {
    const journal = this.journal;
    if (journal === undefined) return undefined;
    const { op: id, body, state, code } = journal;
    if (state === "armed") return { id, body, kind: "wipe", state: "RUNNING" };
    const result = this.#body.encode.wipeResult(this.#result(journal));
    const end = { result: hex(result), resultHash: hex(sha256(result)) };
    return { id, body, kind: "wipe", state: state === "done" ? "DONE" : "FAILED", code: code ?? "OK", ...end };
  }

  arm({ areas, ...order }: WipeOrder): void {
    const stored = areas.map((area) => ({ area, generation: this.#batch.generation(area), begun: 0 }));
    this.#body.firmware.armed(this.#body);
    this.#life.set({ ...this.#life.get(), wipe: { ...order, state: "armed", areas: stored, slots: inEraseOrder(order.slots) } });
  }

  /** From wherever it stands to the end. */
  async run(ops: Ops): Promise<void> {
    ops.shrink();
    const journal = this.journal;
    if (journal === undefined) return;
    const blocks = journal.areas.map(({ area }) => this.#blocks(area));
    const total = blocks.reduce((sum, count) => sum + count, 0) || 1;
    let erased = 0;
    for (const [i, { area, begun, code, generation }] of journal.areas.entries()) {
      if (code === undefined) {
        if (begun === 0 && this.#batch.generation(area) !== generation) return this.#stop(i);
        this.#note(i, { begun: begun + 1 });
        const at = { op: journal.op, step: i + 1, steps: journal.areas.length + 1, area };
        const told = (k: number) => ({ ...at, permille: Math.floor(((erased + k) * 1000) / total), silence: 0 });
        const { errors, retries } = await this.#eraseArea(area, told, erased);
        const counts = { errors: Math.min(errors, MAX_COUNT), retries: Math.min(begun + retries, MAX_COUNT) };
        this.#note(i, { code: errors === 0 ? "OK" : "WRITE", ...counts });
      }
      erased += blocks[i] ?? 0;
    }
    for (const range of journal.slots) if (this.#body.firmware.forgets(range)) this.#keys.erase(range);
    for (const name of this.#body.stores.nv.names()) if (isLedger(name)) this.#body.stores.nv.set(name, undefined);
    this.#end();
  }

  /** Whether this area was erased under this op. */
  isErased(op: string, area: number): boolean {
    const journal = this.journal;
    return journal?.op === op && journal.areas.some((done) => done.area === area && done.code === "OK");
  }

  /** Whether FILL and PROOF may touch this area: erased under an op that named it for filling, and not in use again since. */
  mayFill(op: string, area: number): boolean {
    const { wipe, spentGrant } = this.#life.get();
    return spentGrant !== undefined && wipe?.state === "done" && wipe.fills.includes(area) && this.isErased(op, area);
  }

  /** All of it, whatever it reads; a block that stays as it was does not keep the others. */
  async #eraseArea(
    area: number,
    at: (k: number) => Parameters<Body["progress"]>[0],
    before: number,
  ): Promise<{ readonly errors: number; readonly retries: number }> {
    const { erase: ms } = this.#body.model.ms;
    let [errors, retries] = [0, 0];
    for (let block = 0; block < this.#blocks(area); block++) {
      if (block % 8 === 0) this.#body.progress(at(block));
      this.#body.point("erase", before + block + 1);
      let blank = false;
      for (let nth = 1; !blank && nth <= MAX_ERASES; nth++) {
        if (nth > 1) retries++;
        this.#body.stall(ms);
        await this.#body.pause(ms);
        blank = eraseBlock(this.#body, area, block, nth);
      }
      if (!blank) errors++;
    }
    return { errors, retries };
  }

  #blocks(area: number): number {
    return this.#body.stores.flash.bytes(area).length / this.#body.stores.flash.block(area);
  }

  #note(i: number, seen: Partial<JournaledArea>): void {
    const { wipe, ...life } = this.#life.get();
    if (wipe === undefined) return;
    this.#life.set({ ...life, wipe: { ...wipe, areas: wipe.areas.map((area, at) => (at === i ? { ...area, ...seen } : area)) } });
  }

  /** The area is not what the order was about: it and everything after it stay. */
  #stop(i: number): void {
    this.#note(i, { code: "CENSUS_CHANGED" });
    const { wipe, ...life } = this.#life.get();
    if (wipe !== undefined) this.#life.set({ ...life, wipe: { ...wipe, state: "failed", code: "CENSUS_CHANGED" } });
  }

  #end(): void {
    const { wipe, life, ...rest } = this.#life.get();
    if (wipe === undefined) return;
    const generations = this.#batch.generations.get();
    const risen = wipe.areas.map(({ area, generation }) => [area, Math.max(generation, generations[area] ?? 1) + 1]);
    this.#batch.generations.set({ ...generations, ...(Object.fromEntries(risen) as Record<number, number>) }); // keys are areas
    const failed = wipe.areas.find(({ code }) => code !== "OK")?.code;
    this.#life.set(
      failed === undefined
        ? { life: life + 1, locked: false, spentGrant: wipe.grantHash, wipe: { ...wipe, state: "done", code: "OK" } }
        : { ...rest, life, wipe: { ...wipe, state: "failed", code: failed } },
    );
  }

  #result(journal: Journal): WipeResult {
    const areas = journal.areas.flatMap(({ area, code, errors = 0, retries = 0 }): AreaResult[] =>
      code === undefined ? [] : [{ area, code: areaCodes[code], errors, retries }],
    );
    const slots = journal.slots.map((range): SlotResult => ({ ...range, code: areaCodes.OK }));
    return { areas, slots: journal.code === "CENSUS_CHANGED" ? [] : slots };
  }
}
