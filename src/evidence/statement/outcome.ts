// The verdict, in its one place: what the evidence of a statement adds up to. The station asks here, and so does every verifier.
import { areaFlaws } from "./flaws-areas.js";
import { keyFlaws } from "./flaws-keys.js";
import { moneyFlaws } from "./flaws-money.js";
import { inspectionFlaws, unitFlaws } from "./flaws-unit.js";
import { type Floor, floors, type Raise, raised } from "./floor.js";
import { type Flaw, type Meaning, type Reason, reasons } from "./reasons.js";
import type { Evidence, Outcome } from "./statement.js";

export interface Verdict {
  readonly outcome: Outcome;
  /** What keeps the outcome from being ERASED, sorted; empty when nothing does. */
  readonly reasons: readonly Reason[];
}

/** A body is judged for its outcome, its findings and its claims; it is looked through once. */
const known = new WeakMap<Evidence, readonly Flaw[]>();

export function flawsOf(body: Evidence, more?: Raise): readonly Flaw[] {
  const floor = floors[body.environment.kind];
  if (more !== undefined) return look(body, raised(floor, more));
  const flaws = known.get(body) ?? look(body, floor);
  known.set(body, flaws);
  return flaws;
}

function look(body: Evidence, floor: Floor): readonly Flaw[] {
  return [...unitFlaws(body, floor), ...moneyFlaws(body), ...areaFlaws(body, floor), ...keyFlaws(body, floor), ...inspectionFlaws(body)];
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
export function outcomeOf(body: Evidence): Verdict {
  return verdictOf(body.endState, flawsOf(body));
}
