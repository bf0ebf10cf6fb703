// What the simulated terminal answers to commands that only look, and to those about the session itself: README "Commands".
import { concat, hex, unhex } from "../../../src/base/bytes.js";
import { keyIdOf, sha256 } from "../../../src/base/sign.js";
import { refuse } from "../../../src/sim/refused.js";
import { limits } from "../codes.js";
import { type Context, type Handlers, rangeOf } from "./context.js";
import { rowOf, settlementOf } from "./encoding.js";

export function reading({ terminal, authority, census: { pages }, room, streams }: Context) {
  const { batch, firmware, keys, settlements, wipe, model, self } = terminal;
  const account = (id: Uint8Array) => batch.accounts.find((one) => one.id === hex(id)) ?? refuse("BAD_FIELD", { tag: 0xdf48 });
  return {
    identify: () => ({
      serial: self.serial,
      ifdSerial: self.serial.slice(-8),
      model: model.name,
      firmware: model.firmware,
      hardware: model.hardware,
      tampered: self.tampered,
      ...(self.tamperCodes === undefined ? {} : { tamperCodes: self.tamperCodes }),
      battery: self.power.battery,
      mains: self.power.mains,
      date: self.time.slice(0, 6),
      time: self.time.slice(6),
      secondsToReboot: self.secondsToReboot,
      ...(wipe.journal?.state === "done" ? { lastWipe: unhex(wipe.journal.op) } : {}),
    }),
    locate: () => ({}),
    challenge: ({ command }) => ({ challenge: authority.challenge(command) }),
    open(request) {
      const { rights } = authority.open(request);
      return { rights, ownerState: self.ownerState };
    },
    rollover({ statement }) {
      authority.rollover(statement);
      return { ownerKeys: self.owners.get().keys.map((key) => keyIdOf(unhex(key))) };
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
        accounts: accounts.map(({ id, acquirer, mid, tid, name, currency }) => {
          return { account: unhex(id), acquirer, mid, tid, name, currency, batch: batch.ledger(id).get().batch };
        }),
        rows:
          only === undefined && accounts.length > limits.totalsAtOnce
            ? []
            : firmware.totals(batch.rows(only === undefined ? undefined : hex(only))).map(rowOf),
      };
    },
    census({ page }) {
      if (page === 0) terminal.point("census");
      return pages()[page] ?? refuse("BAD_FIELD", { tag: 0xdf55 });
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
    areaList: () => ({ areas: self.areas() }),
    keyList: () => ({ ranges: model.keys, slots: firmware.slots(keys.list()) }),
    keyProbe(request) {
      if (!wipe.armed && terminal.life.spentGrant === undefined) authority.demand("wipe"); // another life's wipe opens nothing
      if (request.from > request.to) refuse("BAD_FIELD", { tag: 0xdf5d });
      const seen = firmware.probed(keys.probe(rangeOf(request)), wipe.journal?.state === "done");
      return { ranges: seen.map(({ from, to, state }) => ({ from, to, state })) };
    },
    canPay: () => ({ reasons: self.cannotPay }),
  } satisfies Partial<Handlers>;
}
