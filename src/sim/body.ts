// What the parts of a simulated terminal share: its stores, its time, its host, and ways to tell the world what it is doing.
import type { Clock } from "../base/clock.js";
import type { SettlementFacts, Totals, WipeResult } from "../terminal/facts.js";
import type { Firmware } from "./firmware.js";
import type { AcquirerHost } from "./host/host.js";
import type { HostOptions } from "./host/options.js";
import type { KeyStore } from "./keys.js";
import type { LieName } from "./lies.js";
import type { SimModel } from "./models/shape.js";
import type { Powered } from "./stores.js";
import type { Violation } from "./violations.js";

/** Where a test or a person may pull the plug by name. `settle.request` is before the host hears anything, `settle.sent` after it has. */
export const cutPoints = [
  "hello",
  "census",
  "settle.request",
  "settle.sent",
  "settle.booked",
  "settle.cleared",
  "commit.accepted",
  "erase",
  "restart",
  "attest",
] as const;
export type CutPoint = (typeof cutPoints)[number];

export interface SimOptions {
  readonly host?: HostOptions;
  /** Overrides the model: this terminal can (not) ask its host. */
  readonly hostQuery?: boolean;
  readonly batteryPercent?: number;
  readonly mains?: boolean;
  /** The tamper switch has triggered: keys are zeroised before anything else. */
  readonly tampered?: boolean;
  /** It had triggered, and a maker's tool has reset it: the register stays, the keys are gone. */
  readonly tamperCleared?: boolean;
  /** How far the terminal's clock is off. */
  readonly clockOffsetMs?: number;
  readonly printer?: "ok" | "out-of-paper";
  /** Firmware that goes by the totals: a batch of a sale and its void is "nothing to settle", and its records stay. */
  readonly skipsZeroTotals?: boolean;
  /** A settled batch cannot be cleared: its records take no mark. */
  readonly clearFails?: boolean;
  /** Seconds of uptime after which it restarts by itself; none when absent. */
  readonly rebootAfter?: number;
  /** Seconds of uptime after which it settles all it has by its own timer, whoever works on it and whether it is locked; never when absent. */
  readonly settlesAfter?: number;
  /** Areas that cannot be read, whose erase fails. */
  readonly unreadable?: readonly number[];
  readonly stuck?: readonly number[];
  /** Areas whose first block takes a second erase. */
  readonly weak?: readonly number[];
  /** Areas in which some cells no longer take what is programmed. */
  readonly worn?: readonly number[];
  /** How its key store fails. */
  readonly keyStore?: KeyStore;
  /** Overrides the model: this terminal can (not) attest. */
  readonly attest?: boolean;
  /** It says that it is no simulator: then its times count, and in production everything does. */
  readonly environment?: "bench" | "production";
  /** Its firmware is dishonest, in this one way. */
  readonly lie?: LieName;
}

export interface Progress {
  readonly op: string;
  readonly step: number;
  readonly steps: number;
  readonly area?: number;
  readonly permille: number;
  /** How long nothing may be heard now, ms. */
  readonly silence: number;
}

/** How the wire's face writes what the terminal hashes and keeps; the terminal itself knows no wire. */
export interface Encoding {
  totals(totals: Totals): Uint8Array;
  settleResult(facts: SettlementFacts): Uint8Array;
  wipeResult(result: WipeResult): Uint8Array;
}

export interface Body {
  readonly stores: Powered;
  readonly host: AcquirerHost;
  readonly clock: Clock;
  readonly model: SimModel;
  readonly options: SimOptions;
  readonly firmware: Firmware;
  readonly encode: Encoding;
  /** Waits `ms` of the terminal's own time. Throws PowerCut when it woke up dead. */
  pause(ms: number): Promise<void>;
  progress(at: Progress): void;
  /** The processor stands still for `ms`: it neither hears nor answers. */
  stall(ms: number): void;
  point(name: CutPoint, k?: number): void;
  violate(code: Violation): void;
}

/** Computed once for each state of the bytes. */
export function memo<T>(version: () => number, make: () => T): () => T {
  let at = -1;
  let value: T;
  return () => {
    if (at !== version()) {
      value = make();
      at = version();
    }
    return value;
  };
}
