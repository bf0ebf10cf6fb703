// Which areas are filled, and how: read from the levels that the order demands.
import type { Order } from "../evidence/order/schema.js";
import type { FillMode } from "../terminal/driver.js";
import type { AreaFact, Identity } from "../terminal/facts.js";
import { areasToWipe, type Model } from "../terminal/model.js";

/** The strongest level that the order demands of areas says how they are filled; below V4 they are not. */
export function fillModeOf({ minimumLevels }: Pick<Order, "minimumLevels">): FillMode | undefined {
  if (minimumLevels.areas.includes("V5")) return "stream";
  return minimumLevels.areas.includes("V4") ? "seed" : undefined;
}

/** Data areas that the terminal lets be filled; key slots and what belongs to the unit itself never are. */
export function areasToFill(order: Order, model: Model, { capabilities }: Identity, facts: readonly AreaFact[]): readonly number[] {
  if (fillModeOf(order) === undefined || !capabilities.includes("fill")) return [];
  const wiped = areasToWipe(model, order.requestedAreas).map(({ id }) => id);
  return facts.filter(({ id, fillable }) => fillable && wiped.includes(id)).map(({ id }) => id);
}
