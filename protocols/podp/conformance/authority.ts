// P1 to P5: without the right signatures nothing happens.
import { concat, uint } from "../../../src/base/bytes.js";
import { otherForm } from "../../../src/base/sign.js";
import { element, isConstructed } from "../../../src/wire/tlv.js";
import { commands, FILL_DATA } from "../messages.js";
import { Bench } from "./bench.js";
import { type Case, must, skip } from "./case.js";
import type { OpenChanges } from "./statements.js";

/** Commands that need no OPEN. */
const BEFORE_OPEN: ReadonlySet<number> = new Set([
  commands.identify.code,
  commands.locate.code,
  commands.challenge.code,
  commands.open.code,
]);

/** A body that reads, whatever its values mean. */
const bodies: ReadonlyMap<number, Uint8Array> = new Map(
  Object.values(commands).map(({ code, request }) => {
    const parts = Object.values(request.fields)
      .filter(({ arity }) => arity === "one")
      .map(({ tag, value }) => {
        const sizes = [1, 2, 4, 8, 16, 32, 64, 65, 3, 6, 0];
        const size = sizes.find((n) => isConstructed(tag) || value.read(new Uint8Array(n)) !== undefined) ?? 1;
        return element(tag, isConstructed(tag) ? element(0xdf21, uint(1, 1)) : new Uint8Array(size));
      });
    return [code, concat(...parts)] as const;
  }),
);

/** Longer than any line needs for a byte. */
const PAUSE = 1000;

async function refusedOpen(bench: Bench, changes: OpenChanges, ...allowed: string[]): Promise<void> {
  await bench.hello();
  const { says } = await bench.tryOpen(changes);
  must(allowed.includes(says), `OPEN with ${Object.keys(changes)} wrong was answered ${says}, not ${allowed.join(" or ")}`);
  const after = await bench.wire.ask(commands.totals.code);
  must(after.says === "AUTH NOT_OPEN", `after the refused OPEN, TOTALS was answered ${after.says}`);
}

const flip = (at: number) => (content: Uint8Array) => {
  const out = new Uint8Array(content);
  const i = at < 0 ? content.length + at : at;
  out[i] = (out[i] ?? 0) ^ 1;
  return out;
};
const highLast = (content: Uint8Array) => concat(content.subarray(0, -64), otherForm(content.subarray(-64)));
const critical = element(0xdf5e, uint(1, 1));

export const authorityCases: readonly Case[] = [
  {
    id: "P1",
    title: "each command before OPEN is refused",
    async run(context) {
      await using bench = await Bench.connect(context);
      await bench.unchanged(async () => {
        await bench.hello();
        for (const [code, body] of [...bodies, [FILL_DATA, new Uint8Array(8)] as const]) {
          if (BEFORE_OPEN.has(code)) continue;
          const { says } = await bench.wire.ask(code, body);
          must(says === "AUTH NOT_OPEN", `command ${code.toString(16)} was answered ${says}`);
        }
        const { says } = await bench.wire.ask(0x7f);
        must(says === "NOT_SUPPORTED", `the unknown command 7F was answered ${says}`);
        bench.wire.pause = PAUSE;
        const halting = await bench.wire.ask(commands.identify.code);
        must(halting.says === "OK", `IDENTIFY with a pause inside its frame was answered ${halting.says}`);
        bench.wire.pause = 0;
      });
    },
  },
  {
    id: "P2",
    title: "a grant of another serial, life or depot does not open",
    async run(context) {
      await using bench = await Bench.connect(context);
      await bench.unchanged(async () => {
        const { serial, life } = bench.ack;
        await refusedOpen(bench, { grant: { serial: `${serial.slice(0, -1)}${serial.endsWith("Z") ? "Y" : "Z"}` } }, "AUTH SERIAL");
        await refusedOpen(bench, { grant: { life: life + 1 } }, "AUTH LIFE");
        if (life > 1) await refusedOpen(bench, { grant: { life: life - 1 } }, "AUTH LIFE");
        await refusedOpen(bench, { grant: { depot: new Uint8Array(8) } }, "AUTH DEPOT");
      });
    },
  },
  {
    id: "P3",
    title: "an altered statement, a high s or an unknown critical tag does not open",
    async run(context) {
      await using bench = await Bench.connect(context);
      await bench.unchanged(async () => {
        for (const at of [-1, -40, 20, 40]) await refusedOpen(bench, { bendGrant: flip(at) }, "AUTH GRANT", "AUTH OWNER");
        for (const at of [-1, -40]) await refusedOpen(bench, { bendPass: flip(at) }, "AUTH PASS");
        await refusedOpen(bench, { bendSignature: flip(-1) }, "AUTH SIGNATURE");
        await refusedOpen(bench, { bendGrant: highLast }, "AUTH GRANT");
        await refusedOpen(bench, { bendPass: highLast }, "AUTH PASS");
        await refusedOpen(bench, { bendSignature: otherForm }, "AUTH SIGNATURE");
        await refusedOpen(bench, { extraInGrant: critical }, "AUTH GRANT");
        await refusedOpen(bench, { extraInPass: critical }, "AUTH PASS");
        await refusedOpen(bench, { grant: { rights: 0x8001 } }, "AUTH GRANT");
        await refusedOpen(bench, { grant: { version: 2 } }, "AUTH GRANT");
        await refusedOpen(bench, { extraInOpen: critical }, "BAD_FIELD");
      });
    },
  },
  {
    id: "P4",
    title: "a pass below the floor does not open",
    async run(context) {
      await using bench = await Bench.connect(context);
      if (bench.ack.passFloor === 0) {
        bench.mayAct();
        await bench.open({ grant: { passFloor: 1 } });
        await bench.hello();
      }
      const { passFloor } = bench.ack;
      must(passFloor > 0, "a grant with pass floor 1 did not raise the floor");
      await bench.unchanged(() => refusedOpen(bench, { pass: { passNumber: passFloor - 1 } }, "AUTH PASS_FLOOR"));
    },
  },
  {
    id: "P5",
    title: "an exception in the station's part excepts nothing",
    async run(context) {
      await using bench = await Bench.connect(context);
      await bench.open();
      const { items } = await bench.census();
      const item = items[0];
      if (item === undefined || !items.some(({ kind }) => kind !== 9 && kind !== 10 && kind !== 21))
        return skip("no unsettled item to except");
      const fits = items.filter(({ kind, account }) => kind === item.kind && `${account}` === `${item.account}`);
      const exception = element(0xdf2b, concat(item.account, uint(item.kind, 1), new Uint8Array(46)));
      bench.mayAct();
      await bench.lock();
      await bench.unchanged(async () => {
        await bench.hello();
        await bench.open({ extraInPass: exception, extraInOpen: exception });
        const prepared = await bench.prepare();
        const { says } = await bench.commit(bench.newOp(), await bench.challenge(commands.commit.code), prepared, prepared, exception);
        must(says === "UNSETTLED", `COMMIT beside ${fits.length} of kind ${item.kind} was answered ${says}`);
      });
    },
  },
];
