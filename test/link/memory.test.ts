import { describe, expect, it } from "vitest";
import { hex, unhex } from "../../src/base/bytes.js";
import { sleep } from "../../src/base/clock.js";
import { VirtualClock } from "../../src/base/virtual-clock.js";
import type { Link } from "../../src/link/link.js";
import { type MemoryLine, memoryPair } from "../../src/link/memory.js";

type Heard = readonly [at: number, what: string];

/** A pair whose second end writes down what it hears, and when. */
function pair(line: MemoryLine): { clock: VirtualClock; a: Link; b: Link; heard: Heard[] } {
  const clock = new VirtualClock();
  const [a, b] = memoryPair(clock, line);
  const heard: Heard[] = [];
  b.listen({
    bytes: (chunk) => void heard.push([clock.monotonic(), hex(chunk)]),
    closed: () => void heard.push([clock.monotonic(), "closed"]),
  });
  return { clock, a, b, heard };
}

const outcome = (write: Promise<void>) =>
  write.then(
    () => "sent",
    ({ code, did }: { code: string; did: string }) => `${code} ${did}`,
  );

describe("a memory line", () => {
  it("takes ten bits a byte and delivers when the last one has passed", async () => {
    const { clock, a, heard } = pair({ baud: 9_600 });
    await clock.run(async () => {
      await a.write(new Uint8Array(12));
      expect(clock.monotonic()).toBe(12.5);
    });
    expect(heard).toEqual([[12.5, "00".repeat(12)]]);
  });

  it("queues writes behind each other and rounds no time away", async () => {
    const { clock, a, heard } = pair({ baud: 115_200 });
    await clock.run(() => Promise.all([a.write(new Uint8Array(64)), a.write(new Uint8Array(64)), a.write(new Uint8Array(16))]));
    expect(heard.map(([at]) => at)).toEqual([5.555556, 11.111111, 12.5]);
  });

  it("adds its latency after the line is free", async () => {
    const { clock, a, heard } = pair({ baud: 9_600, latencyMs: 16 });
    await clock.run(async () => {
      await a.write(unhex("0102030405060708090a0b0c"));
      expect(clock.monotonic()).toBe(12.5);
      await a.write(unhex("0102030405060708090a0b0d"));
      expect(clock.monotonic()).toBe(25);
      await sleep(clock, 100);
    });
    expect(heard.map(([at]) => at)).toEqual([28.5, 41]);
  });

  it("sends both ways at once", async () => {
    const { clock, a, b, heard } = pair({ baud: 9_600 });
    const back: number[] = [];
    a.listen({ bytes: () => void back.push(clock.monotonic()), closed: () => undefined });
    await clock.run(() => Promise.all([a.write(new Uint8Array(12)), b.write(new Uint8Array(24))]));
    expect([heard[0]?.[0], back]).toEqual([12.5, [25]]);
  });

  it("takes no time without a pace, and answers never come before the write has ended", async () => {
    const { clock, a, b } = pair({});
    const order: string[] = [];
    b.listen({ bytes: (chunk) => void b.write(chunk), closed: () => undefined });
    await clock.run(async () => {
      const answered = new Promise<void>((resolve) => {
        a.listen({
          bytes: () => {
            order.push("answered");
            resolve();
          },
          closed: () => undefined,
        });
      });
      await a.write(unhex("01"));
      order.push("sent");
      await answered;
    });
    expect(order).toEqual(["sent", "answered"]);
    expect(clock.monotonic()).toBe(0);
  });

  it("keeps its own copy of what was written", async () => {
    const { clock, a, heard } = pair({ baud: 9_600 });
    const bytes = unhex("0102");
    await clock.run(async () => {
      const sent = a.write(bytes);
      bytes.fill(9);
      await sent;
    });
    expect(heard.map(([, what]) => what)).toEqual(["0102"]);
  });

  it("hands bytes over in pieces when told to", async () => {
    const { clock, a, heard } = pair({ baud: 9_600, chunk: 2 });
    await clock.run(() => a.write(unhex("0102030405")));
    expect(heard.map(([, what]) => what)).toEqual(["0102", "0304", "05"]);
  });

  it("keeps what arrives before anyone listens, in order, and not without bound", async () => {
    const clock = new VirtualClock();
    const [a, b] = memoryPair(clock);
    const heard: number[] = [];
    await clock.run(async () => {
      for (let i = 0; i < 20; i++) await a.write(new Uint8Array(4_096).fill(i));
      await a.close();
      await sleep(clock, 1);
      b.listen({ bytes: (chunk) => void heard.push(chunk[0] ?? -1), closed: () => void heard.push(99) });
    });
    expect(heard).toEqual([...Array(16).keys(), 99]);
  });

  it("tells the other end once when one end closes, after what had left", async () => {
    const { clock, a, b, heard } = pair({ baud: 9_600, latencyMs: 16 });
    await clock.run(async () => {
      await a.write(unhex("010203040506070809101112"));
      const lost = outcome(a.write(unhex("99")));
      await a.close();
      await a.close();
      expect(await lost).toBe("link.closed unknown");
      expect(await outcome(a.write(unhex("00")))).toBe("link.closed not-done");
      await sleep(clock, 16);
      expect(await outcome(b.write(unhex("00")))).toBe("link.closed not-done");
    });
    expect(heard).toEqual([
      [28.5, "010203040506070809101112"],
      [28.5, "closed"],
    ]);
  });

  it("fails the other end's unfinished write when one end closes", async () => {
    const { clock, a, b } = pair({ baud: 9_600 });
    await clock.run(async () => {
      const lost = outcome(b.write(new Uint8Array(12)));
      await sleep(clock, 5);
      await a.close();
      expect(await lost).toBe("link.closed unknown");
      expect(clock.monotonic()).toBe(5);
    });
  });

  it("is quiet after close", async () => {
    const { clock, a, b, heard } = pair({ latencyMs: 10 });
    await clock.run(async () => {
      await a.write(unhex("01"));
      await b.close();
      await a.close();
      await sleep(clock, 50);
    });
    expect(heard).toEqual([]);
  });

  it("sets one timer a write where pace or latency is absent", async () => {
    const { clock, a } = pair({ baud: 9_600 });
    let timers = 0;
    const after = clock.after.bind(clock);
    clock.after = (ms, wake) => {
      timers++;
      return after(ms, wake);
    };
    await clock.run(async () => {
      for (let i = 0; i < 100; i++) await a.write(unhex("0102"));
    });
    expect(timers).toBe(100);
  });
});
