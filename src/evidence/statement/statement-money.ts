// The money part of the statement: one settlement row per acquirer and currency, and the archive of what was in the terminal.
import * as z from "zod";
import { kinds } from "../../terminal/facts.js";
import { outcomes } from "../entries.js";
import {
  count,
  direction,
  hash,
  hex16,
  identifier,
  keysOf,
  label,
  mid,
  money,
  orUnknown,
  reference,
  settlementLevel,
  stan,
  tid,
  time,
} from "./fields.js";

const totals = z.strictObject({ debitCount: count, debit: money, creditCount: count, credit: money });
export type TotalsField = z.infer<typeof totals>;

const openItems = z.strictObject({ kind: keysOf(kinds), gate: z.enum(["BLOCK", "BLOCK-X", "WARN"]), direction, count, money });
export type OpenItems = z.infer<typeof openItems>;

const hostView = z.union([
  z.strictObject({
    openBatch: orUnknown(identifier),
    uncaptured: z.strictObject({ count, debit: money, credit: money }),
    lastStan: orUnknown(stan),
    lastStanAt: orUnknown(time),
    lastClosedBatch: orUnknown(identifier),
    asOf: time,
  }),
  z.strictObject({ unavailable: z.literal(true), reason: label, approvers: z.array(identifier) }),
]);

const host = z.strictObject({
  code: orUnknown(identifier),
  flags: z.array(z.enum(["mac-verified", "error-flag", "after-lookup"])),
  rrn: orUnknown(reference),
  date: orUnknown(label),
  totals: orUnknown(totals),
});

/** A used part of the order's signed exceptions: items that stay behind, one to one. */
const exception = z.strictObject({
  orderItemSha256: hash,
  kind: keysOf(kinds),
  direction,
  /** Empty for kinds without item lists; the disposition is then `unlisted` and the count stands alone. */
  items: z.array(z.strictObject({ stan, digest: hash })),
  count,
  money,
  disposition: z.enum(["export", "write-off", "book-by-acquirer", "unlisted"]),
});
export type ExceptionRow = z.infer<typeof exception>;

export const settlementRow = z.strictObject({
  acquirer: identifier,
  mid,
  tid,
  batch: identifier,
  currency: money.shape.currency,
  level: settlementLevel,
  hostView: orUnknown(hostView),
  before: z.array(openItems),
  after: z.array(openItems),
  attempts: z.array(z.strictObject({ opId: hex16, at: time, result: z.enum([...outcomes, "looked-up"]) })),
  outcome: z.enum(outcomes),
  /** Of `UPLOAD_INCOMPLETE`: how far it came. */
  uploaded: z.strictObject({ done: count, of: count }).optional(),
  host: host.optional(),
  terminal: z.strictObject({ totals: orUnknown(totals) }),
  exceptions: z.array(exception).optional(),
});
export type SettlementRow = z.infer<typeof settlementRow>;

export const archive = z.discriminatedUnion("present", [
  z.strictObject({ present: z.literal(false) }),
  z.strictObject({
    present: z.literal(true),
    /** Of the file as it lies there: sealed, or in the clear. */
    sha256: hash,
    size: count,
    alg: z.enum(["none", "cms-aes256-cbc", "cms-aes256-gcm"]),
    recipients: z.array(z.strictObject({ party: identifier, certSha256: hash })),
    /** Records of the first census: listed one by one, or as a sum where the terminal does not list them. Never fewer than in `before`. */
    recordCount: count,
    panForm: z.enum(["none", "truncated", "encrypted"]),
    sadScan: z.literal("clean"),
  }),
]);
