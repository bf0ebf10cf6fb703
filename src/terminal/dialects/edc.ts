// EDC-like: totals in field 63 of a 0500 with processing code 920000, answered by field 39; upload by 0320, closed by 960000.
import { common, type Dialect } from "./dialect.js";

export const edc: Dialect = {
  name: "edc",
  // 77 and R5 are what single acquirers say for 00 and 95; QD is a batch number that was settled before.
  codes: { ...common, "77": "approved", "95": "different", R5: "different", QD: "duplicate" },
  longestDelay: 180_000,
  backOff: { first: 5_000, window: 120_000 },
};
