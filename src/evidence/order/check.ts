// From bytes to an order that may be obeyed: signature, form, rules; or a DecomError `order.*` that says which of them does not hold.
import * as z from "zod";
import { hex } from "../../base/bytes.js";
import { DecomError } from "../../base/errors.js";
import { sha256 } from "../../base/sign.js";
import type { Identity } from "../../terminal/facts.js";
import { Rejection } from "../codes.js";
import type { KeptOrder } from "../entries.js";
import { verifyEnvelope } from "../envelope/envelope.js";
import { readJson } from "../json.js";
import { judge, type OrderFacing } from "./rules.js";
import { type Order, orderSchema, type SignedOrder } from "./schema.js";

export interface CheckedOrder extends SignedOrder {
  readonly order: Order;
  readonly sha256: string;
  readonly grant: Uint8Array;
  /** Of the owner's key in the GRANT. */
  readonly ownerKeyId: string;
}

/** With everything known, no rule stays unchecked. */
export interface OrderContext extends Required<Omit<OrderFacing, "signer">> {
  readonly identity: Identity;
  readonly trust: readonly Uint8Array[];
}

export interface ReadOrder extends SignedOrder {
  readonly order: Order;
  readonly signer: string;
}

/** An order whose signature holds and that is one; whether it may be obeyed is not looked at. */
export function readOrder({ content, signature }: SignedOrder, trust: readonly Uint8Array[], now: number): ReadOrder {
  const signer = signerOf({ content, signature }, trust, now);
  return { content, signature, order: parseOrder(content), signer };
}

/** The order, or a DecomError naming the first rule that does not hold. Nothing but identify may have been sent before. */
export function checkOrder({ content, signature, order, signer }: ReadOrder, context: Omit<OrderContext, "trust">): CheckedOrder {
  const failed = judge(order, { ...context, signer }).find(({ result }) => result === "fails");
  if (failed !== undefined) {
    throw new DecomError(failed.code, `order ${order.id}: ${failed.why}`, { order: order.id, rule: failed.rule });
  }
  const grant = new Uint8Array(Buffer.from(order.grant, "base64"));
  return { content, signature, order, sha256: hex(sha256(content)), grant, ownerKeyId: context.maker.readGrant(grant)?.ownerKeyId ?? "" };
}

function signerOf({ content, signature }: SignedOrder, trust: readonly Uint8Array[], now: number): string {
  try {
    return verifyEnvelope({ content, signature, trust, roles: ["owner"], trustedTime: now }).signerName;
  } catch (cause) {
    if (cause instanceof Rejection) throw new DecomError("order.signature", `the order's signature: ${cause.message}`, { cause });
    throw cause;
  }
}

export function parseOrder(content: Uint8Array): Order {
  return orderOf(() => readJson(content));
}

/** What was read, if it is an order; or `order.invalid` saying where it is none. */
export function orderOf(read: () => unknown): Order {
  try {
    return orderSchema.parse(read());
  } catch (cause) {
    if (cause instanceof Rejection) throw new DecomError("order.invalid", `the order: ${cause.message}`, { cause });
    if (cause instanceof z.ZodError) throw new DecomError("order.invalid", `the order: ${z.prettifyError(cause)}`, { cause });
    throw cause;
  }
}

/** The order as a journal keeps it. */
export function keptOrder({ content, signature, sha256, grant, ownerKeyId }: CheckedOrder): KeptOrder {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  return { order: base64(content), orderSignature: base64(signature), orderSha256: sha256, grant: base64(grant), ownerKeyId };
}

/** The order of a run that has begun: it was judged then, and the journal's MAC vouches for these bytes. */
export function readAcceptedOrder(kept: KeptOrder): CheckedOrder {
  const content = new Uint8Array(Buffer.from(kept.order, "base64"));
  return {
    content,
    signature: new Uint8Array(Buffer.from(kept.orderSignature, "base64")),
    order: parseOrder(content),
    sha256: kept.orderSha256,
    grant: new Uint8Array(Buffer.from(kept.grant, "base64")),
    ownerKeyId: kept.ownerKeyId,
  };
}
