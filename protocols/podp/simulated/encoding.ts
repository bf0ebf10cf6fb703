// How the podp face writes what the terminal hashes and keeps: rows, totals and results, from the terminal's own words to the wire's.
import { unhex } from "../../../src/base/bytes.js";
import type { Encoding } from "../../../src/sim/body.js";
import type { SettlementFacts, TotalRow, Totals } from "../../../src/terminal/facts.js";
import { number, one, struct, u16 } from "../../../src/wire/fields.js";
import type { Response } from "../../../src/wire/messages.js";
import type { settleCodes } from "../codes.js";
import { type commands, settleResult, wipeResult } from "../messages.js";

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
export const settlementOf = (facts: SettlementFacts): Response<typeof commands.settleStatus> => ({
  ...facts,
  code: facts.code as SettleCode,
});

const totalsFields = struct({
  debitCount: one(0xdf67, u16),
  debit: one(0x9f02, number(6)),
  creditCount: one(0xdf6b, u16),
  credit: one(0xdf66, number(6)),
});
/** What the terminal hashes and keeps, as the wire writes it. */
export const encoding: Encoding = {
  totals: (totals: Totals) => totalsFields.encode(totals),
  settleResult: (facts) => settleResult.encode(settlementOf(facts)),
  wipeResult: (result) => wipeResult.encode(result),
};
