// How the podp face writes what the terminal hashes and keeps: rows, totals and results, from the terminal's own words to the wire's.
import { unhex } from "../../../src/base/bytes.js";
import type { Encoding } from "../../../src/sim/body.js";
import type { SettlementFacts, TotalRow, Totals } from "../../../src/terminal/facts.js";
import type { Response } from "../../../src/wire/messages.js";
import type { settleCodes } from "../codes.js";
import { type CommandName, type commands, settleResult, totals, wipeResult } from "../messages.js";

/** An answer as it goes out. */
export type Wire<N extends CommandName> = Response<(typeof commands)[N]>;

export const rowOf = ({ account, kind, direction, count, money }: TotalRow) => ({
  account: unhex(account),
  kind: Number(kind.slice(1)),
  direction,
  count,
  amount: money.minor,
  currency: money.currency,
});
type SettleCode = keyof typeof settleCodes;
/** The terminal's own code names are the wire's. */
export const settlementOf = (facts: SettlementFacts): Wire<"settleStatus"> => ({
  ...facts,
  code: facts.code as SettleCode,
});

/** What the terminal hashes and keeps, as the wire writes it. */
export const encoding: Encoding = {
  totals: (of: Totals) => totals.write(of),
  settleResult: (facts) => settleResult.encode(settlementOf(facts)),
  wipeResult: (result) => wipeResult.encode(result),
};
