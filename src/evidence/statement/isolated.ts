// Whether a terminal was out of everybody's reach, as far as its statement says: every network that its model has was taken away.
import { leftOpen } from "../../terminal/isolation.js";
import { isKnown } from "./fields.js";
import type { Evidence } from "./statement.js";

export function isCutOff({ isolation, model }: Pick<Evidence, "isolation" | "model">): boolean {
  return isKnown(isolation) && leftOpen(model.networks, isolation.how).length === 0;
}
