// The work order as a document: everything a back office can say about one terminal in one life, closed and bounded.
import * as z from "zod";
import { hex } from "../../base/bytes.js";
import { sha256 } from "../../base/sign.js";
import { kinds } from "../../terminal/facts.js";
import * as f from "../statement/fields.js";
import { reasonPolicies } from "./policy.js";

export const ORDER_TYPE = "application/vnd.decom.order+json;v=1";

const MAX_ACCOUNTS = 12;
const MAX_ITEMS = 2000;
const list = <T extends z.ZodType>(of: T, max: number) => z.array(of).max(max);
const batch = f.identifier;
const currency = f.money.shape.currency;
const base64 = z
  .string()
  .max(8192)
  .regex(/^[A-Za-z0-9+/]*={0,2}$/);
/** Minor units; never negative, the direction says which way they go. */
const minor = z.int().min(0);
/** Two different people; that they are different is for the rules to say. */
const approvers = list(f.identifier, 2);
/** One set of merchant and terminal numbers at one acquirer, as the terminal must report it. */
const account = { acquirer: f.identifier, mid: f.mid, tid: f.tid };

const unavailable = { unavailable: z.literal(true), reason: f.label, approvers };
/** What an acquirer's host holds for one account; null where it does not know. */
const accountView = z.strictObject({
  ...account,
  openBatch: batch.nullable(),
  /** Authorised and not yet in a closed batch, added up. */
  uncaptured: list(z.strictObject({ direction: f.direction, currency, count: f.count, amount: minor }), 2 * MAX_ACCOUNTS),
  /** The same, one by one, where the host keeps them so. */
  items: list(z.strictObject({ stan: f.stan, direction: f.direction, currency, amount: minor }), MAX_ITEMS).optional(),
  lastStan: f.stan.nullable(),
  /** When the host saw it, by its own clock. */
  lastStanAt: f.time.nullable(),
  lastClosedBatch: batch.nullable(),
  asOf: f.time,
});
export type AccountView = z.infer<typeof accountView>;
const hostView = z.union([
  list(z.union([accountView, z.strictObject({ ...account, ...unavailable })]), MAX_ACCOUNTS),
  z.strictObject(unavailable),
]);
export type HostViewField = z.infer<typeof hostView>;

/** The back office's answer to a settlement whose end nobody at the bench could know. */
const resolution = z.strictObject({
  ...account,
  batch,
  answer: z.enum(["closed", "open"]),
  totals: z.strictObject({ currency, debitCount: f.count, debit: minor, creditCount: f.count, credit: minor }).nullable(),
  hostReference: f.reference,
  asOf: f.time,
});
export type ResolutionField = z.infer<typeof resolution>;

const exception = z.strictObject({
  serial: f.identifier,
  life: f.count,
  ...account,
  batch,
  kind: f.keysOf(kinds),
  direction: f.direction,
  currency,
  count: z.int().min(1),
  amount: minor,
  /** Digest of the masked record, as the terminal lists it. Empty where it cannot list records of this kind. */
  items: list(z.strictObject({ stan: f.stan, digest: f.hash }), MAX_ITEMS),
  disposition: z.enum(["export", "write-off", "book-by-acquirer", "unlisted"]),
  /** The host's confirmation that the original of a reversal is as it should be. */
  hostReference: f.reference.optional(),
  approvers,
});
export type ExceptionField = z.infer<typeof exception>;

/** What the back office did before the terminal came to the bench. A bench has little to say here; production must say all of it. */
const paperwork = {
  accounts: list(z.strictObject(account), MAX_ACCOUNTS).min(1).optional(),
  consents: list(z.strictObject({ party: z.enum(["merchant", "new-merchant", "legal"]), reference: f.label, at: f.time }), 8).optional(),
  approvals: list(z.strictObject({ by: f.identifier, at: f.time }), 8)
    .min(1)
    .optional(),
  documents: list(z.strictObject({ kind: f.label, reference: f.label, verified: z.boolean() }), 32)
    .min(1)
    .optional(),
  contract: z.strictObject({ state: z.enum(["terminated", "notice-given", "expired"]), reference: f.label, at: f.time }).optional(),
  fees: z.strictObject({ outstanding: f.money, waiver: z.strictObject({ by: f.identifier, reference: f.label }).nullable() }).optional(),
  stopUse: z.strictObject({ since: f.time, requiredDays: z.int().min(0).max(3650) }).optional(),
  registry: z.strictObject({ state: z.enum(["ACTIVE", "STOPPED", "CLOSED", "DEREGISTERED"]), settlementAllowed: z.boolean() }).optional(),
  custody: z.strictObject({ from: f.identifier, to: f.identifier, depot: f.label, receiptNo: f.identifier, received: f.time }).optional(),
};
/** In production each of these must stand in the order. */
export const PAPERWORK = Object.keys(paperwork).filter((key) => key !== "consents") as (keyof typeof paperwork)[]; // keys of the shape above

/** Closed: a field that is not here makes the order unusable. */
export const orderSchema = z.strictObject({
  type: z.literal(ORDER_TYPE),
  version: z.literal(1),
  id: f.uuid,
  issuer: f.identifier,
  nonce: f.hex16,
  /** Valid from here. */
  issuedAt: f.time,
  notAfter: f.time,
  environment: z.enum(["production", "bench"]),
  device: z.strictObject({ serial: f.identifier, life: f.count, model: f.name }),
  /** The depot whose stations may work on it, as GRANT and PASS carry it. */
  depot: f.hex8,
  /** One station of that depot; any when absent. */
  station: f.identifier.optional(),
  passFloor: f.count.max(0xffff_ffff),
  /** The owner's word for the station's wire key (an uncompressed point), which terminals ask for; a bench that has the owner key gives its own. */
  stationPass: z
    .strictObject({ key: z.string().regex(/^04[0-9a-f]{128}$/), number: z.int().min(1).max(0xffff_ffff), pass: base64 })
    .optional(),
  reasonCode: f.keysOf(reasonPolicies),
  permanence: z.enum(["TEMPORARY", "PERMANENT"]),
  wipeConsent: z.boolean(),
  /** Lifts the hold that some reasons put on the wipe. */
  lifted: z.strictObject({ reference: f.label, at: f.time, approvers }).optional(),
  /**
   * The terminal is known to have been tampered with: its incident is on record, and its memory is to be wiped all the same. `codes` is the
   * register as the terminal reports it; another one is another incident.
   */
  tamper: z.strictObject({ codes: z.string().regex(/^[ -~]{0,64}$/), incident: f.label, at: f.time, approvers }).optional(),
  ...paperwork,
  requestedMethod: z.enum(["clear", "purge"]),
  requestedAreas: list(f.contentClass, 8),
  minimumLevels: f.minimumLevels,
  archiveDemanded: z.boolean(),
  /** Who is to read the archive, each by the SHA-256 of the certificate it is sealed to; the bench brings these certificates and no other. */
  archiveRecipients: list(z.strictObject({ party: f.identifier, certSha256: f.hash }), 16)
    .min(1)
    .optional(),
  retentionPolicy: f.label,
  destination: z.enum(["reuse-internal", "reuse-external", "export", "recycle", "manufacturer", "destroy", "hold"]),
  dualControl: z.boolean(),
  hostView,
  priorRuns: list(f.uuid, 64),
  resolutions: list(resolution, MAX_ACCOUNTS),
  exceptions: list(exception, 256),
  continues: f.uuid.nullable(),
  /** The order that this one takes the place of. */
  replaces: f.uuid.nullable(),
  /** The terminal that the merchant has instead. */
  replacement: z.strictObject({ newSerial: f.identifier }).optional(),
  /** Versions of the certificate that its back end can read. */
  acceptSchemas: list(z.int().min(1).max(99), 16).min(1),
  grant: base64,
});
export type Order = z.infer<typeof orderSchema>;

export interface SignedOrder {
  readonly content: Uint8Array;
  readonly signature: Uint8Array;
}

/** As it is written, and as one that was read already is. */
export function inSchemaOrder(order: Order): Order {
  return orderSchema.parse(order);
}

const bytesOf = (order: Order) => Buffer.from(`${JSON.stringify(order)}\n`);

/** The file's bytes: schema order, LF at the end. */
export function writeOrder(order: Order): Uint8Array {
  return new Uint8Array(bytesOf(inSchemaOrder(order)));
}

/** What the GRANT names: the file written with an empty grant field, since it cannot hold its own hash. `order` stands in schema order. */
export function grantedHash(order: Order): string {
  return hex(sha256(bytesOf({ ...order, grant: "" })));
}

/** How a certificate names one exception of an order. */
export function exceptionHash(field: ExceptionField): string {
  return hex(sha256(Buffer.from(`${JSON.stringify(field)}\n`)));
}
