// Work orders: signed by an owner, checked before anything beyond identifying is sent. A bench signs its own; the path is the same.
import * as z from "zod";
import { hex } from "../base/bytes.js";
import { type Clock, rfc3339 } from "../base/clock.js";
import type { ErrorCode } from "../base/codes.js";
import { DecomError } from "../base/errors.js";
import { type Random, uuid7 } from "../base/random.js";
import { keyIdOf, pointOf, sha256, signP256 } from "../base/sign.js";
import type { GrantFacts, GrantMaker } from "../terminal/authority.js";
import type { contentClasses, Identity } from "../terminal/facts.js";
import { Rejection } from "./codes.js";
import { signDetached } from "./envelope/cms.js";
import { verifyEnvelope } from "./envelope/envelope.js";
import type { Owner, StationFacts } from "./envelope/keys.js";
import { readJson } from "./json.js";

const identifier = z.string().regex(/^[A-Z0-9._-]{1,64}$/);
const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const levels = z.array(z.enum(["V1", "V2", "V3", "V4", "V5", "V6", "V7"]));
const classNames = ["K", "SAD", "CHD", "PII", "SEC", "BIZ", "OPS", "ID"] as const satisfies readonly (keyof typeof contentClasses)[];
export const ORDER_TYPE = "application/vnd.decom.order+json;v=1";

/** Closed: a field that is not here makes the order unusable. */
export const orderSchema = z.strictObject({
  type: z.literal(ORDER_TYPE),
  version: z.literal(1),
  id: z.uuid(),
  issuer: identifier,
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  issuedAt: time,
  notAfter: time,
  environment: z.enum(["production", "bench"]),
  device: z.strictObject({ serial: identifier, life: z.int().min(0) }),
  station: identifier,
  reasonCode: z.literal("VOLUNTARY_UNUSED"),
  permanence: z.literal("PERMANENT"),
  requestedMethod: z.enum(["clear", "purge"]),
  requestedAreas: z.array(z.enum(classNames)),
  minimumLevels: z.strictObject({ keys: levels, areas: levels }),
  retentionPolicy: z.string().min(1).max(64),
  destination: z.enum(["reuse-internal", "reuse-external", "export", "recycle", "manufacturer", "destroy", "hold"]),
  hostView: z.strictObject({ unavailable: z.literal(true), reason: z.string().min(1).max(120), approvers: z.array(z.string()) }),
  priorRuns: z.array(z.uuid()),
  continues: z.union([z.null(), z.uuid()]),
  exceptions: z.tuple([]),
  acceptSchemas: z.array(z.literal(1)),
  grant: z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/),
});
export type Order = z.infer<typeof orderSchema>;

export interface SignedOrder {
  readonly content: Uint8Array;
  readonly signature: Uint8Array;
}

export interface CheckedOrder extends SignedOrder {
  readonly order: Order;
  readonly sha256: string;
  readonly grant: Uint8Array;
  /** How the owner key came to be trusted. */
  readonly ownerKeyId: string;
}

const HOUR = 3_600_000;
const write = (order: Order) => new Uint8Array(Buffer.from(`${JSON.stringify(order)}\n`));

/** What the GRANT names: the file written with an empty grant field, since it cannot hold its own hash. */
export function grantedHash(order: Order): string {
  return hex(sha256(write({ ...order, grant: "" })));
}

export interface BenchOrderRequest {
  readonly owner: Owner;
  readonly station: StationFacts;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly random: Random;
  readonly maker: GrantMaker;
}

/** An order that a bench gives itself. It names a real terminal, has a nonce and a validity, and is signed like any other. */
export function makeBenchOrder({ owner, station, identity, clock, random, maker }: BenchOrderRequest): SignedOrder {
  const now = clock.wall();
  const order: Order = {
    type: ORDER_TYPE,
    version: 1,
    id: uuid7(now, random),
    issuer: `${station.siteId}-BENCH`,
    nonce: hex(random.bytes(16)),
    issuedAt: rfc3339(now),
    notAfter: rfc3339(now + 24 * HOUR),
    environment: "bench",
    device: { serial: identity.serial, life: identity.life },
    station: station.stationId,
    reasonCode: "VOLUNTARY_UNUSED",
    permanence: "PERMANENT",
    requestedMethod: "clear",
    requestedAreas: ["K", "SAD", "CHD", "PII", "SEC", "BIZ"],
    minimumLevels: { keys: ["V1", "V2"], areas: ["V1", "V3"] },
    retentionPolicy: "bench",
    destination: "reuse-internal",
    hostView: { unavailable: true, reason: "bench order", approvers: [] },
    priorRuns: [],
    continues: null,
    exceptions: [],
    acceptSchemas: [1],
    grant: "",
  };
  const facts: GrantFacts = {
    orderSha256: grantedHash(order),
    serial: identity.serial,
    life: identity.life,
    rights: ["read", "settle", "unlock", "wipe", "fill"],
    depot: station.depotId,
    scopeFloor: order.requestedAreas,
    passFloor: identity.passFloor,
  };
  const ownerKeyId = hex(keyIdOf(pointOf(owner.key)));
  const grant = maker.grant(facts, ownerKeyId, (bytes) => signP256(owner.key, bytes));
  const content = write({ ...order, grant: Buffer.from(grant).toString("base64") });
  return { content, signature: signDetached({ content, signer: owner.signer, signingTime: now }) };
}

export interface OrderContext {
  readonly trust: readonly Uint8Array[];
  readonly now: number;
  readonly identity: Identity;
  readonly station: StationFacts;
  readonly maker: GrantMaker;
  /** True when this nonce was used by another run. */
  nonceUsed(nonce: string): boolean;
}

/** The order, or a DecomError `order.*` saying what is wrong with it. Nothing but identify may have been sent before. */
export function checkOrder({ content, signature }: SignedOrder, context: OrderContext): CheckedOrder {
  const { identity, station } = context;
  const order = readOrder(content, signature, context);
  const no = (code: ErrorCode, message: string): never => {
    throw new DecomError(code, message, { order: order.id });
  };
  if (rfc3339(context.now) > order.notAfter) no("order.expired", `order ${order.id} was valid until ${order.notAfter}`);
  if (rfc3339(context.now) < order.issuedAt) no("order.expired", `order ${order.id} is dated ${order.issuedAt}, after now`);
  if (context.nonceUsed(order.nonce)) no("order.nonce", `order ${order.id} was used by an earlier run`);
  if (order.environment === "bench" && identity.environment === "production") {
    no("order.bench", `${identity.serial} says it is a production terminal; a bench order does not count for it`);
  }
  if (order.device.serial !== identity.serial) no("order.device", `the order is for ${order.device.serial}, this is ${identity.serial}`);
  if (order.device.life !== identity.life) no("order.life", `the order is for life ${order.device.life}, this is ${identity.life}`);
  if (order.station !== station.stationId) no("order.device", `the order is for station ${order.station}, this is ${station.stationId}`);
  const grant = new Uint8Array(Buffer.from(order.grant, "base64"));
  const facts = context.maker.readGrant(grant);
  if (
    facts === undefined ||
    facts.orderSha256 !== grantedHash(order) ||
    facts.serial !== order.device.serial ||
    facts.life !== order.device.life ||
    facts.depot !== station.depotId ||
    [...facts.scopeFloor].sort().join() !== [...order.requestedAreas].sort().join()
  ) {
    no("order.invalid", `the grant inside order ${order.id} says something else than the order`);
  }
  return { content, signature, order, sha256: hex(sha256(content)), grant, ownerKeyId: facts?.ownerKeyId ?? "" };
}

function readOrder(content: Uint8Array, signature: Uint8Array, context: OrderContext): Order {
  try {
    verifyEnvelope({ content, signature, trust: context.trust, roles: ["owner"], trustedTime: context.now });
    return orderSchema.parse(readJson(content));
  } catch (cause) {
    if (cause instanceof Rejection) throw new DecomError("order.invalid", `the order's signature: ${cause.message}`, { cause });
    if (cause instanceof z.ZodError) throw new DecomError("order.invalid", `the order: ${z.prettifyError(cause)}`, { cause });
    throw cause;
  }
}

/** The order of a run that has begun: it was judged then, and the journal's MAC vouches for these bytes. */
export function readAcceptedOrder(begin: {
  readonly order: string;
  readonly orderSignature: string;
  readonly orderSha256: string;
  readonly grant: string;
  readonly ownerKeyId: string;
}): CheckedOrder {
  const content = new Uint8Array(Buffer.from(begin.order, "base64"));
  return {
    content,
    signature: new Uint8Array(Buffer.from(begin.orderSignature, "base64")),
    order: orderSchema.parse(readJson(content)),
    sha256: begin.orderSha256,
    grant: new Uint8Array(Buffer.from(begin.grant, "base64")),
    ownerKeyId: begin.ownerKeyId,
  };
}
