// What an order lets its terminal do, and the order's exceptions and rulings in the words of the terminal's floor.
import { numeric } from "../../base/money.js";
import type { GrantFacts, GrantMaker, Right } from "../../terminal/authority.js";
import type { Exception, Ruling } from "../../terminal/exceptions.js";
import { policyOf } from "./policy.js";
import { exceptionHash, grantedHash, type Order } from "./schema.js";

/** Whether the order, as it stands, wants the terminal erased: some reasons hold the wipe back until that is lifted. */
export function mayWipe({ reasonCode, lifted }: Order): boolean {
  return policyOf(reasonCode).wipe === "allowed" || lifted !== undefined;
}

export function exceptionsOf({ exceptions }: Order): Exception[] {
  return exceptions.map((field) => {
    const { currency, amount, hostReference, approvers: _, disposition: __, ...same } = field;
    return {
      ...same,
      id: exceptionHash(field),
      money: { minor: BigInt(amount), currency: numeric(currency) },
      ...(hostReference === undefined ? {} : { hostReference }),
    };
  });
}

export function rulingsOf({ resolutions }: Order): Ruling[] {
  return resolutions.map(({ acquirer, mid, tid, batch, answer }) => ({ acquirer, mid, tid, batch, answer }));
}

/** All that the GRANT inside this order must say, and all that it may say. */
export function grantFactsOf(order: Order, maker: GrantMaker): GrantFacts {
  const rights: readonly Right[] = mayWipe(order) ? ["read", "settle", "unlock", "wipe", "fill"] : ["read", "settle", "unlock"];
  return {
    orderSha256: grantedHash(order),
    serial: order.device.serial,
    life: order.device.life,
    rights,
    depot: order.depot,
    scopeFloor: order.requestedAreas,
    passFloor: order.passFloor,
    exceptions: maker.exceptions(exceptionsOf(order), rulingsOf(order)),
  };
}

/** Nothing in the grant may differ from the order: the terminal obeys the grant alone. */
export function sameGrant(a: GrantFacts, b: GrantFacts): boolean {
  const plain = (facts: GrantFacts) => [facts.orderSha256, facts.serial, facts.life, facts.depot, facts.passFloor].join(" ");
  const sets = (facts: GrantFacts) => [facts.rights, facts.scopeFloor, facts.exceptions].map((set) => [...set].sort().join()).join(" ");
  return plain(a) === plain(b) && sets(a) === sets(b);
}
