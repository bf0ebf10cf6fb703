// Which areas are filled, and how: read from the levels that the order demands.
import type { Order } from "../evidence/order/schema.js";
import { askedOf } from "../evidence/statement/floor.js";
import type { FillMode } from "../terminal/driver.js";
import type { AreaFact, Identity } from "../terminal/facts.js";
import { areasToWipe, type Model } from "../terminal/model.js";

/** The strongest level that the order demands of an area with these contents says how it is filled; below V4 it is not. */
export function fillModeOf({ minimumLevels }: Pick<Order, "minimumLevels">, { classes }: Pick<AreaFact, "classes">): FillMode | undefined {
  const asked = askedOf(minimumLevels, classes);
  if (asked.includes("V5")) return "stream";
  return asked.includes("V4") ? "seed" : undefined;
}

/** Data areas that the terminal lets be filled; key slots and what belongs to the unit itself never are. */
export function areasToFill(order: Order, model: Model, { capabilities }: Identity, facts: readonly AreaFact[]): readonly number[] {
  if (!capabilities.includes("fill")) return [];
  const wanted = areasToWipe(model, order.requestedAreas).filter((area) => fillModeOf(order, area) !== undefined);
  return facts.filter(({ id, fillable }) => fillable && wanted.some((area) => area.id === id)).map(({ id }) => id);
}

/** Whether the order wants anything filled over the line that this terminal lets be filled: what that shows rests on isolation. */
export function wantsStream(order: Order, model: Model, { capabilities }: Identity): boolean {
  return capabilities.includes("fill") && areasToWipe(model, order.requestedAreas).some((area) => fillModeOf(order, area) === "stream");
}
