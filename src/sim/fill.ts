// Filling an erased area with bytes that the host chose, as long as the wipe that erased it may be inspected; and making it blank again.

import type { Body } from "./body.js";
import { eraseArea } from "./erase.js";
import { type Fill, type FillRequest, fillCell, forgetFill, isFilled } from "./filled.js";
import { refuse } from "./refused.js";
import type { Cell } from "./stores.js";
import type { Wipe } from "./wipe.js";

/** Progress is kept, and a fill resumes, at multiples of this. */
const UNIT = 4096;

export class Fills {
  readonly #body: Body;
  readonly #wipe: Wipe;
  /** The fill that takes bytes now, and where it stands. */
  #open = { area: -1, at: 0 };

  constructor(body: Body, wipe: Wipe) {
    this.#body = body;
    this.#wipe = wipe;
  }

  /** Hex; of a fill by seed. */
  seed(area: number): string | undefined {
    return this.#cell(area).get()?.seed;
  }

  /** Whether the area is not blank because of a fill. */
  holds(area: number): boolean {
    return isFilled(this.#body.stores.nv, area);
  }

  /** Begins, or goes on after an interruption; the result is the offset from which bytes are wanted. `pattern` makes those of a seed. */
  begin(request: FillRequest, pattern?: (from: number, to: number) => Uint8Array): number {
    const { area, size } = request;
    const fill = this.#allowed(request.op, area);
    if (size !== this.#body.stores.flash.bytes(area).length) refuse("BAD_FIELD", { tag: 0xdf56 });
    const held = fill.get();
    if (held !== undefined && !isSame(held, request)) refuse("BAD_STATE", { detail: "NOT_ERASED" });
    if (held === undefined) fill.set({ ...request, written: 0, closed: false });
    const written = held?.written ?? 0;
    this.#open = { area, at: written === size ? size : written - (written % UNIT) };
    if (pattern !== undefined) {
      for (let { at } = this.#open; at < size; at += UNIT) this.write(area, at, pattern(at, Math.min(size, at + UNIT)));
    }
    return this.#open.at;
  }

  /** Bytes that are not the next ones of the fill are dropped; FILL_END will miss them. */
  write(area: number, offset: number, bytes: Uint8Array): void {
    const fill = this.#cell(area);
    const held = fill.get();
    const open = this.#open;
    if (held === undefined || area !== open.area || offset !== open.at || offset + bytes.length > held.size) return;
    const { firmware, options, stores } = this.#body;
    const lost = options.worn?.includes(area) === true ? 1 : 0;
    if (firmware.keepsFill(this.#body, area)) stores.flash.program(area, offset + lost, bytes.subarray(lost));
    open.at += bytes.length;
    const sure = open.at === held.size ? held.size : open.at - (open.at % UNIT);
    if (sure > held.written) fill.set({ ...held, written: sure });
  }

  /** Closes a fill that is complete; the result is how many bytes are written. */
  end(op: string, area: number): number {
    const fill = this.#allowed(op, area);
    const held = fill.get() ?? refuse("BAD_STATE", { detail: "NOTHING" });
    if (held.written === held.size && !held.closed) fill.set({ ...held, closed: true });
    return this.#open.area === area ? this.#open.at : held.written;
  }

  /** Throws unless PROOF may speak of this area. */
  demandClosed(op: string, area: number): void {
    if (this.#allowed(op, area).get()?.closed !== true) refuse("BAD_STATE", { detail: "NOTHING" });
  }

  /** Makes the area blank again; of an area without a fill it has nothing to do. Refuses where memory does not become blank: the fill stays. */
  release(op: string, area: number): void {
    if (this.#allowed(op, area).get() !== undefined) this.#blank(area);
  }

  /** No fill outlives the inspection that it belongs to, so the inspection does not end while one stays. */
  releaseAll(): void {
    for (const { id } of this.#body.model.areas) if (isFilled(this.#body.stores.nv, id)) this.#blank(id);
  }

  /** Only what this wipe was to fill and has erased, and only until the terminal is used again: then the area may hold money. */
  #allowed(op: string, area: number): Cell<Fill | undefined> {
    if (!this.#wipe.mayFill(op, area)) {
      this.#body.violate("fill-early");
      refuse("BAD_STATE", { detail: "NOT_ERASED" });
    }
    return this.#cell(area);
  }

  /** Cut off in the middle it begins anew: what is still written counts for nothing from the first block on. */
  #blank(area: number): void {
    const fill = this.#cell(area);
    const held = fill.get();
    if (held !== undefined) fill.set({ ...held, written: 0, closed: false });
    if (this.#open.area === area) this.#open = { area: -1, at: 0 };
    if (!eraseArea(this.#body, area)) refuse("AREA_FAILED", { area, detail: "WRITE" });
    forgetFill(this.#body.stores.nv, area);
  }

  #cell(area: number): Cell<Fill | undefined> {
    return fillCell(this.#body.stores.nv, area);
  }
}

function isSame(held: Fill, { op, mode, size, seed }: FillRequest): boolean {
  return held.op === op && held.mode === mode && held.size === size && held.seed === seed;
}
