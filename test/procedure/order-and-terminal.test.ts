// What an order says of a terminal, held against the terminal, before anything moves: its acquirers, all of them, and the clock that dates its records.
import { describe, expect, it } from "vitest";
import type { Order } from "../../src/evidence/order/schema.js";
import type { SimOptions } from "../../src/sim/body.js";
import type { Plant } from "../../src/sim/planting.js";
import { orderFor } from "../support/orders.js";
import { World } from "../support/world.js";

const unseen: Order["hostView"] = { unavailable: true, reason: "closed for the night", approvers: ["B-0002", "B-0003"] };

async function run(change: (order: Order) => Partial<Order>, setup: { readonly options?: SimOptions; readonly plant?: Plant } = {}) {
  const world = new World({ ...setup, witness: "P-0002", order: (w) => orderFor(w, (order) => ({ hostView: unseen, ...change(order) })) });
  const end = await world.clock.run(() => world.run("run"));
  const { areas, bookings } = world.inspect();
  return { end, moved: { bookings: bookings.length, erased: areas.some(({ readable }) => !readable) } };
}
const NOTHING = { bookings: 0, erased: false };

describe("the acquirers that an order names", () => {
  const another = { acquirer: "00100000099", mid: "M99", tid: "T0000099" };

  it("must all be in the terminal: one that is not there any more may have been cleared without its money", async () => {
    const { end, moved } = await run(({ accounts = [] }) => ({ accounts: [...accounts, another] }));
    expect(end).toMatchObject({ endState: "QUAR", code: "identity.binding", exit: 5, certificate: null });
    expect(end?.message).toContain("T0000099 is in the order and not in the terminal");
    expect(moved).toEqual(NOTHING);
  });

  it("must name all that are in the terminal", async () => {
    const { end, moved } = await run(() => ({ accounts: [another] }));
    expect(end).toMatchObject({ endState: "QUAR", code: "identity.binding" });
    expect(end?.message).toContain("is in the terminal and not in the order");
    expect(moved).toEqual(NOTHING);
  });
});

describe("a refund that nobody at the host has seen", () => {
  const DAY = 86_400_000;
  const MINUTE = 60_000;
  const plant: Plant = {
    alone: true,
    items: [
      { kind: "U01", count: 2 },
      { kind: "U01", direction: "credit" },
    ],
  };
  const dated = (clockOffsetMs: number) => run(() => ({}), { plant, options: { clockOffsetMs } });

  it.each([0, DAY - MINUTE, MINUTE - DAY])(
    "is settled where the terminal's clock is off by %i ms, so that it can be dated",
    async (off) => {
      const { end } = await dated(off);
      expect(end).toMatchObject({ message: null, endState: "CERT" });
    },
  );

  it.each([DAY + MINUTE, -DAY - MINUTE, 3 * 365 * DAY])(
    "puts the terminal into quarantine where its clock is off by %i ms: it may have been made in our custody",
    async (off) => {
      const { end, moved } = await dated(off);
      expect(end).toMatchObject({ endState: "QUAR", code: "batch.custody", exit: 5, certificate: null });
      expect(moved).toEqual(NOTHING);
    },
  );
});

describe("a sale of after the day on which use was to stop (R06)", () => {
  const sold = (time: string) => run(() => ({}), { plant: { alone: true, items: [{ kind: "U01", time }] } });

  it("holds the run before anything moves", async () => {
    const { end, moved } = await sold("251222080000");
    expect(end).toMatchObject({ endState: "HOLD", code: "batch.stop-use", exit: 4, certificate: null });
    expect(end?.message).toContain("records of after 2025-12-22T08:00:00.000Z");
    expect(moved).toEqual(NOTHING);
  });

  it("is settled where it was made a second before", async () => {
    const { end } = await sold("251222075959");
    expect(end).toMatchObject({ message: null, endState: "CERT" });
  });
});
