// What of a fill survives a power cut: one non-volatile record for each area that holds one.
import { type Cell, cell, type Nv } from "./stores.js";

export interface FillRequest {
  readonly op: string;
  readonly area: number;
  readonly mode: "stream" | "seed";
  readonly size: number;
  /** Hex; mode `seed`. */
  readonly seed?: string;
}

/** Non-volatile, one for each area that is not blank because of a fill. */
export interface Fill extends FillRequest {
  /** Bytes that are programmed for sure. */
  readonly written: number;
  /** FILL_END has seen all of them. */
  readonly closed: boolean;
}

const PREFIX = "fill/";
/** Whether an area holds a fill, or what is left of one. */
export function isFilled(nv: Nv, area: number): boolean {
  return nv.get(PREFIX + area) !== undefined;
}

export function fillCell(nv: Nv, area: number): Cell<Fill | undefined> {
  return cell<Fill | undefined>(nv, PREFIX + area, undefined);
}

export function forgetFill(nv: Nv, area: number): void {
  nv.set(PREFIX + area, undefined);
}
