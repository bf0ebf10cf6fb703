// The order of a wipe, what an interrupted one does again, and that nothing speaks to a host once the money is settled.
import { afterEach, describe, expect, it, vi } from "vitest";
import { models } from "../../protocols/podp/models/list.js";
import { planOf } from "../../src/procedure/steps/wipe.js";
import { inWipeOrder } from "../../src/procedure/wipe-order.js";
import { AcquirerHost } from "../../src/sim/host/host.js";
import { PowerCut } from "../../src/sim/stores.js";
import { entriesOf } from "../support/records.js";
import { World } from "../support/world.js";

const ended = async (world: World) => world.clock.run(() => world.run("run"));

/** `area/block` of every erase, as it happens in this terminal's flash. */
function erases({ stores: { flash } }: World): string[] {
  const done: string[] = [];
  const { erase } = flash;
  vi.spyOn(flash, "erase").mockImplementation((area, block, upTo) => {
    done.push(`${area}/${block}`);
    erase(area, block, upTo);
  });
  return done;
}
const areaOf = (which: string) => which.split("/")[0];

afterEach(() => vi.restoreAllMocks());

describe("a wipe goes in one order", () => {
  it.each(models.map((model) => [model.id, model] as const))("%s: credentials, other data; working keys, masters, session", (_, model) => {
    const { areas, slots } = inWipeOrder(model, planOf(model, ["SEC", "OPS"]));
    const credentials = areas.map(({ area }) => model.areas.find(({ id }) => id === area)?.classes.includes("SEC") === true);
    expect(credentials).toEqual(credentials.toSorted((a, b) => Number(b) - Number(a)));
    const stage = { TPK: 0, TAK: 0, TDK: 0, TLE: 0, TMK: 1, TLK: 1, IPEK: 1 } as Readonly<Record<string, number>>;
    const stages = slots.map(({ type }) => stage[type] ?? 2);
    expect(stages).toEqual(stages.toSorted());
    expect(new Set(areas)).toEqual(new Set(planOf(model, ["SEC", "OPS"]).areas));
    expect(new Set(slots)).toEqual(new Set(planOf(model, ["SEC", "OPS"]).slots));
  });

  it("and the terminal keeps to it: networks away, then credentials, before anything else is erased", async () => {
    const world = new World({ model: "podp-traditional" });
    const blocks = erases(world);
    expect(await ended(world)).toMatchObject({ endState: "CERT", outcome: "ERASED" });
    expect([...new Set(blocks.map(areaOf))]).toEqual(["3", "4", "1", "2", "5", "6", "7"]);
    const steps = entriesOf(world).map((entry) => (entry.kind === "seen" || entry.kind === "intent" ? entry.step : entry.kind));
    expect(steps.indexOf("isolate")).toBeLessThan(steps.indexOf("plan"));
    expect(steps.indexOf("condition")).toBeLessThan(steps.indexOf("lock"));
  });
});

describe("a wipe that loses its power goes on by itself", () => {
  it("and does an area that it had begun again from its first block, however much of it reads blank", async () => {
    const usual = new World();
    const all = erases(usual);
    await ended(usual);
    expect(new Set(all.map(areaOf)).size).toBe(3);
    for (let cut = 0; cut < all.length; cut++) {
      let passed = 0;
      const world = new World({
        always: () => ({
          nonVolatile: (act) => {
            if (act === "erase" && passed++ === cut) throw new PowerCut("in the middle of a block");
          },
        }),
      });
      const done = erases(world);
      expect(await ended(world), `cut in block ${cut}`).toMatchObject({ endState: "CERT", outcome: "ERASED" });
      const [before, after] = [done.slice(0, cut + 1), done.slice(cut + 1)];
      expect(before).toEqual(all.slice(0, cut + 1));
      const begun = areaOf(before.at(-1) ?? "");
      const from = all.findIndex((which) => areaOf(which) === begun);
      expect(after, `cut in block ${cut}`).toEqual(all.slice(from));
      expect(world.inspect().areas.some(({ readable }) => readable)).toBe(false);
    }
  });
});

describe("nothing re-personalises a wiped terminal", () => {
  it.each(["podp-small", "podp-traditional", "podp-esign", "podp-smart", "podp-mpos", "podp-handheld"])(
    "%s speaks to no host once it is settled, neither to settle nor to sign in",
    async (model) => {
      const heard = vi.spyOn(AcquirerHost.prototype, "hear");
      let settled = -1;
      const world = new World({
        model,
        always: () => ({
          point: (name) => {
            if (name === "settle.cleared") settled = heard.mock.calls.length; // the last account's counts
          },
        }),
      });
      expect(await ended(world)).toMatchObject({ endState: "CERT", outcome: "ERASED" });
      expect(settled).toBeGreaterThan(0);
      expect(heard.mock.calls.length - settled, "messages after settlement").toBe(0);
      const steps = entriesOf(world).map((entry) => (entry.kind === "intent" ? entry.step : ""));
      expect(steps.lastIndexOf("settle")).toBeLessThan(steps.indexOf("commit"));
    },
  );
});
