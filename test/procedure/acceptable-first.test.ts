// Acceptable before irreversible: when the certificate of a run would be refused, no money moves; when that shows later, nothing is erased.
import { describe, expect, it } from "vitest";
import type { ExceptionField } from "../../src/evidence/order/schema.js";
import type { SimOptions } from "../../src/sim/body.js";
import type { Item } from "../../src/terminal/facts.js";
import { exceptionsFor, orderFor } from "../support/orders.js";
import { entriesOf, wipesBegun } from "../support/records.js";
import { World } from "../support/world.js";

/** What the terminal was told to do that cannot be undone. */
function done(world: World) {
  const { areas, bookings, violations } = world.inspect();
  const { ops, life } = world.sim.terminal;
  return { ops: ops.next - 1, bookings: bookings.length, erased: areas.some(({ readable }) => !readable), life: life.life, violations };
}
const NOTHING = { ops: 0, bookings: 0, erased: false, life: 1, violations: [] };

describe("a run whose order excepts what is not there", () => {
  /** The host takes no offline advice: it stays behind as rejected, and the order has to name it as that. */
  const options: SimOptions = { host: { refusesKinds: ["U05"] } };
  const left = (world: World): Item[] =>
    world.sim.terminal.batch.census().items.flatMap((item) => (item.kind === "U05" ? [{ ...item, kind: "U06" }] : []));

  async function excepting(change: (all: ExceptionField[]) => ExceptionField[]) {
    const order = (world: World) => orderFor(world, () => ({ exceptions: change(exceptionsFor(world, left(world))), dualControl: true }));
    const world = new World({ witness: "P-0002", options, order });
    return { world, end: await world.clock.run(() => world.run("run")) };
  }

  it("goes through when all of it is", async () => {
    const { end } = await excepting((all) => all);
    expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED_WITH_EXCEPTIONS" });
  });

  it.each<[string, Parameters<typeof excepting>[0]]>([
    ["an amount that is one cent off", (all) => all.map((one) => ({ ...one, amount: one.amount + 1 }))],
    ["another batch", (all) => all.map((one) => ({ ...one, batch: "000009" }))],
    ["another record", (all) => all.map((one) => ({ ...one, items: [{ stan: "000001", digest: "ab".repeat(32) }] }))],
  ])("is held before anything is sent or settled: %s", async (_, change) => {
    const { world, end } = await excepting(change);
    expect(end).toMatchObject({ endState: "HOLD", code: "draft.rejected", exit: 6, certificate: null });
    expect(end?.message).toContain("EXCEPTION_UNMATCHED");
    expect(done(world)).toEqual(NOTHING);
  });
});

describe("a run whose certificate has become unacceptable since it settled", () => {
  it("erases nothing: the computer's clock was set back, so that its lines go back in time", async () => {
    const world = new World();
    world.disk.hook = (_n, when, what) => {
      if (when === "before" || !/sync .*journal/.test(what)) return;
      if (entriesOf(world).some((entry) => entry.kind === "seen" && entry.step === "archive")) world.computer.skewMs = -3_600_000;
    };
    const end = await world.clock.run(() => world.run("run"));
    expect(done(world)).toMatchObject({ bookings: world.inspect().start.length, erased: false, life: 1, violations: [] });
    expect(end).toMatchObject({ endState: "HOLD", certificate: null });
    expect(end?.message).toContain("draft.rejected");
    expect(wipesBegun(world)).toEqual([]);
  });
});
