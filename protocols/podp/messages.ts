// podp messages as declared data: every tag and command of README chapters 5 and 6. Both sides of the line read this table.

import { algorithms, eraseMethods, keyTypes, opStates, probeStates, settlementStates } from "../../src/terminal/facts.js";
import {
  bytes,
  digits,
  type Fields,
  flag,
  group,
  many,
  named,
  number,
  one,
  optional,
  printable,
  struct,
  u8,
  u16,
  u32,
} from "../../src/wire/fields.js";
import { command, table } from "../../src/wire/messages.js";
import { directions, environments, hostAnswers, limits, ownerStates, resetReasons, settleCodes } from "./codes.js";

const serial = one(0xdf24, printable(32));
const life = one(0xdf25, u32);
const op = one(0xdf40, bytes(16));
const account = one(0xdf48, bytes(8));
const kind = one(0xdf49, u8);
const area = one(0xdf4a, u8);
const batch = one(0xdf69, digits(6));
const amount = one(0x9f02, number(6));
const currency = one(0x5f2a, digits(3));
const direction = one(0xdf68, named(directions));
const count = one(0xdf67, u16);
const signature = bytes(64);
const point = bytes(65);
const keyId = bytes(8);

// --- session -----------------------------------------------------------------------------------------------------------------
export const hello = struct({ hostNonce: one(0xdf31, bytes(8)), version: one(0xdf21, u8), maxFrame: one(0xdf32, u16) });
export const helloAck = struct({
  hostNonce: one(0xdf31, bytes(8)),
  nonce: one(0xdf3f, bytes(8)),
  version: one(0xdf21, u8),
  serial,
  model: one(0xdf33, printable(32)),
  firmware: one(0xdf34, printable(32)),
  bootNumber: one(0xdf35, u32),
  resetReason: one(0xdf36, named(resetReasons)),
  life,
  nextOp: one(0xdf37, u32),
  environment: one(0xdf38, named(environments)),
  maxFrame: one(0xdf32, u16),
  window: one(0xdf39, u8),
  secondsToReboot: one(0xdf3a, u32),
  capabilities: one(0xdf3b, u32),
  ownerState: one(0xdf3c, named(ownerStates)),
  passFloor: one(0xdf2a, u32),
  locked: one(0xdf3d, flag),
  busyOp: optional(0xdf40, bytes(16)),
  ownerKeys: many(0xdf22, keyId),
});
export const progress = struct({
  op,
  step: one(0xdf6c, u8),
  steps: one(0xdf6b, u16),
  area: optional(0xdf4a, u8),
  permille: one(0xdf67, u16),
  silence: one(0xdf71, u32),
});
export const stall = struct({ ms: one(0xdf71, u32) });
export const events = { PROGRESS: 1, STALL: 2 } as const;

// --- authority ---------------------------------------------------------------------------------------------------------------
const version = one(0xdf21, u8);
const ownerKeyId = one(0xdf22, keyId);
const depot = one(0xdf27, bytes(8));
/** Everything a signature covers stands before DF2C, in this order. */
export const grantFields = {
  version,
  ownerKeyId,
  orderHash: one(0xdf23, bytes(32)),
  serial,
  life,
  rights: one(0xdf26, u16),
  depot,
  scopeFloor: one(0xdf28, u16),
  archiveKeyHash: one(0xdf29, bytes(32)),
  passFloor: one(0xdf2a, u32),
  exceptions: many(0xdf2b, bytes(55)),
  signature: one(0xdf2c, signature),
} satisfies Fields;
export const passFields = {
  version,
  ownerKeyId,
  depot,
  stationKey: one(0xdf2d, point),
  passNumber: one(0xdf2e, u32),
  signature: one(0xdf2c, signature),
} satisfies Fields;
export const rolloverFields = {
  version,
  ownerKeyId,
  serial,
  newOwnerKey: one(0xdf2d, point),
  replacedKeyId: one(0xdf30, keyId),
  number: one(0xdf2f, u32),
  signature: one(0xdf2c, signature),
} satisfies Fields;
/** The maker's statement about an identity key: which unit it was put into. */
export const deviceCertificateFields = {
  serial,
  model: one(0xdf33, printable(32)),
  deviceKey: one(0xdf2d, point),
  vendorKeyId: one(0xdf22, keyId),
  signature: one(0xdf2c, signature),
} satisfies Fields;
export const grant = struct(grantFields);
export const pass = struct(passFields);
export const rollover = struct(rolloverFields);
export const deviceCertificate = struct(deviceCertificateFields);
const whole = (max: number) => bytes(1, max);

// --- money -------------------------------------------------------------------------------------------------------------------
const accountGroup = group({
  account,
  acquirer: one(0x9f01, digits(11)),
  mid: one(0x9f16, printable(15)),
  tid: one(0x9f1c, printable(8)),
  name: one(0x9f4e, printable(40)),
  currency,
  batch,
});
const totalRow = group({ account, kind, direction, count, amount, currency });
const item = group({
  account,
  kind,
  batch,
  direction,
  amount,
  currency,
  stan: one(0x9f41, digits(6)),
  digest: one(0xdf6a, bytes(32)),
  count: optional(0xdf67, u16),
  date: optional(0x9a, digits(6)),
  time: optional(0x9f21, digits(6)),
});
export const totals = group({
  debitCount: one(0xdf67, u16),
  debit: one(0x9f02, number(6)),
  creditCount: one(0xdf6b, u16),
  credit: one(0xdf66, number(6)),
});
const settlement = {
  state: one(0xdf6c, named(settlementStates)),
  batch,
  code: one(0xdf6d, named(settleCodes)),
  hostCode: optional(0xdf6f, printable(4)),
  terminalTotals: optional(0xff2b, totals),
  hostTotals: optional(0xff2c, totals),
  reference: optional(0xdf6e, printable(24)),
  hostDate: optional(0xdf7d, digits(8)),
  macVerified: one(0xdf76, flag),
} satisfies Fields;

// --- memory and keys ---------------------------------------------------------------------------------------------------------
const slotRange = {
  type: one(0xdf5a, named(keyTypes)),
  algorithm: one(0xdf5b, named(algorithms)),
  from: one(0xdf5c, u16),
  to: one(0xdf5d, u16),
} satisfies Fields;
const file = group({ id: one(0xdf53, u8), size: one(0xdf73, u32), generation: one(0xdf54, u32) });
const areaGroup = group({
  area,
  classes: one(0xdf72, u16),
  size: one(0xdf73, u32),
  block: one(0xdf74, u32),
  blank: one(0xdf75, u8),
  generation: one(0xdf54, u32),
  fillable: one(0xdf76, flag),
  files: many(0xff27, file),
});
const slotGroup = group({
  type: one(0xdf5a, named(keyTypes)),
  algorithm: one(0xdf5b, named(algorithms)),
  slot: one(0xdf5c, u16),
  kcv: one(0xdf77, bytes(0, 3)),
});

/** PREPARE's body is at most 1,024 bytes; what it does not name is not erased. */
const planFields = {
  areas: many(0xff40, group({ area, method: one(0xdf4b, named(eraseMethods)), fill: one(0xdf4f, flag) })),
  slots: many(0xff41, group(slotRange)),
  kept: many(0xff42, group({ ...slotRange, reason: one(0xdf58, u8) })),
} satisfies Fields;
export const plan = struct(planFields);
export const wipeResult = struct({
  areas: many(0xff2d, group({ area, code: one(0xdf6d, u8), errors: one(0xdf67, u16), retries: one(0xdf6b, u16) })),
  slots: many(0xff2e, group({ ...slotRange, code: one(0xdf6d, u8) })),
});
export const settleResult = struct(settlement);
/** Details a refusal may carry. */
export const refusal = struct({
  detail: optional(0xdf6d, u8),
  tag: optional(0xdf78, u32),
  op: optional(0xdf40, bytes(16)),
  nextOp: optional(0xdf37, u32),
  seconds: optional(0xdf3a, u32),
  area: optional(0xdf4a, u8),
  classes: optional(0xdf72, u16),
  unsettled: many(0xff28, totalRow),
});

const none = {} satisfies Fields;

export const commands = table({
  identify: command(0x01, "read", none, {
    serial,
    ifdSerial: optional(0x9f1e, printable(8)),
    model: one(0xdf33, printable(32)),
    firmware: one(0xdf34, printable(32)),
    hardware: one(0xdf7e, printable(32)),
    tampered: one(0xdf62, flag),
    tamperCodes: optional(0xdf63, printable(64)),
    battery: one(0xdf64, u8),
    mains: one(0xdf65, flag),
    date: one(0x9a, digits(6)),
    time: one(0x9f21, digits(6)),
    secondsToReboot: one(0xdf3a, u32),
    lastWipe: optional(0xdf40, bytes(16)),
  }),
  locate: command(0x02, "change", { seconds: one(0xdf59, u16) }, none),
  challenge: command(0x03, "change", { command: one(0xdf46, u8) }, { challenge: one(0xdf60, bytes(16)) }),
  open: command(
    0x04,
    "change",
    {
      grant: one(0xff21, whole(limits.grant)),
      pass: one(0xff22, whole(limits.pass)),
      signature: one(0xdf44, signature),
      ownerKey: optional(0xdf2d, point),
    },
    { rights: one(0xdf61, u16), ownerState: one(0xdf3c, named(ownerStates)) },
  ),
  rollover: command(0x05, "change", { statement: one(0xff23, whole(512)) }, { ownerKeys: many(0xdf22, keyId) }),
  lock: command(0x06, "change", none, { locked: one(0xdf3d, flag) }),
  unlock: command(0x07, "change", none, { locked: one(0xdf3d, flag) }),
  reboot: command(0x08, "change", none, none),
  totals: command(
    0x20,
    "read",
    { account: optional(0xdf48, bytes(8)) },
    { accounts: many(0xff29, accountGroup), rows: many(0xff28, totalRow) },
  ),
  census: command(
    0x21,
    "read",
    { page: one(0xdf55, u16) },
    {
      generation: one(0xdf54, u32),
      pages: one(0xdf6b, u16),
      items: many(0xff24, item),
      unread: many(0xdf4a, u8),
    },
  ),
  read: command(
    0x22,
    "read",
    {
      file: one(0xdf53, u8),
      generation: one(0xdf54, u32),
      offset: one(0xdf50, u32),
      length: one(0xdf51, u32),
      perFrame: one(0xdf52, u16),
    },
    { next: one(0xdf50, u32), total: optional(0xdf7b, u32), sha256: optional(0xdf7c, bytes(32)) },
  ),
  lastSettlement: command(0x23, "read", { account }, settlement),
  areaList: command(0x24, "read", none, { areas: many(0xff25, areaGroup) }),
  keyList: command(0x25, "read", none, { ranges: many(0xff2a, group(slotRange)), slots: many(0xff26, slotGroup) }),
  keyProbe: command(0x26, "read", slotRange, {
    ranges: many(0xff2a, group({ from: one(0xdf5c, u16), to: one(0xdf5d, u16), state: one(0xdf6c, named(probeStates)) })),
  }),
  canPay: command(0x27, "read", none, { reasons: one(0xdf78, u32) }),
  pendingSend: command(0x30, "money", { op, account, kind }, none),
  settleStart: command(0x31, "money", { op, account, oldOp: optional(0xdf41, bytes(16)) }, none),
  settleStatus: command(0x32, "read", { op }, settlement),
  hostQuery: command(
    0x33,
    "change",
    { op },
    {
      answer: one(0xdf6c, named(hostAnswers)),
      hostTotals: optional(0xff2c, totals),
      reference: optional(0xdf6e, printable(24)),
      hostDate: optional(0xdf7d, digits(8)),
    },
  ),
  getOp: command(
    0x38,
    "read",
    { op },
    {
      state: one(0xdf6c, named(opStates)),
      code: optional(0xdf6d, u8),
      result: optional(0xff2f, bytes(0, 1600)),
      resultHash: optional(0xdf70, bytes(32)),
    },
  ),
  releaseOp: command(0x39, "change", { op }, none),
  prepare: command(0x40, "change", planFields, {
    planHash: one(0xdf42, bytes(32)),
    censusHash: one(0xdf43, bytes(32)),
    seconds: one(0xdf71, u32),
  }),
  abortPrepared: command(0x41, "change", none, none),
  commit: command(
    0x42,
    "destroy",
    { op, planHash: one(0xdf42, bytes(32)), censusHash: one(0xdf43, bytes(32)), signature: one(0xdf44, signature) },
    { token: one(0xdf45, bytes(16)) },
  ),
  arm: command(0x43, "destroy", { op, token: one(0xdf45, bytes(16)) }, none),
  sample: command(
    0x44,
    "read",
    { op, area, seed: one(0xdf4d, bytes(16)), blocks: one(0xdf4e, u16), nonce: one(0xdf47, bytes(16)) },
    { nonBlank: one(0xdf79, u32), mac: one(0xdf7a, bytes(32)) },
  ),
  attest: command(
    0x45,
    "read",
    { op, nonce: one(0xdf47, bytes(32)) },
    {
      signature: one(0xdf2c, signature),
      firmwareHash: one(0xdf7c, bytes(32)),
      keyId: one(0xdf22, keyId),
      certificate: optional(0xff30, bytes(1, 400)),
    },
  ),
  fillBegin: command(
    0x50,
    "destroy",
    { op, area, mode: one(0xdf4f, u8), size: one(0xdf56, u32), seed: optional(0xdf4d, bytes(16)) },
    { next: one(0xdf50, u32) },
  ),
  fillEnd: command(0x52, "destroy", { op, area }, { written: one(0xdf7b, u32) }),
  fillRelease: command(0x53, "destroy", { op, area }, none),
  proof: command(
    0x54,
    "read",
    { op, area, nonce: one(0xdf47, bytes(32)), orderSeed: one(0xdf57, bytes(16)) },
    { mac: one(0xdf7a, bytes(32)), deviceMs: one(0xdf71, u32) },
  ),
});

/** FILL_DATA carries offset and bytes without TLV, so it stands outside the table. */
export const FILL_DATA = 0x51;

export type CommandName = keyof typeof commands;
