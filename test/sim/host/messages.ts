// One message of every shape that a dialect has, filled with values that fit.
import type { Dialect } from "../../../src/sim/host/dialects/dialect.js";
import type { IsoMessage } from "../../../src/sim/host/iso8583.js";
import { type Shape, type Values, write } from "../../../src/sim/host/shape.js";

/** Something for every name there is. */
export const sample = {
  amount: "4200",
  batch: "000321",
  openBatch: "000431",
  code: "00",
  count: "2",
  credit: "20000",
  creditCount: "1",
  currency: "156",
  date: "0105",
  debit: "1234500",
  debitCount: "7",
  digest: "ab".repeat(32),
  flag: "1",
  foreignFlag: "1",
  list: `00000012${"0".repeat(4)}6299990000000000000000000100`,
  mid: "898100000000042",
  original: "000012",
  pan: "6299990000000000",
  processing: "000000",
  reference: "000321000064",
  tid: "42190007",
  time: "080001",
  trace: "000115",
} as const satisfies Values;

interface Sample {
  readonly dialect: string;
  readonly what: string;
  readonly shape: Shape;
  readonly message: IsoMessage;
}

export function everyShape({ name, signIn, settle, upload, end, farewell, query, sends }: Dialect): Sample[] {
  const exchanges = { signIn, settle, debit: upload.debit, credit: upload.credit, end, query, ...(farewell ? { farewell } : {}), ...sends };
  return Object.entries(exchanges).flatMap(([what, exchange]) =>
    (["ask", "answer"] as const).map((side) => {
      return { dialect: name, what: `${what} ${side}`, shape: exchange[side], message: write(exchange[side], sample) };
    }),
  );
}
