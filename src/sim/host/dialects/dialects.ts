// Which acquirer speaks what.
import type { SimModel } from "../../models/shape.js";
import type { Dialect } from "./dialect.js";
import { edc } from "./edc.js";
import { unionpay } from "./unionpay.js";

export const dialects: Readonly<Record<Dialect["name"], Dialect>> = { unionpay, edc };

export function dialectOf({ accounts }: SimModel, acquirer: string): Dialect {
  return dialects[accounts.find((account) => account.acquirer === acquirer)?.dialect ?? "unionpay"];
}
