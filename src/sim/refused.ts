// How the simulated terminal says no: thrown inside, turned into a result code by whoever speaks the wire.
import type { TotalRow } from "../terminal/facts.js";

export type Reason =
  | "BUSY"
  | "NOT_SUPPORTED"
  | "BAD_STATE"
  | "BAD_FIELD"
  | "AUTH"
  | "CHALLENGE_USED"
  | "PLAN_MISMATCH"
  | "CENSUS_CHANGED"
  | "OP_MISMATCH"
  | "STORE_FULL"
  | "UNSETTLED"
  | "NEEDS_HOST"
  | "NEEDS_POWER"
  | "REBOOT_DUE"
  | "TAMPERED"
  | "AREA_FAILED"
  | "FILE_CHANGED"
  | "SCOPE";

export interface RefusalFacts {
  readonly detail?: string;
  readonly field?: string;
  readonly tag?: number;
  readonly op?: string;
  readonly nextOp?: number;
  readonly seconds?: number;
  readonly area?: number;
  readonly classes?: number;
  readonly unsettled?: readonly TotalRow[];
}

export class Refused extends Error {
  readonly reason: Reason;
  readonly facts: RefusalFacts;

  constructor(reason: Reason, facts: RefusalFacts = {}) {
    super(reason);
    this.reason = reason;
    this.facts = facts;
  }
}

export function refuse(reason: Reason, facts?: RefusalFacts): never {
  throw new Refused(reason, facts);
}
