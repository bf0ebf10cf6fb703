// P20, P21, P23 and P24: money moves once, a lock holds, and a power cut leaves only states that can be looked up.
import { EMPTY, hex, readUint } from "../../../src/base/bytes.js";
import { commands } from "../messages.js";
import { Bench } from "./bench.js";
import { type Case, type ConformanceContext, must, skip } from "./case.js";
import { type Cut, cuts } from "./cuts.js";
import { cutFill } from "./fill.js";

/** An open session on a terminal where only settlement is left to do for `account`. */
async function readyToSettle(bench: Bench): Promise<Uint8Array> {
  bench.mayAct();
  await bench.open();
  const [account] = await bench.accounts();
  await bench.lock();
  await bench.sendPending();
  return account ?? skip("the terminal has no account");
}

/** Brings a settlement that was cut to its end by looking, never by repeating. */
async function resolve(bench: Bench, op: Uint8Array, account: Uint8Array, name: string): Promise<void> {
  let { state } = await bench.finish(op);
  if (state === "UNKNOWN") {
    const beside = bench.newOp();
    const pending = await bench.wire.say(commands.settleStart, { op: beside, account });
    must(pending.says === "BAD_STATE SETTLE_PENDING", `${name}: SETTLE_START beside an unknown one was answered ${pending.says}`);
    const status = await bench.get(commands.settleStatus, { op });
    must(["sent", "booked", "printed"].includes(status.state), `${name}: an unknown settlement is ${status.state}`);
    if (status.state === "sent") {
      const asked = await bench.wire.say(commands.hostQuery, { op });
      if (asked.says === "NOT_SUPPORTED") return;
      must(asked.says === "OK", `${name}: HOST_QUERY was answered ${asked.says}`);
    }
    const after = bench.newOp();
    await bench.money(after, bench.wire.say(commands.settleStart, { op: after, account, oldOp: op }));
    state = "DONE";
  }
  if (state !== "DONE") {
    must(state === "FAILED" || state === "NOT_STARTED", `${name}: the settlement ended ${state}`);
    await bench.hello();
    await bench.open();
    const again = bench.newOp();
    await bench.money(again, bench.wire.say(commands.settleStart, { op: again, account }));
  }
  const left = (await bench.census()).items.filter((item) => hex(item.account) === hex(account) && [1, 15, 17].includes(item.kind));
  must(left.length === 0, `${name}: ${left.length} items are left after settlement`);
  const twice = (await bench.context.inspect?.())?.bookedTwice ?? 0;
  must(twice === 0, `${name}: the host booked ${twice} items twice`);
}

export const moneyCases: readonly Case[] = [
  {
    id: "P20",
    title: "SETTLE_START beside an unknown settlement is refused",
    async run(context) {
      let met = false;
      for await (const cut of cuts(context)) {
        const op = await cutSettlement(context, cut);
        if (op === undefined) break;
        await using bench = await Bench.connect(context);
        await bench.open();
        if ((await bench.get(commands.getOp, { op })).state !== "UNKNOWN") continue;
        met = true;
        const [account] = await bench.accounts();
        await bench.unchanged(async () => {
          await bench.again();
          const { says } = await bench.wire.say(commands.settleStart, { op: bench.newOp(), account: account ?? EMPTY });
          must(says === "BAD_STATE SETTLE_PENDING", `${cut.name}: SETTLE_START beside an unknown one was answered ${says}`);
        });
        break;
      }
      if (!met) skip("no cut fell between the first byte to the host and its answer");
    },
  },
  {
    id: "P21",
    title: "an op counter that is repeated, skipped or old is refused, and so is one more than the store holds",
    async run(context) {
      await using bench = await Bench.connect(context);
      bench.mayAct();
      await bench.open();
      await bench.settle();
      const [account] = await bench.accounts();
      if (account === undefined) return skip("the terminal has no account");
      const start = (op: Uint8Array, kind?: number) =>
        kind === undefined
          ? bench.wire.say(commands.settleStart, { op, account })
          : bench.wire.say(commands.pendingSend, { op, account, kind });
      await bench.again();
      const first = bench.newOp();
      await bench.unchanged(async () => {
        await bench.again();
        const { says } = await start(bench.newOp(bench.nextOp + 1));
        must(says === "BAD_STATE OP_COUNTER", `a skipped counter was answered ${says}`);
      });
      await bench.again();
      must((await start(first)).says === "ACCEPTED", "SETTLE_START of a settled account is not accepted");
      await bench.finish(first);
      await bench.unchanged(async () => {
        await bench.again();
        must((await start(first)).says === "ACCEPTED", "the same op and body do not get the stored answer");
        must((await start(first, 3)).says === "OP_MISMATCH", "the same op with another body is not OP_MISMATCH");
        const { says } = await start(bench.newOp(readUint(first, 0, 4)));
        must(says === "BAD_STATE OP_COUNTER", `an old counter was answered ${says}`);
        const forgotten = await bench.get(commands.getOp, { op: bench.newOp(readUint(first, 0, 4)) });
        must(forgotten.state === "FORGOTTEN", `an op never held with an old counter is ${forgotten.state}`);
        const future = await bench.get(commands.getOp, { op: bench.newOp() });
        must(future.state === "NOT_STARTED", `an op whose counter is next is ${future.state}`);
      });
      await fillStore(bench, start, first);
    },
  },
  {
    id: "P23",
    title: "no sale is recorded while locked, across a restart, and nothing moves in a terminal that was tampered with",
    async run(context) {
      const { sale } = context;
      if (sale === undefined) return skip("nobody can try a sale at this address");
      await using bench = await Bench.connect(context);
      await bench.open();
      bench.mayAct();
      await bench.lock();
      await bench.unchanged(async () => {
        must(!(await sale.call(context)), "a sale was recorded while locked");
        await bench.again();
        await bench.restart();
        must(bench.ack.locked, "the lock did not survive a restart");
        must(!(await sale.call(context)), "a sale was recorded after the restart");
      });
      await bench.again();
      await bench.get(commands.unlock, {});
      await bench.wire.close();
      await tampered(context);
    },
  },
  {
    id: "P24",
    title: "after a power cut at any non-volatile change the settlement is found out, the wipe ends and a fill goes on",
    async run(context) {
      for await (const cut of cuts(context)) {
        const op = await cutSettlement(context, cut);
        if (op === undefined) break;
        await using bench = await Bench.connect(context);
        await bench.open();
        const [account] = await bench.accounts();
        await resolve(bench, op, account ?? EMPTY, cut.name);
      }
      for await (const cut of cuts(context)) if (!(await cutWipe(context, cut))) break;
      for await (const cut of cuts(context)) if (!(await cutFill(context, cut))) break;
    },
  },
];

/** A terminal that has triggered says so, holds no key but its own, and neither sells, sends nor settles; what it can be asked it answers. */
async function tampered(context: ConformanceContext): Promise<void> {
  if (context.tamper === undefined) return;
  await context.tamper();
  await using bench = await Bench.connect(context);
  const seen = await bench.get(commands.identify, {});
  must(seen.tampered && seen.tamperCodes !== undefined, "IDENTIFY does not show that the tamper switch has triggered, and how");
  await bench.open();
  const [account] = await bench.accounts();
  if (account === undefined) return;
  await bench.unchanged(async () => {
    must((await context.sale?.()) !== true, "a terminal that was tampered with recorded a sale");
    await bench.again();
    await bench.lock();
    const settling = await bench.wire.say(commands.settleStart, { op: bench.newOp(), account });
    must(settling.says === "TAMPERED", `SETTLE_START of a terminal that was tampered with was answered ${settling.says}`);
    const sending = await bench.wire.say(commands.pendingSend, { op: bench.newOp(), account, kind: 3 });
    must(sending.says === "TAMPERED", `PENDING_SEND of a terminal that was tampered with was answered ${sending.says}`);
    await bench.get(commands.unlock, {});
  });
  await bench.again();
  await bench.noKeys();
}

/** Starts a settlement and cuts it; undefined when it was over before the cut. */
async function cutSettlement(context: ConformanceContext, cut: Cut): Promise<Uint8Array | undefined> {
  await using bench = await Bench.connect(context);
  const account = await readyToSettle(bench);
  const { bootNumber } = bench.ack;
  const op = bench.newOp();
  await cut.during(() => bench.money(op, bench.wire.say(commands.settleStart, { op, account })));
  await bench.wire.close();
  await using after = await Bench.connect(context);
  return after.ack.bootNumber === bootNumber ? undefined : op;
}

/** Arms a wipe and cuts it; false when it was over before the cut. */
async function cutWipe(context: ConformanceContext, cut: Cut): Promise<boolean> {
  await using bench = await Bench.connect(context);
  await bench.open();
  await bench.settle();
  await bench.again();
  const { life, bootNumber } = bench.ack;
  const before = await bench.get(commands.areaList, {});
  const { op, token } = await bench.committed();
  await cut.during(() => bench.wire.say(commands.arm, { op, token }).then(() => bench.finish(op)));
  await bench.wire.close();
  await using after = await Bench.connect(context);
  await after.open();
  const { state } = await after.finish(op);
  if (state === "NOT_STARTED") {
    const areas = await after.get(commands.areaList, {});
    must(JSON.stringify(areas) === JSON.stringify(before), `${cut.name}: ARM has no trace, but areas changed`);
    return after.ack.bootNumber !== bootNumber;
  }
  await after.wiped(op, life);
  return after.ack.bootNumber !== bootNumber;
}

/** Takes op after op until the store is full, and shows that RELEASE_OP makes room. */
async function fillStore(bench: Bench, start: (op: Uint8Array) => Promise<{ readonly says: string }>, first: Uint8Array): Promise<void> {
  const held = [first];
  await bench.again();
  for (let says = "ACCEPTED"; says === "ACCEPTED"; ) {
    if (held.length > 300) skip("more than 300 ops fit the store; the rest of this case passed");
    const op = bench.newOp();
    ({ says } = await start(op));
    if (says === "ACCEPTED") {
      held.push(op);
      bench.nextOp++;
      await bench.finish(op);
    } else must(says === "STORE_FULL", `with ${held.length} ops held, one more was answered ${says}`);
  }
  must(held.length >= 16, `the store holds ${held.length} ops`);
  await bench.unchanged(async () => {
    await bench.again();
    must((await start(bench.newOp())).says === "STORE_FULL", "a full store takes another op");
  });
  await bench.again();
  await bench.get(commands.releaseOp, { op: first });
  const op = bench.newOp();
  must((await start(op)).says === "ACCEPTED", "a released op made no room");
  await bench.finish(op);
  for (const one of [...held.slice(1), op]) await bench.get(commands.releaseOp, { op: one });
}
