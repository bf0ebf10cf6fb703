// What the simulated terminal answers to each podp command: README "Commands", "Settlement", "Erasure", as one table of functions.
import { concat, EMPTY, equal, hex, unhex } from "../../../src/base/bytes.js";
import { hmacSha256, keyIdOf, sha256 } from "../../../src/base/sign.js";
import { type Encoding, memo } from "../../../src/sim/body.js";
import { resultOf } from "../../../src/sim/ops.js";
import { refuse } from "../../../src/sim/refused.js";
import type { Terminal, WipePlan } from "../../../src/sim/terminal.js";
import type { SettlementFacts, SlotRange, TotalRow, Totals } from "../../../src/terminal/facts.js";
import { number, one, struct, u16 } from "../../../src/wire/fields.js";
import type { Request, Response } from "../../../src/wire/messages.js";
import { areaFaults, fillModes, keepReasons, limits, settleCodes } from "../codes.js";
import { type CommandName, commands, settleResult, wipeResult } from "../messages.js";
import { proofMac, seedBytes } from "../pattern.js";
import { samplePositions } from "../sampling.js";
import type { Authority } from "./authority.js";
import { attest } from "./proofs.js";

type Wire<N extends CommandName> = Response<(typeof commands)[N]>;
export type Handler<N extends CommandName> = (request: Request<(typeof commands)[N]>, raw: Uint8Array) => Wire<N>;
export type Handlers = { readonly [N in CommandName]: Handler<N> };

/** A prepared wipe, and the token once COMMIT accepted it; RAM only. */
interface Prepared extends WipePlan {
  readonly hash: Uint8Array;
  accepted?: { readonly op: string; readonly token: Uint8Array; readonly censusHash: Uint8Array };
}

export interface Plan {
  current: Prepared | undefined;
}

/** DATA of this session: of the READ that is being answered, and to the area whose fill is open. */
export interface Streams {
  out: { readonly count: number; readonly frame: (i: number) => Uint8Array } | undefined;
  into: number | undefined;
}

export const rowOf = ({ account, kind, direction, count, money }: TotalRow) => ({
  account: unhex(account),
  kind: Number(kind.slice(1)),
  direction,
  count,
  amount: money.minor,
  currency: money.currency,
});
type SettleCode = keyof typeof settleCodes;
type Result = Wire<"settleStatus">;
/** The terminal's own code names are the wire's. */
export const settlementOf = (facts: SettlementFacts): Result => ({ ...facts, code: facts.code as SettleCode });
const covers = (a: SlotRange, b: SlotRange) => a.type === b.type && a.algorithm === b.algorithm && a.from <= b.from && a.to >= b.to;
/** Both sides of the table name the same things; a number this version lacks is a field out of range. */
const known = <N extends string>(name: N, tag: number): Exclude<N, `unknown-${number}`> =>
  name.startsWith("unknown-") ? refuse("BAD_FIELD", { tag }) : (name as Exclude<N, `unknown-${number}`>);
const rangeOf = (range: Request<typeof commands.keyProbe>): SlotRange => ({
  ...range,
  type: known(range.type, 0xdf5a),
  algorithm: known(range.algorithm, 0xdf5b),
});

const totalsFields = struct({
  debitCount: one(0xdf67, u16),
  debit: one(0x9f02, number(6)),
  creditCount: one(0xdf6b, u16),
  credit: one(0xdf66, number(6)),
});
/** What the terminal hashes and keeps, as the wire writes it. */
export const encoding: Encoding = {
  totals: (totals: Totals) => totalsFields.encode(totals),
  settleResult: (facts) => settleResult.encode(settlementOf(facts)),
  wipeResult: (result) => wipeResult.encode(result),
};

export function handlers(terminal: Terminal, authority: Authority, plan: Plan, room: () => number, streams: Streams): Handlers {
  const { batch, keys, wipe, fills, ops, settlements, model } = terminal;
  const account = (id: Uint8Array) => batch.accounts.find((a) => a.id === hex(id)) ?? refuse("BAD_FIELD", { tag: 0xdf48 });
  const areaOf = (id: number) => terminal.areas().find(({ area }) => area === id) ?? refuse("BAD_FIELD", { tag: 0xdf4a });

  const pages = memo(
    () => terminal.version,
    () => {
      const { generation, items, unread } = batch.census();
      const encode = (part: Wire<"census">["items"], count: number, first: boolean) =>
        commands.census.response.encode({ generation, pages: count, items: part, unread: first ? unread : [] });
      const cut: Wire<"census">["items"][number][][] = [[]];
      let left: number = limits.censusPage - encode([], 0, true).length;
      const empty = encode([], 0, false).length;
      for (const { account: id, kind, money, digest, ...item } of items) {
        const wire = {
          ...item,
          account: unhex(id),
          kind: Number(kind.slice(1)),
          amount: money.minor,
          currency: money.currency,
          digest: unhex(digest),
        };
        const size = encode([wire], 0, false).length - empty;
        if (size > left) {
          cut.push([]);
          left = limits.censusPage - empty;
        }
        left -= size;
        cut.at(-1)?.push(wire);
      }
      return cut.map((part, i) => ({ part, bytes: encode(part, cut.length, i === 0) }));
    },
  );
  const censusHash = memo(
    () => terminal.version,
    () => sha256(...pages().map(({ bytes }) => bytes)),
  );

  const scopeMissing = ({ areas, slots }: WipePlan, kept: readonly (SlotRange & { readonly reason: number })[], floor: number): number => {
    const areasLeft = terminal.areas().filter(({ area, classes }) => (classes & floor) !== 0 && !areas.includes(area));
    const mayKeep = kept.filter(({ reason }) => reason === keepReasons["vendor-identity"] || reason === keepReasons["vendor-firmware"]);
    const keysLeft = model.keys.some((range) => ![...slots, ...mayKeep].some((named) => covers(named, range)));
    return areasLeft.reduce((set, { classes }) => set | (classes & floor), (floor & 1) !== 0 && keysLeft ? 1 : 0);
  };
  const done = (op: Uint8Array, area?: number) => {
    const { journal } = wipe;
    const ended = journal?.op === hex(op) && journal.state === "done";
    const erased = area === undefined ? ended : wipe.isErased(hex(op), area) && !fills.holds(area);
    if (journal !== undefined && erased) return journal;
    terminal.violate("sample-early");
    return refuse("BAD_STATE", { detail: "NOT_ERASED" });
  };

  return {
    identify: () => ({
      serial: terminal.unit.serial,
      ifdSerial: terminal.unit.serial.slice(-8),
      model: model.name,
      firmware: model.firmware,
      hardware: model.hardware,
      tampered: terminal.tampered,
      ...(terminal.tamperCodes === undefined ? {} : { tamperCodes: terminal.tamperCodes }),
      battery: terminal.power.battery,
      mains: terminal.power.mains,
      date: terminal.time.slice(0, 6),
      time: terminal.time.slice(6),
      secondsToReboot: terminal.secondsToReboot,
      ...(wipe.journal?.state === "done" ? { lastWipe: unhex(wipe.journal.op) } : {}),
    }),
    locate: () => ({}),
    challenge: ({ command }) => ({ challenge: authority.challenge(command) }),
    open(request) {
      const { rights } = authority.open(request);
      return { rights, ownerState: terminal.ownerState };
    },
    rollover({ statement }) {
      authority.rollover(statement);
      return { ownerKeys: terminal.owners.get().keys.map((key) => keyIdOf(unhex(key))) };
    },
    lock() {
      terminal.setLock(true);
      return { locked: true };
    },
    unlock() {
      if (wipe.armed) refuse("BAD_STATE", { detail: "ARMED" });
      terminal.setLock(false);
      return { locked: false };
    },
    reboot: () => ({}),

    totals({ account: only }) {
      const accounts = only === undefined ? batch.accounts : [account(only)];
      return {
        accounts: accounts.map(({ id, ...rest }) => ({ ...rest, account: unhex(id), batch: batch.ledger(id).get().batch })),
        rows:
          only === undefined && accounts.length > limits.totalsAtOnce
            ? []
            : batch.rows(only === undefined ? undefined : hex(only)).map(rowOf),
      };
    },
    census({ page }) {
      if (page === 0) terminal.point("census");
      const found = pages()[page] ?? refuse("BAD_FIELD", { tag: 0xdf55 });
      const { generation, unread } = batch.census();
      return { generation, pages: pages().length, items: found.part, unread: page === 0 ? unread : [] };
    },
    read({ file, generation, offset, length, perFrame }) {
      const area = batch.files[file - 1] ?? refuse("BAD_FIELD", { tag: 0xdf53 });
      if (generation !== batch.generation(area)) refuse("FILE_CHANGED");
      const whole = batch.file(area);
      if (offset % limits.readUnit !== 0 || offset > whole.length) refuse("BAD_FIELD", { tag: 0xdf50 });
      if (length < 1) refuse("BAD_FIELD", { tag: 0xdf51 });
      if (perFrame < 1 || perFrame > room() - 4) refuse("BAD_FIELD", { tag: 0xdf52 });
      const end = Math.min(whole.length, offset + length);
      const head = Buffer.alloc(4);
      streams.out = {
        count: Math.ceil((end - offset) / perFrame),
        frame(i) {
          const at = offset + i * perFrame;
          head.writeUInt32BE(at);
          return concat(head, whole.subarray(at, Math.min(end, at + perFrame)));
        },
      };
      return { next: end, ...(end === whole.length ? { total: whole.length, sha256: sha256(whole) } : {}) };
    },
    lastSettlement: ({ account: id }) => settlementOf(settlements.last(account(id).id)),
    areaList: () => ({ areas: terminal.areas().map((a) => ({ ...a, files: a.files })) }),
    keyList: () => ({ ranges: model.keys, slots: keys.list() }),
    keyProbe(request) {
      if (!wipe.armed && terminal.life.spentGrant === undefined) authority.demand("wipe"); // another life's wipe opens nothing
      if (request.from > request.to) refuse("BAD_FIELD", { tag: 0xdf5d });
      return { ranges: keys.probe(rangeOf(request)).map(({ from, to, state }) => ({ from, to, state })) };
    },
    canPay: () => ({ reasons: terminal.cannotPay }),

    pendingSend({ op, account: id, kind }, raw) {
      terminal.sendPending({ op: hex(op), body: hex(sha256(raw)), account: hex(id) }, kind);
      return {};
    },
    settleStart({ op, account: id, oldOp }, raw) {
      const old = oldOp === undefined ? undefined : hex(oldOp);
      const ruling = old === undefined ? undefined : authority.ruling(hex(id), batch.settlementOf(old)?.last.batch);
      terminal.settle({ op: hex(op), body: hex(sha256(raw)), account: hex(id) }, old, ruling);
      return {};
    },
    settleStatus: ({ op }) => settlementOf(settlements.status(hex(op)) ?? refuse("BAD_STATE", { detail: "NOTHING" })),
    hostQuery({ op }) {
      if (!terminal.capabilities.includes("host-query")) refuse("NOT_SUPPORTED");
      const { answer, totals, reference, date } = settlements.query(hex(op));
      return {
        answer,
        ...(totals === undefined ? {} : { hostTotals: totals }),
        ...(reference === undefined ? {} : { reference }),
        ...(date === undefined ? {} : { hostDate: date }),
      };
    },
    getOp({ op: id }) {
      const op = ops.get(hex(id));
      if (op === undefined) return { state: ops.state(hex(id)) as Wire<"getOp">["state"] }; // the store knows no other states
      const result = resultOf(op);
      const numbers: Readonly<Record<string, number>> = op.kind === "wipe" ? areaFaults : settleCodes;
      const code = op.code === undefined ? undefined : numbers[op.code];
      return {
        state: op.state as Wire<"getOp">["state"],
        ...(code === undefined ? {} : { code }),
        ...(result === undefined ? {} : { result }),
        ...(op.resultHash === undefined ? {} : { resultHash: unhex(op.resultHash) }),
      };
    },
    releaseOp({ op }) {
      ops.release(hex(op));
      return {};
    },

    prepare({ areas, slots, kept }, raw) {
      if (raw.length > limits.plan) refuse("BAD_FIELD", { tag: 0 });
      const wanted = areas.map(({ area, method, fill }) => {
        known(method, 0xdf4b);
        if (fill && !terminal.capabilities.includes("fill")) refuse("NOT_SUPPORTED");
        const { classes, fillable } = areaOf(area);
        if (classes === 0x80) refuse("BAD_FIELD", { tag: 0xdf4a });
        if (fill && !fillable) refuse("BAD_FIELD", { tag: 0xdf4f });
        return area;
      });
      const ranges = slots.map(rangeOf);
      const keeps = kept.map((range) => ({ ...rangeOf(range), reason: range.reason }));
      const named = [...ranges, ...keeps].every((range) => range.from <= range.to && model.keys.some((whole) => covers(whole, range)));
      if (!named) refuse("BAD_FIELD", { tag: 0xdf5c });
      if (new Set(wanted).size !== wanted.length) refuse("BAD_FIELD", { tag: 0xdf4a });
      const whole = { areas: wanted, fills: areas.flatMap(({ area, fill }) => (fill ? [area] : [])), slots: ranges };
      const missing = scopeMissing(whole, keeps, authority.demand("wipe").scopeFloor);
      if (missing !== 0) {
        terminal.violate("scope-narrowed");
        refuse("SCOPE", { classes: missing });
      }
      plan.current = { ...whole, hash: sha256(raw) };
      const seconds = Math.ceil(wipe.estimate(wanted) / 1000);
      return { planHash: plan.current.hash, censusHash: censusHash(), seconds };
    },
    abortPrepared() {
      if (wipe.armed) refuse("BAD_STATE", { detail: "ARMED" });
      plan.current = undefined;
      return {};
    },
    commit({ op, planHash, censusHash: counted, signature }) {
      const opened = authority.demand("wipe");
      const prepared = plan.current ?? unprepared();
      const rest = concat(op, planHash, counted);
      const challenge = authority.signed(commands.commit.code, opened.station, signature, opened.grantHash, rest);
      if (!equal(planHash, prepared.hash)) {
        terminal.violate("commit-unprepared");
        refuse("PLAN_MISMATCH");
      }
      ops.expect(hex(op));
      terminal.interlock(censusHash(), counted, prepared.areas, opened.exceptions);
      const token = terminal.seal(op, challenge, planHash, counted).subarray(0, 16);
      prepared.accepted = { op: hex(op), token, censusHash: counted };
      terminal.point("commit.accepted");
      return { token };
    },
    arm({ op, token }, raw) {
      const opened = authority.demand("wipe");
      const prepared = plan.current;
      const accepted = prepared?.accepted;
      if (prepared === undefined || accepted === undefined) {
        terminal.violate("arm-unaccepted");
        return refuse("BAD_STATE", { detail: "NOT_PREPARED" });
      }
      if (accepted.op !== hex(op) || !equal(accepted.token, token)) {
        terminal.violate("arm-unaccepted");
        return refuse("AUTH", { detail: "TOKEN" });
      }
      ops.expect(hex(op)); // money may have used the counter since COMMIT
      terminal.interlock(censusHash(), accepted.censusHash, prepared.areas, opened.exceptions);
      terminal.arm({
        op: hex(op),
        body: hex(sha256(raw)),
        planHash: hex(prepared.hash),
        censusHash: hex(accepted.censusHash),
        grantHash: hex(opened.grantHash),
        areas: prepared.areas,
        fills: prepared.fills,
        slots: prepared.slots,
      });
      plan.current = undefined;
      return {};
    },
    sample({ op, area, seed, blocks, nonce }) {
      if (blocks > limits.sampleBlocks) refuse("BAD_FIELD", { tag: 0xdf4e });
      done(op, area);
      const { size, block } = areaOf(area);
      const read = terminal.blocks(area, samplePositions(seed, size / block, blocks));
      let nonBlank = 0;
      for (const bytes of read) for (const byte of bytes) if (byte !== 0xff) nonBlank++;
      return { nonBlank, mac: hmacSha256(nonce, ...read) };
    },
    attest({ op, nonce }) {
      const identity = terminal.identityKey() ?? refuse("NOT_SUPPORTED");
      const { planHash } = done(op);
      terminal.point("attest");
      return attest(terminal, identity, { nonce, op, planHash: unhex(planHash), resultHash: unhex(ops.get(hex(op))?.resultHash ?? "") });
    },
    fillBegin({ op, area, mode, size, seed }) {
      const request = { op: hex(op), area, size };
      streams.into = undefined;
      switch (mode) {
        case fillModes.stream: {
          if (seed !== undefined) refuse("BAD_FIELD", { tag: 0xdf4d });
          const next = fills.begin({ ...request, mode: "stream" });
          streams.into = area;
          return { next };
        }
        case fillModes.seed: {
          if (seed === undefined) return refuse("BAD_FIELD", { tag: 0xdf4d });
          return { next: fills.begin({ ...request, mode: "seed", seed: hex(seed) }, (from, to) => seedBytes(seed, from, to)) };
        }
        default:
          return refuse("BAD_FIELD", { tag: 0xdf4f });
      }
    },
    fillEnd({ op, area }) {
      streams.into = undefined;
      return { written: fills.end(hex(op), area) };
    },
    fillRelease({ op, area }) {
      streams.into = undefined;
      fills.release(hex(op), area);
      return {};
    },
    proof({ op, area, nonce, orderSeed }) {
      fills.demandClosed(hex(op), area);
      const { size, block } = areaOf(area);
      const mac = proofMac({ nonce, orderSeed, area, size, block }, (from) => terminal.blocks(area, [from / block])[0] ?? EMPTY);
      return { mac, deviceMs: Math.round(terminal.worksFor(size)) };
    },
  };

  function unprepared(): never {
    terminal.violate("commit-unprepared");
    return refuse("BAD_STATE", { detail: "NOT_PREPARED" });
  }
}
