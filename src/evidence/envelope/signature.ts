// The two signature algorithms of evidence, PKCS#1 v1.5 and ECDSA on P-256, both over SHA-256 and each in one form only.
import { type KeyObject, sign as nodeSign, verify as nodeVerify } from "node:crypto";
import { concat } from "../../base/bytes.js";
import { signP256, verifyP256 } from "../../base/sign.js";
import { Rejection } from "../codes.js";
import { Fields, integer, readDer, readPositive, sequence, TAG } from "./der.js";

export type KeyKind = "rsa" | "p256";

export interface PublicKey {
  readonly kind: KeyKind;
  readonly key: KeyObject;
}

export function kindOf(key: KeyObject): KeyKind {
  return key.asymmetricKeyType === "rsa" ? "rsa" : "p256";
}

/** As keys and tokens give it: the RSA block, or r ‖ s with a low s. */
export function signRaw(key: KeyObject, bytes: Uint8Array): Uint8Array {
  return kindOf(key) === "rsa" ? new Uint8Array(nodeSign("sha256", bytes, key)) : signP256(key, bytes);
}

/** As certificates and envelopes hold it: the RSA block, or SEQUENCE { r, s }. */
export function encodeSignature(kind: KeyKind, raw: Uint8Array): Uint8Array {
  return kind === "rsa" ? raw : sequence(integer(raw.subarray(0, 32)), integer(raw.subarray(32)));
}

/** False also for an ECDSA signature with a high s or not in strict DER: then someone else could have made it from the good one. */
export function verifySignature({ kind, key }: PublicKey, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (kind === "rsa") return nodeVerify("sha256", bytes, key, signature);
  const raw = rawOf(signature);
  return raw !== undefined && verifyP256(key, bytes, raw);
}

/** As verifySignature, but a high s passes. */
export function verifyEitherForm(publicKey: PublicKey, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.kind === "rsa") return verifySignature(publicKey, bytes, signature);
  const raw = rawOf(signature);
  return raw !== undefined && nodeVerify("sha256", bytes, { key: publicKey.key, dsaEncoding: "ieee-p1363" }, raw);
}

function rawOf(der: Uint8Array): Uint8Array | undefined {
  try {
    const fields = new Fields(readDer(der), TAG.sequence, "SIGNATURE_BAD");
    const r = readPositive(fields.next(TAG.integer));
    const s = readPositive(fields.next(TAG.integer));
    fields.end();
    if (r === undefined || s === undefined || r.length > 32 || s.length > 32) return undefined;
    return concat(new Uint8Array(32 - r.length), r, new Uint8Array(32 - s.length), s);
  } catch (cause) {
    if (cause instanceof Rejection) return undefined;
    throw cause;
  }
}
