// What a look at an earlier settlement means. Total: every combination has an answer, and the answer to doubt is "unknown".
import type { Outcome } from "../evidence/entries.js";
import type { HostAnswer, OpState, SettlementState } from "../terminal/facts.js";

/** What was seen of one earlier SETTLE_START. */
export interface Look {
  readonly op: OpState;
  readonly state: SettlementState;
  readonly outcome: Outcome;
  /** Batch and totals are those that the intent saved. */
  readonly ours: boolean;
  /** Asked only in state `sent`; the agent never decides this itself. */
  readonly host: HostAnswer | "not-asked";
  /** The host said "open" once before for this batch. */
  readonly openedBefore: boolean;
}

export type Conclusion =
  | { readonly next: "settled"; readonly outcome: Outcome }
  | { readonly next: "settle" }
  | { readonly next: "finish" }
  | { readonly next: "ask-host" }
  | { readonly next: "wait" }
  | { readonly next: "failed"; readonly outcome: Outcome }
  | { readonly next: "unknown" };

export function conclude(look: Look): Conclusion {
  const unknown: Conclusion = { next: "unknown" };
  switch (look.op) {
    case "RUNNING":
      return { next: "wait" };
    case "NOT_STARTED":
      return look.state === "idle" && look.ours ? { next: "settle" } : unknown;
    case "FAILED":
      // The terminal knows that it sent nothing, or that the host refused.
      if (look.state !== "idle" || !look.ours) return unknown;
      return look.outcome === "UNKNOWN" ? { next: "settle" } : { next: "failed", outcome: look.outcome };
    case "DONE":
      if (look.outcome === "NOTHING_TO_SETTLE") return look.ours ? { next: "settled", outcome: look.outcome } : unknown;
      if (look.state !== "cleared" || !look.ours) return unknown;
      if (look.outcome === "BALANCED" || look.outcome === "BALANCED_AFTER_UPLOAD") return { next: "settled", outcome: look.outcome };
      return look.outcome === "UNKNOWN" ? unknown : { next: "failed", outcome: look.outcome };
    case "UNKNOWN":
      return interrupted(look);
    default: // FORGOTTEN, STORE_LOST and whatever a later version says: the store cannot prove anything
      return unknown;
  }
}

function interrupted(look: Look): Conclusion {
  if (!look.ours) return { next: "unknown" };
  switch (look.state) {
    case "booked":
    case "printed":
      return { next: "finish" };
    case "sent":
      if (look.host === "not-asked") return { next: "ask-host" };
      if (look.host === "closed") return { next: "finish" };
      // Settling once more is what the terminal does when it finishes an op whose batch the host still has open.
      return look.host === "open" && !look.openedBefore ? { next: "finish" } : { next: "unknown" };
    default:
      return { next: "unknown" };
  }
}
