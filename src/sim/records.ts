// Transaction records as bytes: 120 each, state in one byte whose bits only fall, masked before anyone outside may see them.
import { crc32 } from "node:zlib";
import { ascii, bcd, concat, hex, isFilledWith, readUint, text, uint } from "../base/bytes.js";
import { maskPan } from "../base/redact.js";
import { sha256 } from "../base/sign.js";
import { type Kind, kindOf } from "../terminal/facts.js";

export const RECORD = 120;
/** A bit that has fallen to 0 says so; flash can do that without an erase. */
export const marks = { written: 0x80, asked: 0x40, booked: 0x20, rejected: 0x10, settled: 0x08 } as const;
/** One of these bits falls with every try to upload an e-signature; when none is left it has failed for good. */
const tries = [0x04, 0x02, 0x01] as const;
export const MAX_TRIES = tries.length;

/** Offline work: the host books or refuses each by itself, and only one that was never asked about may be sent without a second thought. */
const advices: ReadonlySet<Kind> = new Set(["U05", "U11", "U12", "U20", "U22"]);
/** What PENDING_SEND can bring to the host. Abandoned reversals, lost refunds and holds are for people. */
const sendable: ReadonlySet<Kind> = new Set(["U03", ...advices, "U07", "U08", "U09", "U14", "U21"]);
/** A type byte that no kind has. */
const UNKNOWN_TYPE = 0x63;

const HEAD = 24;
const PAN = 19;
const TRACK = 40;
const CHECK = RECORD - 4;

export interface Card {
  readonly pan: string;
  readonly expiry: string;
  readonly track: string;
}

export interface Sale {
  readonly kind: Kind;
  readonly direction: "debit" | "credit";
  /** Position in the terminal's list of accounts. */
  readonly account: number;
  readonly batch: string;
  readonly stan: string;
  readonly amount: bigint;
  readonly currency: string;
  /** `YYMMDDhhmmss`. */
  readonly time: string;
}

export interface LogRecord extends Sale {
  readonly area: number;
  readonly slot: number;
  readonly state: number;
  readonly damaged: boolean;
  /** As it may leave the terminal. */
  readonly masked: Uint8Array;
  readonly digest: string;
}

/** `state` is the byte as it is after what became of the record so far. */
export function encodeRecord(sale: Sale, card: Card, state = 0xff & ~marks.written): Uint8Array {
  const type = sale.kind === "U24" ? UNKNOWN_TYPE : Number(sale.kind.slice(1));
  const body = concat(
    Uint8Array.of(state, type, sale.direction === "debit" ? 1 : 2, sale.account),
    bcd(BigInt(sale.batch), 3),
    bcd(BigInt(sale.stan), 3),
    bcd(sale.amount, 6),
    bcd(BigInt(sale.currency), 2),
    bcd(BigInt(sale.time), 6),
    ascii(card.pan.padEnd(PAN)),
    ascii(card.expiry),
    ascii(card.track.padEnd(TRACK)),
  );
  const filled = new Uint8Array(CHECK);
  filled.set(body);
  return concat(filled, uint(crc32(filled.subarray(1)), 4));
}

/** The records in an area's bytes whose state is wanted, in the order of their slots. */
export function recordsIn(bytes: Uint8Array, area: number, wanted: (state: number) => boolean = () => true): LogRecord[] {
  const out: LogRecord[] = [];
  let mayEnd = true;
  for (let slot = 0; (slot + 1) * RECORD <= bytes.length; slot++) {
    const state = bytes[slot * RECORD] ?? 0;
    // Nearly always all is blank from the first blank slot on; where it is not, nobody looks so far ahead a second time.
    if (mayEnd && state === 0xff) {
      if (isFilledWith(bytes.subarray(slot * RECORD), 0xff)) break;
      mayEnd = false;
    }
    const record = wanted(state) ? decodeRecord(bytes, slot, area) : undefined;
    if (record !== undefined) out.push(record);
  }
  return out;
}

/** `undefined` for a slot that was never written. */
export function decodeRecord(file: Uint8Array, slot: number, area: number): LogRecord | undefined {
  const bytes = file.subarray(slot * RECORD, (slot + 1) * RECORD);
  if (isFilledWith(bytes, 0xff)) return undefined;
  const state = bytes[0] ?? 0;
  const damaged = (state & marks.written) !== 0 || readUint(bytes, CHECK, 4) !== crc32(bytes.subarray(1, CHECK));
  const masked = mask(bytes, damaged);
  const written = hex(bytes.subarray(0, HEAD));
  const digits = (at: number, size: number) => {
    const found = written.slice(at * 2, (at + size) * 2);
    return /^[0-9]+$/.test(found) ? found : "0".repeat(size * 2);
  };
  return {
    area,
    slot,
    state,
    damaged,
    kind: kindOf(bytes[1] ?? 0),
    direction: bytes[2] === 2 ? "credit" : "debit",
    account: bytes[3] ?? 0,
    batch: digits(4, 3),
    stan: digits(7, 3),
    amount: BigInt(digits(10, 6)),
    currency: digits(16, 2).slice(1),
    time: digits(18, 6),
    masked,
    digest: hex(sha256(masked)),
  };
}

/**
 * First six and last four of the card number, nothing of track or expiry. State and checksum are blanked too: the digest then stays the
 * same over a record's life, and six unknown digits cannot be found from a CRC.
 */
function mask(bytes: Uint8Array, damaged: boolean): Uint8Array {
  const out = new Uint8Array(RECORD).fill(0x2a);
  out.set(bytes.subarray(0, HEAD));
  out[0] = 0;
  const pan = text(bytes.subarray(HEAD, HEAD + PAN)).trimEnd();
  if (!damaged) out.set(ascii(maskPan(pan).padEnd(PAN)), HEAD);
  out.fill(0, CHECK);
  return out;
}

/** The whole card number in a record's bytes: for the acquirer alone. */
export const cardNumber = (bytes: Uint8Array): string => text(bytes.subarray(HEAD, HEAD + PAN)).trimEnd();

export type Mark = keyof typeof marks;
export const has = (state: number, mark: Mark): boolean => (state & marks[mark]) === 0;

/** What an open record is to a census now; `undefined` when nothing of it is pending. */
export function kindNow({ kind, state, damaged }: LogRecord): Kind | undefined {
  if (damaged) return "U23";
  if (has(state, "settled") || has(state, "booked")) return undefined;
  if (!advices.has(kind)) return kind;
  return has(state, "rejected") ? "U06" : has(state, "asked") ? "U07" : kind;
}

/** Whether PENDING_SEND would do anything for it: a rejected signature, or one whose tries are used up, stays what it is. */
export function canBeSent(record: LogRecord): boolean {
  const kind = kindNow(record);
  if (kind === undefined || !sendable.has(kind)) return false;
  return kind !== "U08" || (!has(record.state, "rejected") && triesOf(record.state) < MAX_TRIES);
}

const triesOf = (state: number): number => tries.filter((bit) => (state & bit) === 0).length;

/** The state byte after one more mark; a signature that is asked for uses up a try each time. */
export function marked(kind: Kind, state: number, mark: Mark): number {
  const spent = kind === "U08" && mark === "asked" ? (tries[triesOf(state)] ?? 0) : 0;
  return state & ~(marks[mark] | spent);
}

/** How many marks have fallen: rises with every change of this record. */
export function changes(state: number): number {
  let count = 0;
  for (let rest = ~state & 0xff; rest > 0; rest >>= 1) count += rest & 1;
  return count;
}
