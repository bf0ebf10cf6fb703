import { describe, expect, it } from "vitest";
import { hex, isFilledWith, readUint, uint } from "../../src/base/bytes.js";

describe("a number in bytes", () => {
  it.each([
    [0, 1, "00"],
    [255, 1, "ff"],
    [0x010203, 3, "010203"],
    [1, 4, "00000001"],
    [2 ** 48 - 1, 6, "ffffffffffff"],
  ])("%d in %d bytes is %s, and reads back", (value, size, bytes) => {
    expect(hex(uint(value, size))).toBe(bytes);
    expect(readUint(uint(value, size))).toBe(value);
  });

  it.each([
    [256, 1],
    [2 ** 48, 6],
    [-1, 4],
    [-256, 1],
    [0.5, 2],
    [Number.NaN, 2],
    [2 ** 53, 8],
  ])("%d does not fit %d bytes", (value, size) => {
    expect(() => uint(value, size)).toThrow(RangeError);
  });
});

describe("bytes that are all of one value", () => {
  it.each([
    [[], 0xff, true],
    [[0xff], 0xff, true],
    [[0], 0xff, false],
    [[0xff, 0xff, 0xff, 0xff], 0xff, true],
    [[0, 0, 0], 0, true],
    [[0, 0, 0], 0xff, false],
    [[0, 0, 1], 0, false],
    [[0xfe, 0xff, 0xff], 0xff, false],
    [[0xff, 0xfe, 0xff], 0xff, false],
    [[0xff, 0xff, 0xfe], 0xff, false],
  ])("%j is filled with %d: %s", (bytes, value, expected) => {
    expect(isFilledWith(Uint8Array.from(bytes), value)).toBe(expected);
    expect(isFilledWith(Uint8Array.from([1, ...bytes, 2]).subarray(1, 1 + bytes.length), value)).toBe(expected);
  });
});
