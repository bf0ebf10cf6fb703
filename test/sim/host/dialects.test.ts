// The two dialects as data: field 48 byte for byte, shapes that cannot be mistaken for one another, and what flags and codes mean.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Judged, judge, listOf, rowsOf, say, understood } from "../../../src/sim/host/dialects/dialect.js";
import { dialects } from "../../../src/sim/host/dialects/dialects.js";
import { read, type Values, write } from "../../../src/sim/host/shape.js";
import { totalsAsValues, totalsIn, totalsOf } from "../../../src/sim/host/totals.js";
import { everyShape, sample } from "./messages.js";
import { totals, uploaded } from "./worked.js";

const { unionpay, edc } = dialects;
const every = Object.values(dialects).flatMap((dialect) => everyShape(dialect).map((one) => ({ ...one, table: dialect })));

describe("field 48 of the UnionPay-like dialect", () => {
  const [equal, different] = ["1", "2"];
  const field48 = (flag: string, foreignFlag: string) =>
    write(unionpay.settle.answer, { ...sample, ...totalsAsValues(totals), flag, foreignFlag }).fields[48];

  it("asks with 62 characters", () => {
    const request = write(unionpay.settle.ask, { ...sample, ...totalsAsValues(totals) }).fields[48];
    expect(request).toBe("00000123450000700000002000000100000000000000000000000000000000");
    expect(request).toHaveLength(62);
  });

  it("answers with a flag for domestic and one for foreign cards, at offsets 30 and 61", () => {
    expect(field48(equal, equal)).toBe("00000123450000700000002000000110000000000000000000000000000001");
    expect(field48(different, equal)).toBe("00000123450000700000002000000120000000000000000000000000000001");
    expect([field48("3", "2")?.[30], field48("3", "2")?.[61]]).toEqual(["3", "2"]);
  });

  it("lists two records in 82", () => {
    const message = write(unionpay.upload.debit.ask, { ...sample, count: "2", list: listOf(unionpay.upload.debit.list!.row, uploaded) });
    expect(message.fields[48]).toBe("0200000012000062999900000000000000000001000000001306299990000000000000000000000250");
    const { list = "" } = read(unionpay.upload.debit.ask, message)!;
    expect(rowsOf(unionpay.upload.debit.list!.row, list)?.map(({ original, amount }) => [original, Number(amount)])).toEqual([
      ["000012", 100],
      ["000013", 250],
    ]);
    expect(rowsOf(unionpay.upload.debit.list!.row, list.slice(1))).toBeUndefined();
    expect(rowsOf(unionpay.upload.debit.list!.row, list.replace(/^00/, "01"))).toBeUndefined();
  });

  it("counts uploaded records in 4 digits", () => {
    expect(write(unionpay.end.ask, { ...sample, count: "3" }).fields[48]).toBe("0003");
  });
});

it("field 63 of the EDC-like dialect has 90 characters, and count before amount", () => {
  const { 63: field } = write(edc.settle.ask, { ...sample, ...totalsAsValues(totals) }).fields;
  expect(field).toBe(`007000001234500001000000020000${"0".repeat(60)}`);
  expect(field).toHaveLength(90);
});

describe("totals", () => {
  it("have a voided sale in both columns", () => {
    const sale = { direction: "debit", amount: 500n } as const;
    const its = { direction: "credit", amount: 500n } as const;
    expect(totalsOf([sale, { ...sale, amount: 20n }, its])).toEqual({ debitCount: 2, debit: 520n, creditCount: 1, credit: 500n });
  });

  it("are read as they were written, in either dialect, whatever they are", () => {
    const count = fc.nat(999);
    const amount = fc.bigInt({ min: 0n, max: 999_999_999_999n });
    const any = fc.record({ debitCount: count, debit: amount, creditCount: count, credit: amount });
    fc.assert(
      fc.property(any, (own) => {
        for (const { settle } of [unionpay, edc]) {
          expect(totalsIn(read(settle.ask, write(settle.ask, { ...sample, ...totalsAsValues(own) }))!)).toEqual(own);
        }
      }),
      { seed: 7 },
    );
  });

  it("that no field can hold are not cut to fit", () => {
    const crowd = totalsAsValues({ ...totals, debitCount: 1000 });
    expect(() => write(unionpay.settle.ask, { ...sample, ...crowd })).toThrow(RangeError);
  });
});

describe("a shape", () => {
  it.each(every)("of $dialect, $what, reads the values it was written with", ({ shape, message }) => {
    const values = read(shape, message)!;
    for (const [name, value] of Object.entries(values)) {
      expect(value.replace(/^0+(?=.)/, ""), name).toBe(sample[name as keyof typeof sample].replace(/^0+(?=.)/, ""));
    }
  });

  it.each(every)("of $dialect, $what, reads no message with a field too many, too few or of another type", ({ shape, message }) => {
    const { mti, fields } = message;
    for (const field of Object.keys(fields)) {
      const { [Number(field)]: _, ...rest } = fields;
      const isOptional = shape.fields.find(([number]) => number === Number(field))![1].optional;
      expect(read(shape, { mti, fields: rest }) === undefined, field).toBe(!isOptional);
    }
    expect(read(shape, { mti, fields: { ...fields, 25: "99" } })).toBeUndefined();
    expect(read(shape, { mti: "0999", fields })).toBeUndefined();
  });

  it.each(every.filter(({ what }) => what.endsWith("ask")))(
    "of $dialect, $what, means one thing to the host",
    ({ table, what, message }) => {
      const found = understood(table, message)?.asked;
      const said = found?.what === "send" ? found.kind : found?.what === "upload" ? found.direction : found?.what;
      expect(`${said} ask`).toBe(what);
      const other = Object.values(dialects).find((dialect) => dialect !== table)!;
      expect(understood(other, message)).toBeUndefined();
    },
  );

  it("tells a debit from a credit, in whatever is sent", () => {
    for (const { sends } of [unionpay, edc]) {
      expect(Object.keys(sends)).toEqual(["U03", "U05", "U08", "U09", "U11", "U12", "U14", "U20", "U21", "U22"]);
      for (const [kind, { processing }] of Object.entries(sends)) {
        // A reversal names what it takes back, so its own direction is the other one.
        expect(processing, kind).toEqual(kind === "U03" ? { debit: "200000", credit: "000000" } : { debit: "000000", credit: "200000" });
      }
    }
  });

  it("takes no two values for one name", () => {
    const message = write(edc.settle.ask, sample);
    expect(read(edc.settle.ask, { ...message, fields: { ...message.fields, 62: "000116" } })).toBeUndefined();
  });

  it("is not written with a value missing", () => {
    const { batch: _, ...rest } = sample;
    expect(() => write(unionpay.settle.ask, rest)).toThrow(RangeError);
  });
});

describe("an answer about totals", () => {
  it.each<[string, keyof typeof dialects, Values, Judged]>([
    ["both flags 1", "unionpay", { flag: "1", foreignFlag: "1" }, "equal"],
    ["both flags 1 and code 00", "unionpay", { flag: "1", foreignFlag: "1", code: "00" }, "equal"],
    ["the domestic flag 2", "unionpay", { flag: "2", foreignFlag: "1" }, "different"],
    ["the foreign flag 2", "unionpay", { flag: "1", foreignFlag: "2" }, "different"],
    ["a flag 3", "unionpay", { flag: "3", foreignFlag: "1" }, "error"],
    ["a foreign flag 3 beside a 2", "unionpay", { flag: "2", foreignFlag: "3" }, "error"],
    ["a flag 0", "unionpay", { flag: "0", foreignFlag: "1" }, "error"],
    ["no flags", "unionpay", {}, "unsaid"],
    ["equal flags and a code", "unionpay", { flag: "1", foreignFlag: "1", code: "96" }, "refused"],
    ["00", "edc", { code: "00" }, "equal"],
    ["77", "edc", { code: "77" }, "equal"],
    ["95", "edc", { code: "95" }, "different"],
    ["R5", "edc", { code: "R5" }, "different"],
    ["06", "edc", { code: "06" }, "refused"],
    ["no code", "edc", {}, "unsaid"],
  ])("with %s in %s is judged", (_, name, values, wanted) => {
    expect(judge(dialects[name].verdict, values)).toBe(wanted);
  });

  it("is judged as it was meant", () => {
    for (const meant of ["equal", "different", "error"] as const) expect(judge(unionpay.verdict, say(unionpay.verdict, meant))).toBe(meant);
    for (const meant of ["equal", "different"] as const) expect(judge(edc.verdict, say(edc.verdict, meant))).toBe(meant);
    expect(judge(edc.verdict, say(edc.verdict, "error"))).toBe("refused");
  });
});
