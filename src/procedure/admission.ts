// Who may do what to this terminal: the order it is done under, and the words that open the terminal for it.
import { rfc3339 } from "../base/clock.js";
import { DecomError } from "../base/errors.js";
import { pointOf, signP256 } from "../base/sign.js";
import type { CheckedOrder } from "../evidence/order/check.js";
import { chooseOrder } from "../evidence/order/choose.js";
import { makeBenchOrder } from "../evidence/order/make.js";
import type { SignedOrder } from "../evidence/order/schema.js";
import type { Authority, Family } from "../terminal/driver.js";
import type { Identity } from "../terminal/facts.js";
import type { Bench } from "./context.js";

/** One signed order, several of which one must be meant, or `bench` to make one with the bench's own owner key. */
export type GivenOrder = SignedOrder | readonly SignedOrder[] | "bench";

/**
 * The order for a run that is to begin, or that is to go on under another one (`runId`); or a DecomError `order.*`. Nothing but identify
 * has been sent.
 */
export function acceptedOrder(
  bench: Bench,
  family: Family,
  identity: Identity,
  given: GivenOrder,
  runId: string | null = null,
): CheckedOrder {
  bench.stationLog.refresh();
  const orders = given === "bench" ? [benchOrder(bench, family, identity)] : "content" in given ? [given] : given;
  // Not before the bench has made its own order, which is valid from then on.
  const now = bench.clock.wall();
  const { timeFloor } = bench.stationLog;
  if (rfc3339(now) < timeFloor) throw new DecomError("clock.floor", `the clock says ${rfc3339(now)}, this station has signed ${timeFloor}`);
  const chosen = chooseOrder(orders, {
    trust: [bench.station.root],
    now,
    identity,
    station: bench.station,
    atBench: [bench.performedBy, ...(bench.witness === undefined ? [] : [bench.witness])],
    maker: family.authority,
    nonceUsed: (nonce) => bench.stationLog.find((record) => record.kind === "intent" && record.nonce === nonce) !== undefined,
  });
  const { id, continues } = chosen.order;
  if (continues !== runId) {
    const [wanted, found] = [runId ?? "a new run", continues === null ? "no run" : `run ${continues}`];
    throw new DecomError("order.continues", `order ${id} continues ${found}; this is ${wanted}`, { order: id });
  }
  return chosen;
}

function benchOrder(bench: Bench, family: Family, identity: Identity): SignedOrder {
  const { owner } = bench.station;
  if (owner === undefined) throw new DecomError("keys.missing", "this station has no bench owner key, so it cannot make bench orders");
  return makeBenchOrder({ owner, station: bench.station, identity, clock: bench.clock, random: bench.random, maker: family.authority });
}

/** Grant and pass for the terminal. The pass is the bench owner's word for this station; a depot gets its own from the back office. */
export function authorityOf(bench: Bench, family: Family, order: CheckedOrder, identity: Identity): Authority {
  const { owner, wireKey, depotId } = bench.station;
  if (owner === undefined) throw new DecomError("keys.missing", "this station has no owner key to issue its station pass");
  const pass = family.authority.pass(
    {
      ownerKeyId: order.ownerKeyId,
      depot: depotId,
      stationKey: pointOf(wireKey),
      passNumber: Math.max(1, identity.passFloor),
    },
    (bytes) => signP256(owner.key, bytes),
  );
  return { grant: order.grant, pass, ownerKey: pointOf(owner.key), sign: (bytes) => signP256(wireKey, bytes) };
}
