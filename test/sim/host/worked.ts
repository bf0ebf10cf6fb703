// The worked messages of src/sim/host/README.md, made again from what they say.

import { listOf } from "../../../src/sim/host/dialects/dialect.js";
import { edc } from "../../../src/sim/host/dialects/edc.js";
import { unionpay } from "../../../src/sim/host/dialects/unionpay.js";
import { encode } from "../../../src/sim/host/iso8583.js";
import { type Shape, type Values, write } from "../../../src/sim/host/shape.js";
import { totalsAsValues } from "../../../src/sim/host/totals.js";

const caller = { tid: "42190007", mid: "898100000000042", batch: "000321", currency: "156" };
export const totals = { debitCount: 7, debit: 1234500n, creditCount: 1, credit: 20000n };
export const uploaded = [
  { original: "000012", pan: "6299990000000000", amount: "100" },
  { original: "000013", pan: "6299990000000000000", amount: "250" },
];
const list = listOf(unionpay.upload.debit.list!.row, uploaded);

const message = (shape: Shape, values: Values) => encode(write(shape, { ...caller, ...values }));
const heard = { date: "0105", time: "080001" };

export const worked: ReadonlyMap<string, Uint8Array> = new Map([
  ["0500-unionpay", message(unionpay.settle.ask, { trace: "115", ...totalsAsValues(totals) })],
  [
    "0510-unionpay",
    message(unionpay.settle.answer, {
      ...heard,
      trace: "115",
      reference: "000321000064",
      ...totalsAsValues(totals),
      flag: "1",
      foreignFlag: "1",
    }),
  ],
  ["0320-upload", message(unionpay.upload.debit.ask, { trace: "116", count: "2", list })],
  ["0320-end", message(unionpay.end.ask, { trace: "118", count: "3" })],
  ["0500-edc", message(edc.settle.ask, { trace: "115", ...totalsAsValues(totals) })],
  ["0400-reversal", message(unionpay.sends.U03!.ask, { trace: "114", pan: "6299990000000000000", processing: "000000", amount: "4200" })],
]);
