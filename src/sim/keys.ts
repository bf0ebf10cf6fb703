// Key slots: one non-volatile record each, so that an erased key is a record that is no longer there.
import { createCipheriv, createECDH, createPrivateKey, type KeyObject } from "node:crypto";
import { concat, EMPTY, isFilledWith } from "../base/bytes.js";
import type { Algorithm, KeyType, ProbeRange, SlotFact, SlotRange } from "../terminal/facts.js";
import type { Nv } from "./stores.js";

const PREFIX = "key/";
export const keyName = (type: KeyType, algorithm: Algorithm, slot: number): string => `${PREFIX}${type}/${algorithm}/${slot}`;

/** Work keys go first, then masters, then what the session rests on, then what the unit is. */
const order: Readonly<Record<KeyType, number>> = { TPK: 0, TAK: 0, TDK: 0, TMK: 1, TLK: 1, IPEK: 1, TLS: 2, IDENTITY: 3 };
export function inEraseOrder<R extends SlotRange>(ranges: readonly R[]): R[] {
  return [...ranges].sort((a, b) => order[a.type] - order[b.type]);
}

const ciphers: Readonly<Partial<Record<Algorithm, string>>> = { TDES: "des-ede3-ecb", AES: "aes-128-ecb", SM4: "sm4-ecb" };

/** The first three bytes of zeros under the key, as injection tools show it; none for asymmetric keys. */
function kcv(algorithm: Algorithm, key: Uint8Array): Uint8Array {
  const cipher = ciphers[algorithm];
  if (cipher === undefined) return EMPTY;
  const whole = algorithm === "TDES" && key.length === 16 ? concat(key, key.subarray(0, 8)) : key;
  const encrypted = createCipheriv(cipher, whole, null).update(new Uint8Array(16));
  return new Uint8Array(encrypted.subarray(0, 3));
}

export class Keys {
  readonly #nv: Nv;

  constructor(nv: Nv) {
    this.#nv = nv;
  }

  get(type: KeyType, algorithm: Algorithm, slot: number): Uint8Array | undefined {
    return this.#nv.get(keyName(type, algorithm, slot));
  }

  list(): (Omit<SlotFact, "kcv"> & { readonly kcv: Uint8Array })[] {
    return this.#nv
      .names()
      .filter((name) => name.startsWith(PREFIX))
      .map((name) => {
        const [, type, algorithm, slot] = name.split("/") as [string, KeyType, Algorithm, string]; // written by keyName() alone
        return { type, algorithm, slot: Number(slot), kcv: kcv(algorithm, this.#nv.get(name) ?? EMPTY) };
      });
  }

  has(type: KeyType): boolean {
    return this.#nv.names().some((name) => name.startsWith(`${PREFIX}${type}/`));
  }

  /** The state of every slot in a range, neighbours in the same state as one. */
  probe(range: SlotRange): ProbeRange[] {
    const out: ProbeRange[] = [];
    for (let slot = range.from; slot <= range.to; slot++) {
      const key = this.get(range.type, range.algorithm, slot);
      const state =
        key === undefined ? "ABSENT" : isFilledWith(key, 0) ? "CONSTANT_00" : isFilledWith(key, 0xff) ? "CONSTANT_FF" : "PRESENT";
      const last = out.at(-1);
      if (last?.state === state) out[out.length - 1] = { ...last, to: slot };
      else out.push({ ...range, from: slot, to: slot, state });
    }
    return out;
  }

  erase(range: SlotRange): void {
    for (let slot = range.from; slot <= range.to; slot++) {
      if (this.get(range.type, range.algorithm, slot) !== undefined) this.#nv.set(keyName(range.type, range.algorithm, slot), undefined);
    }
  }

  /** What the hardware does when the case is opened: every key but the unit's own. */
  zeroise(): void {
    for (const { type, algorithm, slot } of this.list()) if (type !== "IDENTITY") this.erase({ type, algorithm, from: slot, to: slot });
  }
}

/** A P-256 pair from its private scalar; the point is uncompressed. */
export function pairOf(scalar: Uint8Array): { readonly point: Uint8Array; readonly key: KeyObject } {
  const pair = createECDH("prime256v1");
  pair.setPrivateKey(scalar);
  const point = new Uint8Array(pair.getPublicKey());
  const part = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");
  const jwk = { kty: "EC", crv: "P-256", d: part(scalar), x: part(point.subarray(1, 33)), y: part(point.subarray(33)) };
  return { point, key: createPrivateKey({ format: "jwk", key: jwk }) };
}
