// Who may do what to this terminal: the order it is done under, and the words that open the terminal for it.
import { hex } from "../base/bytes.js";
import { DecomError } from "../base/errors.js";
import { keyIdOf, pointOf, signP256 } from "../base/sign.js";
import { type CheckedOrder, checkOrder, makeBenchOrder, type SignedOrder } from "../evidence/order.js";
import type { Authority, Family } from "../terminal/driver.js";
import type { Identity } from "../terminal/facts.js";
import type { Bench } from "./context.js";

/** The order for a run that is to begin, made on the spot for a bench; or a DecomError `order.*`. */
export function acceptedOrder(bench: Bench, family: Family, identity: Identity, given: SignedOrder | "bench"): CheckedOrder {
  return checkOrder(given === "bench" ? benchOrder(bench, family, identity) : given, {
    trust: [bench.station.root],
    now: bench.clock.wall(),
    identity,
    station: bench.station,
    maker: family.authority,
    nonceUsed: (nonce) => bench.stationLog.find((record) => record.kind === "intent" && record.nonce === nonce) !== undefined,
  });
}

function benchOrder(bench: Bench, family: Family, identity: Identity): SignedOrder {
  const { owner } = bench.station;
  if (owner === undefined) throw new DecomError("keys.missing", "this station has no bench owner key, so it cannot make bench orders");
  if (identity.environment === "production") {
    throw new DecomError("order.bench", `${identity.serial} says it is a production terminal; a bench order does not count for it`);
  }
  if (identity.ownerState === "set" && !identity.ownerKeyIds.includes(hex(keyIdOf(pointOf(owner.key))))) {
    throw new DecomError("order.owner", `${identity.serial} knows owner keys ${identity.ownerKeyIds.join(", ")}, not this bench's`);
  }
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
