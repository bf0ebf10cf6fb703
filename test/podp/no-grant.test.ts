// What a client gets that has no grant, and what nobody gets before ARM: asked on raw frames, looked at in the terminal's bytes.
import { expect, test } from "vitest";
import { rights } from "../../protocols/podp/codes.js";
import { Bench } from "../../protocols/podp/conformance/bench.js";
import { begin, fillableArea, fillOf, stream } from "../../protocols/podp/conformance/fill.js";
import { Wire } from "../../protocols/podp/conformance/wire.js";
import { commands, FILL_DATA } from "../../protocols/podp/messages.js";
import { models } from "../../protocols/podp/models/list.js";
import { concat, hex, uint } from "../../src/base/bytes.js";
import { element } from "../../src/wire/tlv.js";
import { type SimBench, simBench } from "./bench.js";
import { readme, table } from "./readme.js";

const op = concat(uint(1, 4), new Uint8Array(12));
const [account, hash, signature, nonce] = [new Uint8Array(8), new Uint8Array(32), new Uint8Array(64), new Uint8Array(16)];
const statement = element(0xdf21, uint(1, 1));
const range = { type: "TMK", algorithm: "TDES", from: 0, to: 1 } as const;
const bodies: { readonly [K in keyof typeof commands]: Uint8Array } = {
  identify: commands.identify.request.encode({}),
  locate: commands.locate.request.encode({ seconds: 1 }),
  challenge: commands.challenge.request.encode({ command: 4 }),
  open: concat(element(0xff21, statement), element(0xff22, statement), element(0xdf44, signature)),
  rollover: element(0xff23, statement),
  lock: commands.lock.request.encode({}),
  unlock: commands.unlock.request.encode({}),
  reboot: commands.reboot.request.encode({}),
  totals: commands.totals.request.encode({}),
  census: commands.census.request.encode({ page: 0 }),
  read: commands.read.request.encode({ file: 1, generation: 1, offset: 0, length: 120, perFrame: 120 }),
  lastSettlement: commands.lastSettlement.request.encode({ account }),
  areaList: commands.areaList.request.encode({}),
  keyList: commands.keyList.request.encode({}),
  keyProbe: commands.keyProbe.request.encode(range),
  canPay: commands.canPay.request.encode({}),
  pendingSend: commands.pendingSend.request.encode({ op, account, kind: 3 }),
  settleStart: commands.settleStart.request.encode({ op, account }),
  settleStatus: commands.settleStatus.request.encode({ op }),
  hostQuery: commands.hostQuery.request.encode({ op }),
  getOp: commands.getOp.request.encode({ op }),
  releaseOp: commands.releaseOp.request.encode({ op }),
  prepare: commands.prepare.request.encode({ areas: [{ area: 1, method: "block-erase", fill: false }], slots: [range], kept: [] }),
  abortPrepared: commands.abortPrepared.request.encode({}),
  commit: commands.commit.request.encode({ op, planHash: hash, censusHash: hash, signature }),
  arm: commands.arm.request.encode({ op, token: nonce }),
  sample: commands.sample.request.encode({ op, area: 1, seed: nonce, blocks: 0, nonce }),
  attest: commands.attest.request.encode({ op, nonce: hash }),
  fillBegin: commands.fillBegin.request.encode({ op, area: 1, mode: 1, size: 256 }),
  fillEnd: commands.fillEnd.request.encode({ op, area: 1 }),
  fillRelease: commands.fillRelease.request.encode({ op, area: 1 }),
  proof: commands.proof.request.encode({ op, area: 1, nonce: hash, orderSeed: nonce }),
};

async function wireTo(bench: SimBench): Promise<Wire> {
  const wire = new Wire(await bench.connect(), bench);
  await wire.hello();
  return wire;
}

test("a client without a grant is told who the terminal is and nothing else, command by command", async () => {
  const bench = simBench();
  const told = await bench.clock.run(async () => {
    const before = (await bench.inspect()).state;
    const wire = await wireTo(bench);
    const answers: Record<string, string> = {};
    for (const [name, body] of Object.entries(bodies)) {
      const { code } = commands[name as keyof typeof commands];
      answers[`${code.toString(16).padStart(2, "0")} ${name}`] = (await wire.ask(code, body)).says;
    }
    answers["51 fillData"] = (await wire.ask(FILL_DATA, new Uint8Array(8))).says;
    answers["7f unknown"] = (await wire.ask(0x7f)).says;
    expect((await bench.inspect()).state).toEqual(before);
    return answers;
  });
  expect(told).toEqual({
    "01 identify": "OK",
    "02 locate": "OK",
    "03 challenge": "OK",
    "04 open": "AUTH GRANT",
    "05 rollover": "AUTH NOT_OPEN",
    "06 lock": "AUTH NOT_OPEN",
    "07 unlock": "AUTH NOT_OPEN",
    "08 reboot": "AUTH NOT_OPEN",
    "20 totals": "AUTH NOT_OPEN",
    "21 census": "AUTH NOT_OPEN",
    "22 read": "AUTH NOT_OPEN",
    "23 lastSettlement": "AUTH NOT_OPEN",
    "24 areaList": "AUTH NOT_OPEN",
    "25 keyList": "AUTH NOT_OPEN",
    "26 keyProbe": "AUTH NOT_OPEN",
    "27 canPay": "AUTH NOT_OPEN",
    "30 pendingSend": "AUTH NOT_OPEN",
    "31 settleStart": "AUTH NOT_OPEN",
    "32 settleStatus": "AUTH NOT_OPEN",
    "33 hostQuery": "AUTH NOT_OPEN",
    "38 getOp": "AUTH NOT_OPEN",
    "39 releaseOp": "AUTH NOT_OPEN",
    "40 prepare": "AUTH NOT_OPEN",
    "41 abortPrepared": "AUTH NOT_OPEN",
    "42 commit": "AUTH NOT_OPEN",
    "43 arm": "AUTH NOT_OPEN",
    "44 sample": "AUTH NOT_OPEN",
    "45 attest": "AUTH NOT_OPEN",
    "50 fillBegin": "AUTH NOT_OPEN",
    "51 fillData": "AUTH NOT_OPEN",
    "52 fillEnd": "AUTH NOT_OPEN",
    "53 fillRelease": "AUTH NOT_OPEN",
    "54 proof": "AUTH NOT_OPEN",
    "7f unknown": "NOT_SUPPORTED",
  });
});

const upper = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
const told = new Map(table("no.", "command", "effect", "right").map(([, name, , right]) => [name!, right!]));

test("a grant gives exactly the rights of the README's command table", async () => {
  const given = new Map<string, string[]>();
  for (const right of ["read", "settle", "unlock", "wipe", "fill"] as const) {
    const bench = simBench();
    await bench.clock.run(async () => {
      const session = await Bench.connect(bench);
      await session.open({ grant: { rights: rights[right] } });
      for (const [name, { code }] of Object.entries(commands)) {
        if (["–", "any"].includes(told.get(upper(name))!)) continue;
        const { says } = await session.wire.ask(code, bodies[name as keyof typeof commands]);
        if (says !== "AUTH RIGHT") given.set(upper(name), [...(given.get(upper(name)) ?? []), right]);
      }
    });
  }
  expect(told.get("KEY_PROBE")).toBe("read"); // but before ARM only together with `wipe`, so no single right gives it here
  const expected = [...told].filter(([name, right]) => !["–", "any"].includes(right) && name !== "KEY_PROBE");
  expect(Object.fromEntries([...given].map(([name, some]) => [name, some.join(" or ")]))).toEqual(Object.fromEntries(expected));
});

test("while a wipe is under way exactly the commands that the README names are answered", async () => {
  const line = /every command except ([0-9A-F, –and]+)\nand ([0-9]+) answers BUSY/.exec(readme);
  const named = [...line![1]!.split(","), line![2]!].flatMap((part) => {
    const [from, to = from] = part
      .trim()
      .split("–")
      .map((code) => Number.parseInt(code, 16));
    return Array.from({ length: to! - from! + 1 }, (_, i) => from! + i);
  });
  const bench = simBench({ model: "podp-traditional" });
  const answered = await bench.clock.run(async () => {
    const session = await Bench.connect(bench);
    await session.open();
    await session.settle();
    await session.again();
    const armed = await session.committed();
    expect((await session.wire.say(commands.arm, armed)).says).toBe("ACCEPTED");
    const out: number[] = [];
    for (const [name, { code }] of Object.entries(commands)) {
      if (["open", "fillBegin", "fillEnd", "fillRelease", "proof"].includes(name)) continue;
      if ((await session.wire.ask(code, bodies[name as keyof typeof commands])).says !== "BUSY") out.push(code);
    }
    expect((await session.get(commands.getOp, { op: armed.op })).state).toBe("RUNNING");
    expect((await session.tryOpen()).says).toBe("OK");
    return [...out, commands.open.code];
  });
  expect(answered.sort((a, b) => a - b)).toEqual(named);
});

test.each(models.map(({ id }) => id))(
  "on %s FILL, PROOF and SAMPLE before ARM are refused for every area and not one byte changes",
  async (model) => {
    const bench = simBench({ model, speed: 0 });
    await bench.clock.run(async () => {
      const session = await Bench.connect(bench);
      await session.open();
      const refused = session.canFill ? "BAD_STATE NOT_ERASED" : "NOT_SUPPORTED";
      const before = (await bench.inspect()).state;
      const { flash } = bench.stores();
      const bytes = () => concat(...flash.areas().map((area) => flash.bytes(area)));
      const was = bytes();
      const { areas } = await session.get(commands.areaList, {});
      for (const { area, size } of areas) {
        const at = { op, area };
        const bodies: Partial<Record<keyof typeof commands, Uint8Array>> = {
          fillBegin: commands.fillBegin.request.encode({ ...at, mode: 1, size }),
          fillEnd: commands.fillEnd.request.encode(at),
          fillRelease: commands.fillRelease.request.encode(at),
          proof: commands.proof.request.encode({ ...at, nonce: hash, orderSeed: nonce }),
          sample: commands.sample.request.encode({ ...at, seed: nonce, blocks: 0, nonce }),
        };
        for (const [name, body] of Object.entries(bodies)) {
          const { code } = commands[name as keyof typeof bodies];
          expect((await session.wire.ask(code, body)).says, `${name} ${area}`).toBe(name === "sample" ? "BAD_STATE NOT_ERASED" : refused);
          await session.wire.data(0, new Uint8Array(64));
        }
      }
      expect((await session.wire.ask(commands.attest.code, bodies.attest)).says).toBe("BAD_STATE NOT_ERASED");
      expect(bytes().filter((byte, i) => byte !== was[i]).length).toBe(0);
      expect((await bench.inspect()).state).toEqual(before);
    });
  },
);

test("a fill does not outlive the inspection: its area is blank and takes no more, and a wipe of another op fills nothing", async () => {
  const bench = simBench({ speed: 0 });
  await bench.clock.run(async () => {
    const session = await Bench.connect(bench);
    await session.open();
    await session.settle();
    await session.again();
    const armed = await session.committed();
    await session.get(commands.arm, armed);
    await session.finish(armed.op);
    await session.inspecting();
    const area = (await fillableArea(session))!;
    const fill = fillOf(session, armed.op, area, "stream");
    await stream(session, fill, await begin(session, fill), 64);
    const blank = () =>
      bench
        .stores()
        .flash.bytes(area.area)
        .every((byte) => byte === 0xff);
    expect(blank()).toBe(false);
    expect((await session.census()).items).toEqual([]);
    const other = { ...fill, op: session.newOp() };
    expect((await session.wire.say(commands.fillBegin, { op: other.op, area: area.area, mode: 1, size: area.size })).says).toBe(
      "BAD_STATE NOT_ERASED",
    );
    await session.again(); // a grant of the new life
    expect(blank()).toBe(true);
    expect((await session.wire.say(commands.fillBegin, { op: fill.op, area: area.area, mode: 1, size: area.size })).says).toBe(
      "BAD_STATE NOT_ERASED",
    );
    await session.wire.data(64, new Uint8Array(64));
    expect(blank()).toBe(true);
    await session.isBlank(armed.op, area);
  });
});

test.each(["podp-small", "podp-traditional"])(
  "READ of every file of %s shows no card number and no track, in text or BCD",
  async (model) => {
    const bench = simBench({ model, speed: 0 });
    await bench.clock.run(async () => {
      const session = await Bench.connect(bench);
      await session.open();
      const { secrets } = await bench.inspect();
      expect(secrets.length).toBeGreaterThan(8);
      const flash = bench.stores().flash;
      const inside = Buffer.concat(flash.areas().map((area) => flash.bytes(area)));
      expect(secrets.filter((secret) => inside.includes(secret))).toEqual(secrets); // they are there to be found
      let files = 0;
      for (const { files: found } of (await session.get(commands.areaList, {})).areas) {
        for (const { id, size, generation } of found) {
          const reply = await session.wire.say(commands.read, { file: id, generation, offset: 0, length: size, perFrame: 240 });
          expect(reply.says).toBe("OK");
          expect(reply.file.length).toBe(size);
          for (const secret of secrets) {
            const digits = secret.replaceAll(/[^0-9]/g, "");
            expect(Buffer.from(reply.file).includes(secret), "as text").toBe(false);
            expect(hex(reply.file).includes(digits), "as BCD").toBe(false);
            expect(Buffer.from(reply.file).includes(digits.slice(5, 13)), "the digits in between").toBe(false);
          }
          files++;
        }
      }
      expect(files).toBeGreaterThan(0);
    });
  },
);
