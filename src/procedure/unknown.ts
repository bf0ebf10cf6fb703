// What a look at an earlier settlement means. Total: every combination has an answer, and the answer to doubt is "unknown".
import type { Outcome } from "../evidence/entries.js";
import type { HostAnswer, OpState, SettlementState } from "../terminal/facts.js";

/** The back office's answer in a newer order, as far as it counts for this batch. */
export type Office = "closed" | "open" | "none";

/** What was seen of one earlier SETTLE_START. */
export interface Look {
  readonly op: OpState;
  readonly state: SettlementState;
  readonly outcome: Outcome;
  /** The terminal's open batch now, beside the one that the intent saved, by the model's wrap rule. */
  readonly batch: "same" | "successor" | "other";
  /** The census has the hash that the intent saved: no record came, went or changed. */
  readonly untouched: boolean;
  /** The settlement record is of the saved batch, and its totals are those of the records that we counted. */
  readonly ours: boolean;
  /** It carries the host's reference, and the totals of both sides agree. */
  readonly confirmed: boolean;
  /** Asked only in state `sent`; the agent never decides this itself. */
  readonly host: HostAnswer | "not-asked";
  readonly office: Office;
  /** Somebody's "open" has been acted upon for this batch before: there is no third settlement. */
  readonly reopened: boolean;
  /** It was to finish an older settlement, which was in question. */
  readonly finishing: boolean;
}

export type Conclusion =
  | { readonly next: "settled"; readonly outcome: Outcome }
  /** Nothing was booked and nothing is under way: a settlement may begin. */
  | { readonly next: "settle" }
  /** Take the op up again: local steps only where the host has closed, one more settlement where it is open. */
  | { readonly next: "finish" }
  /** It was to finish another and never began: that other one is in question as before. */
  | { readonly next: "look-back" }
  | { readonly next: "ask-host" }
  | { readonly next: "wait" }
  /** It ended, without effect at the host; `again`: it may be tried anew. */
  | { readonly next: "failed"; readonly outcome: Outcome; readonly again: boolean }
  | { readonly next: "unknown" };

const UNKNOWN: Conclusion = { next: "unknown" };
/** Of these the host is known to have booked nothing. */
const WITHOUT_EFFECT: ReadonlySet<Outcome> = new Set(["HOST_REJECTED", "HOST_UNREACHABLE", "UNBALANCED"]);

export const isWithoutEffect = (outcome: Outcome | undefined): boolean => outcome !== undefined && WITHOUT_EFFECT.has(outcome);

export function conclude(look: Look): Conclusion {
  switch (look.op) {
    case "RUNNING":
      return { next: "wait" };
    case "NOT_STARTED":
      // The terminal never saw it: as long as nothing else changed, what it was to do is still to be done.
      if (look.finishing) return { next: "look-back" };
      return look.state === "idle" && look.batch === "same" && look.untouched ? { next: "settle" } : UNKNOWN;
    case "FAILED":
      return look.state === "idle" ? failed(look) : interrupted(look);
    case "DONE":
      if (look.state === "cleared") return cleared(look);
      return look.state === "idle" && look.outcome === "NOTHING_TO_SETTLE" && look.batch === "same" && look.ours
        ? { next: "settled", outcome: look.outcome }
        : UNKNOWN;
    case "UNKNOWN":
      return interrupted(look);
    default: // FORGOTTEN, STORE_LOST and whatever a later version says: the store cannot prove anything
      return UNKNOWN;
  }
}

/** The terminal's last settlement is evidence when it names this batch, these totals and the host's reference, and the batch has gone up. */
function cleared({ outcome, ours, confirmed, batch, office }: Look): Conclusion {
  if (!ours || batch === "other") return UNKNOWN;
  // Finished on the back office's word alone: the terminal has heard no host, and the office named our totals.
  if (outcome === "UNKNOWN" && office === "closed") return { next: "settled", outcome: "BALANCED" };
  if (outcome === "UNBALANCED") return { next: "failed", outcome, again: false };
  return confirmed && (outcome === "BALANCED" || outcome === "BALANCED_AFTER_UPLOAD") ? { next: "settled", outcome } : UNKNOWN;
}

/** The terminal says that it ended and that nothing is under way. */
function failed(look: Look): Conclusion {
  const { outcome, ours, batch } = look;
  if (!ours || batch !== "same") return UNKNOWN;
  if (isWithoutEffect(outcome)) return { next: "failed", outcome, again: true };
  // "Duplicate" and an error flag do not say whether the host has booked: only the back office can.
  if (outcome !== "UNKNOWN" && outcome !== "HOST_ERROR_FLAG") return UNKNOWN;
  if (look.office === "open" && !look.reopened) return { next: "settle" };
  return outcome === "UNKNOWN" ? UNKNOWN : { next: "failed", outcome, again: false };
}

/** It began, and its own end is not known. */
function interrupted(look: Look): Conclusion {
  switch (look.state) {
    case "booked":
    case "printed":
      return look.ours && look.batch === "same" ? { next: "finish" } : UNKNOWN;
    case "sent":
      return look.ours && look.batch === "same" ? concludeSent(look) : UNKNOWN;
    case "cleared":
      return cleared(look);
    default:
      return UNKNOWN;
  }
}

/** Only host and back office know. Where both speak they must say the same. */
export function concludeSent({ host, office, reopened }: Pick<Look, "host" | "office" | "reopened">): Conclusion {
  if (host === "not-asked") return { next: "ask-host" };
  const said = new Set([host, office].filter((answer) => answer === "closed" || answer === "open"));
  if (said.size !== 1) return UNKNOWN;
  return said.has("closed") || !reopened ? { next: "finish" } : UNKNOWN;
}
