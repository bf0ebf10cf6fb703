// UnionPay-like: totals in field 48 of a 0500, answered by flags there; upload by 0320, closed by 202 or 207.
import { common, type Dialect } from "./dialect.js";

export const unionpay: Dialect = {
  name: "unionpay",
  codes: common,
  longestDelay: 180_000,
  backOff: { first: 5_000, window: 120_000 },
};
