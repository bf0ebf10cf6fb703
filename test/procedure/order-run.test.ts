// Runs under a back office's order, from the order's bytes to the certificate: what it excepts, what its host view forbids, what it holds back.
import { describe, expect, it } from "vitest";
import { sleep } from "../../src/base/clock.js";
import { exceptionsOf } from "../../src/evidence/order/granted.js";
import type { ExceptionField, Order } from "../../src/evidence/order/schema.js";
import type { RunRecord } from "../../src/evidence/record.js";
import type { Run } from "../../src/procedure/context.js";
import { resolutionFor, useResolution } from "../../src/procedure/exceptions.js";
import type { SimOptions } from "../../src/sim/body.js";
import type { Item } from "../../src/terminal/facts.js";
import { itemIds } from "../../src/terminal/gate.js";
import { Death } from "../support/memory-disk.js";
import { accountsOf, exceptionsFor, orderFor, viewsOf } from "../support/orders.js";
import { journalOf, stationLogOf } from "../support/records.js";
import { World } from "../support/world.js";
import type { WorldSetup } from "../support/world-setup.js";

type Change = (order: Order, world: World) => Partial<Order>;

async function run(change: Change = () => ({}), setup: WorldSetup = {}) {
  const world = new World({ witness: "P-0002", ...setup, order: (w) => orderFor(w, (order) => change(order, w)) });
  const end = await world.clock.run(() => world.run("run"));
  const bytes = world.inspect();
  return { world, end, bytes, untouched: bytes.areas.every(({ readable }) => readable) };
}

const censusOf = (world: World, ...kinds: string[]) => world.sim.terminal.batch.census().items.filter(({ kind }) => kinds.includes(kind));

describe("a run under a full order", () => {
  it.each(["podp-small", "podp-traditional"])("ends in ERASED on %s, with the order's words in the certificate", async (model) => {
    const { world, end, bytes } = await run(undefined, { model });
    expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
    expect(bytes.violations).toEqual([]);
    const { statement } = world.verified(end?.certificate ?? "").verified ?? {};
    expect(statement?.custody.map(({ type }) => type)).toEqual(["received", "connected", "wiped"]);
    expect(statement?.settlement.map(({ hostView }) => Object.keys(hostView))).toEqual(
      statement?.settlement.map(() => ["openBatch", "uncaptured", "lastStan", "lastStanAt", "lastClosedBatch", "asOf"]),
    );
    expect(statement?.witness?.personRef).toBe("P-0002");
    expect(statement?.findings.map(({ code }) => code)).not.toContain("HOST_VIEW_UNAVAILABLE");
  });
});

/** A host that takes no offline advice: it stays behind as U06, which only a signed exception lets go. */
const refusing: SimOptions = { host: { refusesKinds: ["U05"] } };
const rejected = (world: World): Item[] => censusOf(world, "U05").map((item) => ({ ...item, kind: "U06" as const }));

describe("an item that the order excepts", () => {
  const excepting: Change = (_, world) => ({ exceptions: exceptionsFor(world, rejected(world)), dualControl: true });

  it("stays behind, is named in the certificate and is used up", async () => {
    const { world, end, bytes } = await run(excepting, { options: refusing });
    expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED_WITH_EXCEPTIONS" });
    expect(bytes.violations).toEqual([]);
    const { status, verified } = world.verified(end?.certificate ?? "");
    expect(status).toBe("ACCEPTED_WITH_FINDINGS");
    const { settlement = [], approvers, claims, outcomeReasons } = verified?.statement ?? {};
    expect(settlement[0]?.exceptions).toMatchObject([{ kind: "U06", count: 1, disposition: "book-by-acquirer" }]);
    expect(approvers).toEqual(["B-0002", "B-0003"]);
    expect(claims).not.toContain("SETTLED_AS_TERMINAL_REPORTS");
    expect(outcomeReasons).toEqual(["EXCEPTION_USED"]);
    expect(stationLogOf(world).match(/"kind":"used"/g)).toHaveLength(1);
  });

  const wrong: readonly (readonly [string, Change])[] = [
    [
      "an amount that is one cent off",
      (_, w) => ({ exceptions: exceptionsFor(w, rejected(w)).map((e) => ({ ...e, amount: e.amount + 1 })) }),
    ],
    ["another direction", (_, w) => ({ exceptions: exceptionsFor(w, rejected(w), { direction: "credit" }) })],
    ["another batch", (_, w) => ({ exceptions: exceptionsFor(w, rejected(w), { batch: "000009" }) })],
    ["another record", (_, w) => ({ exceptions: exceptionsFor(w, rejected(w), { items: [{ stan: "000001", digest: "ab".repeat(32) }] }) })],
    ["an item that settled well", (_, w) => ({ exceptions: exceptionsFor(w, [...rejected(w), ...censusOf(w, "U01").slice(0, 1)]) })],
  ];
  it.each(wrong)("is not let go under %s, and nothing is erased", async (_, change) => {
    const { end, untouched } = await run((order, world) => ({ ...change(order, world), dualControl: true }), { options: refusing });
    expect(end).toMatchObject({ endState: "HOLD", certificate: null });
    expect(["batch.open", "batch.exception", "draft.rejected"]).toContain(end?.code);
    expect(untouched).toBe(true);
  });

  it("is not let go when it was delivered after all", async () => {
    const { end, untouched } = await run(excepting);
    expect(end).toMatchObject({ endState: "HOLD", code: "batch.exception" });
    expect(untouched).toBe(true);
  });

  it("is not let go a second time, under whatever order", async () => {
    const world = new World({
      options: refusing,
      witness: "P-0002",
      order(w) {
        const order = { ...excepting({} as Order, w) };
        const used = exceptionsOf(order as Order).flatMap((one) => itemIds(one));
        w.bench().stationLog.write({ kind: "used", runId: "another run", used });
        return orderFor(w, () => order);
      },
    });
    const end = await world.clock.run(() => world.run("run"));
    expect(end).toMatchObject({ endState: "HOLD", code: "batch.open" });
    expect(world.inspect().areas.every(({ readable }) => readable)).toBe(true);
  });

  it("may be a heap that the terminal only counts, named by its number and sum", async () => {
    const heap = { kind: "U22", account: 2, count: 2, amount: 700 } as const;
    const { end, world } = await run(
      (_, w) => {
        const items = w.sim.terminal.batch.census().items.filter(({ kind }) => kind === "U22");
        const refused: Partial<ExceptionField> = { kind: "U06", items: [], count: 2, disposition: "unlisted" };
        return { exceptions: exceptionsFor(w, items, refused), dualControl: true };
      },
      { model: "podp-multi", plant: { items: [heap] }, options: { host: { refusesKinds: ["U22"] } } },
    );
    expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED_WITH_EXCEPTIONS" });
    expect(world.inspect().violations).toEqual([]);
  });

  it("is still there for another run, when the one that was to use it was given up before it armed the wipe", async () => {
    const either: Change = (_, w) => ({ exceptions: exceptionsFor(w, [...rejected(w), ...censusOf(w, "U06")]), dualControl: true });
    const world = new World({ witness: "P-0002", options: refusing, order: (w) => orderFor(w, (order) => either(order, w)) });
    world.disk.hook = (_n, when) => {
      const committed = journalOf(world).includes('"step":"commit"');
      if (when === "after" && committed && world.ends.length === 0) throw new Death();
    };
    expect(await world.clock.run(() => world.run("run"))).toBeUndefined();
    expect(await world.abandon()).toMatchObject({ endState: "ABANDONED" });
    await world.clock.run(() => sleep(world.clock, 60_000).then(() => world.replug()));
    const end = await world.clock.run(() => world.run("run"));
    expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED_WITH_EXCEPTIONS" });
  });

  it("may be all that an acquirer has, whose host does not know the terminal any more (U19)", async () => {
    const all = (world: World) => censusOf(world, "U01");
    const { end, world } = await run((_, w) => ({ exceptions: exceptionsFor(w, all(w)), dualControl: true }), {
      options: { host: { rejects: "97" } },
    });
    expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED_WITH_EXCEPTIONS" });
    expect(world.verified(end?.certificate ?? "").verified?.statement.settlement[0]?.outcome).toBe("HOST_REJECTED");
  });

  it("may be a reversal that no host takes, when nothing of its account is settled beside it", async () => {
    const refusesReversals: SimOptions = { host: { refusesKinds: ["U03"] } };
    const all = (world: World) => exceptionsFor(world, censusOf(world, "U01", "U03", "U05"), { hostReference: "H00000000001" });
    // The offline advice is still delivered, so an exception for it finds nothing.
    const without = await run((_, w) => ({ exceptions: all(w).filter(({ kind }) => kind !== "U05"), dualControl: true }), {
      options: refusesReversals,
    });
    expect(without.end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED_WITH_EXCEPTIONS" });
    const some = await run((_, w) => ({ exceptions: all(w).filter(({ kind }) => kind === "U03"), dualControl: true }), {
      options: refusesReversals,
    });
    expect(some.end).toMatchObject({ endState: "HOLD", certificate: null });
    expect(some.untouched).toBe(true);
  });

  it("is not let go while nobody knows whether it was booked", async () => {
    const { end, untouched } = await run((_, w) => ({ exceptions: exceptionsFor(w, censusOf(w, "U01")), dualControl: true }), {
      options: { host: { silent: "after", silences: 1, cannotTell: true } },
    });
    expect(end).toMatchObject({ endState: "HOLD", code: "settle.unknown" });
    expect(untouched).toBe(true);
  });

  it("must be all that such an acquirer has", async () => {
    const { end, untouched } = await run((_, w) => ({ exceptions: exceptionsFor(w, censusOf(w, "U01").slice(1)), dualControl: true }), {
      options: { host: { rejects: "97" } },
    });
    expect(end).toMatchObject({ endState: "HOLD", code: "settle.deregistered" });
    expect(untouched).toBe(true);
  });
});

describe("a registry that allows no settlement (R07)", () => {
  const closed = { state: "DEREGISTERED", settlementAllowed: false } as const;
  const told: Pick<Order, "hostView"> = { hostView: { unavailable: true, reason: "deregistered", approvers: ["B-0002", "B-0003"] } };
  const heard = (bytes: { readonly bookings: readonly unknown[] }) => bytes.bookings.length;

  it("HOLD: what is open is not even sent to the host, however willing that is (E24)", async () => {
    const { end, bytes, untouched, world } = await run(() => ({ registry: closed, ...told }));
    expect(end).toMatchObject({ endState: "HOLD", code: "settle.deregistered", certificate: null });
    expect({ untouched, heard: heard(bytes), ops: world.sim.terminal.ops.next }).toEqual({ untouched: true, heard: 0, ops: 1 });
  });

  it("HOLD: an exception for one item lets no other go", async () => {
    const some: Change = (_, w) => ({ exceptions: exceptionsFor(w, censusOf(w, "U01", "U05").slice(1)), dualControl: true });
    const { end, bytes, untouched } = await run((order, w) => ({ registry: closed, ...told, ...some(order, w) }));
    expect(end).toMatchObject({ endState: "HOLD", code: "settle.deregistered" });
    expect({ untouched, heard: heard(bytes) }).toEqual({ untouched: true, heard: 0 });
  });

  it.each([undefined, { alone: true, items: [{ kind: "U01", count: 3 }] }] as const)(
    "what signed exceptions name is let go as it is, and nothing of it is sent",
    async (plant) => {
      const excepting: Change = (_, w) => ({
        ...{ registry: closed, dualControl: true },
        exceptions: [
          ...exceptionsFor(w, censusOf(w, "U01", "U05")),
          ...exceptionsFor(w, censusOf(w, "U03"), { hostReference: "H00000000001" }),
        ],
      });
      const { end, bytes } = await run(excepting, plant === undefined ? {} : { plant });
      expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED_WITH_EXCEPTIONS" });
      expect({ heard: heard(bytes), violations: bytes.violations }).toEqual({ heard: 0, violations: [] });
    },
  );

  it("a terminal without anything open is wiped as any other", async () => {
    const { end } = await run(() => ({ registry: closed }), { plant: { alone: true, items: [] } });
    expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
  });
});

describe("the host's view", () => {
  const viewed =
    (change: (view: ReturnType<typeof viewsOf>[number]) => object): Change =>
    (_, world) => ({
      hostView: viewsOf(world).map((view) => ({ ...view, ...change(view) })),
    });
  const settles = (bytes: { readonly bookings: readonly unknown[] }) => bytes.bookings.length;

  it("HOLD: the host has an item open that the terminal lacks (E77), and nothing is sent or settled", async () => {
    const { end, bytes, untouched } = await run(
      viewed((view) => ({
        items: [...(view.items ?? []), { stan: "000001", direction: "debit", currency: "CNY", amount: 1 }],
        uncaptured: [...view.uncaptured, { direction: "debit", currency: "CNY", count: 1, amount: 1 }],
      })),
    );
    expect(end).toMatchObject({ endState: "HOLD", code: "batch.cleared-before", exit: 4 });
    expect({ untouched, settles: settles(bytes) }).toEqual({ untouched: true, settles: 0 });
  });

  it("QUAR: a refund that the host had not seen when the terminal was handed over (E78), and it is not settled", async () => {
    const { end, bytes, untouched } = await run(viewed((view) => ({ lastStan: view.items?.[0]?.stan ?? null })));
    expect(end).toMatchObject({ endState: "QUAR", code: "batch.custody", exit: 5, certificate: null });
    expect({ untouched, settles: settles(bytes) }).toEqual({ untouched: true, settles: 0 });
  });

  it("QUAR: merchant or terminal number are not the order's (E29), and nothing is settled", async () => {
    for (const field of ["mid", "tid"] as const) {
      const other: Change = ({ accounts = [] }) => ({
        accounts: accounts.map((one) => ({ ...one, [field]: "99999999" })),
        hostView: { unavailable: true, reason: "none", approvers: ["B-0002", "B-0003"] },
      });
      const { end, bytes, untouched } = await run(other);
      expect(end).toMatchObject({ endState: "QUAR", code: "identity.binding", certificate: null });
      expect({ untouched, settles: settles(bytes) }).toEqual({ untouched: true, settles: 0 });
    }
  });

  it("stays a hold however often the run is taken up", async () => {
    const { world } = await run(viewed(() => ({ openBatch: "999000" })));
    await world.replug();
    const bytes = world.inspect();
    expect(await world.clock.run(() => world.run("resume"))).toMatchObject({ endState: "HOLD", code: "batch.cleared-before" });
    expect(settles(world.inspect())).toBe(settles(bytes));
  });
});

describe("a reason that holds the wipe", () => {
  const frozen = { reasonCode: "VIOLATION_FROZEN", archiveDemanded: true } as const;

  it("HOLD: settled and exported, not erased (E34)", async () => {
    const { end, bytes, untouched } = await run(() => frozen);
    expect(end).toMatchObject({ endState: "HOLD", code: "order.held", exit: 6 });
    expect(bytes.money).toMatchObject({ host: bytes.money.start, terminal: 0n });
    expect(untouched).toBe(true);
  });

  it("CERT: once the order says that the hold was lifted", async () => {
    const lifted = { reference: "court 3", at: "2026-01-04T00:00:00.000Z", approvers: ["B-0002", "B-0003"] };
    const { end } = await run(() => ({ ...frozen, lifted }));
    expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
  });
});

describe("a newer order that continues a run", () => {
  const silent: SimOptions = { host: { silent: "after", silences: 1, cannotTell: true } };
  /** A run that is parked because nobody at the bench can know whether the batch was booked. */
  async function inDoubt(options: SimOptions = silent) {
    const { world, end } = await run(undefined, { options });
    expect(end).toMatchObject({ endState: "HOLD", code: "settle.unknown" });
    return { world, runId: end?.runId ?? "" };
  }
  /** Takes the run up under an order that a back office issues an hour later. */
  async function goOn(world: World, change: Change) {
    await world.replug();
    await world.clock.run(() => sleep(world.clock, 3_600_000));
    world.newer = orderFor(world, (order) => ({ nonce: "c".repeat(32), hostView: fullView, ...change(order, world) }));
    return await world.clock.run(() => world.run("resume"));
  }
  const fullView: Order["hostView"] = { unavailable: true, reason: "closed for the night", approvers: ["B-0002", "B-0003"] };
  const answered = (answer: "closed" | "open", totals: object | null, asOf: string): Change => {
    return ({ accounts = [] }, world) => ({
      resolutions: [{ ...accounts[0]!, batch: batchOf(world), answer, totals: totals as never, hostReference: "H1", asOf }],
    });
  };
  const batchOf = (world: World) =>
    world.sim.terminal.batch.accounts.map(({ id }) => world.sim.terminal.batch.ledger(id).get().batch)[0] ?? "";
  const totalsIn = (world: World) => {
    const [account] = world.sim.terminal.batch.accounts;
    const {
      debitCount = 0,
      debit = 0n,
      creditCount = 0,
      credit = 0n,
    } = world.sim.terminal.batch.ledger(account!.id).get().last?.terminalTotals ?? {};
    return { currency: "CNY", debitCount, debit: Number(debit), creditCount, credit: Number(credit) };
  };
  const later = "2026-01-05T08:59:00.000Z";

  it("says that the batch was closed: it is finished locally and never sent again", async () => {
    const { world, runId } = await inDoubt();
    const booked = world.inspect().bookings.length;
    const end = await goOn(world, (order, w) => ({ continues: runId, ...answered("closed", totalsIn(w), later)(order, w) }));
    expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
    expect(world.inspect().bookings).toHaveLength(booked);
    expect(world.inspect().violations).toEqual([]);
    const { statement } = world.verified(end?.certificate ?? "").verified ?? {};
    expect(statement?.order.continues).toBe(runId);
    expect(stationLogOf(world).match(/"kind":"used"/g)).toHaveLength(1);
  });

  it("says that the batch is open: it is settled once more", async () => {
    const { world, runId } = await inDoubt({ host: { silent: "before", silences: 1, cannotTell: true } });
    const end = await goOn(world, (order, w) => ({ continues: runId, ...answered("open", null, later)(order, w) }));
    expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
    const { bookings, money, violations } = world.inspect();
    expect(new Set(bookings.map(({ stan }) => stan)).size).toBe(bookings.length);
    expect(money.host).toBe(money.start);
    expect(violations).toEqual([]);
  });

  const useless: readonly (readonly [string, (world: World) => Change])[] = [
    ["closed with totals that are one cent off", (w) => answered("closed", { ...totalsIn(w), debit: totalsIn(w).debit + 1 }, later)],
    ["open, as of a time before the last attempt", () => answered("open", null, "2026-01-05T07:59:00.000Z")],
    [
      "closed, another batch",
      (w) => (order, world) => ({
        resolutions: (answered("closed", totalsIn(w), later)(order, world).resolutions ?? []).map((one) => ({ ...one, batch: "000042" })),
      }),
    ],
    ["nothing", () => () => ({})],
  ];
  it.each(useless)("says %s: the run stays parked and nothing is sent", async (_, change) => {
    const { world, runId } = await inDoubt();
    const booked = world.inspect().bookings.length;
    const end = await goOn(world, (order, w) => ({ continues: runId, ...change(w)(order, w) }));
    expect(end).toMatchObject({ endState: "HOLD", code: "settle.unknown" });
    expect(world.inspect().bookings).toHaveLength(booked);
  });

  it("is used up by the run that acts upon it, over all runs of the station", async () => {
    const world = new World();
    const [account] = accountsOf(world);
    const { acquirer = "", mid = "", tid = "", batch = "" } = account ?? {};
    const answer = { acquirer, mid, tid, batch, answer: "open", totals: null, hostReference: "H1", asOf: later } as const;
    const of = (runId: string) => ({
      stationLog: world.bench().stationLog,
      record: () => ({ begin: { runId } }) as RunRecord,
      order: { order: { resolutions: [answer] } } as unknown as Run["order"],
    });
    const asked = { ...account!, name: "n" };
    expect(resolutionFor(of("first"), asked, batch)).toEqual({ answer: "open", asOf: later });
    useResolution(of("first"), asked, batch);
    expect(resolutionFor(of("first"), asked, batch)).toEqual({ answer: "open", asOf: later });
    expect(resolutionFor(of("second"), asked, batch)).toBeUndefined();
    expect(resolutionFor(of("second"), asked, "999998")).toBeUndefined();
  });

  it("is refused for another run than it names, and for one that is to begin", async () => {
    const { world } = await inDoubt();
    await expect(goOn(world, () => ({ continues: null }))).rejects.toMatchObject({ code: "order.continues" });
    await expect(goOn(world, () => ({ continues: "019b8c1e-0000-7000-8000-000000000001" }))).rejects.toMatchObject({
      code: "order.continues",
    });
    await expect(run(() => ({ continues: "019b8c1e-0000-7000-8000-000000000001" }))).rejects.toMatchObject({ code: "order.continues" });
  });

  it("takes over from an order whose time ran out: what was settled stays settled (E90)", async () => {
    const { world, end } = await run(undefined, { options: { host: { rejects: "97" } } });
    expect(end).toMatchObject({ endState: "HOLD" });
    await world.replug();
    await world.clock.run(() => sleep(world.clock, 25 * 3_600_000));
    const attempts = world.inspect().bookings.length;
    expect(await world.clock.run(() => world.run("resume"))).toMatchObject({ endState: "HOLD", code: "order.lapsed", exit: 6 });
    expect(world.inspect().bookings).toHaveLength(attempts);
    const after = await goOn(world, () => ({
      continues: end?.runId ?? "",
      custody: { from: "B-0007", to: "P-0001", depot: "Depot 1", receiptNo: "R-1", received: "2026-01-04T08:00:00.000Z" },
      exceptions: exceptionsFor(world, censusOf(world, "U01")),
      dualControl: true,
    }));
    expect(after).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED_WITH_EXCEPTIONS" });
  });

  it("may be given again after the run was interrupted under it", async () => {
    const { world, end } = await run(undefined, { options: { host: { rejects: "97" } } });
    world.disk.hook = (_n, when) => {
      if (when === "after" && stationLogOf(world).includes("c".repeat(32)) && world.deaths === 0) throw new Death();
    };
    expect(await goOn(world, () => ({ continues: end?.runId ?? "" }))).toBeUndefined();
    await world.replug();
    expect(await world.clock.run(() => world.run("resume"))).toMatchObject({ endState: "HOLD", code: "settle.deregistered" });
  });

  it("lifts the hold on the wipe, or lets go what was left (E34)", async () => {
    const frozen = await run(() => ({ reasonCode: "VIOLATION_FROZEN" }));
    expect(frozen.end).toMatchObject({ code: "order.held" });
    const lifted = { reference: "court 3", at: "2026-01-05T08:30:00.000Z", approvers: ["B-0002", "B-0003"] };
    const end = await goOn(frozen.world, () => ({ continues: frozen.end?.runId ?? "", reasonCode: "VIOLATION_FROZEN", lifted }));
    expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });

    const left = await run(undefined, { options: refusing });
    expect(left.end).toMatchObject({ code: "batch.open" });
    const exceptions = exceptionsFor(left.world, censusOf(left.world, "U06"));
    const after = await goOn(left.world, () => ({ continues: left.end?.runId ?? "", exceptions, dualControl: true }));
    expect(after).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED_WITH_EXCEPTIONS" });
  });
});
