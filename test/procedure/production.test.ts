// A production terminal, a back office's full order, the station's own key: from the first frame to a certificate that the strictest verifier takes.
import { describe, expect, it } from "vitest";
import { hex } from "../../src/base/bytes.js";
import { pointOf, sha256 } from "../../src/base/sign.js";
import type { Order } from "../../src/evidence/order/schema.js";
import { verify } from "../../src/evidence/verify.js";
import { testOwner, testRoot, testWireKey } from "../support/identities.js";
import { orderFor } from "../support/orders.js";
import { acquirer, escrow } from "../support/recipients.js";
import { World } from "../support/world.js";
import type { WorldSetup } from "../support/world-setup.js";

const readers = [
  { party: "00100000001", certificate: acquirer.certificate },
  { party: "ESCROW", certificate: escrow.certificate },
];
const passFor = (key: Uint8Array) => ({ key: hex(key), number: 1, pass: "" });
const ours = pointOf(testWireKey);

/** At a depot: no owner key, a real cable, an order that says all of it. */
async function run(change: Partial<Order>, setup: WorldSetup = {}) {
  const given: { order?: ReturnType<typeof orderFor> } = {};
  const world = new World({
    ...{ model: "podp-production", port: "/dev/ttyTEST0", baud: 115_200, witness: "P-0002", ownerless: true },
    owner: pointOf(testOwner.key),
    archiveRecipients: readers.map(({ party, certificate }) => ({ party, certificate })),
    order: (w) => {
      const archiveRecipients = readers.map(({ party, certificate }) => ({ party, certSha256: hex(sha256(certificate)) }));
      given.order = orderFor(w, () => ({ environment: "production", archiveRecipients, ...change }));
      return given.order;
    },
    ...setup,
  });
  return { world, given, end: await world.clock.run(() => world.run("run")) };
}

describe("a production run", () => {
  it("ends in a certificate that is accepted under the rules of production, with the order beside it", async () => {
    const { world, given, end } = await run({ stationPass: passFor(ours) });
    expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
    const { content = new Uint8Array(0) } = given.order ?? {};
    const path = end?.certificate ?? "";
    const files = {
      content: world.disk.read(path) ?? new Uint8Array(0),
      signature: world.disk.read(path.replace(/json$/, "p7s")) ?? new Uint8Array(0),
    };
    const order = { ...(JSON.parse(Buffer.from(content).toString()) as Order), sha256: hex(sha256(content)) };
    const context = { trust: [testRoot.certificate], trustedTime: world.clock.wall(), production: true };
    const verified = verify(files, { ...context, order });
    expect(verified).toMatchObject({ status: "ACCEPTED", code: "ok", environment: "production", outcome: "ERASED" });
    const { areas = [], archive } = verified.verified?.statement ?? {};
    // What the terminal does not count is not made up.
    for (const { errors, retries } of areas) expect([errors, retries]).toEqual([{ unknown: "NOT_REPORTED" }, { unknown: "NOT_REPORTED" }]);
    expect(areas.length).toBeGreaterThan(0);
    expect(archive).toMatchObject({ present: true, alg: "cms-aes256-gcm" });
    expect(world.inspect()).toMatchObject({ terminal: [], violations: [] });
  });

  it("is not begun with a pass for another station's key, and has none without one", async () => {
    await expect(run({ stationPass: passFor(pointOf(testOwner.key)) })).rejects.toMatchObject({ code: "order.station" });
    await expect(run({})).rejects.toMatchObject({ code: "keys.missing" });
  });

  it("on a line that says it is simulated is not accepted as production, and nothing is moved or erased", async () => {
    const { world, end } = await run({ stationPass: passFor(ours) }, { port: "sim:test" });
    expect(end).toMatchObject({ endState: "HOLD", code: "draft.rejected", certificate: null });
    expect(world.inspect().bookings).toEqual([]);
  });
});
