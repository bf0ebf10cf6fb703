import { describe, expect, it } from "vitest";
import { commands, grant } from "../../protocols/podp/messages.js";
import { unhex } from "../../src/base/bytes.js";
import { bytes, flag, group, many, named, number, one, optional, printable, struct, u16 } from "../../src/wire/fields.js";
import { command, table } from "../../src/wire/messages.js";
import { element, elements } from "../../src/wire/tlv.js";

const sale = struct({
  name: one(0xdf24, printable(8)),
  amount: one(0x9f02, number(6)),
  colour: one(0xdf6c, named({ red: 1, green: 2 })),
  note: optional(0xdf67, u16),
  parts: many(0xff24, group({ raw: one(0xdf6a, bytes(1, 4)), good: one(0xdf76, flag) })),
});
const value = { name: "A", amount: 1234n, colour: "green", parts: [{ raw: unhex("0102"), good: true }] } as const;

describe("declared messages", () => {
  it("read back what they wrote", () => {
    expect(sale.decode(sale.encode(value))).toEqual({ value, unknown: [] });
  });

  it("take their fields in any order, keep unknown tags as values and give unknown numbers a name", () => {
    const read = sale.decode(unhex("DF6C01 09 DF2401 42 9F0206 000000000001 DF7001 00"));
    expect(read).toEqual({ value: { name: "B", amount: 1n, colour: "unknown-9", parts: [] }, unknown: [0xdf70] });
  });

  it.each([
    ["a missing field", "DF240141 9F0206000000001234", 0xdf6c],
    ["a single field twice", "DF240141 DF240142 9F0206000000001234 DF6C0102", 0xdf24],
    ["a nibble that is no digit", "DF240141 9F020600000000123A DF6C0102", 0x9f02],
    ["a value too long", "DF2409414141414141414141 9F0206000000001234 DF6C0102", 0xdf24],
    ["trailing bytes", "DF240141 9F0206000000001234 DF6C0102 DF", 0xdf],
    ["a length that is not minimal", "DF24810141 9F0206000000001234 DF6C0102", 0xdf24],
    ["an indefinite length", "DF248041 0000", 0xdf24],
    ["a card number's tag", "5A08629999000000000F", 0x5a],
  ])("refuse %s and say which tag", (_what, hex, badTag) => {
    expect(sale.decode(unhex(hex))).toEqual({ badTag });
  });

  it("refuse to write what the other side would refuse", () => {
    expect(() => sale.encode({ ...value, name: "too long by far" })).toThrow(RangeError);
    expect(() => sale.encode({ ...value, amount: 10n ** 12n })).toThrow(RangeError);
  });

  it("are not longer than their length can say", () => {
    expect(element(0xdf6a, new Uint8Array(0xffff)).length).toBe(0xffff + 5);
    expect(() => element(0xdf6a, new Uint8Array(0x10000))).toThrow(RangeError);
  });

  it("nest no deeper than the reader allows", () => {
    const deep = unhex("FF240BFF2408FF2405FF24020500");
    expect(elements(deep, 3)).toEqual({ fault: "depth", tag: 0xff24 });
    expect(elements(deep, 8)).toHaveLength(1);
  });

  it("have one number each", () => {
    expect(() => table({ a: command(1, "read", {}, {}), b: command(1, "read", {}, {}) })).toThrow(RangeError);
  });
});

it("holds against the compiler, which judges the lines below", () => expect(doesNotCompile).toBeTypeOf("function"));

/** Never called: judged by the compiler. */
function doesNotCompile(): void {
  // @ts-expect-error a misspelt field
  commands.settleStart.request.encode({ op: new Uint8Array(16), acount: new Uint8Array(8) });
  // @ts-expect-error a field that is missing
  commands.arm.request.encode({ op: new Uint8Array(16) });
  // @ts-expect-error a field of another type
  commands.locate.request.encode({ seconds: "5" });
  const read = grant.decode(new Uint8Array(0));
  // @ts-expect-error a decoded field that does not exist
  if ("value" in read) read.value.serail;
}
