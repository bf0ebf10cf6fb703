import { DelimiterParser } from "@serialport/parser-delimiter";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { hex, unhex } from "../../src/base/bytes.js";
import { DelimitedReader } from "../../src/wire/delimited.js";

const MAX = 8;

/** Frames and noise of a stream cut into these pieces. */
function read(pieces: readonly Uint8Array[], max = MAX): { frames: string[]; noise: unknown } {
  const reader = new DelimitedReader(max);
  const frames = pieces.flatMap((piece) => reader.push(piece)).map(hex);
  return { frames, noise: { ...reader.noise } };
}

describe("the delimited reader", () => {
  afterEach(() => void vi.restoreAllMocks());

  const stream = unhex("aabb 00 00 cc 00 0102030405060708 00 010203040506070809 00 dd 00 00 ee 00 ff");
  const whole = read([stream]);

  it("gives the frames between delimiters and none that is empty or unfinished", () => {
    expect(whole.frames).toEqual(["aabb", "cc", "0102030405060708", "dd", "ee"]);
    expect(whole.noise).toEqual({ bytes: 9, overlong: 1 });
  });

  it("gives the same frames and noise for every cut in two and in three", () => {
    for (let i = 0; i <= stream.length; i++) {
      expect(read([stream.subarray(0, i), stream.subarray(i)])).toEqual(whole);
      for (let j = i; j <= stream.length; j++) {
        expect(read([stream.subarray(0, i), stream.subarray(i, j), stream.subarray(j)])).toEqual(whole);
      }
    }
  });

  it("gives what a plain split gives, for any bytes in any pieces", () => {
    const piece = fc.array(fc.oneof(fc.constant(0), fc.nat({ max: 255 })), { maxLength: 20 }).map((bytes) => Uint8Array.from(bytes));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        const runs = hex(Buffer.concat(pieces))
          .replace(/../g, "$& ")
          .split("00 ")
          .slice(0, -1)
          .map((run) => run.replaceAll(" ", ""));
        expect(read(pieces).frames).toEqual(runs.filter((run) => run !== "" && run.length <= MAX * 2));
      }),
      { seed: 7 },
    );
  });

  it("counts a run without delimiter once, however it comes, and hears the frame after it", () => {
    const reader = new DelimitedReader(MAX);
    for (let i = 0; i < 100; i++) expect(reader.push(unhex("010203"))).toEqual([]);
    expect(reader.noise).toEqual({ bytes: 300, overlong: 1 });
    expect(reader.push(unhex("0102 00 aabb 00")).map(hex)).toEqual(["aabb"]);
    expect(reader.noise).toEqual({ bytes: 302, overlong: 1 });
  });

  it("forgets what was half heard at a reset and counts it", () => {
    const reader = new DelimitedReader(MAX);
    expect(reader.push(unhex("cc 00 aabb")).map(hex)).toEqual(["cc"]);
    reader.reset();
    expect(reader.push(unhex("dd 00")).map(hex)).toEqual(["dd"]);
    expect(reader.noise).toEqual({ bytes: 2, overlong: 0 });
  });

  it("gives copies: neither the chunk nor another frame is behind them", () => {
    const chunk = unhex("aabb 00 ccdd 00");
    const frames = new DelimitedReader(MAX).push(chunk);
    chunk.fill(0xee);
    frames[0]!.fill(0x11);
    expect(frames.map(hex)).toEqual(["1111", "ccdd"]);
    expect(frames.every((frame) => frame.buffer.byteLength === frame.length)).toBe(true);
  });

  it("gives the parser each byte of a frame once and no byte of noise, so 4 MiB of noise costs twice what 2 MiB do", () => {
    const write = vi.spyOn(DelimiterParser.prototype, "write");
    const copied = vi.spyOn(Buffer, "concat");
    const reader = new DelimitedReader(4_096);
    const chunk = new Uint8Array(64).fill(7);
    for (let i = 0; i < 65_536; i++) reader.push(chunk);
    expect(reader.noise).toEqual({ bytes: 4_194_304, overlong: 1 });
    expect(write).not.toHaveBeenCalled();
    expect(copied).not.toHaveBeenCalled();
    expect(reader.push(unhex("00 aabb 00")).map(hex)).toEqual(["aabb"]);
    expect(write.mock.calls.map(([bytes]) => hex(bytes as Uint8Array))).toEqual(["aabb00"]);
  });

  it("calls it our bug when the parser does not emit at once", () => {
    vi.spyOn(DelimiterParser.prototype, "write").mockReturnValue(true);
    expect(() => new DelimitedReader(MAX).push(unhex("aa 00"))).toThrow(expect.objectContaining({ code: "internal.bug" }));
  });
});
