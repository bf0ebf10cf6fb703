// What a conformance case is, what it is given, and the three ways it can end.
import type { KeyObject } from "node:crypto";
import type { Clock } from "../../../src/base/clock.js";
import type { Random } from "../../../src/base/random.js";
import type { Link } from "../../../src/link/link.js";

/** What can be seen of a terminal from outside the line; only simulated terminals have it. */
export interface Inspection {
  /** Named digests of what a refusal must not change. */
  readonly state: Readonly<Record<string, string>>;
  /** Items that the host's ledger holds more than once. */
  readonly bookedTwice: number;
  /** Values that no answer may show: card numbers, tracks. */
  readonly secrets: readonly string[];
}

export interface ConformanceContext {
  /** A new connection to the same terminal; the last one is closed by then. */
  connect(): Promise<Link>;
  /** Puts another terminal behind connect(): unlocked, unsettled, never wiped. */
  fresh?(): Promise<void>;
  /** Takes the power away and gives it back. */
  powerCut?(): Promise<void>;
  /** Takes the power away at the n-th non-volatile change from now (1 is the next one) and gives it back; 0 takes the request back. */
  cutAtWrite?(n: number): void;
  /** Tries a sale at the terminal itself; tells whether one was recorded. */
  sale?(): Promise<boolean>;
  /** Opens the case, or whatever triggers the tamper switch. */
  tamper?(): Promise<void>;
  inspect?(): Promise<Inspection>;
  /** The owner key this terminal holds, or pins when it is a simulated one. */
  readonly ownerKey: KeyObject;
  readonly clock: Clock;
  readonly random: Random;
  /** Settle and wipe a terminal that calls itself `production` too. */
  readonly evenProduction?: boolean;
}

export type Outcome = { readonly end: "passed" } | { readonly end: "failed" | "skipped"; readonly reason: string };

export interface Case {
  readonly id: string;
  readonly title: string;
  run(context: ConformanceContext): Promise<void>;
}

/** Thrown to end a case early: the terminal does not do what the README says, or the case cannot be tried here. */
export class CaseEnd extends Error {
  readonly end: "failed" | "skipped";
  constructor(end: "failed" | "skipped", reason: string) {
    super(reason);
    this.end = end;
  }
}

export function disagree(reason: string): never {
  throw new CaseEnd("failed", reason);
}

export function skip(reason: string): never {
  throw new CaseEnd("skipped", reason);
}

export function must(holds: boolean, otherwise: string): void {
  if (!holds) disagree(otherwise);
}
