// The hold file: what a parked run needs, by when, and what was saved, signed by the station so that it can travel.
import * as z from "zod";
import { hex } from "../base/bytes.js";
import { rfc3339 } from "../base/clock.js";
import { codes, type ErrorCode } from "../base/codes.js";
import { type Disk, replaceDurably } from "../base/disk.js";
import { DecomError } from "../base/errors.js";
import { sha256 } from "../base/sign.js";
import { kinds } from "../terminal/facts.js";
import { Rejection } from "./codes.js";
import { outcomes } from "./entries.js";
import { type Signer, signDetached } from "./envelope/cms.js";
import { verifyEnvelope } from "./envelope/envelope.js";
import { readJson } from "./json.js";
import { type RunRecord, settlementOf } from "./record.js";
import * as f from "./statement/fields.js";

export const HOLD_TYPE = "application/vnd.decom.hold+json;v=1";

const totals = z.strictObject({ debitCount: f.count, debit: z.int(), creditCount: f.count, credit: z.int() });
const account = z.strictObject({
  acquirer: f.identifier,
  mid: f.mid,
  tid: f.tid,
  /** The one that was to be settled, or is open where nothing was tried. */
  batch: f.identifier,
  outcome: z.enum(outcomes).nullable(),
  /** Every settlement that was begun, oldest first, with what is known of it. */
  attempts: z.array(
    z.strictObject({
      op: f.hex16,
      at: f.time,
      batch: f.identifier,
      censusHash: f.hash,
      /** What the batch came to by our own count when this was begun. */
      counted: totals.nullable(),
      outcome: z.enum(outcomes).nullable(),
      hostCode: z.string().nullable(),
      reference: z.string().nullable(),
      hostTotals: totals.nullable(),
    }),
  ),
  /** What host and back office said when they were asked. */
  asked: z.array(z.strictObject({ op: f.hex16, at: f.time, by: z.enum(["host", "office"]), answer: z.string() })),
  /** What the terminal still has, minor units. */
  open: z.array(z.strictObject({ kind: f.keysOf(kinds), direction: f.direction, count: f.count, minor: z.int(), currency: z.string() })),
});

/** Closed: a field that is not here makes the file unusable. */
const holdSchema = z.strictObject({
  type: z.literal(HOLD_TYPE),
  version: z.literal(1),
  /** For the label on the terminal; the same for every hold of one run. */
  id: z.string().regex(/^H(-[0-9A-HJKMNP-TV-Z]{4}){2}$/),
  runId: f.uuid,
  certId: f.uuid,
  serial: f.identifier,
  station: f.identifier,
  orderSha256: f.hash,
  at: f.time,
  deadline: f.time,
  code: f.keysOf<ErrorCode>(codes),
  didItHappen: z.enum(["not-done", "unknown", "done"]),
  message: z.string(),
  /** Who can help, and with what. */
  owner: z.enum(["technician", "back-office", "developer"]),
  need: z.string(),
  saved: z.strictObject({
    censusHash: f.hash.nullable(),
    accounts: z.array(account),
    /** Ops by which something pending was sent. */
    pendingOps: z.array(f.hex16),
    wipeOp: f.hex16.nullable(),
  }),
});
export type Hold = z.infer<typeof holdSchema>;

export interface HoldRequest {
  readonly disk: Disk;
  readonly folder: string;
  readonly signer: Signer;
  readonly now: number;
  readonly deadline: string;
  readonly record: RunRecord;
  readonly error: DecomError;
}

/**
 * Writes hold.json and hold.sig into the run folder; a newer hold of the same run replaces an older one. Throws `signer.unavailable` before
 * it has touched either: what is not signed must not look like a hold file.
 */
export function writeHold(request: HoldRequest): { path: string; sha256: string } {
  const { disk, folder, signer, now } = request;
  const content = new Uint8Array(Buffer.from(`${JSON.stringify(holdOf(request))}\n`));
  const signature = signDetached({ content, signer, signingTime: now });
  const path = `${folder}/hold.json`;
  replaceDurably(disk, path, content);
  replaceDurably(disk, `${folder}/hold.sig`, signature);
  return { path, sha256: hex(sha256(content)) };
}

function holdOf({ now, deadline, record, error }: HoldRequest): Hold {
  const { begin } = record;
  const census = record.lastCensus;
  return {
    type: HOLD_TYPE,
    version: 1,
    id: labelOf(begin.runId),
    runId: begin.runId,
    certId: begin.certId,
    serial: begin.serial,
    station: begin.stationId,
    orderSha256: record.order.orderSha256,
    at: rfc3339(now),
    deadline,
    code: error.code,
    didItHappen: error.did,
    message: error.message,
    owner: error.row.who,
    need: error.remedy,
    saved: {
      censusHash: census?.census.hash ?? null,
      accounts: (census?.accounts ?? []).map((one) => ({
        acquirer: one.acquirer,
        mid: one.mid,
        tid: one.tid,
        batch: record.attempts(one.id)[0]?.intent.batch ?? one.batch,
        outcome: settlementOf(record, one.id)?.outcome ?? null,
        attempts: record.attempts(one.id).map(({ intent, seen }) => ({
          op: intent.op,
          at: intent.at,
          batch: intent.batch,
          censusHash: intent.censusHash,
          counted: intent.totals ?? null,
          outcome: seen?.outcome ?? null,
          hostCode: seen?.facts.hostCode ?? null,
          reference: seen?.facts.reference ?? null,
          hostTotals: seen?.facts.hostTotals ?? null,
        })),
        asked: record.asked(one.id).map(({ op, at, by = "host", answer }) => ({ op, at, by, answer })),
        open: (census?.rows ?? [])
          .filter((row) => row.account === one.id)
          .map(({ kind, direction: way, count, money }) => ({ kind, direction: way, count, minor: money.minor, currency: money.currency })),
      })),
      pendingOps: record.pendingOps,
      wipeOp: record.arm?.op ?? null,
    },
  };
}

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Short enough to be written by hand and read over a telephone: no I, L, O or U. */
export function labelOf(runId: string): string {
  const letters = Array.from(sha256(Buffer.from(runId)).subarray(0, 8), (byte) => CROCKFORD[byte % CROCKFORD.length] ?? "");
  return `H-${letters.slice(0, 4).join("")}-${letters.slice(4).join("")}`;
}

/**
 * A hold file as the station that it names has signed it, and its hash. Throws `hold.invalid` for whatever is wrong with form or signature.
 * The signature may be older than its certificates: `now` is when they are looked at.
 */
export function readHold(
  { content, signature }: { readonly content: Uint8Array; readonly signature: Uint8Array },
  { trust, now }: { readonly trust: readonly Uint8Array[]; readonly now: number },
): { readonly hold: Hold; readonly sha256: string } {
  try {
    const { signerName } = verifyEnvelope({ content, signature, trust, roles: ["station", "bench", "simulator"], trustedTime: now });
    const hold = holdSchema.parse(readJson(content));
    if (hold.station !== signerName)
      throw new DecomError("hold.invalid", `the hold names station ${hold.station}, ${signerName} signed it`);
    return { hold, sha256: hex(sha256(content)) };
  } catch (cause) {
    if (cause instanceof Rejection) throw new DecomError("hold.invalid", `the hold file: ${cause.message}`, { cause });
    if (cause instanceof z.ZodError) throw new DecomError("hold.invalid", `the hold file: ${z.prettifyError(cause)}`, { cause });
    throw cause;
  }
}
