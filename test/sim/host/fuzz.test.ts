// Bytes that nobody meant, at either end: nothing throws, nothing hangs, and nothing is cleared that was not booked.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dialects } from "../../../src/sim/host/dialects/dialects.js";
import { decode, encode } from "../../../src/sim/host/iso8583.js";
import { read, type Shape, type Values, write } from "../../../src/sim/host/shape.js";
import { HostBench } from "./bench.js";
import { everyShape, sample } from "./messages.js";

const both = ["unionpay", "edc"] as const;
/** Digits or text of any length that the slot can hold; numbers lose the zeros that fill them up. */
function valuesOf({ fields }: Shape): fc.Arbitrary<Values> {
  const slots = fields.flatMap(([, { parts }]) => parts.flatMap((part) => (typeof part === "string" ? [] : [part])));
  const any = slots.map(({ name, size, digits }) => {
    if (size === 0) return [name, fc.constant(sample[name])] as const;
    if (!digits) return [name, fc.stringMatching(new RegExp(`^[!-~]([ -~]{0,${Math.max(0, size - 2)}}[!-~])?$`))] as const;
    return [name, fc.stringMatching(new RegExp(`^[0-9]{1,${size}}$`)).map((text) => text.padStart(size, "0"))] as const;
  });
  return fc.record(Object.fromEntries(any)) as fc.Arbitrary<Values>; // one for each slot
}
const damage = fc.array(fc.tuple(fc.nat(700), fc.nat(255)), { minLength: 1, maxLength: 3 });
function damaged(bytes: Uint8Array, hits: readonly (readonly [number, number])[]): Uint8Array {
  const out = Uint8Array.from(bytes);
  for (const [at, byte] of hits) out[at % out.length] = byte;
  return out;
}

describe.each(both)("in the %s dialect", (name) => {
  it.each(everyShape(dialects[name]))("any $what is read from its bytes as it was written", ({ shape }) => {
    fc.assert(
      fc.property(valuesOf(shape), (values) => {
        const message = decode(encode(write(shape, values)));
        expect("noise" in message ? message : read(shape, message)).toEqual(values);
      }),
      { seed: 7, numRuns: 20 },
    );
  });

  it("the host takes whatever comes", () => {
    const at = new HostBench(name, { host: { lacks: 1 } });
    const messages = everyShape(dialects[name]).map(({ message }) => encode(message));
    fc.assert(
      fc.property(fc.constantFrom(...messages), damage, (bytes, hits) => {
        at.terminal.host.hear(at.account.acquirer, damaged(bytes, hits));
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  it("the terminal takes whatever comes, and clears nothing that the host did not book", async () => {
    const which = fc.tuple(fc.nat(4), damage);
    const ends = new Set<string | undefined>();
    await fc.assert(
      fc.asyncProperty(fc.array(which, { minLength: 1, maxLength: 3 }), fc.nat(2), async (faults, lacks) => {
        const at = new HostBench(name, { host: { lacks } });
        const { host } = at.terminal;
        const hear = host.hear;
        let answers = 0;
        host.hear = (acquirer, bytes) => {
          const heard = hear(acquirer, bytes);
          const fault = faults.find(([answer]) => answer === answers);
          answers++;
          return heard === undefined || fault === undefined ? heard : { ...heard, bytes: damaged(heard.bytes, fault[1]) };
        };
        await at.run(() => at.settle());
        const { bookings } = at.inspect();
        expect(new Set(bookings.map(({ stan }) => stan)).size).toBe(bookings.length);
        if (at.last?.state === "cleared") expect(bookings).toHaveLength(12);
        ends.add(at.last?.state);
        expect(at.asked.length).toBeLessThan(60);
      }),
      { seed: 7, numRuns: 60 },
    );
    expect(ends).toEqual(new Set(["cleared", "sent"]));
  });
});

describe("an answer with", () => {
  const settled = async (fields: Readonly<Record<number, string>>) => {
    const at = new HostBench("edc");
    const { host } = at.terminal;
    const hear = host.hear;
    host.hear = (acquirer, bytes) => {
      const heard = hear(acquirer, bytes);
      const message = decode(heard!.bytes);
      return "noise" in message ? heard : { ...heard!, bytes: encode({ ...message, fields: { ...message.fields, ...fields } }) };
    };
    await at.run(() => at.settle());
    return at.last;
  };

  it("a blank where its code belongs is no answer", async () => {
    const last = await settled({ 39: "  " });
    expect(last).toMatchObject({ state: "sent", code: "UNKNOWN" });
    expect(last).not.toHaveProperty("hostCode");
  });

  it("a day that there is not has no date", async () => {
    const last = await settled({ 13: "0230" });
    expect(last).toMatchObject({ state: "cleared", code: "BALANCED" });
    expect(last).not.toHaveProperty("hostDate");
  });
});
