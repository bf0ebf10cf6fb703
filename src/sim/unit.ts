// What the factory and the acquirer made of a terminal: its identity and its accounts.
import { ascii, bcd, hex } from "../base/bytes.js";
import { kept } from "../base/kept.js";
import { sha256 } from "../base/sign.js";
import { element } from "../wire/tlv.js";
import type { Sale } from "./records.js";
import { type Cell, cell, type Entry, type Nv } from "./stores.js";

/** What the terminal is, whatever happens to its data: kept through every wipe. */
export interface Unit {
  readonly serial: string;
  readonly model: string;
  /** Hex; from it comes all the terminal's randomness. */
  readonly secret: string;
}
/** Undefined in stores that no factory has filled. */
export const unitOf = (nv: Nv): Cell<Unit | undefined> => cell<Unit | undefined>(nv, "unit", undefined);

/** A line of the merchant parameters; the terminal knows its accounts from nowhere else. */
export interface Account {
  readonly id: string;
  readonly acquirer: string;
  readonly mid: string;
  readonly tid: string;
  readonly name: string;
  readonly currency: string;
}

export function accountId(acquirer: string, mid: string, tid: string): string {
  return accounts([acquirer, mid, tid].join("\n"), () => {
    const named = [element(0x9f01, bcd(BigInt(acquirer), 6)), element(0x9f16, ascii(mid)), element(0x9f1c, ascii(tid))];
    return hex(sha256(...named).subarray(0, 8));
  });
}
/** By what they are made of; a line feed is in none of the three. */
const accounts = kept<string>(256);

/** The name of an account's non-volatile record. */
export const ledgerName = (account: string): string => LEDGER + account;
export const isLedger = (name: string): boolean => name.startsWith(LEDGER);
const LEDGER = "settle/";

/** What the host may know of a transaction. */
export function entryOf({ batch, stan, kind, direction, amount, currency }: Sale, account: string): Entry {
  return { account, batch, stan, kind, direction, amount, currency };
}
