// A session with authority for the conformance cases: it opens, looks, settles and wipes as the README says, with any part of it changed.
import { generateKeyPairSync } from "node:crypto";
import { concat, EMPTY, hex, readUint, uint } from "../../../src/base/bytes.js";
import { sleep } from "../../../src/base/clock.js";
import { hmacSha256, sha256, signP256 } from "../../../src/base/sign.js";
import { contentClasses, kindOf, kinds } from "../../../src/terminal/facts.js";
import type { Command, Response } from "../../../src/wire/messages.js";
import { areaFaults, capabilityBits, limits } from "../codes.js";
import { commands, plan, wipeResult } from "../messages.js";
import { samplePositions } from "../sampling.js";
import type { HelloAck } from "../session.js";
import { grantHash, stationMessage } from "../signed.js";
import { type ConformanceContext, disagree, must, skip } from "./case.js";
import { type OpenChanges, opening } from "./statements.js";
import { type Reply, Wire } from "./wire.js";

export type Area = Response<typeof commands.areaList>["areas"][number];

export interface Prepared {
  readonly planHash: Uint8Array;
  readonly censusHash: Uint8Array;
}

/** Kinds that PENDING_SEND sends, in the order they are sent. */
const SENDABLE = [9, 3, 5, 8];
/** Keys that make the terminal itself. */
const stays = (type: string) => type === "IDENTITY" || type === "FIRMWARE";
const LONGEST_OP = 15 * 60_000;

type Range = Response<typeof commands.keyList>["ranges"][number];
type Listed = Response<typeof commands.keyList>["slots"][number];
const covers = ({ type, algorithm, from, to }: Range, one: Listed) =>
  one.type === type && one.algorithm === algorithm && from <= one.slot && one.slot <= to;
/** What tells a key in its slot from another one. */
const printOf = ({ type, algorithm, slot, kcv }: Listed) => `${type} ${algorithm} ${slot} ${hex(kcv)}`;

export class Bench {
  #keysBefore: readonly string[] = [];
  readonly context: ConformanceContext;
  readonly wire: Wire;
  readonly station = generateKeyPairSync("ec", { namedCurve: "P-256" });
  ack: HelloAck;
  nextOp: number;
  /** The grant of the last COMMIT: it alone opens the inspection that follows. */
  wipeGrant: Uint8Array = EMPTY;
  #grant: Uint8Array = EMPTY;

  private constructor(context: ConformanceContext, wire: Wire, ack: HelloAck) {
    this.context = context;
    this.wire = wire;
    this.ack = ack;
    this.nextOp = ack.nextOp;
  }

  static async connect(context: ConformanceContext): Promise<Bench> {
    const wire = new Wire(await context.connect(), context);
    return new Bench(context, wire, await wire.hello());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.wire.close();
  }

  /** Only what is bench or simulated is settled or wiped, unless the caller said otherwise. */
  get isForTests(): boolean {
    return this.ack.environment === "bench" || this.ack.environment === "simulator" || this.context.evenProduction === true;
  }

  mayAct(): void {
    if (!this.isForTests) {
      skip(`moves money or destroys, and the terminal says that it is ${this.ack.environment}`);
    }
  }

  async hello(): Promise<void> {
    this.ack = await this.wire.hello();
    this.nextOp = this.ack.nextOp;
  }

  async challenge(command: number): Promise<Uint8Array> {
    return (await this.get(commands.challenge, { command })).challenge;
  }

  /** OPEN with exactly one thing wrong, or none. */
  async tryOpen(changes: OpenChanges = {}): Promise<Reply> {
    const challenge = await this.challenge(commands.open.code);
    const { grant, body } = opening({ ack: this.ack, challenge, ownerKey: this.context.ownerKey, station: this.station }, changes);
    this.#grant = grant;
    return this.wire.ask(commands.open.code, body);
  }

  async open(changes: OpenChanges = {}): Promise<void> {
    let { says } = await this.tryOpen(changes);
    if (says === "AUTH LIFE" || (says === "AUTH SIGNATURE" && changes.sameGrant !== undefined)) {
      await this.hello(); // a wipe that was under way has ended since
      ({ says } = await this.tryOpen(changes));
    }
    if (says === "AUTH OWNER") skip("the terminal does not hold this owner key");
    must(says === "OK", `a good OPEN was answered ${says}`);
  }

  /** A new session, open. The first OPEN that a simulated terminal without an owner sees pins the key: HELLO is asked again after it. */
  async again(): Promise<void> {
    await this.hello();
    await this.open();
    if (this.ack.ownerState === "unset") await this.again();
  }

  /** A new session under the grant of the wipe just done; any other grant would end the inspection. */
  async inspecting(grant = this.wipeGrant): Promise<void> {
    await this.hello();
    await this.open({ sameGrant: grant });
    this.wipeGrant = grant;
  }

  /** A command that has to be answered OK (or ACCEPTED), decoded. */
  async get<Q, A>(command: Command<Q, A>, request: Q): Promise<A> {
    const reply = await this.wire.say(command, request);
    must(reply.says === "OK" || reply.says === "ACCEPTED", `command ${command.code.toString(16)} was answered ${reply.says}`);
    const decoded = command.response.decode(reply.tlv, limits.depthToHost);
    return "badTag" in decoded ? disagree(`command ${command.code.toString(16)}: tag ${decoded.badTag.toString(16)}`) : decoded.value;
  }

  async census() {
    const pages: Uint8Array[] = [];
    const items: Response<typeof commands.census>["items"][number][] = [];
    for (let page = 0; ; page++) {
      const reply = await this.wire.say(commands.census, { page });
      const decoded = commands.census.response.decode(reply.tlv, limits.depthToHost);
      if (reply.says !== "OK" || "badTag" in decoded) return disagree(`CENSUS page ${page} was answered ${reply.says}`);
      must(reply.tlv.length <= limits.censusPage, `census page ${page} has ${reply.tlv.length} bytes`);
      pages.push(reply.tlv);
      items.push(...decoded.value.items);
      if (page + 1 >= decoded.value.pages) return { hash: sha256(concat(...pages)), items };
    }
  }

  /** Everything a refusal must leave alone, by name. */
  async snapshot(): Promise<ReadonlyMap<string, string>> {
    await this.again();
    const { life, nextOp, locked, passFloor, ownerState, ownerKeys } = this.ack;
    const seen = new Map<string, string>([["hello", JSON.stringify([life, nextOp, locked, passFloor, ownerState, ownerKeys.map(hex)])]]);
    for (const [name, { code }] of Object.entries({ totals: commands.totals, areas: commands.areaList, keys: commands.keyList })) {
      seen.set(name, hex((await this.wire.ask(code)).tlv));
    }
    seen.set("census", hex((await this.census()).hash));
    for (const { account } of (await this.get(commands.totals, {})).accounts) {
      seen.set(`settlement ${hex(account)}`, hex((await this.wire.say(commands.lastSettlement, { account })).tlv));
    }
    for (const [name, value] of Object.entries((await this.context.inspect?.())?.state ?? {})) seen.set(`inside: ${name}`, value);
    return seen;
  }

  /** Runs `work` and finds everything as it was. Both looks are sessions of their own. */
  async unchanged(work: () => Promise<void>): Promise<void> {
    const before = await this.snapshot();
    await work();
    const after = await this.snapshot();
    const differ = [...before].filter(([name, value]) => after.get(name) !== value).map(([name]) => name);
    must(differ.length === 0, `changed although refused: ${differ.join(", ")}`);
  }

  newOp(counter = this.nextOp): Uint8Array {
    return concat(uint(counter, 4), this.context.random.bytes(12));
  }

  async lock(): Promise<void> {
    await this.get(commands.lock, {});
  }

  /** Asks until the op has ended. */
  async finish(op: Uint8Array) {
    const { clock } = this.context;
    for (const start = clock.monotonic(); clock.monotonic() - start < LONGEST_OP; await sleep(clock, 500)) {
      const seen = await this.get(commands.getOp, { op });
      if (seen.state !== "RUNNING") return seen;
    }
    return disagree(`op ${hex(op)} did not end within ${LONGEST_OP} ms`);
  }

  /** Starts a money op, waits for its end, lets the terminal forget it. */
  async money(op: Uint8Array, start: Promise<Reply>): Promise<void> {
    const { says } = await start;
    must(says === "ACCEPTED", `op ${hex(op)} was answered ${says}`);
    this.nextOp = readUint(op, 0, 4) + 1;
    const { state } = await this.finish(op);
    must(state === "DONE", `op ${hex(op)} ended ${state}`);
    await this.get(commands.releaseOp, { op });
  }

  async accounts(): Promise<Uint8Array[]> {
    const { accounts } = await this.get(commands.totals, {});
    return accounts.map(({ account }) => account);
  }

  /** Reversals, advices, script results and e-signatures of every account. */
  async sendPending(): Promise<void> {
    for (const kind of SENDABLE) {
      const owing = new Map((await this.census()).items.filter((item) => item.kind === kind).map(({ account }) => [hex(account), account]));
      for (const account of owing.values()) {
        const op = this.newOp();
        await this.money(op, this.wire.say(commands.pendingSend, { op, account, kind }));
      }
    }
  }

  /** Locks, sends what is pending, settles every account; afterwards nothing stands in the way of a wipe. */
  async settle(): Promise<void> {
    this.mayAct();
    await this.lock();
    await this.sendPending();
    for (const account of await this.accounts()) {
      const op = this.newOp();
      await this.money(op, this.wire.say(commands.settleStart, { op, account }));
    }
    const left = (await this.census()).items.map(({ kind }) => kindOf(kind)).filter((kind) => kinds[kind].gate !== "WARN");
    if (left.length > 0) skip(`the terminal keeps ${left.join(", ")} after settlement`);
  }

  get canFill(): boolean {
    return (this.ack.capabilities & capabilityBits.fill) !== 0;
  }

  /** What a wipe is to erase: everything but what makes the terminal itself. */
  async erasable() {
    const { areas } = await this.get(commands.areaList, {});
    return areas.filter(({ classes }) => classes !== contentClasses.ID);
  }

  /** A plan that erases all that AREA_LIST and KEY_LIST show, identity kept. */
  async wholePlan(): Promise<Uint8Array> {
    const areas = await this.erasable();
    const { ranges, slots } = await this.get(commands.keyList, {});
    this.#keysBefore = slots.map(printOf);
    return plan.encode({
      areas: areas.map(({ area, fillable }) => ({ area, method: "block-erase", fill: fillable && this.canFill })),
      slots: ranges.filter(({ type }) => !stays(type)),
      kept: ranges.filter(({ type }) => stays(type)).map((range) => ({ ...range, reason: 1 })),
    });
  }

  async prepare(): Promise<Prepared> {
    const body = await this.wholePlan();
    const reply = await this.wire.ask(commands.prepare.code, body);
    const decoded = commands.prepare.response.decode(reply.tlv, limits.depthToHost);
    if (reply.says !== "OK" || "badTag" in decoded) return disagree(`PREPARE was answered ${reply.says}`);
    must(hex(decoded.value.planHash) === hex(sha256(body)), "the plan hash is not that of PREPARE's TLV");
    must(hex(decoded.value.censusHash) === hex((await this.census()).hash), "the census hash is not that of the pages as sent");
    return decoded.value;
  }

  /** COMMIT, signed for `signed` and sent with `sent`. */
  commit(op: Uint8Array, challenge: Uint8Array, signed: Prepared, sent: Prepared = signed, extra = EMPTY): Promise<Reply> {
    const { serial, life, bootNumber } = this.ack;
    const { planHash, censusHash } = signed;
    const act = { command: commands.commit.code, serial, life, bootNumber, challenge, op, planHash, censusHash };
    const signature = signP256(this.station.privateKey, stationMessage({ ...act, grantHash: grantHash(this.#grant) }));
    const body = commands.commit.request.encode({ op, planHash: sent.planHash, censusHash: sent.censusHash, signature });
    return this.wire.ask(commands.commit.code, concat(body, extra));
  }

  /** Up to and including an accepted COMMIT. */
  async committed(): Promise<{ readonly op: Uint8Array; readonly token: Uint8Array }> {
    const prepared = await this.prepare();
    const op = this.newOp();
    const reply = await this.commit(op, await this.challenge(commands.commit.code), prepared);
    const decoded = commands.commit.response.decode(reply.tlv, limits.depthToHost);
    if (reply.says !== "OK" || "badTag" in decoded) return disagree(`a good COMMIT was answered ${reply.says}`);
    this.wipeGrant = this.#grant;
    return { op, token: decoded.value.token };
  }

  /** After the end of a wipe: areas blank, slots empty, life one up, the op done. */
  async wiped(op: Uint8Array, lifeBefore: number): Promise<void> {
    const { state, result, resultHash } = await this.finish(op);
    must(state === "DONE", `the wipe ended ${state}`);
    must(result !== undefined && hex(sha256(result)) === hex(resultHash ?? EMPTY), "the result hash is not that of the result");
    if (this.wipeGrant.length > 0) await this.inspecting();
    else await this.again();
    must(this.ack.life === lifeBefore + 1, `life went from ${lifeBefore} to ${this.ack.life}`);
    const told = wipeResult.decode(result ?? EMPTY, limits.depthToHost);
    if ("badTag" in told) return disagree(`the wipe's result does not read: tag ${told.badTag.toString(16)} is missing or wrong`);
    for (const area of await this.erasable()) {
      const [mine, more] = told.value.areas.filter((one) => one.area === area.area);
      if (mine === undefined || more !== undefined) return disagree(`area ${area.area} does not stand once in the wipe's result`);
      must(
        mine.code === areaFaults.OK && mine.errors === 0,
        `area ${area.area} of a wipe that is done has code ${mine.code}, ${mine.errors} errors`,
      );
      await this.isBlank(op, area);
    }
    // A load key of the maker's own may be back in its slot: another key than before, unless an earlier wipe has left it there.
    const known = lifeBefore > 1 ? [] : this.#keysBefore;
    await this.noKeys(({ type }, held) => type === "TLK" && held.every((print) => !known.includes(print)));
  }

  /** Every slot of every range but the maker's own is empty; `mayHold` says of which that is not asked, given what tells the keys in it. */
  async noKeys(mayHold: (range: Range, held: readonly string[]) => boolean = () => false): Promise<void> {
    const listed = await this.get(commands.keyList, {});
    for (const range of listed.ranges.filter(({ type }) => !stays(type))) {
      const { ranges } = await this.get(commands.keyProbe, range);
      const held = listed.slots.filter((one) => covers(range, one)).map(printOf);
      const wrong = ranges.filter(({ state }) => state !== "ABSENT" && !(state === "PRESENT" && mayHold(range, held)));
      const left = wrong.map((one) => `${one.from}–${one.to} ${one.state}`);
      must(left.length === 0, `${range.type} slots ${left.join(", ")}`);
    }
  }

  /** Up to 64 blocks, drawn now, hold nothing but blank bytes. */
  async isBlank(op: Uint8Array, { area, size, block, blank }: Area): Promise<void> {
    const [seed, nonce] = [this.context.random.bytes(16), this.context.random.bytes(16)];
    const { nonBlank, mac } = await this.get(commands.sample, { op, area, seed, blocks: 64, nonce });
    const positions = samplePositions(seed, Math.ceil(size / block), 64);
    const expected = positions.map((at) => new Uint8Array(Math.min(block, size - at * block)).fill(blank));
    must(nonBlank === 0, `area ${area} has ${nonBlank} bytes that are not blank`);
    must(hex(mac) === hex(hmacSha256(nonce, ...expected)), `the MAC over area ${area} is not that of blank blocks`);
  }

  async restart(): Promise<void> {
    await this.get(commands.reboot, {});
    const { bootNumber } = this.ack;
    await sleep(this.context.clock, 1000);
    await this.hello();
    must(this.ack.bootNumber > bootNumber, "REBOOT did not raise the boot number");
  }
}
