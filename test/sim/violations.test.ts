// Every rule the simulated world polices is broken once, and nothing but that rule is held against the host.
import { afterAll, describe, expect, it } from "vitest";
import { commands } from "../../protocols/podp/messages.js";
import { bcd, concat, uint } from "../../src/base/bytes.js";
import { sleep } from "../../src/base/clock.js";
import type { SimOptions } from "../../src/sim/body.js";
import { type Violation, violations } from "../../src/sim/violations.js";
import { type Bench, bench, owner } from "./raw.js";

type Act = (at: Bench) => Promise<void>;
interface Case {
  readonly breaks: Violation;
  readonly options?: SimOptions;
  readonly speed?: number;
  readonly act: Act;
}

const account = async ({ host }: Bench) => (await host.ask("totals", {})).body.accounts[0]!.account;
/** A settlement whose answer the host kept to itself. */
async function unknown(at: Bench): Promise<{ op: Uint8Array; account: Uint8Array }> {
  await at.host.ready();
  await at.host.settleAll();
  const op = concat(uint(at.host.ack!.nextOp + 2, 4), new Uint8Array(12).fill(7));
  expect((await at.host.ask("getOp", { op })).body.state).toBe("UNKNOWN");
  return { op, account: await account(at) };
}
const silentLast: SimOptions = { host: { silent: "after" } };
const prepared = async ({ host }: Bench) => (await host.ask("prepare", await host.plan())).body;
const ready: Act = ({ host }) => host.ready();

const cases: readonly Case[] = [
  {
    breaks: "before-open",
    async act({ host }) {
      await host.hello();
      await host.ask("lock", {});
    },
  },
  {
    breaks: "without-right",
    async act({ host }) {
      await host.hello();
      await host.open(host.grant({ rights: 0x01 }));
      await host.ask("unlock", {});
    },
  },
  {
    breaks: "unlocked",
    async act(at) {
      await at.host.hello();
      await at.host.open();
      await at.host.ask("settleStart", { op: at.host.op(), account: await account(at) });
    },
  },
  {
    breaks: "op-counter",
    async act(at) {
      await ready(at);
      at.host.op();
      await at.host.ask("settleStart", { op: at.host.op(), account: await account(at) });
    },
  },
  {
    breaks: "op-reused",
    async act(at) {
      await ready(at);
      const op = at.host.op();
      await at.host.ask("pendingSend", { op, account: await account(at), kind: 3 });
      await at.host.finished(op);
      expect((await at.host.ask("pendingSend", { op, account: await account(at), kind: 5 })).result).toBe("OP_MISMATCH");
    },
  },
  {
    breaks: "money-repeated",
    async act(at) {
      await ready(at);
      const request = { op: at.host.op(), account: await account(at), kind: 3 };
      await at.host.ask("pendingSend", request);
      expect((await at.host.ask("pendingSend", request)).result).toBe("ACCEPTED");
      expect(at.sim.violations()).toEqual([]);
      await ready(at);
      expect((await at.host.ask("pendingSend", request)).result).toBe("ACCEPTED");
    },
  },
  {
    breaks: "destroy-repeated",
    async act(at) {
      await ready(at);
      await at.host.settleAll();
      const op = at.host.op();
      const { token } = (await at.host.commit(op, await prepared(at))).body;
      await at.host.ask("arm", { op, token });
      await at.host.finished(op);
      await at.host.hello();
      await at.host.open(at.host.granted);
      expect((await at.host.ask("arm", { op, token })).result).toBe("ACCEPTED");
    },
  },
  {
    breaks: "settle-beside-unfinished",
    options: silentLast,
    async act(at) {
      const { account: id } = await unknown(at);
      expect((await at.host.ask("settleStart", { op: at.host.op(), account: id })).refusal.detail).toBe(2);
    },
  },
  {
    breaks: "settle-unlooked",
    options: silentLast,
    async act(at) {
      const { op, account: id } = await unknown(at);
      expect((await at.host.ask("settleStart", { op: at.host.op(), account: id, oldOp: op })).refusal.detail).toBe(2);
    },
  },
  {
    breaks: "settle-before-pending",
    async act(at) {
      await ready(at);
      const { result, refusal } = await at.host.ask("settleStart", { op: at.host.op(), account: await account(at) });
      expect([result, refusal.unsettled.map(({ kind }) => kind)]).toEqual(["UNSETTLED", [3, 5]]);
    },
  },
  {
    breaks: "advice-resent",
    options: { host: { silent: "after", silentTo: "send", deduplicates: false } },
    async act(at) {
      await ready(at);
      for (const kind of [5, 7]) {
        const op = at.host.op();
        await at.host.ask("pendingSend", { op, account: await account(at), kind });
        await at.host.finished(op);
      }
    },
  },
  {
    breaks: "batch-closed-twice",
    options: silentLast,
    async act(at) {
      const { op, account: id } = await unknown(at);
      const { batch } = (await at.host.ask("settleStatus", { op })).body;
      const lie = concat(id, Uint8Array.of(0xf2, 1), bcd(156n, 2), bcd(BigInt(batch), 3), new Uint8Array(40));
      await at.host.open(at.host.grant({ exceptions: [lie] }));
      const again = at.host.op();
      await at.host.ask("settleStart", { op: again, account: id, oldOp: op });
      await at.host.finished(again);
    },
  },
  {
    breaks: "scope-narrowed",
    async act(at) {
      await ready(at);
      const plan = await at.host.plan();
      const { result, refusal } = await at.host.ask("prepare", { ...plan, areas: plan.areas.slice(1) });
      expect([result, refusal.classes]).toEqual(["SCOPE", 0x26]);
    },
  },
  {
    breaks: "commit-unprepared",
    async act(at) {
      await ready(at);
      const hashes = { planHash: new Uint8Array(32), censusHash: new Uint8Array(32) };
      expect((await at.host.commit(at.host.op(), hashes)).refusal.detail).toBe(4);
    },
  },
  {
    breaks: "commit-unsettled",
    async act(at) {
      await ready(at);
      expect((await at.host.commit(at.host.op(), await prepared(at))).result).toBe("UNSETTLED");
    },
  },
  {
    breaks: "commit-stale",
    async act(at) {
      await ready(at);
      await at.host.settleAll();
      const { planHash } = await prepared(at);
      expect((await at.host.commit(at.host.op(), { planHash, censusHash: new Uint8Array(32) })).result).toBe("CENSUS_CHANGED");
    },
  },
  {
    breaks: "signature-wrong",
    async act({ host }) {
      await host.hello();
      expect((await host.open(host.grant(), host.pass({ stationKey: owner.point }))).refusal.detail).toBe(5);
    },
  },
  {
    breaks: "challenge-dead",
    async act({ host }) {
      await host.hello();
      const signature = new Uint8Array(64);
      expect((await host.ask("open", { grant: host.grant(), pass: host.pass(), signature, ownerKey: owner.point })).result).toBe(
        "CHALLENGE_USED",
      );
    },
  },
  {
    breaks: "arm-unaccepted",
    async act(at) {
      await ready(at);
      await prepared(at);
      expect((await at.host.ask("arm", { op: at.host.op(), token: new Uint8Array(16) })).refusal.detail).toBe(4);
    },
  },
  {
    breaks: "sample-early",
    async act(at) {
      await ready(at);
      const request = { op: at.host.op(), area: 1, seed: new Uint8Array(16), blocks: 1, nonce: new Uint8Array(16) };
      expect((await at.host.ask("sample", request)).refusal.detail).toBe(3);
    },
  },
  {
    breaks: "fill-early",
    async act(at) {
      await at.host.ready();
      await at.host.open(at.host.grant({ rights: 0x1f }));
      const request = { op: at.host.op(), area: 1, mode: 1, size: 768 };
      expect((await at.host.ask("fillBegin", request)).refusal.detail).toBe(3);
    },
  },
  {
    breaks: "release-unfinished",
    options: silentLast,
    async act(at) {
      const { op } = await unknown(at);
      expect((await at.host.ask("releaseOp", { op })).result).toBe("BAD_STATE");
    },
  },
  {
    breaks: "window-ignored",
    speed: 1,
    async act({ host, clock }) {
      await host.hello();
      for (const seq of [0, 1]) await host.send({ type: "CMD", seq, payload: Uint8Array.of(commands.identify.code) });
      await sleep(clock, 100);
    },
  },
];

describe("the simulator polices its host:", () => {
  const broken = new Set<string>();
  it.each(cases.map((one) => [violations[one.breaks], one] as const))("%s", async (_, { breaks, options = {}, speed = 0, act }) => {
    const at = bench({ options, speed });
    await at.clock.run(() => act(at));
    expect(at.sim.violations()).toEqual([breaks]);
    broken.add(breaks);
  });
  afterAll(() => expect([...broken].sort()).toEqual(Object.keys(violations).sort()));
});
