import { describe, expect, it } from "vitest";
import { families } from "../../protocols/index.js";
import { limits } from "../../protocols/podp/codes.js";
import { payloadRoom } from "../../protocols/podp/frame.js";
import { acceptedOrder, authorityOf } from "../../src/procedure/admission.js";
import { connect } from "../../src/procedure/connect.js";
import { encodeRecord, RECORD } from "../../src/sim/records.js";
import { World } from "../support/world.js";

const BAUD = 115_200;
const RECORDS = 1000;

/** A transaction log filled up to 1,000 records, as 120,000 bytes of file. */
function fill(world: World): void {
  const used = world.inspect().start.length;
  for (let slot = used; slot < RECORDS; slot++) {
    const stan = String(slot + 500_000);
    const sale = {
      kind: "U01",
      direction: "debit",
      account: 0,
      batch: "000001",
      stan,
      amount: 100n,
      currency: "156",
      time: "260105080000",
    } as const;
    const card = { pan: "6299990000000000", expiry: "2912", track: "6299990000000000=29122010000" };
    world.stores.flash.program(1, slot * RECORD, encodeRecord(sale, card));
  }
}

async function readFile(latencyMs: number): Promise<{ efficiency: number; bytes: number; ms: number }> {
  const world = new World({ model: "podp-traditional", baud: BAUD, latencyMs });
  fill(world);
  return await world.clock.run(async () => {
    const bench = world.bench();
    const { terminal, family } = await connect(bench, { families, link: world.line, patience: 5000 });
    const { identity } = terminal;
    const order = acceptedOrder(bench, family, identity, "bench");
    await terminal.open(authorityOf(bench, family, order, identity));
    const file = (await terminal.areas()).flatMap((area) => area.files)[0]!;
    const begun = world.clock.monotonic();
    const { length } = await terminal.read(file);
    const ms = world.clock.monotonic() - begun;
    return { efficiency: (length * 10 * 1000) / BAUD / ms, bytes: length, ms };
  });
}

describe("reading a transaction file of 1,000 records at 115,200 baud", () => {
  it.each([
    [1, 0.985],
    [16, 0.98],
  ])("with %i ms turnaround uses at least %f of the line", async (latency, aim) => {
    const { efficiency, bytes, ms } = await readFile(latency);
    const perFrame = payloadRoom(limits.maxFrame) - 4;
    console.log(
      `${bytes} bytes in ${ms.toFixed(1)} ms: ${(efficiency * 100).toFixed(2)} %, ${perFrame} file bytes a frame of ${limits.maxFrame + 2}, ` +
        `overhead ${((1 - perFrame / (limits.maxFrame + 2)) * 100).toFixed(2)} %, window 4`,
    );
    expect(bytes).toBe(RECORDS * RECORD);
    expect(efficiency).toBeGreaterThanOrEqual(aim);
  });
});
