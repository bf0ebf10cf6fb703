// Terminals that keep no state of a settlement: every combination of what they show, and runs through them.
import { describe, expect, it } from "vitest";
import { outcomes } from "../../src/evidence/entries.js";
import type { Order } from "../../src/evidence/order/schema.js";
import { concludeStateless, type StatelessLook } from "../../src/procedure/stateless.js";
import type { Conclusion } from "../../src/procedure/unknown.js";
import { PowerCut } from "../../src/sim/stores.js";
import { accountsOf, orderFor } from "../support/orders.js";
import { World } from "../support/world.js";

const batches: StatelessLook["batch"][] = ["same", "successor", "other"];
const kept: StatelessLook["records"][] = ["as-saved", "none", "other"];
const flags: StatelessLook["flag"][] = ["none", "upload", "local", "other"];
const lasts: StatelessLook["last"][] = ["ours", "differs", "another"];
const hosts: StatelessLook["host"][] = ["not-asked", "closed", "open", "cannot-tell", "unknown-7"];
const offices: StatelessLook["office"][] = ["none", "closed", "open"];
const all = <K extends keyof StatelessLook>(before: readonly Partial<StatelessLook>[], key: K, values: readonly StatelessLook[K][]) =>
  before.flatMap((look) => values.map((value) => ({ ...look, [key]: value })));

/** Every look there is. */
const looks = (
  [
    ["batch", batches],
    ["records", kept],
    ["flag", flags],
    ["last", lasts],
    ["outcome", outcomes],
    ["host", hosts],
    ["office", offices],
    ["reopened", [true, false]],
  ] as const
).reduce<readonly Partial<StatelessLook>[]>((before, [key, values]) => all(before, key, values as never), [{}]) as readonly StatelessLook[];
const table = looks.map((look) => [look, concludeStateless(look)] as const);
const where = (next: Conclusion["next"]) => table.filter(([, conclusion]) => conclusion.next === next).map(([look]) => look);
const text = ({ batch, records, flag, last }: StatelessLook) => [batch, records, flag, last].join(" ");

describe("an earlier settlement in a terminal without a memory for it", () => {
  it("has a conclusion for every combination, and for most of them it is that nobody knows", () => {
    expect(table).toHaveLength(3 * 3 * 4 * 3 * outcomes.length * 5 * 3 * 2);
    const counts = (["settled", "finish", "settle", "ask-host", "unknown"] as const).map((next) => where(next).length);
    expect(counts.reduce((sum, n) => sum + n)).toBe(table.length);
    expect(counts).toEqual([280, 330 + 132, 55, 66, table.length - 863]); // 330 local, 132 uploads
  });

  it("is settled where the batch went up, nothing is left and the last settlement was ours, or the back office says so", () => {
    expect(new Set(where("settled").map(text))).toEqual(
      new Set(["ours", "differs", "another"].map((last) => `successor none none ${last}`)),
    );
    for (const { last, outcome, office } of where("settled")) {
      expect(last === "ours" ? ["BALANCED", "BALANCED_AFTER_UPLOAD"].includes(outcome) : office === "closed").toBe(true);
    }
  });

  it("is finished where the terminal says at which step it stopped, and its last settlement says the same", () => {
    expect(new Set(where("finish").map(text))).toEqual(new Set(["same as-saved upload another", "same as-saved local ours"]));
  });

  it("is asked about at its host where an upload is open, and finished as host or back office says: closed, or open for the first time", () => {
    expect(new Set(where("ask-host").map(text))).toEqual(new Set(["same as-saved upload another"]));
    expect(where("ask-host").filter(({ host }) => host !== "not-asked")).toEqual([]);
    for (const { flag, host, office, reopened } of where("finish")) {
      if (flag !== "upload") continue;
      const said = [host, office].filter((word) => word === "closed" || word === "open");
      expect(new Set(said).size).toBe(1);
      expect(host).not.toBe("not-asked");
      expect(reopened && said[0] === "open").toBe(false);
    }
  });

  it("is sent once more on the back office's word alone, once", () => {
    expect(new Set(where("settle").map(text))).toEqual(new Set(["same as-saved none another"]));
    expect(where("settle").filter(({ office, reopened }) => office !== "open" || reopened)).toEqual([]);
  });
});

describe("a run through one", () => {
  const again = (world: World) => world.clock.run(() => world.replug().then(() => world.run("resume")));

  /** Power fails once the bytes have left; `silent`: whether the host has booked by then. */
  async function cut(silent: "before" | "after") {
    let due = true;
    const world: World = new World({
      ...{ model: "podp-forgetful", witness: "P-0002", order: (w: World) => orderFor(w) },
      options: { host: { silent, silences: 1 } },
      hooks: {
        point: (name) => {
          if (name !== "settle.sent" || !due) return;
          due = false;
          throw new PowerCut("test");
        },
        died: () => void world.clock.after(3000, () => world.powerUp()),
      },
    });
    await world.clock.run(() => world.run("run"));
    return world;
  }

  function told(world: World, answer: "closed" | "open") {
    const [folder = ""] = world.disk.list("out");
    world.newer = orderFor(world, (order): Partial<Order> => {
      const resolutions = accountsOf(world).map(({ acquirer, mid, tid, batch }) => {
        const items = world.sim.terminal.batch.census().items.filter(({ kind }) => kind === "U01");
        const of = (direction: "debit" | "credit") => items.filter((item) => item.direction === direction);
        const sum = (direction: "debit" | "credit") => of(direction).reduce((total, { money }) => total + Number(money.minor), 0);
        const totals = { debitCount: of("debit").length, debit: sum("debit"), creditCount: of("credit").length, credit: sum("credit") };
        const asOf = new Date(world.clock.wall()).toISOString();
        return { ...{ acquirer, mid, tid, batch, answer, hostReference: "H0001", asOf }, totals: { currency: "CNY", ...totals } };
      });
      return { nonce: "c".repeat(32), continues: folder.slice(-36), resolutions, hostView: order.hostView };
    });
  }

  it("waits for the back office, and settles once more on its word that the batch is open", async () => {
    const world = await cut("before");
    expect(await again(world)).toMatchObject({ endState: "HOLD", code: "settle.unknown" });
    await world.clock.run(() => new Promise<void>((done) => void world.clock.after(60_000, done)));
    told(world, "open");
    expect(await again(world)).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
    expect(world.inspect().violations).toEqual([]);
    expect(world.inspect().bookings).toHaveLength(world.inspect().start.length);
  });

  it("does not settle what the host has booked, whoever asks: closed, and its records still there, is for a person", async () => {
    const world = await cut("after");
    told(world, "closed");
    expect(await again(world)).toMatchObject({ endState: "HOLD", code: "settle.unknown" });
    expect(world.inspect().bookings).toHaveLength(world.inspect().start.length);
  });

  it.each([
    ["knows the batch by the op of", (ops: readonly string[]) => ops],
    ["knows the batch of an open upload, but nothing of", () => []],
  ])("is parked without settling a third time where it %s the newest attempt", async (_, known) => {
    const world = new World({
      model: "podp-forgetful",
      options: { host: { lacks: 1, silent: "before", silentTo: "upload", silences: 99 } },
    });
    const INCOMPLETE = { endState: "HOLD", code: "upload.incomplete" };
    expect(await world.clock.run(() => world.run("run"))).toMatchObject(INCOMPLETE);
    world.sim.powerCut();
    world.powerUp();
    const { batch } = world.sim.terminal;
    const ledger = batch.ledger(batch.accounts[0]?.id ?? "");
    const { last, ...rest } = ledger.get();
    ledger.set({ ...rest, last: { ...last!, ops: known(last!.ops) } });
    const begun = world.sim.terminal.ops.next;
    expect(await again(world)).toMatchObject(INCOMPLETE);
    expect(world.sim.terminal.ops.next).toBe(begun);
    expect(world.inspect().violations).toEqual([]);
  });
});
