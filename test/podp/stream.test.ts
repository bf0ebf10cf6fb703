import { describe, expect, it } from "vitest";
import { limits } from "../../protocols/podp/codes.js";
import { decodeFrame, encodeFrame, type Frame } from "../../protocols/podp/frame.js";
import { hex } from "../../src/base/bytes.js";
import { seededRandom } from "../../src/base/random.js";
import type { LinkEvents } from "../../src/link/link.js";
import { DelimitedReader } from "../../src/wire/delimited.js";
import { World } from "../support/world.js";

/** Every write of a whole decommission, in both directions. */
async function dialogue(): Promise<Uint8Array[]> {
  const world = new World();
  const frames: Uint8Array[] = [];
  const { line } = world;
  const [write, listen] = [line.write.bind(line), line.listen.bind(line)];
  line.write = (bytes) => {
    frames.push(bytes.slice());
    return write(bytes);
  };
  line.listen = (events: LinkEvents) =>
    listen({
      ...events,
      bytes: (chunk) => {
        frames.push(chunk.slice());
        events.bytes(chunk);
      },
      closed: (cause) => events.closed(cause),
    });
  const end = await world.clock.run(() => world.run("run"));
  expect(end?.outcome).toBe("ERASED");
  return frames;
}

const read = (chunks: readonly Uint8Array[]) => {
  const reader = new DelimitedReader(limits.maxFrame);
  return chunks.flatMap((chunk) => reader.push(chunk)).flatMap((encoded) => decodeFrame(encoded) ?? []);
};
const show = (frame: Frame) => `${frame.type} ${frame.more} ${frame.session} ${frame.seq} ${frame.ack} ${hex(frame.payload)}`;

describe("the byte stream of a recorded dialogue", () => {
  it("gives the same frames wherever it is cut in two, inside a frame or between two", async () => {
    const frames = (await dialogue()).filter((bytes) => bytes[0] === 0);
    expect(frames.length).toBeGreaterThan(100);
    let cuts = 0;
    for (let i = 0; i + 1 < frames.length; i++) {
      const pair = Buffer.concat([frames[i]!, frames[i + 1]!]);
      const both = read([pair]);
      expect(both).toHaveLength(2);
      const whole = both.map(show).join("\n");
      const last = i + 2 === frames.length ? pair.length : frames[i]!.length; // the second frame is the first of the next pair
      for (let at = 0; at <= last; at++, cuts++) {
        if (
          read([pair.subarray(0, at), pair.subarray(at)])
            .map(show)
            .join("\n") !== whole
        )
          expect.fail(`cut at ${at} of frame ${i}`);
      }
    }
    expect(cuts).toBeGreaterThan(10_000);
  });

  it("comes out whole from a million random and mutated bytes, in bounded memory", async () => {
    const frames = (await dialogue()).filter((bytes) => bytes[0] === 0);
    const random = seededRandom("noise");
    const reader = new DelimitedReader(limits.maxFrame);
    const sent: string[] = [];
    const heard: string[] = [];
    const take = (chunk: Uint8Array) => {
      for (const encoded of reader.push(chunk)) {
        expect(encoded.length).toBeLessThanOrEqual(limits.maxFrame);
        const frame = decodeFrame(encoded);
        if (frame !== undefined) heard.push(show(frame));
      }
    };
    let noise = 0;
    for (let i = 0; noise < 1_000_000; i++) {
      const good = frames[i % frames.length]!;
      const [kind = 0, size = 0, more = 0] = random.bytes(3);
      const junk = kind < 128 ? random.bytes(1 + size * (1 + (more & 63))) : mutated(good, random.bytes(4));
      noise += junk.length;
      take(junk);
      take(Uint8Array.of(0)); // the quiet 00 that ends whatever the noise began
      take(good);
      const frame = decodeFrame(good.subarray(1, -1));
      if (frame !== undefined) sent.push(show(frame));
    }
    expect(sent.length).toBeGreaterThan(200);
    expect(heard).toEqual(sent);
  });
});

/** One byte changed, never into what it was: no longer a frame, since the CRC sees every burst of 32 bits. */
function mutated(frame: Uint8Array, [at = 0, more = 0, flip = 0]: Uint8Array): Uint8Array {
  const out = frame.slice();
  const i = 1 + ((at * 256 + more) % (frame.length - 2));
  out[i] = (out[i] ?? 0) ^ (flip % 255) ^ 0xff || 1;
  if (out[i] === frame[i]) out[i] = (out[i] ?? 0) ^ 0x55;
  return out;
}

it("knows its own frames", () => {
  const frame: Frame = { type: "DATA", more: false, session: 0x10001, seq: 65_535, ack: 7, payload: new Uint8Array(300) };
  expect(decodeFrame(encodeFrame(frame).subarray(1, -1))).toEqual(frame);
});
