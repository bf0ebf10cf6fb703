// Every kind of unsettled item can be put into a terminal as bytes, and a census of these bytes names it.
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../src/base/virtual-clock.js";
import { simModel } from "../../src/sim/models.js";
import type { Planting } from "../../src/sim/planting.js";
import { provision } from "../../src/sim/provision.js";
import { memoryStores, toJson } from "../../src/sim/stores.js";
import { Terminal } from "../../src/sim/terminal.js";
import type { Kind } from "../../src/terminal/facts.js";

const json = (value: unknown) => Buffer.from(toJson(value));
const encode = { totals: json, settleResult: json, wipeResult: json };
const listener = { progress: () => undefined, stall: () => undefined, restart: () => undefined };

function planted(items: readonly Planting[], model = "podp-multi", alone = true): Terminal {
  const stores = memoryStores();
  provision(simModel(model)!, 7, stores, { alone, items });
  return new Terminal({ stores, clock: new VirtualClock(), model: simModel(model)!, encode }, listener);
}
const censusOf = (...items: readonly Planting[]) => planted(items).batch.census().items;

const AS_NAMED: readonly Kind[] = [
  ...(["U01", "U03", "U04", "U05", "U06", "U07", "U08", "U09", "U10", "U11", "U12", "U13", "U14"] as const),
  ...(["U20", "U21", "U22", "U23", "U24"] as const),
];

describe("what is planted in a terminal", () => {
  it.each(AS_NAMED)("%s is what its census shows", (kind) => {
    const [item, ...rest] = censusOf({ kind, account: 2, count: 2, amount: 1250 });
    const unlisted = kind === "U20" || kind === "U22";
    expect(item).toMatchObject({ kind, money: { minor: kind === "U08" || kind === "U09" ? 0n : unlisted ? 2500n : 1250n } });
    expect(rest).toHaveLength(unlisted ? 0 : 1);
    expect(item?.count).toBe(unlisted ? 2 : undefined);
  });

  it("U02 is a sale and its void", () => {
    expect(censusOf({ kind: "U02", amount: 100 }).map(({ kind, direction }) => [kind, direction])).toEqual([
      ["U02", "debit"],
      ["U02", "credit"],
    ]);
  });

  it.each(["U15", "U16", "U17", "U18"] as const)("%s is left behind by somebody else's settlement", (kind) => {
    const at = planted([{ kind: "U01", count: 2, amount: 300 }, { kind }]);
    expect(at.batch.census().items.map((item) => [item.kind, item.money.minor])).toEqual([
      ["U01", 300n],
      ["U01", 300n],
      [kind, 600n],
    ]);
    expect(at.ops.next).toBe(2);
  });

  it("U19 is a settlement that the host refused: the records are as before", () => {
    const at = planted([{ kind: "U01" }, { kind: "U19" }]);
    expect(at.batch.census().items.map(({ kind }) => kind)).toEqual(["U01"]);
    expect(at.settlements.last(at.batch.accounts[0]!.id)).toMatchObject({ state: "idle", code: "HOST_REJECTED", hostCode: "96" });
  });

  it("U25 is known to the host alone, U26 looks like any refund", () => {
    expect(censusOf({ kind: "U25", count: 3 })).toEqual([]);
    expect(censusOf({ kind: "U26" }).map(({ kind, direction }) => [kind, direction])).toEqual([["U01", "credit"]]);
  });

  it.each([
    ["unsent", {}, 1, true],
    ["tried twice", { tries: 2 }, 1, true],
    ["tried three times", { fate: "failed" }, 1, false],
    ["rejected", { fate: "rejected" }, 1, false],
    ["sent", { fate: "sent" }, 0, false],
  ] as const)("an e-signature that was %s", (_, how, left, sendable) => {
    const at = planted([{ kind: "U08", ...how }]);
    expect(at.batch.census().items).toHaveLength(left);
    expect(at.batch.sendable(at.batch.accounts[0]!, "U08")).toHaveLength(sendable ? 1 : 0);
  });

  it.each(["U05", "U11", "U12", "U20", "U22"] as const)("of %s without an answer is not sent again as if nothing had been", (kind) => {
    const at = planted([{ kind, fate: "unanswered" }]);
    expect(at.batch.census().items.map((item) => item.kind)).toEqual(["U07"]);
    expect(at.batch.waiting(at.batch.accounts[0]!)).toEqual([]);
  });

  it("comes on top of what the model has, and lies in the log of a model without other files", () => {
    const kinds = planted([{ kind: "U22" }], "podp-small", false)
      .batch.census()
      .items.map(({ kind }) => kind);
    expect(kinds).toEqual(["U01", "U01", "U01", "U03", "U05", "U22"]);
  });

  it("has to fit", () => {
    expect(() => planted([{ kind: "U01", count: 7 }], "podp-small")).toThrow(expect.objectContaining({ code: "args.invalid" }));
  });
});
