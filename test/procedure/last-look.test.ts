// The last look before the wipe: what was counted is what the terminal is about to erase, and nobody has left with a debt.
import { describe, expect, it } from "vitest";
import type { Plant } from "../../src/sim/planting.js";
import { accountsOf } from "../support/orders.js";
import { entriesOf, wipesBegun } from "../support/records.js";
import { retell } from "../support/retold.js";
import { World } from "../support/world.js";

const onlyTheFirstHasSales: Plant = { alone: true, items: [{ kind: "U01", account: 0, count: 2 }] };
const untouched = (world: World) => world.inspect().areas.every(({ readable }) => readable);

describe("an acquirer that the terminal no longer names", () => {
  /** Its totals leave out the last acquirer from the given question on; that one has nothing open. */
  async function leavingOut(from: number) {
    const world = new World({ model: "podp-traditional", plant: onlyTheFirstHasSales });
    expect(accountsOf(world).length).toBeGreaterThan(1);
    let asked = 0;
    retell(world, { totals: (said) => (++asked < from ? said : { ...said, accounts: said.accounts.slice(0, -1) }) });
    return { world, end: await world.clock.run(() => world.run("run")), asked };
  }

  it("after it was settled has an outcome, and keeps nobody from the wipe", async () => {
    const { asked } = await leavingOut(99);
    const { end } = await leavingOut(asked);
    expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
  });

  it("before it was settled still owes its outcome, and nothing is erased", async () => {
    const { world, end } = await leavingOut(2);
    expect(end).toMatchObject({ endState: "HOLD", code: "settle.unknown", exit: 4, certificate: null });
    expect(end?.message).toContain("has outcome none");
    expect(untouched(world)).toBe(true);
  });
});

describe("a terminal that plans its wipe on another count than ours", () => {
  it("is never told to begin, in any walk, and goes on hold", async () => {
    const world = new World();
    retell(world, { prepare: (said) => ({ ...said, censusHash: new Uint8Array(32).fill(7) }) });
    const end = await world.clock.run(() => world.run("run"));
    expect(end).toMatchObject({ endState: "HOLD", code: "census.changed", certificate: null });
    expect(entriesOf(world).filter((entry) => entry.kind === "seen" && entry.step === "plan")).toHaveLength(3);
    expect(wipesBegun(world)).toEqual([]);
    expect(world.inspect().violations).toEqual([]);
    expect(untouched(world)).toBe(true);
  });
});
