// A production terminal, a back office's full order, the station's own key: from the first frame to a certificate that the strictest verifier takes.
import { describe, expect, it } from "vitest";
import { families } from "../../protocols/index.js";
import { models } from "../../protocols/podp/models/list.js";
import { hex } from "../../src/base/bytes.js";
import { pointOf, sha256 } from "../../src/base/sign.js";
import type { AccountView, Order } from "../../src/evidence/order/schema.js";
import { isKnown } from "../../src/evidence/statement/fields.js";
import { verify } from "../../src/evidence/verify.js";
import { abandon } from "../../src/procedure/decommission.js";
import { simModel } from "../../src/sim/models.js";
import { named, readersOf } from "../support/depot.js";
import { testOwner, testRoot, testWireKey } from "../support/identities.js";
import { orderFor } from "../support/orders.js";
import { World } from "../support/world.js";
import type { WorldSetup } from "../support/world-setup.js";

const model = "podp-production";
const passFor = (key: Uint8Array) => ({ key: hex(key), number: 1, pass: "" });
const ours = pointOf(testWireKey);

/** At a depot: no owner key, a real cable, an order that says all of it. */
async function run(change: Partial<Order>, setup: WorldSetup = {}) {
  const readers = readersOf(simModel(setup.model ?? model)?.accounts ?? []);
  const given: { order?: ReturnType<typeof orderFor>; change: Partial<Order> } = { change };
  const world = new World({
    ...{ model, port: "/dev/ttyTEST0", baud: 115_200, witness: "P-0002", ownerless: true },
    owner: pointOf(testOwner.key),
    archiveRecipients: readers,
    order: (w) => {
      given.order = orderFor(w, () => ({ environment: "production", archiveRecipients: named(readers), ...given.change }));
      return given.order;
    },
    ...setup,
  });
  return { world, given, end: await world.clock.run(() => world.run("run")) };
}

/** What the strictest verifier says, with the order beside the certificate. */
function judge(
  world: World,
  given: { readonly order?: ReturnType<typeof orderFor> },
  end: { readonly certificate: string | null } | undefined,
) {
  const { content = new Uint8Array(0) } = given.order ?? {};
  const path = end?.certificate ?? "";
  const files = {
    content: world.disk.read(path) ?? new Uint8Array(0),
    signature: world.disk.read(path.replace(/json$/, "p7s")) ?? new Uint8Array(0),
  };
  const order = { ...(JSON.parse(Buffer.from(content).toString()) as Order), sha256: hex(sha256(content)) };
  const context = { trust: [testRoot.certificate], trustedTime: world.clock.wall(), production: true };
  return verify(files, { ...context, order });
}

describe("a production run", () => {
  it("ends in a certificate that is accepted under the rules of production, with the order beside it", async () => {
    const { world, given, end } = await run({ stationPass: passFor(ours) });
    expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
    const verified = judge(world, given, end);
    expect(verified).toMatchObject({ status: "ACCEPTED", code: "ok", environment: "production", outcome: "ERASED" });
    const { areas = [], archive } = verified.verified?.statement ?? {};
    expect(areas.map(({ id, errors, retries }) => [id, errors, retries])).toEqual([
      [1, 0, 0],
      [2, 0, 0],
      [3, 0, 0],
    ]);
    expect(archive).toMatchObject({ present: true, alg: "cms-aes256-gcm" });
    expect(world.inspect()).toMatchObject({ terminal: [], violations: [] });
  });

  it.each(["podp-traditional", "podp-esign", "podp-smart", "podp-mpos", "podp-handheld"])(
    "of %s is accepted, and of what the model keeps it says that nothing was asked",
    async (name) => {
      const { world, given, end } = await run({ stationPass: passFor(ours) }, { model: name, options: { environment: "production" } });
      expect(end).toMatchObject({ message: null, endState: "CERT" });
      const verified = judge(world, given, end);
      expect(verified).toMatchObject({ status: "ACCEPTED", environment: "production" });
      const kept = models.find(({ id }) => id === name)?.areas.flatMap(({ id, keep }) => (keep === undefined ? [] : [id])) ?? [];
      const { areas = [] } = verified.verified?.statement ?? {};
      const unasked = areas.filter(({ errors, retries }) => !isKnown(errors) || !isKnown(retries));
      expect(unasked.map(({ id, technique }) => [id, technique])).toEqual(kept.map((id) => [id, "none"]));
    },
  );

  it("of a terminal that was wiped before is accepted with what was observed, and nothing is asked of it that was not", async () => {
    const { world, given } = await run({ stationPass: passFor(ours) });
    const { accounts, hostView } = JSON.parse(Buffer.from(given.order?.content ?? []).toString()) as Order;
    const settled = { openBatch: null, uncaptured: [], items: [], lastStan: null, lastStanAt: null };
    given.change = { ...given.change, accounts, hostView: (hostView as AccountView[]).map((view) => ({ ...view, ...settled })) };
    await world.replug();
    const end = await world.clock.run(() => world.run("run"));
    expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED_WITH_EXCEPTIONS", blank: true });
    const { status, verified } = judge(world, given, end);
    expect(status).toBe("ACCEPTED_WITH_FINDINGS");
    expect(new Set(verified?.statement.areas.map(({ errors, technique, basis }) => `${isKnown(errors)} ${technique} ${basis}`))).toEqual(
      new Set(["false none observed"]),
    );
  });

  it("tells of a block that took a second erase", async () => {
    const { world, given, end } = await run({ stationPass: passFor(ours) }, { options: { weak: [2] } });
    expect(end).toMatchObject({ endState: "CERT", outcome: "ERASED" });
    const { status, verified } = judge(world, given, end);
    expect(status).toBe("ACCEPTED");
    expect(verified?.statement.areas.map(({ errors, retries }) => [errors, retries])).toEqual([
      [0, 0],
      [0, 1],
      [0, 0],
    ]);
  });

  it("whose memory cannot be erased, or that is given up, tells what it saw, and a person looks at that", async () => {
    const failed = await run({ stationPass: passFor(ours) }, { options: { stuck: [2] } });
    expect(failed.end).toMatchObject({ endState: "DESTROY", code: "erase.failed" });
    const judged = judge(failed.world, failed.given, failed.end);
    expect(judged).toMatchObject({ status: "QUARANTINED", code: "POLICY_OUTCOME", outcome: "NOT_ERASED" });
    expect(judged.verified?.statement.areas[1]).toMatchObject({ errors: 1, retries: 1 });

    const parked = await run({ stationPass: passFor(ours) }, { options: { host: { rejects: "97" } } });
    expect(parked.end).toMatchObject({ endState: "HOLD", code: "settle.deregistered" });
    const given = abandon(parked.world.bench(), families, parked.world.serial);
    expect(judge(parked.world, parked.given, given)).toMatchObject({ status: "QUARANTINED", code: "POLICY_OUTCOME", outcome: "ABORTED" });
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
