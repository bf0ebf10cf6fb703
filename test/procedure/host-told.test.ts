// What the acquirer's host holds, as an order tells it, and when its word that a batch is open may be believed.
import { describe, expect, it, vi } from "vitest";
import { AcquirerHost } from "../../src/sim/host/host.js";
import { orderFor, viewsOf } from "../support/orders.js";
import { linesOf } from "../support/records.js";
import { World } from "../support/world.js";

const theOther = { debit: "credit", credit: "debit" } as const;
const run = (world: World) => world.clock.run(() => world.run("run"));

describe("what a host has open", () => {
  it("told in two rows of one direction is not taken to be less", async () => {
    const world = new World({
      witness: "P-0002",
      order: (w) =>
        orderFor(w, () => ({
          hostView: viewsOf(w).map(({ items: _, uncaptured, ...view }) => ({
            ...view,
            // Each with the whole amount: twice what is here.
            uncaptured: uncaptured.flatMap((row) =>
              row.direction === "debit" && row.count > 1
                ? [
                    { ...row, count: row.count - 1 },
                    { ...row, count: 1 },
                  ]
                : [row],
            ),
          })),
        })),
    });
    expect(await run(world)).toMatchObject({ endState: "HOLD", code: "batch.cleared-before" });
    expect(world.inspect().areas.every(({ readable }) => readable)).toBe(true);
  });

  it("is refused as an order when its list and its sums differ", async () => {
    const twice = (w: World) =>
      viewsOf(w).map((view) => ({ ...view, uncaptured: view.uncaptured.map((row) => ({ ...row, amount: row.amount * 2 })) }));
    const world = new World({ witness: "P-0002", order: (w) => orderFor(w, () => ({ hostView: twice(w) })) });
    await expect(run(world)).rejects.toMatchObject({ code: "order.host-view" });
  });

  it("is an original no more once a reversal of this run took it back", async () => {
    const world = new World({
      witness: "P-0002",
      plant: { alone: true, items: [{ kind: "U03" }] },
      order: (w) =>
        orderFor(w, () => ({
          hostView: viewsOf(w).map((view) => {
            const [reversal] = w.sim.terminal.batch.census().items;
            const original = { direction: theOther[reversal!.direction], currency: "CNY", amount: Number(reversal!.money.minor) };
            return { ...view, uncaptured: [{ ...original, count: 1 }], items: [{ ...original, stan: reversal!.stan }] };
          }),
        })),
    });
    expect(await run(world)).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
    expect(world.inspect().violations).toEqual([]);
  });
});

it("a host's word that a batch is open counts only when its longest delay has gone by since the last message of the settlement", async () => {
  const longestDelay = 180_000;
  const world = new World({
    model: "podp-traditional",
    speed: 1,
    plant: { alone: true, items: [{ kind: "U01", count: 300, amount: 100, account: 1 }] },
    options: { host: { lacks: 1, silent: "before", silences: 1 } }, // it differs, is uploaded record by record, and the close at the end gets lost
    knows: { longestDelay },
  });
  const sent: number[] = [];
  const hear = AcquirerHost.prototype.hear;
  const spy = vi.spyOn(AcquirerHost.prototype, "hear").mockImplementation(function (this: AcquirerHost, ...args) {
    sent.push(world.clock.wall());
    return hear.apply(this, args);
  });
  try {
    await run(world);
  } finally {
    spy.mockRestore();
  }
  const settles = linesOf(world).flatMap(({ at, entry }) => (entry.kind === "intent" && entry.step === "settle" ? [Date.parse(at)] : []));
  const second = settles.at(-1) ?? 0;
  expect(settles.length).toBeGreaterThan(1);
  const before = sent.filter((at) => at < second - 1);
  expect(before.length).toBeGreaterThan(300);
  expect(second - Math.max(...before)).toBeGreaterThan(longestDelay);
});
