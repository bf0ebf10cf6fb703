// Key slots: one non-volatile record each, so that an erased key is a record that is no longer there.
import { createCipheriv } from "node:crypto";
import { concat, EMPTY, isFilledWith, unhex } from "../base/bytes.js";
import type { Algorithm, KeyType, ProbeRange, SlotFact, SlotRange } from "../terminal/facts.js";
import type { SimKeys, SimModel } from "./models/shape.js";
import type { Nv } from "./stores.js";

const PREFIX = "key/";
const APP = "app/";
export const slotName = (type: KeyType, algorithm: Algorithm, slot: number): string => `${type}/${algorithm}/${slot}`;
export const keyName = (type: KeyType, algorithm: Algorithm, slot: number): string => `${PREFIX}${slotName(type, algorithm, slot)}`;
/** Beside a key that another application put there: only that one can use or erase it. */
export const appName = (type: KeyType, algorithm: Algorithm, slot: number): string => `${APP}${slotName(type, algorithm, slot)}`;

/** How a key store fails at what it is asked: it overwrites a key instead of emptying the slot, or can no longer look at a slot. */
export type KeyStore = "fills-00" | "fills-ff" | "unreadable";

/** Work keys go first, then masters, then what the session and the storage rest on, then what the unit is. */
const order: Readonly<Record<KeyType, number>> = {
  TPK: 0,
  TAK: 0,
  TDK: 0,
  TLE: 0,
  TMK: 1,
  TLK: 1,
  IPEK: 1,
  TLS: 2,
  STORAGE: 2,
  LOADER: 2,
  FIRMWARE: 3,
  IDENTITY: 3,
};
export function inEraseOrder<R extends SlotRange>(ranges: readonly R[]): R[] {
  return [...ranges].sort((a, b) => order[a.type] - order[b.type]);
}

const ciphers: Readonly<Partial<Record<Algorithm, string>>> = { TDES: "des-ede3-ecb", AES: "aes-128-ecb", SM4: "sm4-ecb" };

/** The first three bytes of zeros under the key, as injection tools show it; none for asymmetric keys. */
function kcv(algorithm: Algorithm, key: Uint8Array): Uint8Array {
  const cipher = ciphers[algorithm];
  if (cipher === undefined) return EMPTY;
  const known = shown.get(key);
  if (known !== undefined) return known;
  const whole = algorithm === "TDES" && key.length === 16 ? concat(key, key.subarray(0, 8)) : key;
  const encrypted = createCipheriv(cipher, whole, null).update(new Uint8Array(16));
  const value = new Uint8Array(encrypted.subarray(0, 3));
  shown.set(key, value);
  return value;
}
/** By a slot's record, which is replaced whole: the same array is the same key for the same algorithm, and goes with it. */
const shown = new WeakMap<Uint8Array, Uint8Array>();

interface Slot extends Omit<SlotFact, "kcv"> {
  readonly key: Uint8Array;
}

export interface Listed extends Omit<SlotFact, "kcv"> {
  readonly kcv: Uint8Array;
}

/** Every slot that holds a key, or those whose record's name begins so. */
export function slotsIn(nv: Nv, prefix = PREFIX): Slot[] {
  return nv
    .names()
    .filter((name) => name.startsWith(prefix))
    .map((name) => {
      const [, type, algorithm, slot] = name.split("/") as [string, KeyType, Algorithm, string]; // written by keyName() alone
      return { type, algorithm, slot: Number(slot), key: nv.get(name) ?? EMPTY };
    });
}

/** What the model says of a slot. */
export function rangeWith(ranges: readonly SimKeys[], { type, algorithm, slot }: Omit<SlotFact, "kcv">): SimKeys | undefined {
  return ranges.find((one) => one.type === type && one.algorithm === algorithm && one.from <= slot && slot <= one.to);
}

export class Keys {
  readonly #nv: Nv;
  readonly #ranges: readonly SimKeys[];
  readonly #store: KeyStore | undefined;

  constructor(nv: Nv, { keys }: Pick<SimModel, "keys">, store?: KeyStore) {
    this.#nv = nv;
    this.#ranges = keys;
    this.#store = store;
  }

  get(type: KeyType, algorithm: Algorithm, slot: number): Uint8Array | undefined {
    return this.#nv.get(keyName(type, algorithm, slot));
  }

  list(): Listed[] {
    return slotsIn(this.#nv).map(({ type, algorithm, slot, key }) => ({ type, algorithm, slot, kcv: kcv(algorithm, key) }));
  }

  has(type: KeyType): boolean {
    const prefix = `${PREFIX}${type}/`;
    return this.#nv.names().some((name) => name.startsWith(prefix));
  }

  /** The state of every slot in a range, neighbours in the same state as one. */
  probe(range: SlotRange): ProbeRange[] {
    if (this.#store === "unreadable") return [{ ...range, state: "ERROR" }];
    const out: ProbeRange[] = [];
    const add = (from: number, to: number, state: ProbeRange["state"]) => {
      const last = out.at(-1);
      if (last?.state === state) out[out.length - 1] = { ...last, to };
      else if (from <= to) out.push({ ...range, from, to, state });
    };
    let next = range.from;
    for (const { slot, ...held } of this.#within(range)) {
      add(next, slot - 1, "ABSENT");
      add(slot, slot, this.#state({ slot, ...held }));
      next = slot + 1;
    }
    add(next, range.to, "ABSENT");
    return out;
  }

  /** Another application's keys stay, and so does the maker's load key where the firmware puts it back. */
  erase(range: SlotRange): void {
    for (const held of this.#within(range)) {
      const { type, algorithm, slot } = held;
      if (this.#nv.get(appName(type, algorithm, slot)) === undefined) this.#nv.set(keyName(type, algorithm, slot), this.#leaves(held));
    }
  }

  /** What the hardware does when the case is opened: every key but the maker's own. */
  zeroise(): void {
    for (const held of slotsIn(this.#nv)) {
      if (rangeWith(this.#ranges, held)?.kept !== true) this.#nv.set(keyName(held.type, held.algorithm, held.slot), undefined);
    }
  }

  /** Slots of a range that hold something, in their order. */
  #within({ type, algorithm, from, to }: SlotRange): Slot[] {
    const held = slotsIn(this.#nv, `${PREFIX}${type}/${algorithm}/`).filter(({ slot }) => slot >= from && slot <= to);
    return held.sort((a, b) => a.slot - b.slot);
  }

  #state({ type, algorithm, slot, key }: Slot): ProbeRange["state"] {
    if (this.#nv.get(appName(type, algorithm, slot)) !== undefined) return "FOREIGN";
    return isFilledWith(key, 0) ? "CONSTANT_00" : isFilledWith(key, 0xff) ? "CONSTANT_FF" : "PRESENT";
  }

  /** What a slot holds after its erase. */
  #leaves(slot: Slot): Uint8Array | undefined {
    const reseeds = rangeWith(this.#ranges, slot)?.reseeds;
    if (reseeds !== undefined) return unhex(reseeds);
    if (this.#store === "fills-00") return new Uint8Array(16);
    return this.#store === "fills-ff" ? new Uint8Array(16).fill(0xff) : undefined;
  }
}
