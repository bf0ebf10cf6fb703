// What an archive says, line by line: NDJSON, each line a closed object in one written form, so that equal facts are equal bytes.
import * as z from "zod";
import { kinds, recordCount } from "../../terminal/facts.js";
import { outcomes } from "../entries.js";
import * as f from "../statement/fields.js";

export const ARCHIVE_TYPE = "application/vnd.decom.archive+ndjson;v=1";
/** Archives are built and opened in memory; a terminal's records are a hundredth of this. */
export const MAX_ARCHIVE = 16 * 1024 * 1024;
/** Bytes of a file that one `data` line carries; all but a file's last carry exactly so many. */
export const CHUNK = 48 * 1024;

/** As the terminal printed it: bounded, not judged. */
const word = z.string().max(64);
const totals = z.strictObject({ debitCount: f.count, debit: z.int(), creditCount: f.count, credit: z.int() });

/** Which run on which terminal; the first line. */
const head = z.strictObject({
  line: z.literal("archive"),
  type: z.literal(ARCHIVE_TYPE),
  version: z.literal(1),
  runId: f.uuid,
  certId: f.uuid,
  orderSha256: f.hash,
  serial: f.identifier,
  life: f.count,
  model: f.name,
});

/** One acquirer's numbers; `account` is what the other lines call it by. */
const account = z.strictObject({
  line: z.literal("account"),
  account: f.hex8,
  acquirer: word,
  mid: word,
  tid: word,
  batch: word,
  currency: f.money.shape.currency,
});

/**
 * One line of a census: `start` before anything was sent, `last` when the archive was made. With `count` it stands for so many records
 * that the terminal does not list, `money` is their sum, STAN and digest are zeros.
 */
const item = z.strictObject({
  line: z.literal("item"),
  census: z.enum(["start", "last"]),
  account: f.hex8,
  kind: f.keysOf(kinds),
  batch: word,
  stan: f.stan,
  direction: f.direction,
  money: f.money,
  /** SHA-256 of the masked record, which lies in one of the files unless the terminal has cleared it since. */
  digest: f.hash,
  count: z.int().min(1).optional(),
});

/** One try to settle an account, and what was seen of it; without `outcome`, nothing was. Totals are minor units of its currency. */
const settlement = z.strictObject({
  line: z.literal("settlement"),
  account: f.hex8,
  op: f.hex16,
  at: f.time,
  batch: word,
  outcome: z.enum(outcomes).optional(),
  state: word.optional(),
  code: word.optional(),
  hostCode: word.optional(),
  reference: word.optional(),
  hostDate: word.optional(),
  /** The terminal verified a MAC on the host's answer. */
  macVerified: z.boolean().optional(),
  terminal: totals.optional(),
  host: totals.optional(),
});

/** A file of records as the terminal serves it, masked; its bytes are in the `data` lines that follow. */
const file = z.strictObject({
  line: z.literal("file"),
  area: f.count,
  file: f.count,
  generation: f.count,
  size: f.count,
  sha256: f.hash,
});

const data = z.strictObject({ line: z.literal("data"), offset: f.count, dataB64: z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/) });

/** The last line: nothing was cut off. `records` is what the certificate states; `sha256` is over all bytes before this line. */
const end = z.strictObject({ line: z.literal("end"), records: f.count, lines: f.count, sha256: f.hash });

export const anyLine = z.discriminatedUnion("line", [head, account, item, settlement, file, data, end]);
export type Line = Readonly<z.infer<typeof anyLine>>;
export type LineOf<K extends Line["line"]> = Extract<Line, { readonly line: K }>;

/** An archive without the form it is written in. */
export interface Archive {
  readonly head: LineOf<"archive">;
  readonly accounts: readonly LineOf<"account">[];
  readonly items: readonly LineOf<"item">[];
  readonly settlements: readonly LineOf<"settlement">[];
  readonly files: readonly (Omit<LineOf<"file">, "line" | "size" | "sha256"> & { readonly bytes: Uint8Array })[];
}

/** Records of the first census: listed one by one, or as a sum where the terminal does not list them. */
export function recordsIn({ items }: Pick<Archive, "items">): number {
  return recordCount(items.filter(({ census }) => census === "start"));
}
