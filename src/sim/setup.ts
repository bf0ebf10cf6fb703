// What a simulated terminal is started with, and whom it tells of its life.
import type { Clock } from "../base/clock.js";
import type { CutPoint, Encoding, Progress, SimOptions } from "./body.js";
import type { SimModel } from "./models/shape.js";
import type { NonVolatileHook, Stores } from "./stores.js";

export interface Hooks {
  readonly nonVolatile?: NonVolatileHook;
  readonly point?: (name: CutPoint, k?: number) => void;
  readonly died?: () => void;
}

export type ResetReason = "power" | "command" | "forced-security" | "watchdog";

export interface Setup {
  readonly stores: Stores;
  readonly model: SimModel;
  readonly clock: Clock;
  readonly encode: Encoding;
  readonly options?: SimOptions;
  /** Factor on every delay of the terminal's own; 0 is as fast as it goes. */
  readonly speed?: number;
  readonly hooks?: Hooks;
  readonly reset?: ResetReason;
}

export interface Listener {
  progress(at: Progress): void;
  stall(ms: number): void;
  /** RAM is lost; whoever owns this object starts a new one over the same stores. */
  restart(reason: ResetReason): void;
}
