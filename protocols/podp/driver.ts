// The podp driver: facts in and out of a session. Nothing is judged here; refusals become errors that say what the terminal objected to.
import { equal, hex, unhex } from "../../src/base/bytes.js";
import { sleep } from "../../src/base/clock.js";
import { DecomError } from "../../src/base/errors.js";
import { hmacSha256, sha256Hex } from "../../src/base/sign.js";
import type { Link } from "../../src/link/link.js";
import {
  type Attestation,
  type Authority,
  type DriverContext,
  type Filling,
  type HostReply,
  isRefusal,
  type OpFacts,
  type Prepared,
  type ProofFacts,
  type Terminal,
  type WipePlan,
} from "../../src/terminal/driver.js";
import {
  type Account,
  type AreaFact,
  type Census,
  type Condition,
  cannotPay,
  type Identity,
  opCounter,
  type ProbeRange,
  type SampleFacts,
  type SettlementFacts,
  type SlotFact,
  type SlotRange,
  type TotalRow,
} from "../../src/terminal/facts.js";
import type { Model } from "../../src/terminal/model.js";
import { type Blank, type Counted, type ErasePermit, stillTrue } from "../../src/terminal/proofs.js";
import type { Command } from "../../src/wire/messages.js";
import { attestMessage, flawOf, vouchedKey } from "./attestation.js";
import { keepReasons, settleCodes } from "./codes.js";
import { areaFact, identityOf, known, named, slotRange } from "./facts.js";
import { type Filler, proveFill, writeFill } from "./filling.js";
import { type Ask, granted } from "./granted.js";
import { commands, wipeResult } from "./messages.js";
import { readAccounts, readCensus, readFile } from "./reading.js";
import { samplePositions } from "./sampling.js";
import { Session } from "./session.js";
import { grantHash, stationMessage } from "./signed.js";

const POLL = 250;
const OP_LIMIT = 30 * 60_000;
const RESTART_PATIENCE = 60_000;

export class PodpTerminal implements Terminal {
  readonly #session: Session;
  readonly #context: DriverContext;
  #identity: Identity;
  #censusHash: string | undefined;

  private constructor(session: Session, context: DriverContext, identity: Identity) {
    this.#session = session;
    this.#context = context;
    this.#identity = identity;
  }

  static async connect(link: Link, context: DriverContext, patience: number): Promise<PodpTerminal> {
    const session = new Session(link, context);
    return new PodpTerminal(session, context, identityOf(await session.hello(patience)));
  }

  get identity(): Identity {
    return this.#identity;
  }

  async hello(patience = 10_000): Promise<Identity> {
    this.#censusHash = undefined;
    this.#identity = identityOf(await this.#session.hello(patience));
    return this.#identity;
  }

  async idle(): Promise<Identity> {
    const { clock } = this.#context;
    for (const begun = clock.monotonic(); this.#identity.busyOp !== undefined; await this.hello()) {
      if (clock.monotonic() - begun > OP_LIMIT) throw new DecomError("terminal.busy", `op ${this.#identity.busyOp} does not end`);
      await sleep(clock, POLL);
    }
    return this.#identity;
  }

  async condition(): Promise<Condition> {
    const seen = await this.#ask(commands.identify, {});
    if (seen.serial !== this.#identity.serial) {
      throw new DecomError("identity.swapped", `HELLO said ${this.#identity.serial}, IDENTIFY says ${seen.serial}`);
    }
    return {
      hardware: seen.hardware,
      tamper: seen.tampered ? "tampered" : seen.tamperCodes === undefined ? "ok" : "cleared",
      tamperCodes: seen.tamperCodes ?? "",
      batteryPercent: seen.battery,
      mains: seen.mains,
      clock: `${seen.date}${seen.time}`,
      secondsToReboot: seen.secondsToReboot,
      ...(seen.lastWipe === undefined ? {} : { lastWipe: hex(seen.lastWipe) }),
    };
  }

  async open(authority: Authority): Promise<void> {
    await this.idle(); // a wipe that ends between HELLO and OPEN raises the life that OPEN is signed for
    const { serial, life, bootNumber, ownerState } = this.#identity;
    const challenge = await this.#challenge(commands.open.code);
    const message = stationMessage({
      command: commands.open.code,
      serial,
      life,
      bootNumber,
      challenge,
      grantHash: grantHash(authority.grant),
    });
    const { ownerState: now } = await this.#ask(commands.open, {
      grant: authority.grant,
      pass: authority.pass,
      signature: authority.sign(message),
      ...(ownerState === "unset" && authority.ownerKey !== undefined ? { ownerKey: authority.ownerKey } : {}),
    });
    if (now === "set" || now === "first-use") this.#identity = { ...this.#identity, ownerState: now };
  }

  async lock(): Promise<void> {
    const { locked } = await this.#ask(commands.lock, {});
    if (!locked) throw new DecomError("terminal.refused", "the terminal did not lock");
  }

  async unlock(): Promise<void> {
    await this.#ask(commands.unlock, {});
  }

  async restart(): Promise<Identity> {
    const before = this.#identity.bootNumber;
    await this.#ask(commands.reboot, {});
    const deadline = this.#context.clock.monotonic() + RESTART_PATIENCE;
    while (this.#context.clock.monotonic() < deadline) {
      await sleep(this.#context.clock, POLL);
      const now = await this.hello(RESTART_PATIENCE);
      if (now.bootNumber > before) return now;
    }
    throw new DecomError("terminal.silent", `the terminal did not restart: its boot number is still ${before}`);
  }

  async accounts(): Promise<{ accounts: readonly Account[]; rows: readonly TotalRow[] }> {
    return await readAccounts(this.#ask);
  }

  async census(): Promise<Census> {
    const census = await readCensus(this.#session);
    this.#censusHash = census.hash;
    return census;
  }

  async areas(): Promise<readonly AreaFact[]> {
    const { areas } = await this.#ask(commands.areaList, {});
    return areas.map(areaFact);
  }

  async slots(): Promise<{ ranges: readonly SlotRange[]; slots: readonly SlotFact[] }> {
    const seen = await this.#ask(commands.keyList, {});
    const slots = seen.slots.map((s) => ({ type: known(s.type), algorithm: known(s.algorithm), slot: s.slot, kcv: hex(s.kcv) }));
    return { ranges: seen.ranges.map(slotRange), slots };
  }

  async read(file: { id: number; generation: number; size: number }): Promise<Uint8Array> {
    return await readFile(this.#ask, file);
  }

  newOp(): string {
    const { nextOp } = this.#identity;
    this.#identity = { ...this.#identity, nextOp: nextOp + 1 };
    return nextOp.toString(16).padStart(8, "0") + hex(this.#context.random.bytes(12));
  }

  async sendPending(proof: Counted, op: string, account: string, kind: number): Promise<void> {
    stillTrue(proof, this.#identity, this.#censusHash);
    await this.#begin(op, commands.pendingSend, { op: unhex(op), account: unhex(account), kind });
  }

  async settle(proof: Counted, op: string, account: string, finishing?: string): Promise<void> {
    stillTrue(proof, this.#identity, this.#censusHash);
    const oldOp = finishing === undefined ? {} : { oldOp: unhex(finishing) };
    await this.#begin(op, commands.settleStart, { op: unhex(op), account: unhex(account), ...oldOp });
  }

  async settlement(op: string): Promise<SettlementFacts> {
    return await this.#ask(commands.settleStatus, { op: unhex(op) });
  }

  async lastSettlement(account: string): Promise<SettlementFacts> {
    return await this.#ask(commands.lastSettlement, { account: unhex(account) });
  }

  async askHost(op: string): Promise<HostReply> {
    if (!this.#identity.capabilities.includes("host-query")) return { answer: "cannot-tell" };
    const answer = await this.#session.ask(commands.hostQuery, { op: unhex(op) });
    // NOTHING: under this op it knows of no settlement that it could ask about.
    return answer.result === "BAD_STATE" ? { answer: "cannot-tell" } : granted(commands.hostQuery, answer);
  }

  async op(op: string): Promise<OpFacts> {
    const seen = await this.#ask(commands.getOp, { op: unhex(op) });
    const wipe = seen.result === undefined ? undefined : wipeResult.decode(seen.result);
    return {
      state: seen.state,
      ...(seen.code === undefined ? {} : { code: seen.code }),
      ...(seen.state === "FAILED" && wipe === undefined && seen.code === settleCodes.HOST_UNREACHABLE ? { noHost: true as const } : {}),
      ...(seen.resultHash === undefined ? {} : { resultHash: hex(seen.resultHash) }),
      ...(wipe === undefined || "badTag" in wipe
        ? {}
        : { wipe: { areas: wipe.value.areas, slots: wipe.value.slots.map((s) => ({ ...slotRange(s), code: s.code })) } }),
    };
  }

  async finished(op: string, withinMs: number = OP_LIMIT): Promise<OpFacts> {
    const { clock } = this.#context;
    for (const begun = clock.monotonic(); clock.monotonic() - begun < withinMs; await sleep(clock, POLL)) {
      const seen = await this.op(op);
      if (seen.state !== "RUNNING") return seen;
    }
    throw new DecomError("terminal.busy", `op ${op} still runs after ${withinMs / 60_000} minutes`, { did: "unknown" });
  }

  async release(op: string): Promise<void> {
    await this.#ask(commands.releaseOp, { op: unhex(op) });
  }

  async prepare(plan: WipePlan): Promise<Prepared> {
    const seen = await this.#ask(commands.prepare, {
      areas: plan.areas.map((a) => ({ area: a.area, method: a.method, fill: a.fill === true })),
      slots: plan.slots,
      kept: plan.kept.map(({ reason, ...range }) => ({ ...range, reason: keepReasons[reason as keyof typeof keepReasons] ?? 0 })), // free text elsewhere
    });
    return { planHash: hex(seen.planHash), censusHash: hex(seen.censusHash), seconds: seen.seconds };
  }

  async commit(permit: ErasePermit, op: string, prepared: Prepared, authority: Authority): Promise<Uint8Array> {
    const { serial, life, bootNumber } = this.#identity;
    const challenge = await this.#challenge(commands.commit.code);
    const hashes = { planHash: unhex(prepared.planHash), censusHash: unhex(prepared.censusHash) };
    const act = { command: commands.commit.code, serial, life, bootNumber, challenge, op: unhex(op), ...hashes };
    const signature = authority.sign(stationMessage({ ...act, grantHash: grantHash(authority.grant) }));
    stillTrue(permit, this.#identity, this.#censusHash);
    return (await this.#ask(commands.commit, { op: unhex(op), ...hashes, signature })).token;
  }

  async arm(permit: ErasePermit, op: string, token: Uint8Array): Promise<void> {
    stillTrue(permit, this.#identity, this.#censusHash);
    await this.#ask(commands.arm, { op: unhex(op), token });
  }

  async sample(op: string, area: AreaFact, seed: Uint8Array, blocks: number): Promise<SampleFacts> {
    const nonce = this.#context.random.bytes(16);
    const seen = await this.#ask(commands.sample, { op: unhex(op), area: area.id, seed, blocks, nonce });
    const positions = samplePositions(seed, Math.ceil(area.size / area.block), blocks);
    const sizes = positions.map((at) => Math.min(area.block, area.size - at * area.block));
    const blank = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0)).fill(area.blank);
    return { nonBlank: seen.nonBlank, macAgrees: equal(seen.mac, hmacSha256(nonce, blank)) };
  }

  async fill(blank: Blank, filling: Filling): Promise<void> {
    blank.mustBe(this.#identity, filling.op, filling.area.id);
    await writeFill(this.#filler, filling);
  }

  async prove(filling: Filling): Promise<ProofFacts> {
    return await proveFill(this.#filler, filling);
  }

  async unfill(op: string, area: number): Promise<void> {
    await this.#ask(commands.fillRelease, { op: unhex(op), area });
  }

  lineMs(bytes: number): number | undefined {
    return this.#session.lineMs(bytes);
  }

  async probe(range: SlotRange): Promise<readonly ProbeRange[]> {
    const { ranges } = await this.#ask(commands.keyProbe, range);
    return ranges.map((r) => ({ ...range, from: r.from, to: r.to, state: r.state }));
  }

  async cannotPay(): Promise<readonly string[]> {
    return named(cannotPay, (await this.#ask(commands.canPay, {})).reasons);
  }

  async attest(op: string, nonce: Uint8Array, planHash: string, resultHash: string, model: Model): Promise<Attestation> {
    const { serial, life, bootNumber } = this.#identity;
    const answer = await this.#session.ask(commands.attest, { op: unhex(op), nonce });
    const seen = granted(commands.attest, answer);
    const vouched = seen.certificate === undefined ? undefined : vouchedKey(seen.certificate, serial, model.id, model.vendorKeys);
    const hashes = { planHash: unhex(planHash), resultHash: unhex(resultHash), firmwareHash: seen.firmwareHash };
    const message = attestMessage({ nonce, serial, life, bootNumber, op: unhex(op), ...hashes });
    const flaw = flawOf(vouched, seen, message);
    return {
      keyId: hex(seen.keyId),
      firmwareHash: hex(seen.firmwareHash),
      proven: vouched !== undefined && flaw === undefined,
      ...(flaw === undefined ? {} : { flaw }),
      token: answer.raw,
      ...(seen.certificate === undefined ? {} : { certificateSha256: sha256Hex(seen.certificate) }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.close();
  }

  get #filler(): Filler {
    return { session: this.#session, context: this.#context, ask: this.#ask };
  }

  async #challenge(command: number): Promise<Uint8Array> {
    return (await this.#ask(commands.challenge, { command })).challenge;
  }

  /** A number that the terminal refused to begin with is still its next one. */
  async #begin<Q, A>(op: string, command: Command<Q, A>, request: Q): Promise<void> {
    try {
      await this.#ask(command, request);
    } catch (thrown) {
      if (isRefusal(thrown)) this.#identity = { ...this.#identity, nextOp: opCounter(op) };
      throw thrown;
    }
  }

  readonly #ask: Ask = async (command, request, onData) => granted(command, await this.#session.ask(command, request, onData));
}
