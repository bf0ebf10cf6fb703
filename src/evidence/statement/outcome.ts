// The verdict, in its one place: what the evidence of a statement adds up to. The station asks here, and so does every verifier.
import { areaFlaws } from "./flaws-areas.js";
import { keyFlaws } from "./flaws-keys.js";
import { moneyFlaws } from "./flaws-money.js";
import { inspectionFlaws, unitFlaws } from "./flaws-unit.js";
import { FLOOR, type Floor } from "./floor.js";
import { type Flaw, type Meaning, type Reason, reasons } from "./reasons.js";
import type { Evidence, Outcome } from "./statement.js";

export interface Verdict {
  readonly outcome: Outcome;
  /** What keeps the outcome from being ERASED, sorted; empty when nothing does. */
  readonly reasons: readonly Reason[];
}

/** A body is judged for its outcome, its findings and its claims; it is looked through once. */
const known = new WeakMap<Evidence, readonly Flaw[]>();

export function flawsOf(body: Evidence, floor: Floor = FLOOR): readonly Flaw[] {
  if (floor !== FLOOR) return look(body, floor);
  const flaws = known.get(body) ?? look(body, FLOOR);
  known.set(body, flaws);
  return flaws;
}

function look(body: Evidence, floor: Floor): readonly Flaw[] {
  return [...unitFlaws(body), ...moneyFlaws(body), ...areaFlaws(body, floor), ...keyFlaws(body, floor), ...inspectionFlaws(body)];
}

export function verdictOf(endState: Evidence["endState"], flaws: readonly Flaw[]): Verdict {
  const of = (meaning: Meaning) => flaws.map(({ reason }) => reason).filter((reason) => reasons[reason].means === meaning);
  const [broken, lessened] = [of("not-erased"), of("exception")];
  const why = [...new Set([...broken, ...lessened])].sort();
  if (endState === "ABANDONED") return { outcome: "ABORTED", reasons: why };
  if (endState !== "CERT" || broken.length > 0) return { outcome: "NOT_ERASED", reasons: why };
  return { outcome: lessened.length > 0 ? "ERASED_WITH_EXCEPTIONS" : "ERASED", reasons: why };
}

/** `endState` CERT asks what the evidence allows; a NOT_ERASED then is a run that ends as QUAR or DESTROY. */
export function outcomeOf(body: Evidence, floor: Floor = FLOOR): Verdict {
  return verdictOf(body.endState, flawsOf(body, floor));
}
