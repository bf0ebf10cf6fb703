// A host that says whatever a test wants, lawful or not: raw podp frames over a memory line, with a bench owner and a station.

import { type Result, results } from "../../protocols/podp/codes.js";
import { decodeFrame, encodeFrame, type Frame, fragments, next } from "../../protocols/podp/frame.js";
import { type CommandName, commands, grant, hello, helloAck, pass, refusal } from "../../protocols/podp/messages.js";
import { type Simulated, type SimulatedSetup, startSimulated } from "../../protocols/podp/simulated.js";
import { ascii, bcd, concat, hex, uint, unhex } from "../../src/base/bytes.js";
import { sleep } from "../../src/base/clock.js";
import { keyIdOf, pairOf, sha256, signP256 } from "../../src/base/sign.js";
import { VirtualClock } from "../../src/base/virtual-clock.js";
import type { Link } from "../../src/link/link.js";
import { memoryPair } from "../../src/link/memory.js";
import { type FactoryStores, memoryStores } from "../../src/sim/stores.js";
import { DelimitedReader } from "../../src/wire/delimited.js";
import type { Request, Response } from "../../src/wire/messages.js";
import { element, elements } from "../../src/wire/tlv.js";

export const owner = pairOf(sha256(ascii("test owner")));
export const station = pairOf(sha256(ascii("test station")));
const ownerKeyId = keyIdOf(owner.point);
const UNSIGNED = new Uint8Array(64);
const names = new Map(Object.entries(results).map(([name, code]) => [code as number, name as Result]));

type Req<N extends CommandName> = Request<(typeof commands)[N]>;
type Res<N extends CommandName> = Response<(typeof commands)[N]>;
export interface Answered<N extends CommandName> {
  readonly result: Result;
  readonly body: Res<N>;
  readonly refusal: ReturnType<typeof refusal.decode> extends infer D ? Extract<D, { value: unknown }>["value"] : never;
  readonly raw: Uint8Array;
}

const values = (bytes: Uint8Array) =>
  concat(...(elements(bytes, 4) as { tag: number; value: Uint8Array }[]).filter((e) => e.tag !== 0xdf2c).map((e) => e.value));

export class RawHost {
  readonly link: Link;
  readonly clock: VirtualClock;
  readonly frames: Frame[] = [];
  readonly #reader = new DelimitedReader(4096);
  session = 0;
  seq = 0;
  expected = 0;
  ack: Extract<ReturnType<typeof helloAck.decode>, { value: unknown }>["value"] | undefined;
  #nonce = 0;

  constructor(link: Link, clock: VirtualClock) {
    this.link = link;
    this.clock = clock;
    link.listen({
      bytes: (chunk) => {
        for (const encoded of this.#reader.push(chunk)) {
          const frame = decodeFrame(encoded);
          if (frame !== undefined) this.frames.push(frame);
        }
      },
      closed: () => undefined,
    });
  }

  async send(frame: Partial<Frame> & Pick<Frame, "type">): Promise<void> {
    await this.link.write(
      encodeFrame({ more: false, session: this.session, seq: this.seq, ack: this.expected, payload: new Uint8Array(), ...frame }),
    );
  }

  /** The next frame that `wanted` likes; others are thrown away. */
  async next(wanted: (frame: Frame) => boolean, ms = 10_000): Promise<Frame | undefined> {
    for (const until = this.clock.monotonic() + ms; this.clock.monotonic() <= until; ) {
      const at = this.frames.findIndex(wanted);
      if (at !== -1) return this.frames.splice(0, at + 1).at(-1);
      await sleep(this.clock, 0.01);
    }
    return undefined;
  }

  async hello(nonce = ++this.#nonce): Promise<boolean> {
    this.frames.length = 0;
    const payload = hello.encode({ hostNonce: concat(new Uint8Array(2), uint(nonce, 6)), version: 1, maxFrame: 4096 });
    await this.send({ type: "HELLO", session: 0, seq: 0, ack: 0, payload });
    const frame = await this.next(({ type }) => type === "HELLO_ACK", 200);
    if (frame === undefined) return false;
    const decoded = helloAck.decode(frame.payload);
    if ("badTag" in decoded) throw new Error(`HELLO_ACK: ${decoded.badTag.toString(16)}`);
    this.ack = decoded.value;
    this.session = frame.session;
    this.seq = 0;
    this.expected = 0;
    return true;
  }

  /** Sends bytes as a CMD and returns the answer's message, or undefined when none came. */
  async message(bytes: Uint8Array, onData?: (frame: Frame) => void): Promise<Uint8Array | undefined> {
    const parts = fragments(bytes, 480);
    for (const [i, payload] of parts.entries()) {
      await this.send({ type: "CMD", payload, more: i + 1 < parts.length });
      this.seq = next(this.seq);
    }
    const out: Uint8Array[] = [];
    for (;;) {
      const frame = await this.next(({ type, session }) => (type === "RSP" || type === "DATA") && session === this.session, 5000);
      if (frame === undefined) return undefined;
      this.expected = next(frame.seq);
      if (frame.type === "DATA") {
        onData?.(frame);
        await this.send({ type: "ACK" });
        continue;
      }
      out.push(frame.payload);
      if (!frame.more) return concat(...out);
    }
  }

  async ask<N extends CommandName>(name: N, request: Req<N>, onData?: (frame: Frame) => void): Promise<Answered<N>> {
    const shape = commands[name] as unknown as {
      code: number;
      request: { encode(v: unknown): Uint8Array };
      response: { decode(b: Uint8Array): unknown };
    };
    return this.answered(name, await this.message(concat(uint(shape.code, 1), shape.request.encode(request)), onData));
  }

  answered<N extends CommandName>(name: N, message: Uint8Array | undefined): Answered<N> {
    if (message === undefined) throw new Error(`${name}: no answer`);
    const result = names.get(message[3]!)!;
    const raw = message.subarray(4);
    const fine = result === "OK" || result === "ACCEPTED";
    const decoded = (fine ? commands[name].response.decode(raw) : refusal.decode(raw)) as { value: never } | { badTag: number };
    if ("badTag" in decoded) throw new Error(`${name}: ${result} with bad tag ${decoded.badTag.toString(16)}`);
    return { result, body: decoded.value, refusal: decoded.value, raw };
  }

  grant(changes: Record<string, unknown> = {}, by = owner): Uint8Array {
    const facts = {
      version: 1,
      ownerKeyId: keyIdOf(by.point),
      orderHash: new Uint8Array(32),
      serial: this.ack!.serial,
      life: this.ack!.life,
      rights: 0x0f,
      depot: new Uint8Array(8),
      scopeFloor: 0x7f,
      archiveKeyHash: new Uint8Array(32),
      passFloor: 0,
      exceptions: [] as Uint8Array[],
      signature: UNSIGNED,
      ...changes,
    };
    const signature = signP256(by.key, concat(ascii("podp1 grant"), values(grant.encode(facts))));
    return grant.encode({ ...facts, signature });
  }

  pass(changes: Record<string, unknown> = {}, by = owner): Uint8Array {
    const facts = {
      version: 1,
      ownerKeyId,
      depot: new Uint8Array(8),
      stationKey: station.point,
      passNumber: 5,
      signature: UNSIGNED,
      ...changes,
    };
    return pass.encode({ ...facts, signature: signP256(by.key, concat(ascii("podp1 pass"), values(pass.encode(facts)))) });
  }

  sign(command: number, challenge: Uint8Array, grantBytes: Uint8Array, rest: Uint8Array = new Uint8Array(80)): Uint8Array {
    const { serial, life, bootNumber } = this.ack!;
    const head = concat(ascii("podp1"), uint(command, 1), uint(serial.length, 1), ascii(serial), uint(life, 4), uint(bootNumber, 4));
    return signP256(station.key, concat(head, challenge, rest, sha256(element(0xff21, grantBytes))));
  }

  granted = new Uint8Array();
  async open(
    grantBytes = this.grant(),
    passBytes = this.pass(),
    ownerKey: Uint8Array | undefined = owner.point,
  ): Promise<Answered<"open">> {
    const { body } = await this.ask("challenge", { command: 0x04 });
    this.granted = grantBytes.slice();
    const signature = this.sign(0x04, body.challenge, grantBytes);
    return this.ask("open", { grant: grantBytes, pass: passBytes, signature, ...(ownerKey === undefined ? {} : { ownerKey }) });
  }

  #ops = 0;
  op(): Uint8Array {
    return concat(uint(this.ack!.nextOp + this.#ops++, 4), new Uint8Array(12).fill(7));
  }
  /** After a HELLO the counter of HELLO_ACK counts. */
  fresh(): void {
    this.#ops = 0;
  }

  async finished(op: Uint8Array): Promise<Answered<"getOp">["body"]> {
    for (;;) {
      const { body } = await this.ask("getOp", { op });
      if (body.state !== "RUNNING") return body;
      await sleep(this.clock, 50);
    }
  }

  /** HELLO, OPEN, LOCK. */
  async ready(): Promise<void> {
    if (!(await this.hello())) throw new Error("no HELLO_ACK");
    this.fresh();
    const opened = await this.open();
    if (opened.result !== "OK") throw new Error(`OPEN: ${opened.result} ${JSON.stringify(opened.refusal)}`);
    await this.ask("lock", {});
  }

  async census(): Promise<Res<"census">["items"][number][]> {
    const items: Res<"census">["items"][number][] = [];
    for (let page = 0, pages = 1; page < pages; page++) {
      const { body } = await this.ask("census", { page });
      pages = body.pages;
      items.push(...body.items);
    }
    return items;
  }

  async settleAll(): Promise<void> {
    const pending = new Map(
      (await this.census()).filter(({ kind }) => [3, 5, 8, 9].includes(kind)).map((i) => [`${hex(i.account)} ${i.kind}`, i]),
    );
    for (const { account, kind } of pending.values()) {
      const op = this.op();
      const { result } = await this.ask("pendingSend", { op, account, kind });
      if (result !== "ACCEPTED") throw new Error(`PENDING_SEND ${result}`);
      await this.finished(op);
    }
    for (const { account } of (await this.ask("totals", {})).body.accounts) {
      const op = this.op();
      const { result } = await this.ask("settleStart", { op, account });
      if (result !== "ACCEPTED") throw new Error(`SETTLE_START ${result}`);
      await this.finished(op);
    }
  }

  async plan(fills: readonly number[] = []): Promise<Req<"prepare">> {
    const areas = (await this.ask("areaList", {})).body.areas.filter(({ classes }) => classes !== 0x80);
    const { ranges } = (await this.ask("keyList", {})).body;
    return {
      areas: areas.map(({ area }) => ({ area, method: "block-erase", fill: fills.includes(area) })),
      slots: ranges.filter(({ type }) => type !== "IDENTITY"),
      kept: ranges.filter(({ type }) => type === "IDENTITY").map((range) => ({ ...range, reason: 1 })),
    };
  }

  async commit(op: Uint8Array, prepared: { planHash: Uint8Array; censusHash: Uint8Array }): Promise<Answered<"commit">> {
    const { body } = await this.ask("challenge", { command: 0x42 });
    const { planHash, censusHash } = prepared;
    const signature = this.sign(0x42, body.challenge, this.granted, concat(op, planHash, censusHash));
    return this.ask("commit", { op, planHash, censusHash, signature });
  }

  /** PREPARE, COMMIT, ARM and the wait. */
  async wipe(fills: readonly number[] = []): Promise<{ op: Uint8Array; planHash: Uint8Array; end: Answered<"getOp">["body"] }> {
    const prepared = await this.ask("prepare", await this.plan(fills));
    if (prepared.result !== "OK") throw new Error(`PREPARE ${prepared.result} ${JSON.stringify(prepared.refusal)}`);
    const op = this.op();
    const committed = await this.commit(op, prepared.body);
    if (committed.result !== "OK") throw new Error(`COMMIT ${committed.result} ${JSON.stringify(committed.refusal.detail)}`);
    const armed = await this.ask("arm", { op, token: committed.body.token });
    if (armed.result !== "ACCEPTED") throw new Error(`ARM ${armed.result}`);
    return { op, planHash: prepared.body.planHash, end: await this.finished(op) };
  }

  /** Greets, opens, settles, wipes, and fills an area by a seed; returns the op under which it did. */
  async fillWhole(area: number): Promise<Uint8Array> {
    await this.ready();
    await this.open(this.grant({ rights: 0x1f }));
    await this.settleAll();
    const { op } = await this.wipe([area]);
    await this.hello();
    await this.open(this.granted);
    const size = (await this.ask("areaList", {})).body.areas.find((one) => one.area === area)?.size ?? 0;
    const begun = await this.ask("fillBegin", { op, area, mode: 2, size, seed: new Uint8Array(16) });
    if (begun.body.next !== size) throw new Error(`FILL_BEGIN ${begun.result}`);
    return op;
  }
}

export interface Bench {
  readonly stores: FactoryStores;
  readonly clock: VirtualClock;
  readonly sim: Simulated;
  readonly host: RawHost;
}

export function bench(setup: Partial<SimulatedSetup> & { baud?: number } = {}): Bench {
  const clock = (setup.clock as VirtualClock | undefined) ?? new VirtualClock();
  const [a, b] = memoryPair(clock, setup.baud === undefined ? {} : { baud: setup.baud });
  const stores = setup.stores ?? memoryStores();
  const sim = startSimulated({ model: "podp-small", seed: 7, ...setup, stores, clock });
  sim.attach(a);
  return { stores, clock, sim, host: new RawHost(b, clock) };
}

export const exceptionFor = (
  items: readonly {
    account: Uint8Array;
    kind: number;
    batch: string;
    direction: string;
    amount: bigint;
    currency: string;
    digest: Uint8Array;
  }[],
): Uint8Array => {
  const [first] = items;
  const sorted = items.map(({ digest }) => hex(digest)).sort();
  return concat(
    first!.account,
    uint(first!.kind, 1),
    uint(first!.direction === "debit" ? 1 : 2, 1),
    bcd(BigInt(first!.currency), 2),
    bcd(BigInt(first!.batch), 3),
    uint(items.length, 2),
    bcd(
      items.reduce((sum, { amount }) => sum + amount, 0n),
      6,
    ),
    sha256(unhex(sorted.join(""))),
  );
};
