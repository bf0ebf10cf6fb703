// Whether a terminal was out of everybody's reach, as far as its statement says: every network that its model has was taken away, all the time.
import { leftOpen, type Network } from "../../terminal/isolation.js";
import { isKnown } from "./fields.js";
import type { Evidence } from "./statement.js";

interface Apart extends Pick<Evidence, "isolation"> {
  readonly model: { readonly networks: readonly Network[] };
}

/** From before all of these times until after them. */
export function isCutOff({ isolation, model }: Apart, times: readonly string[]): boolean {
  if (!isKnown(isolation) || leftOpen(model.networks, isolation.how).length > 0) return false;
  return times.every((at) => isolation.from <= at && at <= isolation.to);
}

/** From the erase to the last look: it cannot have been given anything new. */
export function staysIsolated(body: Evidence): boolean {
  const started = body.areas.map(({ startedAt }) => startedAt).filter((at) => isKnown(at));
  return isCutOff(body, [...started, ...body.inspections.map(({ at }) => at)]);
}
