// CMS AuthEnvelopedData in one shape only (RFC 5083, 5084): RSAES-OAEP with SHA-256 to each recipient, AES-256-GCM over the content.
import { constants, createCipheriv, createDecipheriv, type KeyObject, privateDecrypt, publicEncrypt } from "node:crypto";
import { concat, equal } from "../../base/bytes.js";
import { DecomError } from "../../base/errors.js";
import type { Random } from "../../base/random.js";
import { Rejection } from "../codes.js";
import { context, Fields, integer, nothing, octets, oid, readDer, sequence, setOf, TAG, tlv } from "./der.js";
import { oids } from "./oids.js";
import { type Certificate, readCertificate } from "./x509.js";

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const SHA256 = sequence(oid(oids.sha256), nothing());
/** RFC 4055 4.1: hash and mask generation both with SHA-256, the label left at its default. */
const OAEP = sequence(oid(oids.rsaesOaep), sequence(context(0, SHA256), context(1, sequence(oid(oids.mgf1), SHA256))));
const PADDING = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" } as const;

/** What is free in a sealed file; the rest is constant. */
interface SealedParts {
  readonly recipients: readonly RecipientInfo[];
  readonly nonce: Uint8Array;
  readonly encrypted: Uint8Array;
  readonly tag: Uint8Array;
}

interface RecipientInfo {
  /** Issuer and serial number of the recipient's certificate, as DER. */
  readonly id: Uint8Array;
  readonly encryptedKey: Uint8Array;
}

/** The certificate, if a content key may be enciphered to it at `now`; otherwise a DecomError `archive.recipient` that says why not. */
export function readRecipient(der: Uint8Array, now: number): Certificate {
  const no = (why: string, cause?: unknown): never => {
    throw new DecomError("archive.recipient", `a recipient's certificate ${why}`, { cause });
  };
  let certificate: Certificate;
  try {
    certificate = readCertificate(der);
  } catch (cause) {
    if (!(cause instanceof Rejection)) throw cause;
    return no(`is unusable: ${cause.message}`, cause);
  }
  const { commonName, publicKey, keyUsage, notBefore, notAfter } = certificate;
  if (publicKey.kind !== "rsa") return no(`(${commonName}) has an elliptic-curve key; archives are sealed to RSA keys only`);
  if (!keyUsage.keyEncipherment) return no(`(${commonName}) does not allow its key to encipher keys (key usage keyEncipherment)`);
  if (now < notBefore || now > notAfter) return no(`(${commonName}) is not valid now`);
  return certificate;
}

/** DER of `content`, readable by whoever has the private key of one of these RSA certificates. */
export function seal(content: Uint8Array, recipients: readonly Certificate[], random: Random): Uint8Array {
  if (recipients.length === 0) throw new DecomError("internal.bug", "nobody to seal to");
  const key = random.bytes(KEY_BYTES);
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  const encrypted = concat(cipher.update(content), cipher.final());
  const infos = recipients.map(({ issuer, serial, publicKey }) => ({
    id: sequence(issuer, tlv(TAG.integer, serial)),
    encryptedKey: new Uint8Array(publicEncrypt({ key: publicKey.key, ...PADDING }, key)),
  }));
  key.fill(0);
  return buildSealed({ recipients: infos, nonce, encrypted, tag: new Uint8Array(cipher.getAuthTag()) });
}

function buildSealed({ recipients, nonce, encrypted, tag }: SealedParts): Uint8Array {
  const infos = recipients.map(({ id, encryptedKey }) => sequence(integer(0), id, OAEP, octets(encryptedKey)));
  const content = sequence(
    oid(oids.data),
    sequence(oid(oids.aes256Gcm), sequence(octets(nonce), integer(TAG_BYTES))),
    tlv(0x80, encrypted), // [0] IMPLICIT OCTET STRING
  );
  return sequence(oid(oids.authEnvelopedData), context(0, sequence(integer(0), setOf(...infos), content, octets(tag))));
}

/** The content, whole and authentic. Throws `archive.damaged` for any other bytes, `archive.key` when the key is of no recipient. */
export function unseal(sealed: Uint8Array, key: KeyObject): Uint8Array {
  if (key.asymmetricKeyType !== "rsa") throw new DecomError("archive.key", "archives are sealed to RSA keys; this is another kind of key");
  const { recipients, nonce, encrypted, tag } = readSealed(sealed);
  const contentKey = recipients.map(({ encryptedKey }) => decipher(key, encryptedKey)).find((one) => one !== undefined);
  if (contentKey === undefined) throw new DecomError("archive.key", `none of the ${recipients.length} recipients has this key`);
  const cipher = createDecipheriv("aes-256-gcm", contentKey, nonce, { authTagLength: TAG_BYTES });
  cipher.setAuthTag(tag);
  try {
    return concat(cipher.update(encrypted), cipher.final());
  } catch (cause) {
    throw new DecomError("archive.damaged", "the sealed content was changed: its tag does not fit", { cause });
  }
}

function decipher(key: KeyObject, encryptedKey: Uint8Array): Uint8Array | undefined {
  try {
    const contentKey = new Uint8Array(privateDecrypt({ key, ...PADDING }, encryptedKey));
    return contentKey.length === KEY_BYTES ? contentKey : undefined;
  } catch {
    return undefined; // for another recipient
  }
}

/** Strict: what is read here is written again and must give the same bytes. */
function readSealed(sealed: Uint8Array): SealedParts {
  let parts: SealedParts;
  try {
    parts = partsOf(sealed);
  } catch (cause) {
    if (!(cause instanceof Rejection)) throw cause;
    throw new DecomError("archive.damaged", `not a sealed archive: ${cause.message}`, { cause });
  }
  if (parts.nonce.length !== NONCE_BYTES || parts.tag.length !== TAG_BYTES || !equal(buildSealed(parts), sealed)) {
    throw new DecomError("archive.damaged", "sealed in another form than decom writes");
  }
  return parts;
}

function partsOf(sealed: Uint8Array): SealedParts {
  const outer = new Fields(readDer(sealed), TAG.sequence, "ENV_TYPE");
  outer.next(TAG.oid);
  const wrapper = new Fields(outer.next(0xa0), 0xa0, "ENV_TYPE");
  const data = new Fields(wrapper.next(TAG.sequence), TAG.sequence, "ENV_TYPE");
  data.next(TAG.integer);
  const infos = data.next(TAG.set);
  const content = new Fields(data.next(TAG.sequence), TAG.sequence, "ENV_TYPE");
  const tag = data.next(TAG.octets).value;
  content.next(TAG.oid);
  const algorithm = new Fields(content.next(TAG.sequence), TAG.sequence, "ENV_TYPE");
  const encrypted = content.next(0x80).value;
  algorithm.next(TAG.oid);
  const nonce = new Fields(algorithm.next(TAG.sequence), TAG.sequence, "ENV_TYPE").next(TAG.octets).value;
  const recipients = infos.children.map((info) => {
    const fields = new Fields(info, TAG.sequence, "ENV_TYPE");
    fields.next(TAG.integer);
    const id = fields.next(TAG.sequence).bytes;
    fields.next(TAG.sequence);
    return { id, encryptedKey: fields.next(TAG.octets).value };
  });
  return { recipients, nonce, encrypted, tag };
}
