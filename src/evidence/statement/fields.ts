// The small forms that the statement is composed of: texts with a closed alphabet, times, hashes, money, and values that are not known.
import * as z from "zod";
import { algorithms, type ContentClass, contentClasses, type KeyType, keyTypes } from "../../terminal/facts.js";

/** A mandatory value that nobody has: the reason stands in its place, nothing is invented. */
export const unknown = z.strictObject({ unknown: z.enum(["NOT_REPORTED", "UNREADABLE", "NOT_SUPPORTED", "NOT_ASKED", "NOT_IN_ORDER"]) });
export type Unknown = z.infer<typeof unknown>;

/** Nobody was asked, or who was asked did not say. */
export const NOT_ASKED = { unknown: "NOT_ASKED" } as const satisfies Unknown;
export const NOT_IN_ORDER = { unknown: "NOT_IN_ORDER" } as const satisfies Unknown;
export const NOT_REPORTED = { unknown: "NOT_REPORTED" } as const satisfies Unknown;

export const orUnknown = <T extends z.ZodType>(schema: T) => z.union([schema, unknown]);

export function isKnown<T>(value: T | Unknown): value is Exclude<T, Unknown> {
  return typeof value !== "object" || value === null || !("unknown" in value);
}

const form = (pattern: RegExp) => z.string().regex(pattern);

/** What machines print: serial numbers, MIDs, ids of stations and people. */
export const identifier = form(/^[A-Z0-9._-]{1,64}$/);
/** ISO 8583 fields 11, 37, 41 and 42 set the lengths; they also keep card numbers out. */
export const stan = form(/^[0-9]{1,6}$/);
export const reference = form(/^[A-Z0-9]{1,12}$/);
export const tid = form(/^[A-Z0-9._-]{1,8}$/);
export const mid = form(/^[A-Z0-9._-]{1,15}$/);
/** Names that we or a maker gave, in lower case or not. */
export const name = form(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
/** Shown to people: begins with a letter or digit and has nothing that a page, a spreadsheet or a path reads as its own. */
export const label = form(/^(?!.*\.\.)[\p{L}\p{N}][\p{L}\p{N}\p{M} ._,:;()/+#&-]{0,127}$/u);
/** A port spec such as `/dev/ttyUSB0`, `COM7`, `tcp:HOST:PORT` or `sim:MODEL,seed=7`. */
export const portLabel = form(/^(?!.*\.\.)[A-Za-z0-9/[][A-Za-z0-9/:._,=[\]-]{0,127}$/);
export const timezone = form(/^[A-Z][A-Za-z0-9/_+-]{0,63}$/);
export const uuid = form(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
export const hash = form(/^[0-9a-f]{64}$/);
export const hex16 = form(/^[0-9a-f]{32}$/);
export const hex8 = form(/^[0-9a-f]{16}$/);
/** RFC 3339, UTC, milliseconds: sorts as text. */
export const time = z.iso.datetime({ precision: 3 });

export const count = z.int().min(0);
export const money = z.strictObject({ amount: z.int(), currency: form(/^([A-Z]{3}|[0-9]{3})$/) });

/** The keys of a const table, as the non-empty tuple that zod wants. */
export function keysOf<K extends string>(table: Readonly<Record<K, unknown>>) {
  return z.enum(Object.keys(table) as [K, ...K[]]); // keys of a const table are exactly its type
}

export const contentClass = keysOf<ContentClass>(contentClasses);
export const keyUsage = keysOf<KeyType>(keyTypes);
export const algorithm = keysOf(algorithms);

export const evidenceLevel = z.enum(["V0", "V1", "V2", "V3", "V4", "V5", "V6", "V7"]);
export type EvidenceLevel = z.infer<typeof evidenceLevel>;
export const evidenceLevels = z.array(evidenceLevel).refine((levels) => new Set(levels).size === levels.length);
export const settlementLevel = z.enum(["S0", "S1", "S2", "S3"]);
export const identityLevel = z.enum(["P0", "P1", "P2", "P3"]);
export type IdentityLevel = z.infer<typeof identityLevel>;

/** What an order asks for: of key slots, of all areas, of areas with contents of a class, of settlements. It adds to the floor. */
export const minimumLevels = z.strictObject({
  keys: evidenceLevels,
  areas: evidenceLevels,
  classes: z.partialRecord(contentClass, evidenceLevels).optional(),
  settlement: settlementLevel.optional(),
});
export type MinimumLevels = z.infer<typeof minimumLevels>;

/** How it ended for one area or slot range. */
export const itemResult = z.enum([
  "erased",
  "logical-delete",
  "host-cleared",
  "zeroised-by-tamper",
  "retained",
  "not-supported",
  "unverified",
  "failed",
]);

export const slotRange = z
  .strictObject({ from: z.int().min(0).max(65_535), to: z.int().min(0).max(65_535) })
  .refine(({ from, to }) => from <= to);

/** Of money, as the cardholder sees it. */
export const direction = z.enum(["debit", "credit"]);
