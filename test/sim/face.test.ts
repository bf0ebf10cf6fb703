// The podp face, met with raw frames.
import { describe, expect, it } from "vitest";
import type { CommandName } from "../../protocols/podp/messages.js";
import { commands, deviceCertificate, wipeResult } from "../../protocols/podp/messages.js";
import { samplePositions } from "../../protocols/podp/sampling.js";
import { concat, equal, hex, text, uint } from "../../src/base/bytes.js";
import { sleep } from "../../src/base/clock.js";
import { hmacSha256, keyIdOf, keyOfPoint, sha256, verifyP256 } from "../../src/base/sign.js";
import { inspect } from "../../src/sim/inspect.js";
import { simModel } from "../../src/sim/models.js";
import { plantedValues } from "../../src/sim/provision.js";
import { type FactoryStores, memoryStores, packRecords } from "../../src/sim/stores.js";
import { element } from "../../src/wire/tlv.js";
import { bench, owner, type RawHost } from "./raw.js";

const run = <T>(setup: Parameters<typeof bench>[0], work: (at: ReturnType<typeof bench>) => Promise<T>): Promise<T> => {
  const at = bench(setup);
  return at.clock.run(() => work(at));
};

describe("a session", () => {
  it("describes the terminal and is new at every HELLO, but not at a repeated one", () =>
    run({}, async ({ host, sim }) => {
      expect(await host.hello(1)).toBe(true);
      expect(host.ack).toMatchObject({
        serial: "SIM7000001",
        life: 1,
        bootNumber: 1,
        environment: "simulator",
        ownerState: "unset",
        nextOp: 1,
      });
      expect(host.session).toBe(0x10001);
      await host.hello(1);
      expect(host.session).toBe(0x10001);
      await host.ask("identify", {});
      await host.hello(1);
      expect(host.session).toBe(0x10002);
      expect(sim.violations()).toEqual([]);
    }));

  it("answers a frame of no session with RST and noise with nothing", () =>
    run({}, async ({ host }) => {
      await host.link.write(Uint8Array.of(1, 2, 3, 0, 9, 9, 0));
      await host.send({ type: "ACK", session: 5 });
      await host.send({ type: "CMD", session: 77, payload: Uint8Array.of(1) });
      await sleep(host.clock, 50);
      expect(host.frames.map(({ type, session }) => [type, session])).toEqual([["RST", 77]]);
    }));

  it("answers a repeated CMD once more, and executes only a read again", () =>
    run({}, async ({ host, sim }) => {
      await host.hello();
      const payload = Uint8Array.of(0x03, 0xdf, 0x46, 1, 0x04);
      for (let i = 0; i < 2; i++) await host.send({ type: "CMD", payload });
      await sleep(host.clock, 10);
      const [first, second] = host.frames.filter(({ type }) => type === "RSP");
      expect(second).toEqual(first);
      await host.send({ type: "CMD", payload: concat(payload.subarray(0, 4), Uint8Array.of(0x42)) });
      await sleep(host.clock, 10);
      expect(host.frames.filter(({ type }) => type === "RSP")).toHaveLength(2);
      await host.send({ type: "CMD", seq: 9, payload });
      await host.send({ type: "CMD", seq: 8, payload });
      await sleep(host.clock, 10);
      expect(host.frames.filter(({ type }) => type === "NAK").map(({ ack }) => ack)).toEqual([1]);
      expect(sim.violations()).toEqual([]);
    }));

  it.each(Object.keys(commands).filter((name) => !["identify", "locate", "challenge", "open"].includes(name)) as CommandName[])(
    "answers %s before OPEN with AUTH and holds it against the host",
    (name) =>
      run({}, async ({ host, sim }) => {
        await host.hello();
        const answer = host.answered(name, await host.message(concat(uint(commands[name].code, 1))));
        expect([answer.result, answer.refusal.detail]).toEqual(["AUTH", 1]);
        expect(sim.violations()).toEqual(["before-open"]);
      }),
  );

  it("tells who it is and how it is before OPEN, without a merchant", () =>
    run({ options: { batteryPercent: 55, mains: false, clockOffsetMs: 3_600_000 } }, async ({ host }) => {
      await host.hello();
      const { body, raw } = await host.ask("identify", {});
      expect(body).toMatchObject({ serial: "SIM7000001", battery: 55, mains: false, tampered: false, date: "260105", time: "090000" });
      const mids = plantedValues(simModel("podp-small")!, 7).filter(({ what }) => what === "merchant");
      expect(mids.some(({ value }) => text(raw).includes(text(value)))).toBe(false);
    }));

  it("says NOT_SUPPORTED to unknown commands, to FILL and PROOF where it lacks them, and BAD_FIELD to unknown critical tags", () =>
    run({ model: "podp-tiny" }, async ({ host }) => {
      await host.ready();
      expect(host.answered("identify", await host.message(Uint8Array.of(0x7e))).result).toBe("NOT_SUPPORTED");
      const { result } = await host.ask("getOp", { op: new Uint8Array(16) });
      expect(result).toBe("OK");
      const tooMuch = concat(
        Uint8Array.of(0x38),
        commands.getOp.request.encode({ op: new Uint8Array(16) }),
        element(0xdf5f, Uint8Array.of(1)),
      );
      const answer = host.answered("getOp", await host.message(tooMuch));
      expect([answer.result, answer.refusal.tag]).toEqual(["BAD_FIELD", 0xdf5f]);
      const long = host.answered("getOp", await host.message(concat(Uint8Array.of(0x38), new Uint8Array(1800))));
      expect([long.result, long.refusal.tag]).toEqual(["BAD_FIELD", 0]);
      await host.open(host.grant({ rights: 0x1f }));
      expect(
        (await host.ask("proof", { op: new Uint8Array(16), area: 1, nonce: new Uint8Array(32), orderSeed: new Uint8Array(16) })).result,
      ).toBe("NOT_SUPPORTED");
    }));
});

describe("OPEN", () => {
  const refusals: readonly (readonly [string, number, (h: RawHost) => [Uint8Array, Uint8Array, Uint8Array?]])[] = [
    ["an unknown right", 3, (h) => [h.grant({ rights: 0x40 }), h.pass()]],
    ["an altered grant", 3, (h) => [h.grant({ life: 1 }).map((b, i, all) => (i === all.length - 1 ? b ^ 1 : b)), h.pass()]],
    ["a pass of another owner", 10, (h) => [h.grant(), h.pass({ ownerKeyId: new Uint8Array(8) })]],
    ["another serial", 6, (h) => [h.grant({ serial: "SIM8000001" }), h.pass()]],
    ["another life", 7, (h) => [h.grant({ life: 2 }), h.pass()]],
    ["another depot", 8, (h) => [h.grant({ depot: new Uint8Array(8).fill(1) }), h.pass()]],
    ["an unknown owner", 10, (h) => [h.grant(), h.pass(), new Uint8Array(65)]],
  ];
  it.each(refusals)("refuses %s and changes nothing", (_, detail, make) =>
    run({}, async ({ host, sim }) => {
      await host.hello();
      const before = packRecords(recordsOf(sim));
      const [grantBytes, passBytes, shown] = make(host);
      const { result, refusal } = await host.open(grantBytes, passBytes, shown ?? owner.point);
      expect([result, refusal.detail]).toEqual(["AUTH", detail]);
      expect(hex(packRecords(recordsOf(sim)))).toBe(hex(before));
      expect((await host.ask("census", { page: 0 })).result).toBe("AUTH");
    }),
  );
  const stores = memoryStores();
  const recordsOf = (sim: { terminal: { version: number } }) => new Map([["changes", uint(sim.terminal.version, 4)]]);

  it("pins the first owner it is shown, for good", () =>
    run({ stores }, async ({ host, sim }) => {
      await host.ready();
      await host.hello();
      expect(host.ack).toMatchObject({ ownerState: "first-use", locked: true });
      expect(host.ack!.ownerKeys.map(hex)).toEqual([hex(keyIdOf(owner.point))]);
      expect(sim.violations()).toEqual([]);
    }));

  it("keeps to the pass floor it was given", () =>
    run({}, async ({ host }) => {
      await host.hello();
      expect((await host.open(host.grant({ passFloor: 6 }))).result).toBe("OK");
      const { result, refusal } = await host.open();
      expect([result, refusal.detail]).toEqual(["AUTH", 9]);
    }));

  it("wants a live challenge for itself", () =>
    run({}, async ({ host, sim }) => {
      await host.hello();
      const { body } = await host.ask("challenge", { command: 4 });
      const grantBytes = host.grant();
      const request = { grant: grantBytes, pass: host.pass(), signature: host.sign(4, body.challenge, grantBytes), ownerKey: owner.point };
      expect((await host.ask("open", request)).result).toBe("OK");
      expect((await host.ask("open", request)).result).toBe("CHALLENGE_USED");
      await host.ask("challenge", { command: 4 });
      await sleep(host.clock, 300_001);
      expect((await host.ask("open", request)).result).toBe("CHALLENGE_USED");
      expect(sim.violations()).toEqual(["challenge-dead", "challenge-dead"]);
    }));
});

function contains({ nv, flash }: FactoryStores, value: Uint8Array): boolean {
  const places = [...nv.names().map((name) => nv.get(name)!), ...flash.areas().map((area) => flash.bytes(area))];
  return places.some((bytes) => text(bytes).includes(text(value)));
}

describe("a whole decommissioning", () => {
  it.each(["podp-small", "podp-traditional", "podp-mute"])("of %s leaves nothing and breaks no rule", (model) =>
    run({ model, owner: owner.point }, async ({ host, sim, clock, stores }) => {
      const planted = plantedValues(simModel(model)!, 7);
      const found = () => planted.filter(({ value }) => contains(stores, value)).length;
      expect(found()).toBe(planted.length);
      await host.ready();
      expect((await host.ask("canPay", {})).body.reasons).toBe(1);
      await host.settleAll();
      const { op, planHash, end } = await host.wipe();
      expect(end.state).toBe("DONE");
      const result = wipeResult.decode(end.result!);
      if ("badTag" in result) throw new Error("wipe result");
      expect([...result.value.areas, ...result.value.slots].every(({ code }) => code === 0)).toBe(true);
      await host.ask("reboot", {});
      await sleep(clock, 20);
      await host.hello();
      expect(host.ack).toMatchObject({ bootNumber: 2, life: 2, resetReason: "command", locked: false });
      expect((await host.open(host.granted)).body.rights).toBe(0x09);
      expect((await host.ask("canPay", {})).body.reasons).toBe(6);
      const area = (await host.ask("areaList", {})).body.areas[0]!;
      const [seed, nonce] = [new Uint8Array(16).fill(3), new Uint8Array(16).fill(4)];
      const sample = await host.ask("sample", { op, area: area.area, seed, blocks: 2, nonce });
      expect(sample.body.nonBlank).toBe(0);
      const positions = samplePositions(seed, area.size / area.block, 2);
      expect(equal(sample.body.mac, hmacSha256(nonce, new Uint8Array(positions.length * area.block).fill(0xff)))).toBe(true);
      expect((await host.ask("keyProbe", { type: "TMK", algorithm: "TDES", from: 0, to: 9 })).body.ranges).toEqual([
        { from: 0, to: 9, state: "ABSENT" },
      ]);
      const challenge = new Uint8Array(32).fill(9);
      const { body: said } = await host.ask("attest", { op, nonce: challenge });
      const certificate = deviceCertificate.decode(said.certificate!);
      if ("badTag" in certificate) throw new Error("certificate");
      const serial = host.ack!.serial;
      const input = concat(
        Buffer.from("podp1 attest"),
        challenge,
        uint(serial.length, 1),
        Buffer.from(serial),
        uint(2, 4),
        uint(2, 4),
        op,
        planHash,
        sha256(end.result!),
        said.firmwareHash,
      );
      expect(verifyP256(keyOfPoint(certificate.value.deviceKey)!, input, said.signature)).toBe(true);
      expect(sim.violations()).toEqual([]);
      const seen = inspect(stores);
      expect(seen.areas.filter(({ readable }) => readable)).toEqual([]);
      expect(seen.keys.filter(({ readable }) => readable)).toEqual([]);
      expect(found()).toBe(0);
      expect(seen.money.host).toBe(seen.money.start);
      expect(new Set(seen.bookings.map((b) => `${b.account}${b.batch}${b.stan}${b.kind}`)).size).toBe(seen.bookings.length);
    }),
  );
});
