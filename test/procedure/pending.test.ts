// What goes to the host before a batch is closed: in which order, and what a lost answer means.
import { describe, expect, it } from "vitest";
import { preSteps } from "../../src/procedure/steps/pending.js";
import { kinds } from "../../src/terminal/facts.js";
import { Death } from "../support/memory-disk.js";
import { entriesOf } from "../support/records.js";
import { World } from "../support/world.js";

const again = (world: World) => world.clock.run(() => world.replug().then(() => world.run("resume")));

describe("before the batch is closed", () => {
  it("script results go first, then reversals, offline work, notices, wallets, signatures; the batch goes last", async () => {
    const sent = ["U09", "U03", "U05", "U07", "U11", "U12", "U20", "U22", "U14", "U08", "U21"] as const;
    const world = new World({
      model: "podp-multi",
      plant: { alone: true, items: [...sent, "U01" as const].reverse().map((kind) => ({ kind })) },
    });
    expect(await world.clock.run(() => world.run("run"))).toMatchObject({ outcome: "ERASED" });
    const asked = entriesOf(world).flatMap((e) => (e.kind === "intent" && e.step === "pending" ? [e.item] : []));
    expect(asked).toEqual(sent);
    // The host books a U07 as the advice that it is.
    expect(world.inspect().bookings.map(({ kind }) => kind)).toEqual([...sent.map((kind) => (kind === "U07" ? "U05" : kind)), "U01"]);
  });

  it("what moves money is sent once, unless its repetition is known to do no harm", () => {
    const repeated = preSteps.filter(({ tries }) => tries > 1).map(({ kind }) => kind);
    expect(repeated).toEqual(["U03", "U14", "U08"]);
    expect(preSteps.filter(({ onlyIfDeduplicated }) => onlyIfDeduplicated).map(({ kind }) => kind)).toEqual(["U07"]);
    for (const { kind, fails } of preSteps) expect(`${kind} ${fails === "warn"}`).toBe(`${kind} ${kinds[kind].gate === "WARN"}`);
  });

  it("an op whose end nobody saw is looked up, and what it may have delivered is not sent again", async () => {
    const world = new World({
      plant: { alone: true, items: [{ kind: "U01" }, { kind: "U05" }] },
      options: { host: { silent: "after", silentTo: "send", deduplicates: false } },
      knows: { deduplicates: "unproven" },
    });
    let sent = false;
    world.disk.hook = (_n, when) => {
      const asked = world.inspect().bookings.length > 0;
      if (asked && when === "before" && !sent) {
        sent = true;
        throw new Death();
      }
    };
    expect(await world.clock.run(() => world.run("run"))).toBeUndefined();
    expect(entriesOf(world).some((e) => e.kind === "seen" && e.step === "pending")).toBe(false);
    expect(await again(world)).toMatchObject({ endState: "HOLD", code: "batch.open" });
    const lines = entriesOf(world);
    const intents = lines.flatMap((e) => (e.kind === "intent" && e.step === "pending" ? [e.op] : []));
    expect(intents).toHaveLength(1);
    expect(lines).toContainEqual({ kind: "seen", step: "pending", op: intents[0], state: "UNKNOWN" });
    expect(world.inspect().bookings.filter(({ kind }) => kind === "U05")).toHaveLength(1);
    expect(world.inspect().violations).toEqual([]);
  });

  it("a reversal that was heard once and then found no host is not taken for one that was never sent (E13)", async () => {
    const host: { silent: "before"; silentTo: "send"; silences: number; down?: boolean } = {
      silent: "before",
      silentTo: "send",
      silences: 1,
    };
    const world = new World({ plant: { alone: true, items: [{ kind: "U01" }, { kind: "U03" }] }, options: { host } });
    world.disk.hook = () => {
      host.down = world.disk.list("out").length > 0 && entriesOf(world).some((e) => e.kind === "seen" && e.step === "pending");
    };
    expect(await world.clock.run(() => world.run("run"))).toMatchObject({ endState: "HOLD", code: "pending.unsent" });
    expect(entriesOf(world).flatMap((e) => (e.kind === "seen" && e.step === "pending" ? [e.state] : []))).toEqual([
      "UNKNOWN",
      "FAILED",
      "FAILED",
    ]);
  });

  it("an op that the terminal has forgotten holds the run", async () => {
    const world = new World({ plant: { alone: true, items: [{ kind: "U01" }, { kind: "U05" }] } });
    let dead = false;
    world.disk.hook = (_n, when) => {
      if (dead || when === "after" || world.inspect().bookings.length === 0) return;
      dead = true;
      throw new Death();
    };
    expect(await world.clock.run(() => world.run("run"))).toBeUndefined();
    const { next } = world.sim.terminal.ops;
    world.sim.powerCut();
    for (const name of world.stores.nv.names()) if (name.startsWith("op/")) world.stores.nv.set(name, undefined);
    world.stores.nv.set("op-floor", Buffer.from(String(next)));
    world.powerUp();
    expect(await again(world)).toMatchObject({ endState: "HOLD", code: "settle.store" });
  });
});
