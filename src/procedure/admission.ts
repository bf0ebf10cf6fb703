// Who may do what to this terminal: the order it is done under, and the words that open the terminal for it.
import { hex } from "../base/bytes.js";
import { rfc3339 } from "../base/clock.js";
import { DecomError } from "../base/errors.js";
import { pointOf, sha256Hex, signP256 } from "../base/sign.js";
import { type CheckedOrder, parseOrder } from "../evidence/order/check.js";
import { chooseOrder } from "../evidence/order/choose.js";
import { benchDraft, makeBenchOrder, signOrder } from "../evidence/order/make.js";
import { orderRules } from "../evidence/order/rules.js";
import type { SignedOrder } from "../evidence/order/schema.js";
import type { RunRecord } from "../evidence/record.js";
import type { EvidenceLevel } from "../evidence/statement/fields.js";
import type { LogRecord } from "../evidence/station-log.js";
import type { Authority, Family } from "../terminal/driver.js";
import type { Identity } from "../terminal/facts.js";
import type { Bench } from "./context.js";

/** Makes an order with the bench's own owner key; `areas` are levels that it demands beyond the usual ones. */
export interface BenchWish {
  readonly bench: { readonly areas: readonly EvidenceLevel[] };
}

/** One signed order, several of which one must be meant, or what the bench is to order for itself. */
export type GivenOrder = SignedOrder | readonly SignedOrder[] | "bench" | BenchWish;

/** A run that goes on, and the order that it is under. */
export interface BegunRun {
  readonly runId: string;
  readonly orderSha256: string;
  readonly wereAtBench: readonly string[];
}

/** Throws `clock.floor` where this computer's clock stands before what this station has signed. */
export function refuseEarlyClock({ clock, stationLog }: Pick<Bench, "clock" | "stationLog">): void {
  stationLog.refresh();
  const [now, { timeFloor }] = [rfc3339(clock.wall()), stationLog];
  if (now < timeFloor) throw new DecomError("clock.floor", `the clock says ${now}, this station has signed ${timeFloor}`);
}

/**
 * The order for a run that is to begin, or that is to go on under another one (`begun`); or a DecomError `order.*`. Nothing but identify
 * has been sent.
 */
export function acceptedOrder(bench: Bench, family: Family, identity: Identity, given: GivenOrder, begun?: BegunRun): CheckedOrder {
  const orders = ordersOf(bench, family, identity, given); // before the clock is read: an order of a millisecond later would be early
  refuseEarlyClock(bench);
  const chosen = chooseOrder(orders, {
    trust: [bench.station.root],
    now: bench.clock.wall(), // a bench order was dated just now
    identity,
    station: bench.station,
    atBench: peopleAt(bench),
    wereAtBench: begun?.wereAtBench ?? [],
    maker: family.authority,
    nonceUsed: (nonce) => bench.stationLog.find((record) => isUse(record, nonce, begun)) !== undefined,
  });
  const { id, continues, stationPass } = chosen.order;
  if (stationPass !== undefined && stationPass.key !== hex(pointOf(bench.station.wireKey))) {
    throw new DecomError("order.station", `order ${id} has a pass for another station's key`, { order: id });
  }
  if (continues !== (begun?.runId ?? null)) {
    const [wanted, found] = [begun?.runId ?? "a new run", continues === null ? "no run" : `run ${continues}`];
    throw new DecomError("order.continues", `order ${id} continues ${found}; this is ${wanted}`, { order: id });
  }
  return chosen;
}

/**
 * The order that a run goes on under, of those given; until now it was under `before`. One that it has been under says nothing new, and is
 * not judged again: the terminal's life, for one, may have risen by the very wipe that it ordered.
 */
export function orderGoingOn(
  bench: Bench,
  family: Family,
  identity: Identity,
  given: Exclude<GivenOrder, "bench">,
  { record, before }: { readonly record: RunRecord; readonly before: CheckedOrder },
): CheckedOrder {
  const { runId } = record.begin;
  const orders = ordersOf(bench, family, identity, given);
  const others = orders.filter(({ content }) => !record.orders.includes(sha256Hex(content)));
  const known = others.length < orders.length;
  if (known && others.every(({ content }) => parseOrder(content).continues !== runId)) return before;
  return acceptedOrder(bench, family, identity, known ? others : given, {
    ...{ runId, orderSha256: before.sha256 },
    wereAtBench: record.hands.flatMap(peopleAt),
  });
}

/** People change between two walks; who approves still does not work at the bench, and two are still two. */
export function refusePeople(bench: Bench, { order }: CheckedOrder, { hands }: Pick<RunRecord, "hands">): void {
  const { code, objection } = orderRules.people;
  const wereAtBench = hands.flatMap(peopleAt);
  const why = objection(order, { now: bench.clock.wall(), atBench: peopleAt(bench), wereAtBench });
  if (why !== undefined) throw new DecomError(code, `order ${order.id}: ${why}`, { order: order.id, rule: "people" });
}

function peopleAt({ performedBy, witness }: Pick<Bench, "performedBy" | "witness">): readonly string[] {
  return [performedBy, ...(witness === undefined ? [] : [witness])];
}

/** Whether an order is spent. The one that a run is under is not, for that run: who gives it again only says the same again. */
function isUse(record: LogRecord, nonce: string, begun: BegunRun | undefined): boolean {
  if (record.kind !== "intent" || record.nonce !== nonce) return false;
  return record.runId !== begun?.runId || record.orderSha256 !== begun.orderSha256;
}

function ordersOf(bench: Bench, family: Family, identity: Identity, given: GivenOrder): readonly SignedOrder[] {
  if (given === "bench") return [benchOrder(bench, family, identity, [])];
  if ("bench" in given) return [benchOrder(bench, family, identity, given.bench.areas)];
  return "content" in given ? [given] : given;
}

function benchOrder(bench: Bench, family: Family, identity: Identity, more: readonly EvidenceLevel[]): SignedOrder {
  const { station, clock, random } = bench;
  const { owner } = station;
  if (owner === undefined) throw new DecomError("keys.missing", "this station has no bench owner key, so it cannot make bench orders");
  const request = { owner, station, identity, clock, random, maker: family.authority };
  if (more.length === 0) return makeBenchOrder(request);
  const draft = benchDraft(request);
  const { keys, areas } = draft.minimumLevels;
  return signOrder({ ...draft, minimumLevels: { keys, areas: [...areas, ...more] } }, request);
}

/** Grant and pass for the terminal. A depot has its pass from the back office, in the order; a bench that is its own owner gives its own. */
export function authorityOf(bench: Bench, family: Family, { order, grant, ownerKeyId }: CheckedOrder, identity: Identity): Authority {
  const { owner, wireKey, depotId: depot } = bench.station;
  const sign = (bytes: Uint8Array) => signP256(wireKey, bytes);
  const ownerKey = owner === undefined ? {} : { ownerKey: pointOf(owner.key) };
  if (order.stationPass !== undefined) {
    return { grant, pass: new Uint8Array(Buffer.from(order.stationPass.pass, "base64")), ...ownerKey, sign };
  }
  if (owner === undefined) throw new DecomError("keys.missing", "neither the order nor this station has a pass for its terminal");
  const passNumber = Math.max(1, identity.passFloor);
  const pass = family.authority.pass({ ownerKeyId, depot, stationKey: pointOf(wireKey), passNumber }, (bytes) =>
    signP256(owner.key, bytes),
  );
  return { grant, pass, ...ownerKey, sign };
}
