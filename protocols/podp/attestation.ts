// What an attestation is worth: the bytes that a unit signs about itself, who vouches for its key, and why that may not hold (README: ATTEST).
import { ascii, concat, equal, uint, unhex } from "../../src/base/bytes.js";
import { keyIdOf, keyOfPoint, verifyP256 } from "../../src/base/sign.js";
import { deviceCertificate } from "./messages.js";

export interface AttestedState {
  readonly nonce: Uint8Array;
  readonly serial: string;
  readonly life: number;
  readonly bootNumber: number;
  readonly op: Uint8Array;
  readonly planHash: Uint8Array;
  readonly resultHash: Uint8Array;
  readonly firmwareHash: Uint8Array;
}

export function attestMessage(at: AttestedState): Uint8Array {
  return concat(
    ascii("podp1 attest"),
    at.nonce,
    uint(at.serial.length, 1),
    ascii(at.serial),
    uint(at.life, 4),
    uint(at.bootNumber, 4),
    at.op,
    at.planHash,
    at.resultHash,
    at.firmwareHash,
  );
}

/** Undefined: nobody known vouches for the unit. `flaw`: somebody known is said to, and does not. */
export type Vouched = { readonly key: Uint8Array } | { readonly flaw: string } | undefined;

/** What a device certificate is worth for this unit, to whoever knows these makers. */
export function vouchedKey(certificate: Uint8Array, serial: string, model: string, vendorKeys: readonly string[]): Vouched {
  const decoded = deviceCertificate.decode(certificate);
  if ("badTag" in decoded) return { flaw: "its device certificate cannot be read" };
  const { value } = decoded;
  const maker = vendorKeys.map(unhex).find((point) => equal(keyIdOf(point), value.vendorKeyId));
  const key = maker === undefined ? undefined : keyOfPoint(maker);
  if (key === undefined) return undefined;
  const message = concat(
    ascii("podp1 device"),
    uint(value.serial.length, 1),
    ascii(value.serial),
    uint(value.model.length, 1),
    ascii(value.model),
    value.deviceKey,
    value.vendorKeyId,
  );
  if (!verifyP256(key, message, value.signature)) return { flaw: "its device certificate is not signed by the maker that it names" };
  if (value.serial !== serial || value.model !== model) {
    return { flaw: `its device certificate is for ${value.serial} of model ${value.model}` };
  }
  return { key: value.deviceKey };
}

/** Why an attestation by a unit that somebody known vouches for is not this unit's word on this run. */
export function flawOf(
  vouched: Vouched,
  { keyId, signature }: { keyId: Uint8Array; signature: Uint8Array },
  message: Uint8Array,
): string | undefined {
  if (vouched === undefined || "flaw" in vouched) return vouched?.flaw;
  const key = keyOfPoint(vouched.key);
  const holds = key !== undefined && equal(keyIdOf(vouched.key), keyId) && verifyP256(key, message, signature);
  return holds ? undefined : "its attestation is not signed by its own key over what was asked and seen in this run";
}
