import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hex, unhex } from "../../src/base/bytes.js";
import { cobsDecode, cobsEncode, cobsLimit } from "../../src/wire/cobs.js";

const run = (from: number, to: number) => Uint8Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe("cobs", () => {
  // Origin: the worked examples of Cheshire and Baker's encoding as listed on Wikipedia, "Consistent Overhead Byte Stuffing".
  const vectors: readonly (readonly [plain: string, encoded: string])[] = [
    ["00", "01 01"],
    ["00 00", "01 01 01"],
    ["00 11 00", "01 02 11 01"],
    ["11 22 00 33", "03 11 22 02 33"],
    ["11 22 33 44", "05 11 22 33 44"],
    ["11 00 00 00", "02 11 01 01 01"],
    [hex(run(0x01, 0xfe)), `ff${hex(run(0x01, 0xfe))}`],
    [`00${hex(run(0x01, 0xfe))}`, `01ff${hex(run(0x01, 0xfe))}`],
    [hex(run(0x01, 0xff)), `ff${hex(run(0x01, 0xfe))}02ff`],
    [`${hex(run(0x02, 0xff))}00`, `ff${hex(run(0x02, 0xff))}0101`],
    [`${hex(run(0x03, 0xff))}0001`, `fe${hex(run(0x03, 0xff))}0201`],
  ];

  it.each(vectors)("turns %s into %s and back", (plain, encoded) => {
    expect(hex(cobsEncode(unhex(plain)))).toBe(hex(unhex(encoded)));
    expect(hex(cobsDecode(unhex(encoded))!)).toBe(hex(unhex(plain)));
  });

  const full = hex(run(0x01, 0xfe));
  const malformed: readonly (readonly [why: string, encoded: string])[] = [
    ["no bytes", ""],
    ["a zero as code", "00"],
    ["a zero among bytes", "03 11 00"],
    ["a zero as second code", "02 11 00"],
    ["a code past the end", "02"],
    ["a code past the end by many", "ff 01 02"],
    ["an empty group after a full one", `ff${full}01`],
    ["an empty group after two full ones", `ff${full}ff${full}01`],
  ];

  it.each(malformed)("refuses %s", (_why, encoded) => {
    expect(cobsDecode(unhex(encoded))).toBeUndefined();
  });

  /** Long runs without zero, so that full groups and their edges occur. */
  const plain = fc.oneof(
    fc.uint8Array({ maxLength: 1_200 }),
    fc
      .array(fc.tuple(fc.integer({ min: 250, max: 260 }), fc.boolean()), { maxLength: 4 })
      .map((runs) => Uint8Array.from(runs.flatMap(([length, zero]) => [...Array<number>(length).fill(7), ...(zero ? [0] : [])]))),
  );

  it("gives back what went in, without a zero and within the limit", () => {
    fc.assert(
      fc.property(plain, (bytes) => {
        const encoded = cobsEncode(bytes);
        expect(encoded.includes(0)).toBe(false);
        expect(encoded.length).toBeLessThanOrEqual(cobsLimit(bytes.length));
        expect(hex(cobsDecode(encoded)!)).toBe(hex(bytes));
      }),
      { seed: 7 },
    );
  });

  it("decodes nothing that it would encode otherwise", () => {
    const mutated = fc.tuple(plain, fc.nat(), fc.nat({ max: 255 })).map(([bytes, at, value]) => {
      const encoded = cobsEncode(bytes).slice();
      encoded[at % encoded.length] = value;
      return encoded;
    });
    let decoded = 0;
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 600 }), mutated), (encoded) => {
        const bytes = cobsDecode(encoded);
        if (bytes === undefined) return;
        decoded++;
        expect(hex(cobsEncode(bytes))).toBe(hex(encoded));
      }),
      { seed: 7, numRuns: 1_000 },
    );
    expect(decoded).toBeGreaterThan(100);
    expect(decoded).toBeLessThan(900);
  });

  it("reaches its limit with bytes that are never zero, and not beyond", () => {
    for (const size of [0, 1, 253, 254, 255, 507, 508, 509, 1_792]) {
      expect(cobsEncode(new Uint8Array(size).fill(1)).length).toBe(cobsLimit(size));
      expect(cobsEncode(new Uint8Array(size)).length).toBe(size + 1);
    }
  });
});
