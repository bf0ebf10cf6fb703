// What a terminal announces, held against its model: every way in which it can be less or more stops the run before anything is erased.
import { describe, expect, it } from "vitest";
import { models } from "../../protocols/podp/models/list.js";
import { DecomError } from "../../src/base/errors.js";
import { type Difference, differences } from "../../src/procedure/inventory.js";
import { simModels } from "../../src/sim/models.js";
import type { PlantedKey } from "../../src/sim/planting.js";
import { type Model, modelSha256 } from "../../src/terminal/model.js";
import { strays } from "../../src/terminal/slots.js";
import { World } from "../support/world.js";
import type { WorldSetup } from "../support/world-setup.js";

const modelNamed = (name: string) => models.find(({ id }) => id === name)!;
const small = modelNamed("podp-small");
const [log, parameters, traces] = small.areas as [Model["areas"][number], Model["areas"][number], Model["areas"][number]];
const [tpk, tak, tmk, identity] = small.slots as [
  Model["slots"][number],
  Model["slots"][number],
  Model["slots"][number],
  Model["slots"][number],
];

async function run(setup: WorldSetup) {
  const world = new World(setup);
  const end = await world.clock.run(() => world.run("run"));
  return { world, end, untouched: world.inspect().areas.every(({ readable }) => readable) };
}

describe("a terminal whose inventory is not its model's", () => {
  const rows: readonly (readonly [string, Difference["what"], Partial<Model>, RegExp])[] = [
    [
      "has an area less",
      "area-missing",
      { areas: [...small.areas, { ...traces, id: 4 }] },
      /^podp-small has area 4 of 512 bytes, the terminal none$/,
    ],
    ["has a smaller area", "area-size", { areas: [{ ...log, size: 1024 }, parameters, traces] }, /area 1 of 1024 bytes, the terminal 768$/],
    ["has a larger area", "area-size", { areas: [{ ...log, size: 512 }, parameters, traces] }, /area 1 of 512 bytes, the terminal 768$/],
    ["has an area more", "area-beyond", { areas: [log, parameters] }, /^area 3 of 512 bytes is not in podp-small$/],
    [
      "says that an area holds more",
      "area-classes",
      { areas: [log, { ...parameters, classes: ["SEC", "BIZ"] }, traces] },
      /^area 2 of podp-small holds BIZ SEC, the terminal says BIZ PII SEC$/,
    ],
    [
      "says that an area holds less",
      "area-classes",
      { areas: [log, { ...parameters, classes: ["CHD", "PII", "SEC", "BIZ"] }, traces] },
      /^area 2 of podp-small holds BIZ CHD PII SEC, the terminal says BIZ PII SEC$/,
    ],
    [
      "can fill more",
      "area-fill",
      { areas: [log, { ...parameters, verify: "read-back" }, traces] },
      /cannot be filled, the terminal says it can/,
    ],
    ["has slots less", "slots-missing", { slots: [tpk, { ...tak, to: 3 }, tmk, identity] }, /^slots TAK TDES 0–3 of podp-small are not in/],
    ["has slots more", "slots-beyond", { slots: [{ ...tpk, to: 0 }, tak, tmk, identity] }, /^slots TPK TDES 1 are not in podp-small$/],
    ["has a type of slot less", "slots-missing", { slots: [...small.slots, { ...tak, type: "TDK" }] }, /^slots TDK TDES 0–1 of podp-small/],
    ["has a type of slot more", "slots-beyond", { slots: [tpk, tmk, identity] }, /^slots TAK TDES 0–1 are not in podp-small$/],
    [
      "has slots of another algorithm",
      "slots-missing",
      { slots: [tpk, { ...tak, algorithm: "AES" }, tmk, identity] },
      /^slots TAK AES 0–1 of podp-small are not in the terminal's list, and 1 more$/,
    ],
    ["has more accounts", "accounts-beyond", { acquirerSets: 0 }, /^podp-small has room for 0 accounts, the terminal names 1$/],
  ];

  it.each(rows)("and %s is held before the wipe", async (_, what, knows, told) => {
    const { end, world, untouched } = await run({ knows });
    expect(end).toMatchObject({ endState: "HOLD", code: "model.differs", exit: 6, certificate: null });
    expect(end?.message).toMatch(told);
    expect(untouched).toBe(true);
    expect(world.inspect().keys.every(({ readable }) => readable)).toBe(true);
    const found = { areas: small.areas.map((area) => ({ ...area, block: 256, blank: 255, generation: 1, fillable: true, files: [] })) };
    const seen = differences({ ...small, ...knows }, { ...found, ranges: small.slots, accounts: 1 });
    expect(seen.map((one) => one.what)).toContain(what);
  });

  it("is told all differences at once", () => {
    const none = differences(small, { areas: [], ranges: [], accounts: 0 });
    expect(none.map(({ what }) => what)).toEqual([...small.areas.map(() => "area-missing"), ...small.slots.map(() => "slots-missing")]);
  });

  it("is not one whose list cuts the same slots into other ranges", () => {
    const cut = small.slots.flatMap((range) =>
      range.to === 0
        ? [range]
        : [
            { ...range, to: 0 },
            { ...range, from: 1 },
          ],
    );
    const areas = small.areas.map((area) => ({ ...area, block: 256, blank: 255, generation: 1, fillable: true, files: [] }));
    expect(differences(small, { areas, ranges: cut, accounts: 1 })).toEqual([]);
  });

  it("is refused when its serial number is none of that model's maker", async () => {
    const world = new World({ knows: { serial: { form: "PD[0-9]{8}", tusn: "none" } } });
    const thrown = await world.clock.run(() => world.run("run").catch((cause: unknown) => cause));
    expect(thrown).toMatchObject({ code: "identity.unreadable" });
    expect((thrown as DecomError).message).toBe("SIM7000001 is no serial number of a podp-small, which are of the form PD[0-9]{8}");
    expect(thrown).toBeInstanceOf(DecomError);
  });
});

describe("a key where the model has no slots", () => {
  const planted = (...keys: PlantedKey[]) => ({ items: [], keys });

  it.each([
    ["behind the last slot", { type: "TMK", algorithm: "TDES", slot: 201 }, "TMK TDES 201"],
    ["before the first slot", { type: "TMK", algorithm: "TDES", slot: 0 }, "TMK TDES 0"],
    ["in the very last slot there can be", { type: "TPK", algorithm: "TDES", slot: 65_535 }, "TPK TDES 65535"],
    ["of another algorithm", { type: "TMK", algorithm: "SM4", slot: 1 }, "TMK SM4 1"],
    ["of another type", { type: "TDK", algorithm: "TDES", slot: 1 }, "TDK TDES 1"],
  ] as const)("%s puts the terminal into quarantine, and nothing is erased (E51)", async (_, key, named) => {
    const { end, untouched } = await run({ model: "podp-mpos", plant: planted(key) });
    expect(end).toMatchObject({ endState: "QUAR", code: "slot.beyond", exit: 5, outcome: null });
    expect(end?.message).toBe(`a key is in ${named}, where podp-mpos has no slots; no plan can name it`);
    expect(untouched).toBe(true);
  });

  it("is found by a probe also when the list does not name it", () => {
    const probes = [{ type: "TMK", algorithm: "TDES", from: 201, to: 201, state: "PRESENT" }] as const;
    expect(strays(modelNamed("podp-mpos"), probes, [])).toEqual(probes);
  });

  it("of another application, within the slots, holds the run (E52)", async () => {
    const { end, untouched } = await run({ plant: planted({ type: "TAK", algorithm: "TDES", slot: 1, foreign: true }) });
    expect(end).toMatchObject({ endState: "HOLD", code: "slot.foreign", exit: 6, outcome: null });
    expect(end?.message).toBe("TAK TDES 1 holds a key of another application, which alone can erase it");
    expect(untouched).toBe(true);
  });

  it("that appears after the wipe keeps the certificate from ERASED, which names the slot", async () => {
    const world: World = new World({
      hooks: { point: (name) => void (name === "restart" && world.stores.nv.set("key/TPK/TDES/7", new Uint8Array(16).fill(7))) },
    });
    const end = await world.clock.run(() => world.run("run"));
    expect(end).toMatchObject({ endState: "QUAR", code: "erase.residue", outcome: "NOT_ERASED" });
    const { status, verified } = world.verified(end?.certificate ?? "");
    expect(status).toBe("QUARANTINED");
    expect(verified?.statement.outcomeReasons).toEqual(["INSPECTION_FAILED", "SLOT_BEYOND", "SLOT_FAILED"]);
    expect(verified?.statement.keys.at(-1)).toMatchObject({ slots: { from: 7, to: 7 }, usage: "TPK", action: "none", result: "failed" });
  });
});

describe("the maker's load key that comes back after an erase (E53)", () => {
  const handheld = modelNamed("podp-handheld");

  it("stays, is told as retained by the model, and the acquirer's key is gone", async () => {
    const { end, world } = await run({ model: "podp-handheld" });
    expect(end).toMatchObject({ endState: "CERT", outcome: "ERASED" });
    const { keys = [], keysRetained } = world.verified(end?.certificate ?? "").verified?.statement ?? {};
    expect(keysRetained).toContainEqual({
      slots: { from: 0, to: 0 },
      ...{ usage: "TLK", alg: "TDES", reason: "vendor-firmware", authority: "model" },
    });
    expect(keys.map(({ usage }) => usage)).not.toContain("TLK");
    expect(world.inspect().keys.filter(({ readable }) => readable)).toEqual([]);
  });

  it("is not believed to be that when its check value is another", async () => {
    const slots = handheld.slots.map((range) => (range.after === "default" ? { ...range, defaultKcv: "123456" } : range));
    const { end, world } = await run({ model: "podp-handheld", knows: { slots } });
    expect(end).toMatchObject({ endState: "QUAR", code: "erase.residue", outcome: "NOT_ERASED" });
    const row = world.verified(end?.certificate ?? "").verified?.statement.keys.find(({ usage }) => usage === "TLK");
    expect(row).toMatchObject({ action: "zeroise", deviceCode: 0, after: "present", result: "failed" });
  });
});

describe("the models", () => {
  it("are the simulated terminals, each with its own hash", () => {
    expect(models.map(({ id }) => id)).toEqual(simModels.map(({ name }) => name));
    expect(new Set(models.map(modelSha256)).size).toBe(models.length);
  });

  it("cover each class of device, and put each data area in one place", () => {
    expect([...new Set(models.map(({ deviceClass }) => deviceClass))].sort()).toEqual([
      "ESIGN",
      "HANDHELD",
      "MPOS",
      "SMART",
      "TRADITIONAL",
    ]);
    for (const { id, areas, slots, elsewhere } of models) {
      const placed = [...areas, ...slots, ...elsewhere].flatMap(({ data = [] }) => data);
      expect(new Set(placed).size, id).toBe(placed.length);
    }
  });

  it("stand in the certificate with id, version and hash", async () => {
    const { end, world } = await run({ model: "podp-esign" });
    const { model } = world.verified(end?.certificate ?? "").verified?.statement ?? {};
    const esign = modelNamed("podp-esign");
    expect(model).toMatchObject({ id: "podp-esign", version: esign.version, sha256: modelSha256(esign) });
    expect(model?.areas.map(({ id }) => id)).toEqual(esign.areas.map(({ id }) => id));
    expect(model?.slots).toHaveLength(esign.slots.length);
  });
});
