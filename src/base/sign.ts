// Hashes, MACs and the raw P-256 signatures that terminals understand: r ‖ s, 32 bytes each, low s.
import {
  createECDH,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  hash,
  hkdfSync,
  type KeyObject,
  sign as nodeSign,
  verify as nodeVerify,
} from "node:crypto";
import { concat, hex, text } from "./bytes.js";
import { kept } from "./kept.js";

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const SPKI_P256 = Buffer.from("3059301306072a8648ce3d020106082a8648ce3d030107034200", "hex");

export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return new Uint8Array(hash("sha256", only, "buffer"));
  const sum = createHash("sha256");
  for (const part of parts) sum.update(part);
  return new Uint8Array(sum.digest());
}

/** The same of one array, in hex. */
export function sha256Hex(bytes: Uint8Array): string {
  return hash("sha256", bytes, "hex");
}

export function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  return hmacOver(key, parts);
}

/** The same over parts that are made one by one and never held together. */
export function hmacOver(key: Uint8Array, parts: Iterable<Uint8Array>): Uint8Array {
  const mac = createHmac("sha256", key);
  for (const part of parts) mac.update(part);
  return new Uint8Array(mac.digest());
}

/** HKDF (RFC 5869) without salt and info. */
export function hkdfSha256(secret: Uint8Array, length: number): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, new Uint8Array(0), new Uint8Array(0), length));
}

function scalar(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

function scalarBytes(value: bigint): Uint8Array {
  return new Uint8Array(Buffer.from(value.toString(16).padStart(64, "0"), "hex"));
}
const HALF_ORDER = scalarBytes(ORDER / 2n);

/** ECDSA P-256 over SHA-256 of `bytes`, as r ‖ s with s ≤ n/2, so that a signature has one form only. */
export function signP256(key: KeyObject, bytes: Uint8Array): Uint8Array {
  const raw = new Uint8Array(nodeSign("sha256", bytes, { key, dsaEncoding: "ieee-p1363" }));
  return isHigh(raw) ? otherForm(raw) : raw;
}

const isHigh = (signature: Uint8Array): boolean => Buffer.compare(signature.subarray(32), HALF_ORDER) > 0;

/** The other valid signature of the same bytes: s becomes n − s. */
export function otherForm(signature: Uint8Array): Uint8Array {
  return concat(signature.subarray(0, 32), scalarBytes(ORDER - scalar(signature.subarray(32))));
}

/** False for a wrong length, a high s or a signature by another key; never throws for bytes from outside. */
export function verifyP256(key: KeyObject, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64 || isHigh(signature)) return false;
  // ECDSA sees no more of the bytes than their hash, so the answer depends on nothing else than key, hash and signature.
  const name = sha256Hex(bytes) + hex(signature);
  const known = good.get(key) ?? new Set();
  if (known.has(name)) return true;
  if (!nodeVerify("sha256", bytes, { key, dsaEncoding: "ieee-p1363" }, signature)) return false;
  if (known.size >= MOST_GOOD) known.clear();
  good.set(key, known.add(name));
  return true;
}

/** What a key has been found to have signed: grants, passes and orders are shown again and again. */
const good = new WeakMap<KeyObject, Set<string>>();
const MOST_GOOD = 64;

/** The uncompressed point of a private or public P-256 key, 65 bytes from 04. */
export function pointOf(key: KeyObject): Uint8Array {
  const known = points.get(key);
  if (known !== undefined) return known;
  const { x = "", y = "" } = key.export({ format: "jwk" });
  const point = concat(Uint8Array.of(4), Buffer.from(x, "base64url"), Buffer.from(y, "base64url"));
  points.set(key, point);
  return point;
}
const points = new WeakMap<KeyObject, Uint8Array>();

/** `undefined` when the 65 bytes are not a point of P-256. */
export function keyOfPoint(point: Uint8Array): KeyObject | undefined {
  return point.length === 65 && point[0] === 4 ? publicKeyOf(concat(SPKI_P256, point)) : undefined;
}

/** Making a key object costs more than verifying with it, and a bench meets the same few keys all day. */
const parsed = kept<KeyObject>(64);

/** The key in a SubjectPublicKeyInfo (DER), or `undefined` when there is none. */
export function publicKeyOf(spki: Uint8Array): KeyObject | undefined {
  try {
    return parsed(text(spki), () => createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" }));
  } catch {
    return undefined;
  }
}

interface Pair {
  /** Uncompressed. */
  readonly point: Uint8Array;
  readonly key: KeyObject;
}
const pairs = kept<Pair>(64);

/** A P-256 pair from its private scalar: of make-believe terminals and owners. */
export function pairOf(secret: Uint8Array): Pair {
  return pairs(text(secret), () => {
    const pair = createECDH("prime256v1");
    pair.setPrivateKey(secret);
    const point = new Uint8Array(pair.getPublicKey());
    const part = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");
    const jwk = { kty: "EC", crv: "P-256", d: part(secret), x: part(point.subarray(1, 33)), y: part(point.subarray(33)) };
    return { point, key: createPrivateKey({ format: "jwk", key: jwk }) };
  });
}

/** A key's id on the wire: the first 8 bytes of SHA-256 of its point. */
export function keyIdOf(point: Uint8Array): Uint8Array {
  return sha256(point).subarray(0, 8);
}
