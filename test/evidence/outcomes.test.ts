// What became of each area and slot, one word for each: every one of them follows from what was seen, and says no more.
import { beforeAll, describe, expect, it } from "vitest";
import { models } from "../../protocols/podp/models/list.js";
import type { Entry } from "../../src/evidence/entries.js";
import { areaRows, inspectionRows } from "../../src/evidence/statement/build-erasure.js";
import { keyRows, retainedRows } from "../../src/evidence/statement/build-keys.js";
import type { AreaRow } from "../../src/evidence/statement/statement-erasure.js";
import type { Model, ModelArea } from "../../src/terminal/model.js";
import { recordWith } from "../support/records.js";
import { World } from "../support/world.js";

const smart = models.find(({ id }) => id === "podp-smart")!;
const usual: World = new World({ model: smart.id });
beforeAll(async () => {
  expect(await usual.clock.run(() => usual.run("run"))).toMatchObject({ outcome: "ERASED" });
});

const changed = (id: number, change: Partial<ModelArea>): Model => ({
  ...smart,
  areas: smart.areas.map((area) => (area.id === id ? { ...area, ...change } : area)),
});
const same = (entry: Entry) => entry;
const rowOf = (id: number, model: Model = smart, seen: (entry: Entry) => Entry | undefined = same): AreaRow =>
  areaRows(recordWith(usual, seen), model, []).find((row) => row.id === id)!;
const keyOf = (usage: string, seen: (entry: Entry) => Entry | undefined = same) =>
  keyRows(recordWith(usual, seen), smart).find((row) => row.usage === usage)!;

const isLook = (entry: Entry) => entry.kind === "seen" && entry.step === "inspect";
/** The same run, had the looks shown something else. */
const looking = (change: (look: Extract<Entry, { readonly step: "inspect"; readonly kind: "seen" }>) => object) => (entry: Entry) =>
  entry.kind === "seen" && entry.step === "inspect" ? { ...entry, ...change(entry) } : entry;

describe("an area is", () => {
  it("erased where the terminal says so and reads blank, before and after the restart", () => {
    expect(rowOf(1)).toMatchObject({
      ...{ result: "erased", method: "clear", technique: "block-erase", basis: "device-command", deviceCode: 0 },
      verification: { method: "full-read", level: ["V1", "V3"], coverageBytes: 1024, observed: "mac-agrees", result: "passed" },
    });
  });

  it("a logical delete where the model says that its firmware only deletes", () => {
    expect(rowOf(3, changed(3, { technique: "delete" }))).toMatchObject({ result: "logical-delete", method: "clear", technique: "delete" });
    expect(rowOf(3, changed(3, { technique: "restore-default" }))).toMatchObject({ result: "erased", technique: "restore-default" });
  });

  it("cleared by the host where settling empties it: as long as everything settled and the last census is empty", () => {
    const cleared = changed(9, { keep: "kept by the host", keptAs: "host-cleared" });
    expect(rowOf(9, cleared)).toMatchObject({
      ...{ result: "host-cleared", method: "none", technique: "none", basis: "observed" },
      verification: { method: "none", level: ["V1"], result: "not-run" },
    });
    const unsettled = (entry: Entry) => (entry.kind === "seen" && entry.step === "settle" ? undefined : entry);
    const uncounted = (entry: Entry) => (entry.kind === "seen" && entry.step === "census" && entry.when === "permit" ? undefined : entry);
    const left = (entry: Entry) => {
      if (entry.kind !== "seen" || entry.step !== "census" || entry.when !== "permit") return entry;
      return { ...entry, census: { ...entry.census, unread: [1] } };
    };
    for (const seen of [unsettled, uncounted, left]) {
      expect(rowOf(9, cleared, seen)).toMatchObject({ result: "unverified", basis: "vendor-statement", verification: { level: [] } });
    }
  });

  it("retained where the model keeps it, and not supported where no command reaches it", () => {
    expect(rowOf(9)).toMatchObject({ result: "retained", method: "none", technique: "none", verification: { result: "not-run" } });
    expect(rowOf(9, changed(9, { keptAs: "not-supported" }))).toMatchObject({ result: "not-supported", method: "not-addressable" });
  });

  it("unverified where nobody looked, though the terminal says that it was erased", () => {
    const blind = (entry: Entry) => (isLook(entry) ? undefined : entry);
    expect(rowOf(1, smart, blind)).toMatchObject({ result: "unverified", deviceCode: 0, verification: { level: [], result: "not-run" } });
    const passedOver = looking(({ areas }) => ({ areas: areas.filter(({ area }) => area !== 1) }));
    expect(rowOf(1, smart, passedOver)).toMatchObject({ result: "unverified" });
  });

  it.each([
    ["the terminal says that it could not", "area", 2],
    ["something is left to be read", "nonBlank", 3],
    ["what is read is not what blank bytes are", "mac", false],
  ] as const)("failed where %s", (_, how, value) => {
    const seen = (entry: Entry): Entry => {
      if (how === "area" && entry.kind === "seen" && entry.step === "erase" && entry.wipe !== undefined) {
        const areas = entry.wipe.areas.map((area) => (area.area === 1 ? { ...area, code: value } : area));
        return { ...entry, wipe: { ...entry.wipe, areas } };
      }
      const look = { nonBlank: { nonBlank: value }, mac: { macAgrees: value }, area: {} }[how];
      return looking(({ areas }) => ({ areas: areas.map((area) => (area.area === 1 ? { ...area, ...look } : area)) }))(entry);
    };
    expect(rowOf(1, smart, seen)).toMatchObject({ result: "failed" });
    expect(rowOf(2, smart, seen)).toMatchObject({ result: "erased" });
  });

  it("read in part where it has more blocks than a look draws, and then says what that finds", () => {
    const part = looking(({ areas }) => ({ areas: areas.map((area) => ({ ...area, blocks: 256, coverageBytes: 512 })) }));
    expect(rowOf(1, smart, part).verification).toMatchObject({
      ...{ method: "sampled-read", coverageBytes: 512, samples: 256 },
      detection: { retainedPpm: 10_000, probabilityPpm: 923_685 },
    });
    expect(rowOf(1).verification.detection).toBeUndefined();
  });

  it("purged where secure memory is zeroised, and crypto-erased where its key is destroyed", () => {
    const told = (change: Partial<ModelArea>) => {
      const { method, technique } = rowOf(1, changed(1, change));
      return [method, technique];
    };
    expect(told({ method: "zeroise", storage: "secure-memory" })).toEqual(["purge", "zeroise"]);
    expect(told({ method: "zeroise" })).toEqual(["clear", "zeroise"]);
    expect(told({ method: "crypto-erase" })).toEqual(["crypto-erase", "crypto-erase"]);
    expect(told({ method: "overwrite" })).toEqual(["clear", "overwrite"]);
    expect(told({ method: "unknown-9" })).toEqual(["clear", "none"]);
  });
});

describe("a range of slots is", () => {
  it("erased where the terminal says so and every probe finds it empty", () => {
    expect(keyOf("TMK")).toMatchObject({ result: "erased", before: "present", after: "absent", action: "zeroise", level: ["V1", "V2"] });
  });

  const answering = (state: "PRESENT" | "ERROR" | "CONSTANT_00" | "CONSTANT_FF" | "FOREIGN" | "unknown-9") =>
    looking(({ probes }) => ({ probes: probes.map((probe) => (probe.type === "TMK" ? { ...probe, state } : probe)) }));

  it.each(["PRESENT", "FOREIGN", "CONSTANT_00", "CONSTANT_FF"] as const)("failed where a probe answers %s", (state) => {
    expect(keyOf("TMK", answering(state))).toMatchObject({ result: "failed", after: "present", probe: { observed: state }, level: ["V1"] });
  });

  it("unverified where it could not be looked at: a read error is not an empty slot", () => {
    expect(keyOf("TMK", answering("ERROR"))).toMatchObject({
      ...{ result: "unverified", after: { unknown: "UNREADABLE" }, level: ["V1"] },
      probe: { observed: "ERROR" },
    });
    expect(keyOf("TMK", answering("unknown-9"))).toMatchObject({ result: "unverified", probe: { observed: { unknown: "NOT_REPORTED" } } });
    const unseen = looking(({ probes }) => ({ probes: probes.filter(({ type }) => type !== "TMK") }));
    expect(keyOf("TMK", unseen)).toMatchObject({ result: "unverified", after: { unknown: "NOT_ASKED" }, probe: { unknown: "NOT_ASKED" } });
  });

  it("failed where a list names a key in it, though every probe finds none", () => {
    const listing = looking(({ slots = [] }) => ({ slots: [...slots, { type: "TMK", algorithm: "AES", slot: 2, kcv: "aabbcc" }] }));
    expect(keyOf("TMK", listing)).toMatchObject({ result: "failed", after: "present", probe: { observed: "ABSENT" }, level: ["V1"] });
  });

  it("unverified where probes leave a slot out", () => {
    const gap = looking(({ probes }) => ({
      probes: probes.flatMap((probe) =>
        probe.type === "TMK"
          ? [
              { ...probe, to: 1 },
              { ...probe, from: 3 },
            ]
          : [probe],
      ),
    }));
    expect(keyOf("TMK", gap)).toMatchObject({ result: "unverified" });
  });

  it("failed where the terminal says that it could not", () => {
    const refused = (entry: Entry): Entry => {
      if (entry.kind !== "seen" || entry.step !== "erase" || entry.wipe === undefined) return entry;
      return { ...entry, wipe: { ...entry.wipe, slots: entry.wipe.slots.map((slots) => ({ ...slots, code: 2 })) } };
    };
    expect(keyOf("TMK", refused)).toMatchObject({ result: "failed", deviceCode: 2, level: ["V2"] });
  });

  it("retained with its reason where it is the maker's", () => {
    expect(retainedRows(recordWith(usual, same), smart).map(({ usage, reason }) => [usage, reason])).toEqual([
      ["FIRMWARE", "vendor-firmware"],
      ["IDENTITY", "vendor-identity"],
    ]);
  });
});

describe("an inspection", () => {
  const results = (seen: (entry: Entry) => Entry | undefined) => inspectionRows(recordWith(usual, seen), smart).map(({ result }) => result);
  const slotsAre = (state: "PRESENT" | "ERROR") =>
    looking(({ n, probes }) => ({ probes: probes.map((probe) => (n === 2 && probe.type === "TLE" ? { ...probe, state } : probe)) }));

  it("is clean, or has found something, or could not look", () => {
    expect(results(same)).toEqual(["clean", "clean"]);
    expect(results(slotsAre("PRESENT"))).toEqual(["clean", "residue"]);
    expect(results(slotsAre("ERROR"))).toEqual(["clean", "unreadable"]);
    expect(results(looking(({ n, areas }) => (n === 1 ? { areas: areas.map((area) => ({ ...area, nonBlank: 1 })) } : {})))).toEqual([
      "residue",
      "clean",
    ]);
  });
});
