// What is evidence that a batch was booked, and what only looks like it: the terminal's record, the host's answer, the back office's word.
import { describe, expect, it } from "vitest";
import type { commands } from "../../protocols/podp/messages.js";
import { rfc3339, sleep } from "../../src/base/clock.js";
import type { Plant } from "../../src/sim/planting.js";
import type { Response } from "../../src/wire/messages.js";
import { orderFor, viewsOf } from "../support/orders.js";
import { linesOf } from "../support/records.js";
import { retell } from "../support/retold.js";
import { World } from "../support/world.js";

const sales: Plant = { alone: true, items: [{ kind: "U01", count: 3 }] };
const UNKNOWN = { endState: "HOLD", code: "settle.unknown", exit: 4, certificate: null };

const untouched = (world: World) => world.inspect().areas.every(({ readable }) => readable);

describe("the terminal's record of a settlement that it says is done", () => {
  type Settled = Response<typeof commands.settleStatus>;
  async function told(change: (settled: Settled) => Settled) {
    const world = new World({ plant: sales });
    retell(world, { settleStatus: change });
    return { world, end: await world.clock.run(() => world.run("run")) };
  }

  it("is evidence when it names this batch, these totals and the host's reference", async () => {
    const { end } = await told((settled) => settled);
    expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
  });

  const cent = (totals: Settled["hostTotals"]) => ({ ...totals!, debit: totals!.debit + 1n });
  it.each<[string, (settled: Settled) => Settled]>([
    ["names another batch", (settled) => ({ ...settled, batch: "000041" })],
    ["names the batch that follows", (settled) => ({ ...settled, batch: String(Number(settled.batch) + 1).padStart(6, "0") })],
    ["has no reference of the host's", ({ reference: _, ...settled }) => settled],
    [
      "has a cent more than was counted",
      (settled) => ({ ...settled, terminalTotals: cent(settled.terminalTotals), hostTotals: cent(settled.hostTotals) }),
    ],
    ["has a cent more at the host", (settled) => ({ ...settled, hostTotals: cent(settled.hostTotals) })],
  ])("is none when it %s: nobody knows, and nothing is erased", async (_, change) => {
    const { world, end } = await told(change);
    expect(end).toMatchObject(UNKNOWN);
    expect(untouched(world)).toBe(true);
  });
});

describe("a host that is asked after a lost answer, and says that it has closed the batch", () => {
  /** Besides what was sent, somebody else's sale of so much stands in the batch that it has closed. */
  async function asked(others: bigint) {
    const world = new World({
      plant: sales,
      options: { host: { silent: "after", silences: 1 } },
      hooks: {
        point(name) {
          if (name !== "settle.sent" || others === 0n) return;
          const item = world.inspect().start[0]!;
          world.stores.host.append({ event: "booked", item: { ...item, stan: "900001", amount: others }, via: "settle" });
        },
      },
    });
    const end = await world.clock.run(() => world.run("run"));
    return { world, end };
  }

  it("is believed with the totals that were sent", async () => {
    const { end } = await asked(0n);
    expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
  });

  it("is not believed with other totals: the terminal is not told to clear the batch", async () => {
    const { world, end } = await asked(1n);
    expect(world.inspect().terminal).toHaveLength(3);
    expect(end).toMatchObject(UNKNOWN);
    const answers = linesOf(world).flatMap(({ entry }) => (entry.kind === "seen" && entry.step === "host-query" ? [entry.answer] : []));
    expect(answers).toEqual(["cannot-tell"]);
    expect(world.inspect().violations).toEqual([]);
  });
});

describe("the back office's word that a batch is open", () => {
  const longestDelay = 60_000;

  /** The answer was lost before or after the host booked; the word is as of so long after the attempt. */
  async function ruled(silent: "before" | "after", msAfter: number) {
    const world = new World({
      plant: sales,
      knows: { longestDelay },
      witness: "P-0002",
      order: (w) => orderFor(w),
      options: { host: { silent, silences: 1, cannotTell: true } },
    });
    const end = await world.clock.run(() => world.run("run"));
    expect(end).toMatchObject(UNKNOWN);
    const attempt = linesOf(world).find(({ entry }) => entry.kind === "intent" && entry.step === "settle");
    await world.replug();
    await world.clock.run(() => sleep(world.clock, 3_600_000));
    const asOf = rfc3339(Date.parse(attempt?.at ?? "") + msAfter);
    const [{ openBatch: batch } = { openBatch: null }] = viewsOf(world);
    const word = { batch: batch ?? "", answer: "open", totals: null, hostReference: "H1", asOf } as const;
    world.newer = orderFor(world, ({ accounts = [] }) => ({
      nonce: "c".repeat(32),
      continues: end?.runId ?? "",
      hostView: { unavailable: true, reason: "closed for the night", approvers: ["B-0002", "B-0003"] },
      resolutions: [{ ...accounts[0]!, ...word }],
    }));
    return { world, end: await world.clock.run(() => world.run("resume")) };
  }

  it("counts as of a time when nothing that was sent could still arrive", async () => {
    const { world, end } = await ruled("before", longestDelay + 1);
    expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
    expect(world.inspect().bookings).toHaveLength(3);
  });

  it.each([1000, longestDelay])("does not count as of %i ms after the attempt: nothing is sent a second time", async (msAfter) => {
    const { world, end } = await ruled("after", msAfter);
    expect(end).toMatchObject(UNKNOWN);
    expect(world.inspect().bookings).toHaveLength(3);
    expect(world.sim.terminal.ops.next - 1).toBe(1);
    expect(world.inspect().violations).toEqual([]);
  });
});
