// What ERASED requires: the policy floor, to which an order may add and from which it can take nothing.
import { describe, expect, it } from "vitest";
import { models } from "../../protocols/podp/models/list.js";
import type { Order } from "../../src/evidence/order/schema.js";
import { askedOf, floorOf, floors, raised, underFloor } from "../../src/evidence/statement/floor.js";
import type { Statement } from "../../src/evidence/statement/statement.js";
import { contentClasses } from "../../src/terminal/facts.js";
import type { Model } from "../../src/terminal/model.js";
import { orderFor } from "../support/orders.js";
import { World } from "../support/world.js";

async function run(model: string, asked: Partial<Order>, knows: Partial<Model> = {}) {
  const world = new World({ model, witness: "P-0002", knows, order: (w) => orderFor(w, () => asked) });
  const end = await world.clock.run(() => world.run("run"));
  const statement = end?.certificate == null ? undefined : world.verified(end.certificate).verified?.statement;
  return { world, end, statement };
}

const levelsOf = ({ areas }: Statement) => Object.fromEntries(areas.map(({ id, verification }) => [id, verification.level.join(" ")]));
const LEAST = { keys: [], areas: [] };

describe("an order that asks for less than the floor", () => {
  it("gets all of the model erased and shown by the floor's levels", async () => {
    const { world, end, statement } = await run("podp-smart", { requestedAreas: [], minimumLevels: LEAST });
    expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
    expect(world.inspect().areas.filter(({ readable }) => readable)).toEqual([]);
    expect(statement?.areas.filter(({ result }) => result === "erased").map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(new Set(Object.values(levelsOf(statement as Statement)))).toEqual(new Set(["V1 V3", ""]));
    expect(statement?.keys.every(({ level }) => level.join() === "V1,V2")).toBe(true);
  });
});

describe("an order that asks for more than the floor", () => {
  it("has areas erased that are otherwise left by choice", async () => {
    const usual = await run("podp-smart", {});
    expect(usual.statement?.areas.at(8)).toMatchObject({ id: 9, class: ["OPS"], result: "retained", method: "none" });
    const more = await run("podp-smart", { requestedAreas: ["K", "SAD", "CHD", "PII", "SEC", "BIZ", "OPS"] });
    expect(more.end).toMatchObject({ message: null, outcome: "ERASED" });
    expect(more.statement?.areas.at(8)).toMatchObject({ id: 9, result: "erased", verification: { level: ["V1", "V3"] } });
    expect(more.world.stores.flash.bytes(9).every((byte) => byte === 0xff)).toBe(true);
    expect(usual.world.stores.flash.bytes(9).every((byte) => byte === 0xff)).toBe(false);
  });

  it("cannot have the unit's own identity erased, and is held before the wipe", async () => {
    const { end, world } = await run("podp-smart", { requestedAreas: ["ID"] });
    expect(end).toMatchObject({ endState: "HOLD", code: "draft.rejected", outcome: null });
    expect(end?.message).toMatch(/SCOPE_NOT_DONE/);
    expect(world.inspect().areas.every(({ readable }) => readable)).toBe(true);
  });

  it("has areas filled whose contents it names, each as strongly as asked, and no others", async () => {
    const classes = { SAD: ["V4", "V5"], PII: ["V4"] } as const;
    const { end, statement } = await run("podp-smart", {
      minimumLevels: { ...LEAST, classes: { SAD: [...classes.SAD], PII: [...classes.PII] } },
    });
    expect(end).toMatchObject({ message: null, outcome: "ERASED" });
    const [streamed, seeded, read] = ["V1 V3 V4 V5", "V1 V3 V4", "V1 V3"];
    expect(levelsOf(statement as Statement)).toEqual({
      ...{ 1: streamed, 2: read, 3: seeded, 4: seeded, 5: read, 6: streamed, 7: seeded, 8: read, 9: "", 10: "" },
    });
    expect(statement?.model.areas.map(({ minLevel }) => minLevel.join(" "))).toEqual([
      "V4 V5",
      "",
      "V4",
      "V4",
      "",
      "V4 V5",
      "V4",
      "",
      "",
      "",
    ]);
  });

  it("does not get ERASED where a terminal cannot show that for one of the classes", async () => {
    const { end, statement } = await run("podp-handheld", { minimumLevels: { ...LEAST, classes: { PII: ["V4"] } } });
    expect(end).toMatchObject({ endState: "CERT", outcome: "ERASED_WITH_EXCEPTIONS" });
    expect(statement?.outcomeReasons).toEqual(["BELOW_MINIMUM"]);
  });
});

describe("an area that is only deleted", () => {
  const { areas } = models.find(({ id }) => id === "podp-small")!;
  const deleting = { areas: areas.map((area) => (area.id === 3 ? { ...area, technique: "delete" as const } : area)) };

  it("costs ERASED where the terminal stays in the house", async () => {
    const { end, statement } = await run("podp-small", { destination: "reuse-internal" }, deleting);
    expect(end).toMatchObject({ endState: "CERT", outcome: "ERASED_WITH_EXCEPTIONS" });
    expect(statement?.outcomeReasons).toEqual(["LOGICAL_DELETE"]);
    expect(statement?.claims).not.toContain("PAYMENT_DATA_ERASED");
    expect(statement?.areas.map(({ result }) => result)).toEqual(["erased", "erased", "logical-delete"]);
  });

  it.each(["reuse-external", "export", "recycle"] as const)("holds a run towards %s before any money is moved", async (destination) => {
    const { end, world } = await run("podp-small", { destination }, deleting);
    expect(end).toMatchObject({ endState: "HOLD", code: "draft.rejected" });
    expect(end?.message).toMatch(/LOGICAL_DELETE_LEAVES/);
    expect(world.inspect().money.host).toBe(0n);
  });
});

describe("the floor", () => {
  it("is the same for what every environment holds, and wants a proven unit in production", () => {
    const { production, bench, simulator } = floors;
    for (const { areas, keys } of [bench, simulator]) expect({ areas, keys }).toEqual({ areas: production.areas, keys: production.keys });
    expect([production, bench, simulator].map(({ identity }) => identity.includes("P1"))).toEqual([false, true, true]);
    const required = (Object.keys(contentClasses) as (keyof typeof contentClasses)[]).filter((name) => underFloor(production, [name]));
    expect(required).toEqual(["K", "SAD", "CHD", "PII", "SEC", "BIZ"]);
  });

  it("is raised for a class or for all, and no rise lowers it", () => {
    const { simulator } = floors;
    const more = raised(simulator, { areas: ["V4"], classes: { SAD: ["V5"], OPS: ["V3"] }, keys: ["V6"] });
    expect(floorOf(more, ["BIZ"])).toEqual(["V1", "V3", "V4"]);
    expect(floorOf(more, ["SAD", "BIZ"])).toEqual(["V1", "V3", "V4", "V5"]);
    expect([underFloor(simulator, ["OPS"]), underFloor(more, ["OPS"]), underFloor(more, ["ID"])]).toEqual([false, true, false]);
    expect(more.keys).toEqual(["V1", "V2", "V6"]);
    expect(raised(simulator, {})).toEqual(simulator);
    expect(askedOf({ areas: ["V3"], classes: { SAD: ["V3", "V5"] } }, ["SAD", "CHD"])).toEqual(["V3", "V5"]);
  });
});
