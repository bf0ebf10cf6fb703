// What the podp face does on a real line: windows, losses, stalls, restarts, and authority over time.
import { describe, expect, it } from "vitest";
import { PodpTerminal } from "../../protocols/podp/driver.js";
import { encodeFrame, next } from "../../protocols/podp/frame.js";
import { commands, events, progress, rollover, stall } from "../../protocols/podp/messages.js";
import { ascii, concat, hex, readUint, text, uint } from "../../src/base/bytes.js";
import { sleep } from "../../src/base/clock.js";
import { silent } from "../../src/base/log.js";
import { seededRandom } from "../../src/base/random.js";
import { keyIdOf, pairOf, sha256, signP256 } from "../../src/base/sign.js";
import { simModel } from "../../src/sim/models.js";
import { plantedValues } from "../../src/sim/provision.js";
import { RECORD } from "../../src/sim/records.js";
import { PowerCut } from "../../src/sim/stores.js";
import { elements } from "../../src/wire/tlv.js";
import { listening } from "../podp/rewriting.js";
import { bench, exceptionFor, owner, type RawHost } from "./raw.js";

const run = <T>(setup: Parameters<typeof bench>[0], work: (at: ReturnType<typeof bench>) => Promise<T>): Promise<T> => {
  const at = bench(setup);
  return at.clock.run(() => work(at));
};

const readRequest = async (host: RawHost, perFrame: number) => {
  const { id: file, generation, size } = (await host.ask("areaList", {})).body.areas[0]!.files[0]!;
  return { file, generation, offset: 0, length: size, perFrame };
};

describe("a pause inside a frame", () => {
  const PAUSE = 60_000;

  it("does not end it at the terminal, and what was cut off ends with the next frame's 00", () =>
    run({}, async ({ host, clock }) => {
      await host.hello();
      const bytes = encodeFrame({ type: "CMD", more: false, session: host.session, seq: 0, ack: 0, payload: Uint8Array.of(1) });
      for (const byte of bytes.subarray(0, 9)) {
        await host.link.write(Uint8Array.of(byte));
        await sleep(clock, PAUSE);
      }
      await host.link.write(bytes.subarray(9));
      expect((await host.next(({ type }) => type === "RSP"))?.payload[3]).toBe(0);
      await host.link.write(bytes.subarray(0, 9));
      await sleep(clock, PAUSE);
      host.seq = 1;
      host.expected = 1;
      expect((await host.ask("identify", {})).result).toBe("OK");
    }));

  it("does not end it at the host either", () =>
    run({}, async ({ host: { link }, clock }) => {
      const halting = listening(link, (chunk, events) => {
        const bytes = chunk.slice();
        events.bytes(bytes.subarray(0, bytes.length >> 1));
        clock.after(300, () => events.bytes(bytes.subarray(bytes.length >> 1)));
      });
      const context = { clock, random: seededRandom("pause"), log: silent };
      await using terminal = await PodpTerminal.connect(halting, context, 10_000);
      expect(await terminal.condition()).toMatchObject({ tamper: "ok" });
    }));
});

describe("READ", () => {
  it("delivers every record masked, in window order, with the hash of what was sent", () =>
    run({ model: "podp-traditional" }, async ({ host }) => {
      await host.ready();
      const parts: Uint8Array[] = [];
      const request = await readRequest(host, 500);
      const { body } = await host.ask("read", request, ({ payload }) => parts.push(payload.slice()));
      const whole = concat(...parts.map((part) => part.subarray(4)));
      expect(whole.length).toBe(53 * RECORD);
      expect(parts.map((part) => readUint(part, 0, 4))).toEqual(parts.map((_, i) => i * 500));
      expect([body.next, body.total, hex(body.sha256!)]).toEqual([whole.length, whole.length, hex(sha256(whole))]);
      const secrets = plantedValues(simModel("podp-traditional")!, 7).filter(({ what }) => what === "pan" || what === "track");
      expect(secrets.some(({ value }) => text(whole).includes(text(value)))).toBe(false);
      const item = (await host.census())[0]!;
      expect(Array.from({ length: 53 }, (_, i) => hex(sha256(whole.subarray(i * RECORD, (i + 1) * RECORD))))).toContain(hex(item.digest));
      const tail = await host.ask("read", { ...request, offset: 4096 });
      expect([tail.body.next, hex(tail.body.sha256!)]).toEqual([whole.length, hex(sha256(whole))]);
      expect((await host.ask("read", { ...request, offset: 100 })).refusal.tag).toBe(0xdf50);
      expect((await host.ask("read", { ...request, generation: 1 })).result).toBe("FILE_CHANGED");
    }));

  it("goes back to what was lost, on NAK and on silence, and gives up after three times", () =>
    run({ baud: 115_200 }, async ({ host }) => {
      await host.ready();
      const request = commands.read.request.encode(await readRequest(host, 100));
      const first = host.expected;
      await host.send({ type: "CMD", payload: concat(uint(0x22, 1), request) });
      host.seq = next(host.seq);
      const heard = async (ms: number) => {
        await sleep(host.clock, ms);
        return host.frames
          .splice(0)
          .filter(({ type }) => type !== "ACK")
          .map(({ type, seq }) => `${type} ${seq - first}`);
      };
      expect(await heard(100)).toEqual(["DATA 0", "DATA 1", "DATA 2", "DATA 3"]);
      await host.send({ type: "NAK", ack: next(first, 2) });
      expect(await heard(100)).toEqual(["DATA 2", "DATA 3", "DATA 4", "DATA 5", "RSP 6"]);
      await host.send({ type: "ACK", ack: next(first, 5) });
      expect(await heard(2500)).toEqual(["DATA 5", "RSP 6", "DATA 5", "RSP 6", "DATA 5", "RSP 6"]);
      expect(await heard(5000)).toEqual([]);
      host.seq = next(host.seq, -1);
      await host.send({ type: "CMD", payload: concat(uint(0x22, 1), request), ack: first });
      expect(await heard(100)).toEqual(["DATA 0", "DATA 1", "DATA 2", "DATA 3"]);
    }));
});

describe("time and power", () => {
  it("announces progress and stalls, hears afterwards what came meanwhile, and survives RST and HELLO inside the erase", () =>
    run({ model: "podp-traditional", speed: 1, baud: 115_200 }, async ({ host, sim, clock }) => {
      await host.ready();
      await host.settleAll();
      const prepared = (await host.ask("prepare", await host.plan())).body;
      const op = host.op();
      const { token } = (await host.commit(op, prepared)).body;
      const seen: string[] = [];
      const note = () => {
        for (const { type, payload } of host.frames) {
          if (type !== "EVT") continue;
          const body = (payload[0] === events.STALL ? stall : progress).decode(payload.subarray(1));
          seen.push("badTag" in body ? "bad" : payload[0] === events.STALL ? "stall" : "progress");
        }
      };
      expect((await host.ask("arm", { op, token })).result).toBe("ACCEPTED");
      await sleep(clock, 300);
      note();
      await host.send({ type: "RST" });
      await host.send({ type: "CMD", seq: 50, payload: Uint8Array.of(1) });
      expect(await host.hello()).toBe(true);
      expect(hex(host.ack!.busyOp!)).toBe(hex(op));
      await host.open();
      expect((await host.ask("prepare", await host.plan())).result).toBe("BUSY");
      expect((await host.finished(op)).state).toBe("DONE");
      expect([seen.includes("stall"), seen.includes("progress"), seen.includes("bad")]).toEqual([true, true, false]);
      expect(sim.terminal.life.life).toBe(2);
      expect(sim.violations()).toEqual([]);
    }));

  it("restarts by itself when its time is up, with noise on the line and a new boot number", () =>
    run({ speed: 1, options: { rebootAfter: 100 } }, async ({ host, clock }) => {
      await host.ready();
      await sleep(clock, 50_000);
      expect((await host.ask("identify", {})).body.secondsToReboot).toBe(49);
      await sleep(clock, 51_000);
      expect(await host.hello()).toBe(false);
      await sleep(clock, 2600);
      expect(await host.hello()).toBe(true);
      expect(host.ack).toMatchObject({ bootNumber: 2, resetReason: "forced-security", locked: true, life: 1 });
    }));

  it.each([
    ["NEEDS_POWER", { mains: false, batteryPercent: 10 }],
    ["REBOOT_DUE", { rebootAfter: 30 }],
    ["NEEDS_HOST", { host: { unreachable: true } }],
    ["TAMPERED", { tampered: true }],
  ] as const)("says %s instead of beginning what it could not end", (wanted, options) =>
    run({ options }, async ({ host }) => {
      await host.ready();
      const { account } = (await host.ask("totals", {})).body.accounts[0]!;
      const pending = await host.ask("pendingSend", { op: host.op(), account, kind: 3 });
      if (pending.result !== "ACCEPTED") return expect(pending.result).toBe(wanted);
      await host.hello();
      host.fresh();
      const items = (await everything(host)).filter(({ kind }) => kind !== 3);
      const groups = new Map(
        items.map((i) => [`${i.kind} ${i.direction}`, items.filter((j) => j.kind === i.kind && j.direction === i.direction)]),
      );
      await host.open(host.grant({ exceptions: [...groups.values()].map(exceptionFor) }));
      const prepared = (await host.ask("prepare", await host.plan())).body;
      return expect((await host.commit(host.op(), prepared)).result).toBe(wanted);
    }),
  );
  const everything = async (host: RawHost) => {
    await host.open();
    await host.ask("lock", {});
    return host.census();
  };

  it("boots dead when the power fails while it starts, and lives at the next try", () => {
    const cut = () => {
      throw new PowerCut("while starting");
    };
    const { sim, stores } = bench({ hooks: { nonVolatile: cut } });
    expect(sim.dead).toBe(true);
    expect(bench({ stores }).sim.dead).toBe(false);
  });
});

describe("authority over time", () => {
  it("opens the interlock for exactly the items that the grant excepts", () =>
    run({}, async ({ host }) => {
      await host.ready();
      const items = await host.census();
      const kinds = new Map(
        items.map((i) => [`${i.kind} ${i.direction}`, items.filter((j) => j.kind === i.kind && j.direction === i.direction)]),
      );
      const exceptions = [...kinds.values()].map(exceptionFor);
      for (const [given, result] of [
        [exceptions.slice(1), "UNSETTLED"],
        [exceptions.map((e, i) => (i === 0 ? e.map((byte, at) => (at === 22 ? byte ^ 1 : byte)) : e)), "UNSETTLED"],
        [exceptions, "OK"],
      ] as const) {
        await host.open(host.grant({ exceptions: given }));
        const prepared = (await host.ask("prepare", await host.plan())).body;
        expect((await host.commit(host.op(), prepared)).result).toBe(result);
        await host.hello();
        host.fresh();
      }
    }));

  it("finishes locally what the host or the back office says is closed, and settles once more what is open", async () => {
    for (const [when, ask, kind, booked] of [
      ["after", true, 0, 5],
      ["after", false, 0xf1, 5],
      ["before", true, 0, 5],
      ["before", false, 0xf2, 5],
    ] as const) {
      await run({ options: { host: { silent: when } } }, async ({ host, sim, stores }) => {
        await host.ready();
        await host.settleAll();
        const { account, batch } = (await host.ask("totals", {})).body.accounts[0]!;
        const old = concat(uint(host.ack!.nextOp + 2, 4), new Uint8Array(12).fill(7));
        expect((await host.ask("settleStatus", { op: old })).body.state).toBe("sent");
        expect((await host.census()).map((item) => item.kind)).toContain(15);
        if (ask) expect((await host.ask("hostQuery", { op: old })).body.answer).toBe(when === "after" ? "closed" : "open");
        const ruling = concat(account, Uint8Array.of(kind, 1), uint(0x0156, 2), Buffer.from(batch, "hex"), new Uint8Array(40));
        if (kind !== 0) await host.open(host.grant({ exceptions: [ruling] }));
        const op = host.op();
        expect((await host.ask("settleStart", { op, account, oldOp: old })).result).toBe("ACCEPTED");
        expect((await host.finished(op)).state).toBe("DONE");
        expect((await host.ask("settleStatus", { op })).body).toMatchObject({ state: "cleared", batch });
        expect(stores.host.lines().filter(({ event }) => event === "booked")).toHaveLength(booked);
        expect(sim.violations()).toEqual([]);
      });
    }
  });

  it("rolls an owner key over, once and upwards", () =>
    run({ owner: owner.point }, async ({ host }) => {
      await host.ready();
      const heir = pairOf(sha256(ascii("test heir")));
      const facts = {
        version: 1,
        ownerKeyId: keyIdOf(owner.point),
        serial: host.ack!.serial,
        newOwnerKey: heir.point,
        replacedKeyId: keyIdOf(owner.point),
        number: 1,
        signature: new Uint8Array(64),
      };
      const values = (elements(rollover.encode(facts), 3) as { value: Uint8Array }[]).slice(0, -1).map(({ value }) => value);
      const statement = rollover.encode({ ...facts, signature: signP256(owner.key, concat(ascii("podp1 rollover"), ...values)) });
      expect((await host.ask("rollover", { statement })).body.ownerKeys.map(hex)).toEqual([hex(keyIdOf(heir.point))]);
      expect((await host.ask("rollover", { statement })).result).toBe("AUTH");
      expect((await host.open()).refusal.detail).toBe(10);
      expect((await host.open(host.grant({}, heir), host.pass({ ownerKeyId: keyIdOf(heir.point) }, heir))).result).toBe("OK");
    }));

  it("forgets the spent grant when a transaction is recorded or a grant of the new life opens", () =>
    run({}, async ({ host }) => {
      await host.ready();
      await host.settleAll();
      await host.wipe();
      const spent = host.granted;
      await host.hello();
      expect((await host.open(spent)).body.rights).toBe(0x09);
      expect((await host.open()).body.rights).toBe(0x0f);
      expect((await host.open(spent)).refusal.detail).toBe(7);
    }));
});
