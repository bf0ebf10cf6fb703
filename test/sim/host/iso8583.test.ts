// The codec: what it writes it reads, whatever comes else is noise, and it stays small.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hex, unhex } from "../../../src/base/bytes.js";
import { dialects } from "../../../src/sim/host/dialects/dialects.js";
import { decode, encode, fieldTable, type IsoMessage, MAX_MESSAGE } from "../../../src/sim/host/iso8583.js";
import { everyShape } from "./messages.js";
import { worked } from "./worked.js";

const digits = (min: number, max = min) => fc.stringMatching(new RegExp(`^[0-9]{${min},${max}}$`));
const printable = (min: number, max = min) => fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((c) => String.fromCharCode(c)), minLength: min, maxLength: max }); // biome-ignore format: one line
const value = ({ form, size, prefix }: (typeof fieldTable)[number]) => (form === "n" ? digits : printable)(prefix === 0 ? size : 1, size); // biome-ignore format: one line

const anyMessage = fc.record({
  mti: fc.stringMatching(/^0[0-9]{3}$/),
  fields: fc.record(Object.fromEntries(Object.entries(fieldTable).map(([field, how]) => [field, value(how)])), { requiredKeys: [] }),
}) as fc.Arbitrary<IsoMessage>; // a field that is left out is not there, rather than undefined

describe("an ISO 8583 message", () => {
  it("reads as it was written, whatever its fields", () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(decode(encode(message))).toEqual(message);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it.each(Object.values(dialects).flatMap((dialect) => everyShape(dialect)))(
    "of $dialect, $what, reads as it was written",
    ({ message }) => {
      expect(decode(encode(message))).toEqual(message);
    },
  );

  it("is noise when it ends early, wherever, or runs on", () => {
    for (const [label, bytes] of worked) {
      for (let at = 0; at < bytes.length; at++) {
        const cut = bytes.slice(0, at);
        expect(decode(cut), `${label} ${at}`).toHaveProperty("noise");
        if (at < 2) continue;
        cut[1] = at - 2; // its length says so too
        expect(decode(cut), `${label} ${at}`).toHaveProperty("noise");
      }
      const longer = Uint8Array.of(...bytes, 0);
      longer[1] = bytes.length - 1;
      expect(decode(longer), label).toEqual({ noise: "trailing", at: bytes.length });
    }
  });

  it("is read or is noise, for any bytes and any damage", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2 * MAX_MESSAGE }), (bytes) => void decode(bytes)),
      { seed: 7 },
    );
    const damage = fc.array(fc.tuple(fc.nat(MAX_MESSAGE), fc.nat(255)), { minLength: 1, maxLength: 6 });
    let legible = 0;
    fc.assert(
      fc.property(anyMessage, damage, (message, hits) => {
        const bytes = encode(message);
        for (const [at, byte] of hits) bytes[at % bytes.length] = byte;
        const read = decode(bytes);
        if ("noise" in read) return;
        legible++;
        expect(hex(encode(read))).toBe(hex(bytes)); // what is read is exactly what stood there
      }),
      { seed: 7, numRuns: 500 },
    );
    expect(legible).toBeGreaterThan(30);
    expect(legible).toBeLessThan(470);
  });

  const head = "60 00 00 00 00 08 00";
  it.each([
    ["shorter than any message", "00 05 60 00 00", { noise: "length", at: 5 }],
    ["with a length that is not its own", `00 10 ${head} 00 20 00 00 00 00 00 00 00 00 01`, { noise: "length", at: 0 }],
    ["with another TPDU", "00 12 60 00 01 00 00 08 00 00 20 00 00 00 00 00 00 00 00 01", { noise: "tpdu", at: 4 }],
    ["with a type that is no number", "00 12 60 00 00 00 00 08 0A 00 20 00 00 00 00 00 00 00 00 01", { noise: "type", at: 7 }],
    ["of another version of ISO 8583", "00 12 60 00 00 00 00 18 00 00 20 00 00 00 00 00 00 00 00 01", { noise: "type", at: 7 }],
    ["with a second bitmap", `00 12 ${head} 80 20 00 00 00 00 00 00 00 00 01`, { noise: "bitmap", at: 9, field: 1 }],
    ["with a MAC", `00 12 ${head} 00 20 00 00 00 00 00 01 00 00 01`, { noise: "bitmap", at: 16, field: 64 }],
    ["with a digit that is none", `00 12 ${head} 00 20 00 00 00 00 00 00 00 0B 01`, { noise: "field", at: 17, field: 11 }],
    ["with a character that cannot be printed", `00 11 ${head} 00 00 00 00 02 00 00 00 30 0A`, { noise: "field", at: 17, field: 39 }],
    ["that ends inside a field", `00 11 ${head} 00 20 00 00 00 00 00 00 00 00`, { noise: "field", at: 17, field: 11 }],
    ["with bytes behind it", `00 13 ${head} 00 20 00 00 00 00 00 00 00 00 01 00`, { noise: "trailing", at: 20 }],
    ["with an empty field", `00 11 ${head} 00 00 00 00 00 00 00 10 00 00`, { noise: "field", at: 17, field: 60 }],
    [
      "with a field longer than it may be",
      `00 15 ${head} 00 00 00 00 00 00 00 10 00 17 30 30 30 30`,
      { noise: "field", at: 17, field: 60 },
    ],
    [
      "with something in a half byte that is left over",
      `00 12 ${head} 40 00 00 00 00 00 00 00 03 62 91`,
      { noise: "field", at: 17, field: 2 },
    ],
    [
      "with something in front of an odd number of digits",
      `00 11 ${head} 00 00 01 00 00 00 00 00 10 01`,
      { noise: "field", at: 17, field: 24 },
    ],
  ])("%s is noise, with the place", (_, text, noise) => {
    const bytes = unhex(text);
    expect(decode(bytes)).toEqual(noise);
  });

  it("cannot be written with a value that its field does not hold", () => {
    for (const fields of [
      { 3: "92000" },
      { 3: "92000A" },
      { 41: "short" },
      { 60: "" },
      { 48: "x".repeat(323) },
      { 64: "00" },
      { 39: "é0" },
    ]) {
      expect(() => encode({ mti: "0500", fields })).toThrow(RangeError);
    }
    for (const mti of ["500", "1500"]) expect(() => encode({ mti, fields: {} })).toThrow(RangeError);
  });

  it("is written and read by less than 250 lines", () => {
    const source = readFileSync(new URL("../../../src/sim/host/iso8583.ts", import.meta.url), "utf8");
    expect(source.split("\n").length).toBeLessThanOrEqual(250);
  });
});
