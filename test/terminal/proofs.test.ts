import { describe, expect, it } from "vitest";
import type { Prepared, Terminal } from "../../src/terminal/driver.js";
import type { AreaFact, Census, Identity, Item } from "../../src/terminal/facts.js";
import { Blank, Counted, ErasePermit, stillTrue } from "../../src/terminal/proofs.js";

const identity: Identity = {
  serial: "SIM1",
  model: "m",
  firmware: "f",
  life: 1,
  bootNumber: 4,
  resetReason: "power",
  environment: "simulator",
  nextOp: 1,
  capabilities: [],
  ownerKeyIds: [],
  ownerState: "set",
  passFloor: 0,
  locked: true,
  secondsToReboot: 9999,
};
const item = (kind: Item["kind"]): Item => ({
  account: "a",
  kind,
  batch: "000001",
  direction: "debit",
  money: { minor: 100n, currency: "156" },
  stan: "000114",
  digest: "00",
});
const census = (...items: Item[]): Census => ({ hash: "h", generation: 1, items, unread: [] });
const account = (id: string) => ({ id, acquirer: "00100000001", mid: "M", tid: id, name: "n", currency: "156", batch: "000002" });
const facts = (of: Census, outcomes: readonly (readonly [string, string])[] = [["a", "BALANCED"]], ...ids: string[]) => ({
  census: of,
  accounts: ["a", ...ids].map(account),
  outcomes: new Map(outcomes),
  exceptions: [],
  used: new Set<string>(),
  hostFindings: [],
});

describe("the permit to erase", () => {
  it("is minted when nothing that blocks is left and every acquirer has an outcome", () => {
    expect(ErasePermit.look(identity, facts(census(item("U10")))).seen.bootNumber).toBe(4);
  });

  it.each(["U01", "U03", "U05", "U07", "U15", "U17", "U23", "U25"] as const)("is not minted while a %s item is there", (kind) => {
    expect(() => ErasePermit.look(identity, facts(census(item(kind))))).toThrow(expect.objectContaining({ code: "batch.open" }));
  });

  it("names the items that are in the way", () => {
    expect(() => ErasePermit.look(identity, facts(census(item("U01"))))).toThrow("census after settle shows 1 open (STAN 000114)");
  });

  it.each(["UNKNOWN", "UNBALANCED", "HOST_REJECTED"])("is not minted on outcome %s", (outcome) => {
    expect(() => ErasePermit.look(identity, facts(census(), [["a", outcome]]))).toThrow(
      expect.objectContaining({ code: "settle.unknown" }),
    );
  });

  it("is not minted while an acquirer has no outcome, an area is unread or a record is of unknown kind", () => {
    expect(() => ErasePermit.look(identity, facts(census(), [["a", "BALANCED"]], "b"))).toThrow(
      expect.objectContaining({ code: "settle.unknown" }),
    );
    expect(() => ErasePermit.look(identity, facts({ ...census(), unread: [1] }))).toThrow(
      expect.objectContaining({ code: "batch.unread" }),
    );
    expect(() => Counted.look(identity, census(item("U24")))).toThrow(expect.objectContaining({ code: "batch.unknown-item" }));
  });

  it("is worth nothing after a restart, on another terminal or over other records", () => {
    const permit = ErasePermit.look(identity, facts(census()));
    expect(() => stillTrue(permit, identity, "h")).not.toThrow();
    for (const [now, hash] of [
      [{ ...identity, bootNumber: 5 }, "h"],
      [{ ...identity, serial: "SIM2" }, "h"],
      [identity, "other"],
      [identity, undefined],
    ] as const) {
      expect(() => stillTrue(permit, now, hash)).toThrow(expect.objectContaining({ code: "proof.stale" }));
    }
  });
});

describe("what was seen blank", () => {
  const clean = { nonBlank: 0, macAgrees: true };

  it("is minted by a look at blank bytes alone", () => {
    expect(Blank.look(identity, "op", 1, clean)).toBeInstanceOf(Blank);
    expect(Blank.look(identity, "op", 1, { ...clean, nonBlank: 1 })).toBeUndefined();
    expect(Blank.look(identity, "op", 1, { ...clean, macAgrees: false })).toBeUndefined();
  });

  it("is worth nothing on another terminal, after another wipe or for another area, and outlives a restart", () => {
    const blank = Blank.look(identity, "op", 1, clean)!;
    expect(() => blank.mustBe({ ...identity, bootNumber: 5, life: 2 }, "op", 1)).not.toThrow();
    for (const [now, op, area] of [
      [{ ...identity, serial: "SIM2" }, "op", 1],
      [identity, "po", 1],
      [identity, "op", 2],
    ] as const) {
      expect(() => blank.mustBe(now, op, area)).toThrow(expect.objectContaining({ code: "proof.stale" }));
    }
  });
});

it("holds against the compiler, which judges the lines below", () => expect(doesNotCompile).toBeTypeOf("function"));

/** Never called: these lines are judged by the compiler, which fails when one of them is no error. */
async function doesNotCompile(terminal: Terminal, prepared: Prepared, counted: Counted, area: AreaFact): Promise<void> {
  // @ts-expect-error wiping without a permit
  await terminal.arm(undefined, "op", new Uint8Array(16));
  // @ts-expect-error a census is not a permit
  await terminal.arm(counted, "op", new Uint8Array(16));
  // @ts-expect-error a permit cannot be written down by hand
  await terminal.commit({ seen: { serial: "", bootNumber: 0, censusHash: "" } }, "op", prepared, undefined);
  // @ts-expect-error nor constructed
  new ErasePermit({ serial: "", bootNumber: 0, censusHash: "" });
  // @ts-expect-error filling what was not seen blank
  await terminal.fill(undefined, { op: "op", area, mode: "stream", seed: new Uint8Array(32), sent: 0 });
  // @ts-expect-error settling without having counted
  await terminal.settle(undefined, "op", "account");
}
