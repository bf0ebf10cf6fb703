// What is evidence that a batch was booked, and what only looks like it: the terminal's record, the host's answer, the back office's word.
import { describe, expect, it } from "vitest";
import type { commands } from "../../protocols/podp/messages.js";
import { rfc3339, sleep } from "../../src/base/clock.js";
import type { SimOptions } from "../../src/sim/body.js";
import type { Plant } from "../../src/sim/planting.js";
import { dialects } from "../../src/terminal/dialects/list.js";
import type { Response } from "../../src/wire/messages.js";
import { accountsOf, orderFor } from "../support/orders.js";
import { retell } from "../support/retold.js";
import { World } from "../support/world.js";
import type { WorldSetup } from "../support/world-setup.js";

const sales: Plant = { alone: true, items: [{ kind: "U01", count: 3 }] };
const UNKNOWN = { endState: "HOLD", code: "settle.unknown", exit: 4, certificate: null };

const untouched = (world: World) => world.inspect().areas.every(({ readable }) => readable);

describe("the terminal's record of a settlement that it says is done", () => {
  type Settled = Response<typeof commands.settleStatus>;
  async function told(change: (settled: Settled) => Settled) {
    const world = new World({ plant: sales });
    const batches: string[] = [];
    retell(world, {
      settleStatus: (settled) => {
        batches.push(settled.batch);
        return change(settled);
      },
    });
    const end = await world.clock.run(() => world.run("run"));
    expect(batches.length).toBeGreaterThan(0);
    return { world, end };
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
