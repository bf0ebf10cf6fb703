// Which of several orders counts: the one that names this terminal in this life. Two that both could are refused; only `replaces` decides.
import { DecomError } from "../../base/errors.js";
import { type CheckedOrder, checkOrder, type OrderContext, type ReadOrder, readOrder } from "./check.js";
import { judge } from "./rules.js";
import type { SignedOrder } from "./schema.js";

/** Throws `order.ambiguous`, or what is wrong with the only order that could have been meant. */
export function chooseOrder(given: readonly SignedOrder[], context: OrderContext): CheckedOrder {
  const { trust, now, identity } = context;
  const [only] = given;
  if (only === undefined) throw new DecomError("order.none", `no order is given for ${identity.serial}`);
  if (given.length === 1) return checkOrder(readOrder(only, trust, now), context);
  const orders = given.map((one) => readOrder(one, trust, now));
  const named = orders.filter(({ order: { device } }) => device.serial === identity.serial && device.life === identity.life);
  const [first] = named;
  if (first === undefined)
    throw new DecomError("order.none", `none of ${orders.length} orders is for ${identity.serial} in life ${identity.life}`);
  const alive = named.filter((one) => isAlive(one, context));
  // What was replaced stays replaced, also when its successor has run out since or is spent.
  const standing = named.filter(({ order }) => !named.some((other) => other.order.replaces === order.id));
  const [chosen, ...others] = standing.filter((one) => alive.includes(one));
  if (others.length > 0 || (standing.length === 0 && alive.length > 0)) {
    const ids = alive.map(({ order }) => order.id).join(", ");
    throw new DecomError("order.ambiguous", `orders ${ids} are all valid for ${identity.serial} in life ${identity.life}`);
  }
  return checkOrder(chosen ?? standing[0] ?? first, context);
}

/** Neither too early, too late nor used: what is dead cannot compete. */
function isAlive({ order }: ReadOrder, context: OrderContext): boolean {
  const dead = ["not-expired", "already-valid", "nonce"];
  return judge(order, context).every(({ rule, result }) => result !== "fails" || !dead.includes(rule));
}
