// Tampering in one place: whether a terminal counts as tampered with, whether an order wants it wiped all the same, what a statement says of it.
import { hex } from "../base/bytes.js";
import type { Condition } from "../terminal/facts.js";
import type { Order } from "./order/schema.js";
import type { RunRecord } from "./record.js";
import { label } from "./statement/fields.js";
import type { Statement } from "./statement/statement.js";

type Seen = Pick<Condition, "tamper" | "tamperCodes">;

/** By its own word, or by the order's: where somebody has reset the switch and the register with it, only the back office knows. */
export function isTampered({ tamper }: Seen, order: Pick<Order, "tamper">): boolean {
  return tamper !== "ok" || order.tamper !== undefined;
}

/** Whether the order knows of this very incident and wants the memory wiped: what it knows is the register as the terminal reported it. */
export function mayWipeTampered({ tamper, tamperCodes }: Seen, order: Pick<Order, "tamper">): boolean {
  return order.tamper !== undefined && (tamper === "ok" || tamperCodes === order.tamper.codes);
}

const CLEARED = "cleared before this run";

/** The gravest look of the run: a switch that is reset in the middle of it does not make the terminal sound. */
export function tamperStatus({ condition, tampering }: RunRecord, order: Pick<Order, "tamper">): Statement["device"]["tamperStatus"] {
  if (condition === undefined) return { state: "unknown", codes: [] };
  const seen = tampering.at(-1)?.condition ?? condition.condition;
  if (!isTampered(seen, order)) return { state: "ok", codes: [] };
  const codes = seen.tamper === "ok" ? (order.tamper?.codes ?? "") : seen.tamperCodes;
  return { state: "tampered", codes: [...(codes === "" ? [] : [readable(codes)]), ...(seen.tamper === "tampered" ? [] : [CLEARED])] };
}

/** A maker's codes may have characters that a document does not take. */
function readable(codes: string): string {
  return label.safeParse(codes).success ? codes : `hex ${hex(Buffer.from(codes)).slice(0, 120)}`;
}
