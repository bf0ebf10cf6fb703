import { describe, expect, it } from "vitest";
import { hex, unhex } from "../../src/base/bytes.js";
import { sleep } from "../../src/base/clock.js";
import type { DecomError } from "../../src/base/errors.js";
import { VirtualClock } from "../../src/base/virtual-clock.js";
import { type Fault, FaultyLink } from "../../src/link/faults.js";
import { memoryPair } from "../../src/link/memory.js";

const FRAMES = ["0001", "0002", "0003"];

/** Three frames of two bytes each way, one every 100 ms from 0; 1 ms a byte. Times are those of the last byte. */
async function dialogue(faults: readonly Fault[]): Promise<{ out: string[]; in: string[]; writes: string[]; reached: number }> {
  const clock = new VirtualClock();
  const [near, far] = memoryPair(clock, { baud: 10_000 });
  const link = new FaultyLink(near, clock, faults);
  const log = { out: [] as string[], in: [] as string[], writes: [] as string[] };
  const note = (where: string[]) => ({
    bytes: (chunk: Uint8Array) => void where.push(`${clock.monotonic()} ${hex(chunk)}`),
    closed: () => void where.push(`${clock.monotonic()} closed`),
  });
  link.listen(note(log.in));
  far.listen(note(log.out));
  await clock.run(async () => {
    for (const [i, frame] of FRAMES.entries()) {
      await sleep(clock, i * 100 - clock.monotonic());
      await link.write(unhex(frame)).then(
        () => log.writes.push(`${clock.monotonic()} sent`),
        ({ code, did }: DecomError) => log.writes.push(`${clock.monotonic()} ${code} ${did}`),
      );
      await far.write(unhex(frame)).catch(() => undefined);
    }
    await sleep(clock, 1_000);
  });
  return { ...log, reached: link.reached.size };
}

describe("a faulty link", () => {
  const plain = {
    out: ["2 0001", "102 0002", "202 0003"],
    in: ["4 0001", "104 0002", "204 0003"],
    writes: ["2 sent", "102 sent", "202 sent"],
  };

  it("changes nothing without a plan", async () => {
    expect(await dialogue([])).toEqual({ ...plain, reached: 0 });
  });

  const cases: readonly (readonly [string, Fault, Partial<typeof plain>])[] = [
    ["loses the second frame out, which looks sent", { on: "out", nth: 2, kind: "drop" }, { out: ["2 0001", "202 0003"] }],
    ["loses the second frame in", { on: "in", nth: 2, kind: "drop" }, { in: ["4 0001", "204 0003"] }],
    ["flips one bit of the first frame out", { on: "out", nth: 1, kind: "flip", bit: 9 }, { out: ["2 0003", "102 0002", "202 0003"] }],
    [
      "flips one bit of the last frame in, modulo its size",
      { on: "in", nth: 3, kind: "flip", bit: 16 },
      { in: ["4 0001", "104 0002", "204 0103"] },
    ],
    ["doubles a frame in", { on: "in", nth: 1, kind: "double" }, { in: ["4 0001", "4 0001", "104 0002", "204 0003"] }],
    [
      "doubles a frame out, which takes the line twice as long",
      { on: "out", nth: 1, kind: "double" },
      {
        out: ["2 0001", "4 0001", "102 0002", "202 0003"],
        in: ["6 0001", "104 0002", "204 0003"],
        writes: ["4 sent", "102 sent", "202 sent"],
      },
    ],
    [
      "delays a frame out, which looks sent in time",
      { on: "out", nth: 1, kind: "delay", ms: 50 },
      { out: ["52 0001", "102 0002", "202 0003"] },
    ],
    [
      "delays a frame out past the next, which waits behind it",
      { on: "out", nth: 1, kind: "delay", ms: 150 },
      { out: ["152 0001", "154 0002", "202 0003"] },
    ],
    ["delays a frame in past the next", { on: "in", nth: 1, kind: "delay", ms: 150 }, { in: ["154 0001", "154 0002", "204 0003"] }],
    [
      "cuts the cable at a frame out",
      { on: "out", nth: 2, kind: "cut" },
      {
        out: ["2 0001", "100 closed"],
        in: ["4 0001", "100 closed"],
        writes: ["2 sent", "100 link.closed unknown", "200 link.closed not-done"],
      },
    ],
    [
      "cuts the cable at a frame in",
      { on: "in", nth: 2, kind: "cut" },
      {
        out: ["2 0001", "102 0002", "104 closed"],
        in: ["4 0001", "104 closed"],
        writes: ["2 sent", "102 sent", "200 link.closed not-done"],
      },
    ],
  ];

  it.each(cases)("%s", async (_what, fault, changed) => {
    expect(await dialogue([fault])).toEqual({ ...plain, ...changed, reached: 1 });
  });

  it("does several things to one frame", async () => {
    const faults: Fault[] = [
      { on: "in", nth: 2, kind: "double" },
      { on: "in", nth: 2, kind: "flip", bit: 0 },
    ];
    expect((await dialogue(faults)).in).toEqual(["4 0001", "104 0102", "104 0102", "204 0003"]);
  });

  it("says that a fault was never reached", async () => {
    expect(await dialogue([{ on: "out", nth: 4, kind: "cut" }])).toEqual({ ...plain, reached: 0 });
  });
});
