// What the simulated terminal answers to commands that erase, and to those that prove it: README "Erasure".
import { concat, equal, hex, isFilledWith, unhex } from "../../../src/base/bytes.js";
import { hmacSha256, sha256 } from "../../../src/base/sign.js";
import { refuse } from "../../../src/sim/refused.js";
import type { WipePlan } from "../../../src/sim/wipe.js";
import type { SlotRange } from "../../../src/terminal/facts.js";
import { fillModes, keepReasons, limits } from "../codes.js";
import { commands } from "../messages.js";
import { proofMac, seedBytes } from "../pattern.js";
import { samplePositions } from "../sampling.js";
import { type Context, type Handlers, known, rangeOf } from "./context.js";
import { attest, SIMULATED_MAKER } from "./proofs.js";

const covers = (a: SlotRange, b: SlotRange) => a.type === b.type && a.algorithm === b.algorithm && a.from <= b.from && a.to >= b.to;

export function erasing({ terminal, authority, plan, census, streams }: Context) {
  const { wipe, fills, ops, model, self } = terminal;
  const areaOf = (id: number) => self.area(id) ?? refuse("BAD_FIELD", { tag: 0xdf4a });
  const scopeMissing = ({ areas, slots }: WipePlan, kept: readonly (SlotRange & { readonly reason: number })[], floor: number): number => {
    const areasLeft = self.areas().filter(({ area, classes }) => (classes & floor) !== 0 && !areas.includes(area));
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
    prepare({ areas, slots, kept }, raw) {
      if (raw.length > limits.plan) refuse("BAD_FIELD", { tag: 0 });
      const wanted = areas.map(({ area, method, fill }) => {
        known(method, 0xdf4b);
        if (fill && !self.capabilities.includes("fill")) refuse("NOT_SUPPORTED");
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
      return { planHash: plan.current.hash, censusHash: census.hash(), seconds };
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
      terminal.interlock({ named: counted, present: census.hash(), areas: prepared.areas, exceptions: opened.exceptions });
      const token = self.seal(op, challenge, planHash, counted).subarray(0, 16);
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
      const asked = { named: accepted.censusHash, present: census.hash(), areas: prepared.areas, exceptions: opened.exceptions };
      terminal.interlock(asked);
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
      const read = samplePositions(seed, size / block, blocks).map((at) => self.block(area, at));
      let nonBlank = 0;
      for (const bytes of read) if (!isFilledWith(bytes, 0xff)) for (const byte of bytes) if (byte !== 0xff) nonBlank++;
      return { nonBlank, mac: hmacSha256(self.nonce("sample", nonce), ...read) };
    },
    attest({ op, nonce }) {
      const signer = self.signer(SIMULATED_MAKER) ?? refuse("NOT_SUPPORTED");
      const { planHash } = done(op);
      terminal.point("attest");
      const resultHash = unhex(ops.get(hex(op))?.resultHash ?? "");
      return attest(terminal, signer, { nonce: self.nonce("attest", nonce), op, planHash: unhex(planHash), resultHash });
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
      const seed = fills.seed(area);
      const at = { nonce: self.nonce("proof", nonce), orderSeed, area, size, block };
      const mac = proofMac(at, (from, to) =>
        self.provenBlock(area, from / block, seed === undefined ? undefined : () => seedBytes(unhex(seed), from, to)),
      );
      return { mac, deviceMs: Math.round(terminal.worksFor(size)) };
    },
  } satisfies Partial<Handlers>;

  function unprepared(): never {
    terminal.violate("commit-unprepared");
    return refuse("BAD_STATE", { detail: "NOT_PREPARED" });
  }
}
