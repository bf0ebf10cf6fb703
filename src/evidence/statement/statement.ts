// The statement: all that a certificate can say, closed and in the order in which it is written. Version 1 is complete; it is filled, not widened.
import * as z from "zod";
import type { EndState } from "../../base/codes.js";
import { DecomError } from "../../base/errors.js";
import { isolationWays, networks } from "../../terminal/isolation.js";
import { pointerTo, Rejection, type VerifierCode } from "../codes.js";
import * as f from "./fields.js";
import { type Reason, reasons } from "./reasons.js";
import * as e from "./statement-erasure.js";
import * as m from "./statement-money.js";

export const STATEMENT_TYPE = "application/vnd.decom.wipe-certificate+json;v=1";

const record = {
  type: z.literal(STATEMENT_TYPE),
  version: z.literal(1),
  certId: f.uuid,
  runId: f.uuid,
  issuedAt: f.time,
  outcome: z.enum(["ERASED", "ERASED_WITH_EXCEPTIONS", "NOT_ERASED", "ABORTED"]),
  endState: z.enum(["CERT", "QUAR", "DESTROY", "ABANDONED"] as const satisfies readonly EndState[]),
  /** Reasons recomputed by every verifier, and perhaps the code with which the run ended, such as `identity.swapped`. */
  outcomeReasons: z.array(z.union([f.keysOf<Reason>(reasons), z.string().regex(/^[a-z]{1,20}\.[a-z-]{1,40}$/)])),
  environment: z.strictObject({ kind: z.enum(["production", "bench", "simulator"]), simulatorBuild: f.label.optional() }),
};

const segment = z.strictObject({ version: f.name, buildSha256: f.orUnknown(f.hash), from: f.time, to: f.time });
const station = {
  /** One segment per program that worked on the run: a resumed run may have met an update. */
  tool: z.strictObject({ name: f.name, segments: z.array(segment).min(1) }),
  family: z.strictObject({ name: f.name, marks: z.record(f.name, z.enum(["spec", "simulated", "replayed", "bench"])) }),
  /** The expected inventory, copied in, so that a reader needs no model file. */
  model: z.strictObject({
    id: f.name,
    version: f.count,
    sha256: f.hash,
    areas: z
      .array(z.strictObject({ id: f.count, class: z.array(f.contentClass).min(1), sizeBytes: f.count, minLevel: f.evidenceLevels }))
      .min(1),
    slots: z
      .array(z.strictObject({ range: f.slotRange, usage: f.keyUsage, alg: f.algorithm, after: z.enum(["absent", "retained"]) }))
      .min(1),
    /** Over which this model can be reached. */
    networks: z.array(z.enum(networks)),
  }),
  station: z.strictObject({ id: f.identifier, certSha256: f.hash, wireKeySha256: f.hash }),
  site: z.strictObject({ id: f.identifier, timezone: f.timezone }),
  transport: z.strictObject({
    kind: z.enum(["serial", "tcp", "sim"]),
    port: f.orUnknown(f.portLabel),
    baud: z.int().min(1).optional(),
    usbVidPid: z
      .string()
      .regex(/^[0-9a-f]{4}:[0-9a-f]{4}$/)
      .optional(),
    usbSerial: f.name.optional(),
  }),
  clock: z.strictObject({
    source: z.enum(["system", "ntp", "gnss", "simulated"]),
    offsetMs: f.orUnknown(z.int()),
    uncertaintyMs: f.orUnknown(f.count),
    lastSync: f.orUnknown(f.time),
    /** The latest time this station had signed before. */
    floor: f.time,
  }),
  runtime: z.strictObject({ node: f.label, os: f.label, arch: f.name }).optional(),
};

const destination = z.enum(["reuse-internal", "reuse-external", "export", "recycle", "manufacturer", "destroy", "hold"]);
const authority = {
  log: z.strictObject({ intentSeq: z.int().min(1), intentSha256: f.hash, headSeq: z.int().min(1), headSha256: f.hash }),
  journalHead: f.hash,
  order: z.strictObject({
    id: f.uuid,
    sha256: f.hash,
    issuer: f.identifier,
    /** SHA-256 of the root certificate above the order's signer: a bench order is known by it. */
    issuerRootSha256: f.orUnknown(f.hash),
    nonce: f.hex16,
    issuedAt: f.time,
    notAfter: f.time,
    continues: z.union([z.null(), f.uuid]),
    requestedMethod: f.orUnknown(z.enum(["clear", "purge"])),
    requestedAreas: z.array(f.contentClass),
    minimumLevels: f.minimumLevels,
    retentionPolicy: f.orUnknown(f.label),
    archiveDemanded: z.boolean(),
    dualControl: z.boolean(),
    priorRuns: z.array(f.uuid),
  }),
  grant: z.strictObject({ sha256: f.hash, ownerKeyId: f.hex8, trust: z.enum(["pinned", "first-use"]) }).optional(),
};

const inspection = z.strictObject({
  n: z.int().min(1),
  bootNumber: f.count,
  at: f.time,
  result: z.enum(["clean", "residue", "unreadable"]),
});
const device = {
  device: z.strictObject({
    manufacturer: f.orUnknown(f.label),
    model: f.label,
    serialLabel: f.orUnknown(f.identifier),
    serialReported: f.orUnknown(f.identifier),
    serialMatch: z.enum(["match", "mismatch", "unreadable"]),
    identityLevel: f.identityLevel,
    identityEvidence: z.array(z.strictObject({ kind: z.enum(["label", "serial-report", "host-mac", "device-signature"]), ref: f.label })),
    /** The life that this run ended: a counter, or the order's IN_SERVICE event where the terminal counts none. */
    life: z.union([f.count, f.identifier]),
    hardwareVersion: f.orUnknown(f.label),
    firmwareVersion: f.orUnknown(f.label),
    appVersions: f.orUnknown(z.array(f.label)),
    tid: f.orUnknown(f.tid),
    mid: f.orUnknown(f.mid),
    acquirerId: f.orUnknown(f.identifier),
    tamperStatus: z.strictObject({ state: z.enum(["ok", "tampered", "unknown"]), codes: z.array(f.label) }),
    media: f.orUnknown(
      z.array(
        z.strictObject({
          id: f.count,
          kind: z.enum(["flash", "emmc", "eeprom", "secure-memory", "ram", "removable"]),
          sizeBytes: f.orUnknown(f.count),
          encrypted: f.orUnknown(z.boolean()),
          wearLevelled: f.orUnknown(z.boolean()),
        }),
      ),
    ),
    unprovenMemory: f.orUnknown(z.array(z.strictObject({ what: f.label, sizeBytes: f.orUnknown(f.count) }))),
    assetTag: f.identifier.optional(),
    seals: z.array(z.strictObject({ id: f.identifier, state: z.enum(["intact", "broken", "absent"]), where: f.label })).optional(),
    simPresent: z.boolean().optional(),
    esim: z.enum(["none", "active", "disabled", "deleted"]).optional(),
    sdCard: z.enum(["none", "present", "removed"]).optional(),
    ptsApprovalNumber: f.name.optional(),
    deviceCertSha256: f.hash.optional(),
    deviceKeyState: z.enum(["retained", "destroyed", "unknown"]).optional(),
  }),
  isolation: f.orUnknown(z.strictObject({ how: z.array(f.keysOf(isolationWays)).min(1), from: f.time, to: f.time })),
  inspections: z.array(inspection),
};

const custodyStep = z.strictObject({
  seq: z.int().min(1),
  type: z.enum(["dispatched", "received", "unsealed", "connected", "wiped", "sealed", "handed-over"]),
  at: f.time,
  by: f.orUnknown(f.identifier),
  to: f.identifier.optional(),
  place: f.orUnknown(f.label),
  trackingNo: f.identifier.optional(),
  sealId: f.identifier.optional(),
  condition: f.label.optional(),
  photoSha256: f.hash.optional(),
});
const custody = {
  custody: z.array(custodyStep),
  origin: z.strictObject({ siteId: f.orUnknown(f.identifier) }),
  notified: z.array(z.strictObject({ party: f.identifier, at: f.time, ref: f.label })).optional(),
};

/** What the outcome allows a label or a sales sheet to repeat. */
const claims = z.enum(["PAYMENT_DATA_ERASED", "KEY_SLOTS_EMPTY", "SETTLED_AS_TERMINAL_REPORTS", "UNIT_PROVEN"]);
export type Claim = z.infer<typeof claims>;
const disposition = {
  destination,
  standardRef: z.literal("NIST SP 800-88r2"),
  claims: z.array(claims),
  transcript: z.strictObject({ sha256: f.hash, frames: f.count, maskedPolicy: f.name, bytes: f.count }),
  labelApplied: z.boolean().optional(),
  tagsRemoved: z.boolean().optional(),
  language: z.enum(["en", "zh-CN"]).optional(),
};

export const statementSchema = z.strictObject({
  ...record,
  ...station,
  ...authority,
  ...device,
  ...custody,
  settlement: z.array(m.settlementRow),
  archive: m.archive,
  keys: z.array(e.keyRow),
  keysRetained: z.array(e.retainedRow),
  unbind: e.unbind.optional(),
  areas: z.array(e.areaRow),
  coverage: z.enum(["partial", "full"]),
  notCovered: z.array(e.notCovered),
  limitations: z.array(e.limitation),
  findings: z.array(e.findingRow),
  deviceAttestation: e.deviceAttestation.optional(),
  performedBy: f.orUnknown(e.person),
  verifiedBy: f.orUnknown(e.person),
  witness: e.person.optional(),
  approvers: z.array(f.identifier).optional(),
  ...disposition,
});
export type Statement = z.infer<typeof statementSchema>;
export type Outcome = Statement["outcome"];
/** What was seen, without what is concluded from it. */
export type Evidence = Omit<Statement, "outcome" | "outcomeReasons" | "limitations" | "findings" | "claims">;

/** Read first, so that another version is called by its name. */
const headSchema = z.object({ type: z.string(), version: z.int() });

/** Throws a Rejection with the pointer of the first thing that is not as the schema says. */
export function parseStatement(json: unknown): Statement {
  const head = headSchema.safeParse(json);
  if (head.success && (head.data.type !== STATEMENT_TYPE || head.data.version !== 1)) {
    const pointer = head.data.type === STATEMENT_TYPE ? "/version" : "/type";
    throw new Rejection("SCHEMA_VERSION", pointer, "another document or another version");
  }
  const parsed = statementSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  throw first === undefined ? new Rejection("SCHEMA_INVALID", "", "not a statement") : rejectionOf(first, [], json);
}

/** The bytes that are hashed and signed: schema order, LF at the end. A statement outside the schema is never written. */
export function writeStatement(statement: Statement): Uint8Array {
  try {
    return new Uint8Array(Buffer.from(`${JSON.stringify(parseStatement(statement))}\n`));
  } catch (cause) {
    if (!(cause instanceof Rejection)) throw cause;
    throw new DecomError("draft.rejected", `the statement is not as its schema says: ${cause.message}`, { cause, codes: [cause.code] });
  }
}

function rejectionOf(issue: z.core.$ZodIssue, parents: readonly PropertyKey[], json: unknown): Rejection {
  const path = [...parents, ...issue.path];
  if (issue.code === "invalid_union") {
    // The branch that got furthest is the one that was meant.
    const meant = issue.errors
      .map(([first]) => first)
      .reduce((a, b) => ((b?.path.length ?? 0) > (a?.path.length ?? 0) ? b : a), issue.errors[0]?.[0]);
    if (meant !== undefined) return rejectionOf(meant, path, json);
  }
  const extra = issue.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
  return new Rejection(codeOf(issue, valueAt(json, path)), pointerTo([...path, ...extra]), issue.message);
}

function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined), json);
}

function codeOf(issue: z.core.$ZodIssue, value: unknown): VerifierCode {
  if (issue.code === "unrecognized_keys") return "JSON_UNKNOWN_FIELD";
  const strange = issue.code === "invalid_format" && typeof value === "string" && !/^[A-Za-z0-9._:-]*$/.test(value);
  return strange ? "JSON_CHARSET" : "SCHEMA_INVALID";
}
