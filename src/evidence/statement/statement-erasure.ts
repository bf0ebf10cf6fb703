// The erasure part of the statement: key slots, data areas, what was not covered, and sentences that say how far the evidence goes.
import * as z from "zod";
import { probeStates } from "../../terminal/facts.js";
import {
  algorithm,
  contentClass,
  count,
  evidenceLevels,
  hash,
  identifier,
  itemResult,
  keysOf,
  keyUsage,
  label,
  name,
  orUnknown,
  slotRange,
  time,
} from "./fields.js";

/** A range of slots that fared alike; a terminal has hundreds of slots and a certificate 256 KiB. */
export const keyRow = z.strictObject({
  slots: slotRange,
  usage: keyUsage,
  alg: algorithm,
  scheme: z.enum(["master-session", "dukpt", "rsa", "tls", "other"]),
  /** The device-id part of the KSN, never its counter. */
  ksnDeviceId: z
    .string()
    .regex(/^[0-9A-F]{8,16}$/)
    .optional(),
  before: orUnknown(z.enum(["absent", "present"])),
  action: z.enum(["zeroise", "overwrite", "delete", "none"]),
  deviceCode: orUnknown(count),
  after: orUnknown(z.enum(["absent", "present"])),
  /** The slot's own primitive was asked to work, without data in or out. */
  probe: orUnknown(z.strictObject({ expected: keysOf(probeStates), observed: orUnknown(keysOf(probeStates)) })),
  level: evidenceLevels,
  result: itemResult,
  /** Of a key that this run destroyed, as it was before. */
  kcv: z
    .string()
    .regex(/^([0-9A-F]{6}|[0-9A-F]{10})$/)
    .optional(),
});
export type KeyRow = z.infer<typeof keyRow>;

export const retainedRow = z.strictObject({
  slots: slotRange,
  usage: keyUsage,
  alg: algorithm,
  reason: z.enum(["vendor-identity", "vendor-firmware", "by-order"]),
  authority: z.enum(["model", "order"]),
});
export type RetainedRow = z.infer<typeof retainedRow>;

export const unbind = z.strictObject({ tokenSha256: hash, rtKrdSha256: hash, result: z.enum(["unbound", "refused", "unknown"]) });

const verification = z.strictObject({
  method: z.enum(["none", "sampled-read", "full-read", "seed-fill", "stream-fill"]),
  level: evidenceLevels,
  coverageBytes: count,
  samples: count,
  /** SHA-256 of the seed that chose the blocks or filled them, journaled before the terminal was asked. */
  seedCommit: hash.optional(),
  /** A retained fraction of so many millionths is found with so many millionths of probability. */
  detection: z.strictObject({ retainedPpm: count, probabilityPpm: z.int().min(0).max(1_000_000) }).optional(),
  expected: z.enum(["blank", "mac-agrees"]),
  observed: orUnknown(z.enum(["blank", "residue", "mac-agrees", "mac-differs"])),
  deadlineMs: count.optional(),
  elapsedMs: orUnknown(count),
  result: z.enum(["passed", "failed", "not-run"]),
});

export const areaRow = z.strictObject({
  id: count,
  class: z.array(contentClass).min(1),
  sizeBytes: count,
  method: z.enum(["clear", "purge", "crypto-erase", "not-addressable", "none"]),
  technique: z.enum(["block-erase", "overwrite", "zeroise", "crypto-erase", "delete", "restore-default", "none"]),
  basis: z.enum(["device-command", "vendor-statement", "observed"]),
  startedAt: orUnknown(time),
  endedAt: orUnknown(time),
  deviceCode: orUnknown(count),
  errors: orUnknown(count),
  retries: orUnknown(count),
  result: itemResult,
  verification,
});
export type AreaRow = z.infer<typeof areaRow>;

export const notCovered = z.strictObject({ what: label, why: label });

/** Fixed sentences: a certificate says how far its evidence goes in words that were weighed once. */
export const limitations = {
  addressable: "read-back shows the addressable view as the terminal serves it; spare and worn blocks are not read",
  probed:
    "a key slot is empty as the terminal answers a probe of it: dishonest firmware is not found out by that, and slots that no document names may not have been asked about",
  sampled: "sampling finds large remains; it does not prove that a single record or key is gone",
  seedFill: "detects incomplete or faulty erasure; does not prove erasure by a device whose firmware is dishonest",
  streamFill:
    "shows that the covered bytes of declared writable memory held verifier-chosen data, assuming no undeclared memory and no communication with other devices during the run",
  reload: "may have reloaded: isolation does not cover the time from erase to last inspection",
  blank: "observed blank, not erased by this run",
  settlement: "settled as the terminal reports; the acquirer's own record is not part of this document",
  unit: "the unit is known by the serial number it reports; its identity is not proven by a key",
  relay:
    "the key of the unit signed during this run; that the unit itself was on this cable, and not only asked for its signature, is assumed",
  tampered:
    "tampered with before or during this run: keys that were absent were zeroised by its hardware, and what the terminal says of itself is the word of a unit that may have been changed",
  memory: "memory that commands do not reach, such as firmware and the operation store, is not erased",
} as const;
export type Limitation = (typeof limitations)[keyof typeof limitations];
export const limitation = z.enum(Object.values(limitations) as [Limitation, ...Limitation[]]); // values of a const table

/** What a reader must be told beside the outcome. */
export const statementFindings = {
  OWNER_FIRST_USE: "warning",
  HOST_VIEW_UNAVAILABLE: "warning",
  FOUND_BLANK: "warning",
  UNIT_UNPROVEN: "warning",
  TAMPERED: "warning",
  NOT_NOTIFIED: "info",
  SLOT_RETAINED: "info",
  WARN_LEFT: "info",
  DEPOT_NETWORK_USED: "info",
  TRACE_GAP: "info",
} as const;
export type StatementFinding = keyof typeof statementFindings;
export const findingRow = z.strictObject({ code: keysOf(statementFindings), severity: z.enum(["info", "warning"]) });

export const deviceAttestation = z.strictObject({
  format: name,
  tokenB64: z.string().regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/),
  sha256: hash,
});

export const person = z.strictObject({
  /** A random id of a register outside; names live there alone. */
  personRef: identifier,
  role: z.enum(["technician", "supervisor", "auditor", "automation"]),
  authMethod: z.enum(["os-login", "badge", "smartcard", "none"]),
});
