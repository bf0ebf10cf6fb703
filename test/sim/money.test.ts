// The terminal without a wire: money and erase under a power cut at every single non-volatile change.
import { describe, expect, it } from "vitest";
import { hex, uint } from "../../src/base/bytes.js";
import { sleep } from "../../src/base/clock.js";
import { VirtualClock } from "../../src/base/virtual-clock.js";
import type { SimOptions } from "../../src/sim/body.js";
import { inspect } from "../../src/sim/inspect.js";
import { simModel, simModels } from "../../src/sim/models.js";
import { plantedValues, provision, serialOf } from "../../src/sim/provision.js";
import { copyStores, type FactoryStores, memoryStores, type NonVolatileHook, PowerCut, packRecords, toJson } from "../../src/sim/stores.js";
import { Terminal } from "../../src/sim/terminal.js";
import type { WipeResult } from "../../src/terminal/facts.js";
import { survive } from "./survive.js";

const json = (value: unknown) => Buffer.from(toJson(value));
const encode = { totals: json, settleResult: json, wipeResult: json };
const small = simModel("podp-small")!;
const provisioned = memoryStores();
provision(small, 7, provisioned);

let ops = 0;
class Bench {
  readonly clock = new VirtualClock();
  terminal: Terminal;
  cuts = 0;
  readonly stores: FactoryStores;
  readonly options: SimOptions;
  constructor(stores: FactoryStores, options: SimOptions, hook?: NonVolatileHook) {
    this.stores = stores;
    this.options = options;
    this.terminal = this.start(hook);
  }
  start(nonVolatile?: NonVolatileHook): Terminal {
    const hooks = nonVolatile === undefined ? {} : { nonVolatile };
    const listener = { progress: () => undefined, stall: () => undefined, restart: () => undefined };
    const { stores, clock, options } = this;
    const terminal = new Terminal({ stores, clock, options, hooks, model: small, encode }, listener);
    terminal.powerOn();
    return terminal;
  }
  op(): string {
    return hex(uint(this.terminal.ops.next, 4)) + (ops++).toString(16).padStart(24, "0");
  }
  /** Until nothing is under way or the power is gone. */
  async idle(): Promise<void> {
    while (this.terminal.alive && this.terminal.busy !== undefined) await sleep(this.clock, 1);
    if (!this.terminal.alive) throw new PowerCut("found dead");
  }
}

/** What a host does that looks before it acts. */
async function settleEverything(at: Bench): Promise<void> {
  for (;;) {
    await at.idle();
    const { terminal } = at;
    terminal.setLock(true);
    const [account] = terminal.batch.accounts;
    const { last } = terminal.batch.ledger(account!.id).get();
    const request = () => ({ op: at.op(), body: "00", account: account!.id });
    const unfinished = last !== undefined && ["sent", "booked", "printed"].includes(last.state) ? last.ops.at(-1) : undefined;
    const waiting = terminal.batch.census().items.map(({ kind }) => Number(kind.slice(1)));
    const kind = [3, 5, 7].find((wanted) => waiting.includes(wanted));
    if (unfinished !== undefined) {
      if (last?.state === "sent") terminal.settlements.query(unfinished);
      terminal.settle(request(), unfinished);
    } else if (kind !== undefined) terminal.sendPending(request(), kind);
    else if (waiting.includes(1)) terminal.settle(request());
    else return;
  }
}

/** Sends what has to go before the batch is closed; says of which account. */
async function sendPending(at: Bench): Promise<string> {
  at.terminal.setLock(true);
  const account = at.terminal.batch.accounts[0]!.id;
  for (const kind of [3, 5]) {
    at.terminal.sendPending({ op: at.op(), body: "00", account }, kind);
    await at.idle();
  }
  return account;
}

const cutAt = (n: number): NonVolatileHook => {
  let left = n;
  return () => {
    if (left-- === 0) throw new PowerCut(`at change ${n}`);
  };
};

async function each(options: SimOptions, judge: (at: Bench, n: number) => void): Promise<number> {
  for (let n = 0; ; n++) {
    const at = new Bench(copyStores(provisioned), options, cutAt(n));
    await at.clock.run(() => survive(at, () => settleEverything(at)));
    judge(at, n);
    if (at.cuts === 0) return n;
  }
}

describe("a settlement", () => {
  it.each<[string, SimOptions]>([
    ["with a host that answers", {}],
    ["with a host that is silent before it books", { host: { silent: "before" } }],
    ["with a host that is silent to advices", { host: { silent: "after", silentTo: "send", silences: 3 } }],
    ["with a host that is silent after it booked", { host: { silent: "after" } }],
    ["with totals that differ until the upload", { host: { lacks: 1 } }],
  ])("%s books each item once, with the power cut at every change", async (_, options) => {
    const changes = await each(options, ({ stores }, n) => {
      const { bookings, start, money, violations } = inspect(stores);
      const names = bookings.map(({ stan, kind }) => `${stan} ${kind}`).sort();
      expect([n, names]).toEqual([n, start.map(({ stan, kind }) => `${stan} ${kind}`).sort()]);
      expect([n, money.terminal, money.host]).toEqual([n, 0n, money.start]);
      expect(violations).toEqual([]);
    });
    expect(changes).toBeGreaterThan(15);
  });

  it.each([
    ["books twice", true],
    ["answers 94 and books nothing", false],
  ])("meets a host that %s when an unknown end is settled again instead of looked up", async (_, closesAgain) => {
    const at = new Bench(copyStores(provisioned), { host: { silent: "after", closesAgain } });
    await at.clock.run(async () => {
      const account = await sendPending(at);
      const old = at.op();
      at.terminal.settle({ op: old, body: "00", account });
      await at.idle();
      expect(at.terminal.settlements.status(old)?.state).toBe("sent");
      at.terminal.settle({ op: at.op(), body: "00", account }, old, "open");
      await at.idle();
    });
    const { bookings, start, violations } = inspect(at.stores);
    expect(bookings.length).toBe(start.length + (closesAgain ? 3 : 0));
    const { last } = at.terminal.batch.ledger(at.terminal.batch.accounts[0]!.id).get();
    expect(last).toMatchObject(closesAgain ? { state: "cleared" } : { state: "sent", code: "UNKNOWN", hostCode: "94" });
    expect(violations).toEqual(["batch-closed-twice"]);
  });

  it.each<[string, SimOptions, string, string]>([
    ["the host declines", { host: { rejects: "05" } }, "FAILED", "HOST_REJECTED"],
    ["the totals never agree", { host: { excess: 100n } }, "FAILED", "UNBALANCED"],
    ["there is no paper", { printer: "out-of-paper" }, "FAILED", "PRINT_PENDING"],
  ])("says so when %s, and keeps the records", async (_, options, state, code) => {
    const at = new Bench(copyStores(provisioned), options);
    const op = await at.clock.run(async () => {
      const account = await sendPending(at);
      const op = at.op();
      at.terminal.settle({ op, body: "00", account });
      await at.idle();
      return op;
    });
    expect(at.terminal.ops.get(op)).toMatchObject({ state, code });
    expect(at.terminal.batch.census().items.filter(({ kind }) => kind === "U01")).toHaveLength(3);
  });

  it.each<[string, SimOptions["host"] & object, readonly string[]]>([
    ["answered", {}, ["U01", "U01", "U01"]],
    ["not answered", { silent: "after", silentTo: "send", silences: 2 }, ["U01", "U01", "U01", "U03", "U07"]],
    ["refused", { refusesKinds: ["U05"] }, ["U01", "U01", "U01", "U06"]],
  ])("leaves of a reversal and an advice that were %s what is still pending", async (_, host, left) => {
    const at = new Bench(copyStores(provisioned), { host });
    await at.clock.run(() => sendPending(at));
    expect(
      at.terminal.batch
        .census()
        .items.map(({ kind }) => kind)
        .sort(),
    ).toEqual(left);
  });

  it("is refused while unlocked, and a sale is refused while locked, also after a restart", () => {
    const at = new Bench(copyStores(provisioned), {});
    expect(at.terminal.sell(0, 500n)).toBe(true);
    at.terminal.setLock(true);
    at.terminal = at.start();
    expect(at.terminal.sell(0, 500n)).toBe(false);
    expect(inspect(at.stores).start).toHaveLength(6);
  });

  it("sees a damaged record, and an area it cannot read", () => {
    const stores = copyStores(provisioned);
    stores.flash.program(1, 130, new Uint8Array(4));
    expect(new Bench(stores, {}).terminal.batch.census().items.map(({ kind }) => kind)).toContain("U23");
    expect(new Bench(stores, { unreadable: [1] }).terminal.batch.census()).toMatchObject({ items: [], unread: [1] });
  });
});

describe("a wipe", () => {
  const order = { body: "00", planHash: "11", censusHash: "22", grantHash: "33", areas: [1, 2, 3], fills: [] };
  const slots = small.keys.filter(({ type }) => type !== "IDENTITY").map(({ used: _, ...range }) => range);
  const settled = async () => {
    const at = new Bench(copyStores(provisioned), {});
    await at.clock.run(() => settleEverything(at));
    return at.stores;
  };

  it("ends blank and once, with the power cut at every change, and again while it resumes", async () => {
    const before = await settled();
    let n = 0;
    for (let cuts = 1; cuts > 0; n++) {
      const at = new Bench(copyStores(before), {}, cutAt(n));
      await at.clock.run(() =>
        survive(at, async () => {
          if (at.terminal.life.wipe === undefined) at.terminal.arm({ ...order, op: at.op(), slots });
          if (at.cuts === 1 && n % 3 === 0) {
            at.terminal.powerCut();
            at.terminal = at.start(cutAt(n % 7));
          }
          await at.idle();
        }),
      );
      const { areas, keys } = inspect(at.stores);
      expect([n, areas.filter(({ readable }) => readable)]).toEqual([n, []]);
      expect([n, keys.filter(({ readable }) => readable)]).toEqual([n, []]);
      expect(at.terminal.life).toMatchObject({ life: 2, locked: false, spentGrant: "33", wipe: { state: "done" } });
      expect(at.terminal.wipe.op()?.state).toBe("DONE");
      cuts = at.cuts;
    }
    expect(n).toBeGreaterThan(15);
  });

  it("stops before an area that is not what was counted", async () => {
    const at = new Bench(copyStores(await settled()), {});
    at.terminal.arm({ ...order, op: at.op(), slots });
    at.terminal.disturb(2);
    await at.clock.run(() => at.idle());
    expect(at.terminal.wipe.op()).toMatchObject({ state: "FAILED", code: "CENSUS_CHANGED" });
    expect(inspect(at.stores).areas.map(({ readable }) => readable)).toEqual([false, true, true]);
    expect(inspect(at.stores).keys.every(({ readable }) => readable)).toBe(true);
    expect(at.terminal.life.life).toBe(1);
  });

  it("counts what each area met: blocks that stayed as they were, erases beyond the first, and starts after a power cut", async () => {
    const before = await settled();
    const counted = async (options: SimOptions, hook?: NonVolatileHook) => {
      const at = new Bench(copyStores(before), options, hook);
      at.terminal.arm({ ...order, op: at.op(), slots });
      await at.clock.run(() => survive(at, () => at.idle()));
      const { result = "" } = at.terminal.wipe.op() ?? {};
      const { areas } = JSON.parse(Buffer.from(result, "hex").toString()) as WipeResult;
      return areas.map(({ code, errors, retries }) => [code, errors, retries]);
    };
    const clean = [0, 0, 0];
    const failed = (blocks: number) => [2, blocks, blocks];
    expect(await counted({})).toEqual([clean, clean, clean]);
    expect(await counted({ weak: [2] })).toEqual([clean, [0, 0, 1], clean]);
    expect(await counted({ stuck: [1] })).toEqual([failed(3), clean, clean]);
    let erases = 0;
    const cutIn =
      (nth: number): NonVolatileHook =>
      (act) => {
        if (act === "erase" && ++erases === nth) throw new PowerCut("in an erase");
      };
    // The fourth erase is the first of area 2: its second start erases all of it again.
    expect(await counted({ weak: [2] }, cutIn(4))).toEqual([clean, [0, 0, 2], clean]);
  });

  it("fails where an area does not erase, and a lying one stays readable", async () => {
    const before = await settled();
    const conditions: readonly SimOptions[] = [{ stuck: [3] }, { lie: "keeps-an-area" }];
    const ends = await Promise.all(
      conditions.map(async (options) => {
        const at = new Bench(copyStores(before), options);
        at.terminal.arm({ ...order, op: at.op(), slots });
        await at.clock.run(() => at.idle());
        return [at.terminal.wipe.op()?.state, at.terminal.wipe.op()?.code, inspect(at.stores).areas[2]?.readable];
      }),
    );
    expect(ends).toEqual([
      ["FAILED", "WRITE", true],
      ["DONE", "OK", true],
    ]);
  });
});

describe("provisioning", () => {
  const image = ({ nv, flash, host }: FactoryStores) => [
    hex(packRecords(new Map(nv.names().map((name) => [name, nv.get(name)!])))),
    ...flash.areas().map((area) => hex(flash.bytes(area))),
    toJson(host.lines()),
  ];
  it.each(simModels.map(({ name }) => name))("of %s is the same for one seed and another for another", (name) => {
    const make = (seed: number) => {
      const stores = memoryStores();
      provision(simModel(name)!, seed, stores);
      return stores;
    };
    expect(image(make(3))).toEqual(image(make(3)));
    expect(image(make(3))).not.toEqual(image(make(4)));
    expect(plantedValues(simModel(name)!, 3)).toEqual(plantedValues(simModel(name)!, 3));
    expect([serialOf(7), serialOf(0)]).toEqual(["SIM7000001", "SIM0000001"]);
  });

  it("gives the default terminal what the demonstration promises", () => {
    const model = simModel("podp-traditional")!;
    const stores = memoryStores();
    provision(model, 7, stores);
    const kinds = inspect(stores).start.map(({ kind }) => kind);
    const count = (kind: string) => kinds.filter((one) => one === kind).length;
    expect([count("U01"), count("U03"), count("U05"), count("U08"), count("U10"), count("U09")]).toEqual([46, 1, 2, 2, 1, 1]);
    expect(stores.flash.bytes(1).length).toBeGreaterThanOrEqual(120_000);
  });
});
