// What can be known about a terminal, whatever family it speaks. Observations are plain values; judging them is done elsewhere.
import type { Currency, Direction, Money } from "../base/money.js";

/** What an unsettled item of a kind means for the wipe: never excepted, excepted by signed order only, or reported. */
export type Gate = "BLOCK" | "BLOCK-X" | "WARN";

/** The kinds of unsettled item, U01 to U26; what they are called is in the catalogue. */
export const kinds = {
  U01: { gate: "BLOCK-X" },
  U02: { gate: "BLOCK-X" },
  U03: { gate: "BLOCK-X" },
  U04: { gate: "BLOCK-X" },
  U05: { gate: "BLOCK-X" },
  U06: { gate: "BLOCK-X" },
  U07: { gate: "BLOCK-X" },
  U08: { gate: "BLOCK-X" },
  U09: { gate: "WARN" },
  U10: { gate: "WARN" },
  U11: { gate: "BLOCK-X" },
  U12: { gate: "BLOCK-X" },
  U13: { gate: "BLOCK-X" },
  U14: { gate: "BLOCK-X" },
  U15: { gate: "BLOCK" },
  U16: { gate: "BLOCK" },
  U17: { gate: "BLOCK" },
  U18: { gate: "BLOCK-X" },
  U19: { gate: "BLOCK" },
  U20: { gate: "BLOCK-X" },
  U21: { gate: "WARN" },
  U22: { gate: "BLOCK-X" },
  U23: { gate: "BLOCK-X" },
  U24: { gate: "BLOCK" },
  U25: { gate: "BLOCK" },
  U26: { gate: "BLOCK" },
} as const satisfies Record<string, { gate: Gate }>;

export type Kind = keyof typeof kinds;

export function kindOf(number: number): Kind {
  const name = `U${String(number).padStart(2, "0")}`;
  return name in kinds ? (name as Kind) : "U24"; // a kind we do not know is never assumed harmless
}

export type Environment = "production" | "bench" | "simulator";
export type OwnerState = "unset" | "set" | "first-use";
export type Capability = "host-query" | "fill" | "attest" | "locate" | "printer" | "rollover" | "sealed-read";

/** What a terminal says of itself when a session begins. */
export interface Identity {
  readonly serial: string;
  readonly model: string;
  readonly firmware: string;
  /** From 1; rises with every completed wipe. */
  readonly life: number;
  /** Rises with every start. */
  readonly bootNumber: number;
  readonly resetReason: string;
  readonly environment: Environment;
  readonly nextOp: number;
  readonly capabilities: readonly Capability[];
  readonly ownerKeyIds: readonly string[];
  readonly ownerState: OwnerState;
  readonly passFloor: number;
  readonly locked: boolean;
  readonly busyOp?: string;
  readonly secondsToReboot: number;
}

export interface Condition {
  readonly hardware: string;
  /** `cleared`: the switch has triggered, and somebody has reset it since; what became of keys and records in between, nobody knows. */
  readonly tamper: "ok" | "tampered" | "cleared";
  /** The tamper register in the maker's words; empty when it is. */
  readonly tamperCodes: string;
  readonly batteryPercent: number;
  readonly mains: boolean;
  /** The terminal's own clock, `YYMMDDhhmmss`. */
  readonly clock: string;
  readonly secondsToReboot: number;
  /** Op of the newest wipe, if that is done, whoever ordered it. */
  readonly lastWipe?: string;
}

/** One acquirer's set of numbers in a terminal; `id` is 8 bytes of hash over acquirer, MID and TID, in hex. */
export interface Account {
  readonly id: string;
  readonly acquirer: string;
  readonly mid: string;
  readonly tid: string;
  readonly name: string;
  readonly currency: Currency;
  readonly batch: string;
}

/** Count and amount of one kind in one direction, as the terminal states them. */
export interface TotalRow {
  readonly account: string;
  readonly kind: Kind;
  readonly direction: Direction;
  readonly count: number;
  readonly money: Money;
}

export interface Item {
  readonly account: string;
  readonly kind: Kind;
  readonly batch: string;
  readonly direction: Direction;
  readonly money: Money;
  readonly stan: string;
  /** SHA-256 of the record as the terminal would send it, masked. */
  readonly digest: string;
  /** How many records this line stands for when the terminal does not list them: STAN and digest are zeros, the amount is their sum. */
  readonly count?: number;
  /** When the terminal recorded it, by its own clock, `YYMMDDhhmmss`; absent where the record does not say. */
  readonly recorded?: string;
}

export interface Census {
  /** SHA-256 over the pages as sent. */
  readonly hash: string;
  readonly generation: number;
  readonly items: readonly Item[];
  /** Areas whose records could not be read: money may be in them. */
  readonly unread: readonly number[];
}

export const contentClasses = { K: 0x01, SAD: 0x02, CHD: 0x04, PII: 0x08, SEC: 0x10, BIZ: 0x20, OPS: 0x40, ID: 0x80 } as const;
export type ContentClass = keyof typeof contentClasses;

export interface FileFact {
  readonly id: number;
  readonly size: number;
  readonly generation: number;
}

export interface AreaFact {
  readonly id: number;
  readonly classes: readonly ContentClass[];
  readonly size: number;
  readonly block: number;
  readonly blank: number;
  readonly generation: number;
  readonly fillable: boolean;
  readonly files: readonly FileFact[];
}

/**
 * TMK master; TPK, TAK, TDK working keys for PIN, MAC, data; TLK load; IPEK of DUKPT; TLS client; IDENTITY the unit's own; TLE line
 * encryption; STORAGE under which memory is encrypted; LOADER what decides which applications may be loaded, FIRMWARE which firmware.
 */
export const keyTypes = {
  TMK: 1,
  TPK: 2,
  TAK: 3,
  TDK: 4,
  TLK: 5,
  IPEK: 6,
  TLS: 7,
  IDENTITY: 8,
  TLE: 9,
  STORAGE: 10,
  LOADER: 11,
  FIRMWARE: 12,
} as const;
export const algorithms = { TDES: 1, AES: 2, SM4: 3, RSA: 4, P256: 5 } as const;
export type KeyType = keyof typeof keyTypes;
export type Algorithm = keyof typeof algorithms;

export interface SlotRange {
  readonly type: KeyType;
  readonly algorithm: Algorithm;
  readonly from: number;
  readonly to: number;
}

export interface SlotFact {
  readonly type: KeyType;
  readonly algorithm: Algorithm;
  readonly slot: number;
  readonly kcv: string;
}

export const probeStates = { ABSENT: 0, PRESENT: 1, FOREIGN: 2, CONSTANT_00: 3, CONSTANT_FF: 4, ERROR: 5 } as const;
export type ProbeState = keyof typeof probeStates | `unknown-${number}`;

export interface ProbeRange extends SlotRange {
  readonly state: ProbeState;
}

/** Where a settlement stands in the terminal's non-volatile memory. */
export const settlementStates = { idle: 0, sent: 1, booked: 2, printed: 3, cleared: 4, unknown: 5 } as const;
export type SettlementState = keyof typeof settlementStates | `unknown-${number}`;

export interface Totals {
  readonly debitCount: number;
  readonly debit: bigint;
  readonly creditCount: number;
  readonly credit: bigint;
}

export interface SettlementFacts {
  readonly state: SettlementState;
  readonly batch: string;
  readonly code: string;
  readonly hostCode?: string;
  readonly terminalTotals?: Totals;
  readonly hostTotals?: Totals;
  readonly reference?: string;
  readonly hostDate?: string;
  /** The terminal verified a MAC on the host's answer. */
  readonly macVerified: boolean;
}

export type HostAnswer = "closed" | "open" | "cannot-tell" | `unknown-${number}`;

export const opStates = { NOT_STARTED: 0, RUNNING: 1, DONE: 2, FAILED: 3, UNKNOWN: 4, FORGOTTEN: 5, STORE_LOST: 6 } as const;
export type OpState = keyof typeof opStates | `unknown-${number}`;

/** An op id begins with the terminal's counter, which only rises. */
export const opCounter = (op: string): number => Number.parseInt(op.slice(0, 8), 16);

export const eraseMethods = { "block-erase": 1, overwrite: 2, zeroise: 3, "crypto-erase": 4 } as const;
export type EraseMethod = keyof typeof eraseMethods | `unknown-${number}`;

/** What the terminal itself reports of one erased area or slot range; `code` 0 is success. */
export interface AreaResult {
  readonly area: number;
  readonly code: number;
  /** Reads, programs and erases that failed and that no retry mended. */
  readonly errors: number;
  /** Erases of a block beyond its first, and of the area after a power cut. */
  readonly retries: number;
}
export interface SlotResult extends SlotRange {
  readonly code: number;
}
export interface WipeResult {
  readonly areas: readonly AreaResult[];
  readonly slots: readonly SlotResult[];
}

/** Reasons why a terminal says it cannot pay, as a set of bits; an empty set means it could. */
export const cannotPay = { locked: 1, merchant: 2, keys: 4, tampered: 8, clock: 16, full: 32 } as const;

/** What a look at some blocks of an area came to. */
export interface SampleFacts {
  readonly nonBlank: number;
  /** The terminal's MAC equals the one over blank blocks of that size at those positions. */
  readonly macAgrees: boolean;
}

/** How many records items stand for: one each, but for sums that a terminal does not list. */
export function recordCount(items: readonly { readonly count?: number | undefined }[]): number {
  return items.reduce((sum, { count = 1 }) => sum + count, 0);
}
