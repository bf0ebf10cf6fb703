// Detached CMS SignedData in one shape only (RFC 5652, 5035): what this file writes is all that the verifier accepts.
import type { KeyObject } from "node:crypto";
import { concat } from "../../base/bytes.js";
import { DecomError } from "../../base/errors.js";
import { sha256 } from "../../base/sign.js";
import { Rejection } from "../codes.js";
import { context, integer, nothing, octets, oid, sequence, setOf, time, tlv } from "./der.js";
import { oids } from "./oids.js";
import { encodeSignature, type KeyKind, signRaw, verifySignature } from "./signature.js";
import { type Certificate, readCertificate } from "./x509.js";

/** A key and the certificates it signs under. The key may live in a token: it is only ever asked to sign. */
export interface Signer {
  /** Leaf first, then its issuing CAs; without the root. */
  readonly certificates: readonly Uint8Array[];
  /** Over SHA-256 of `bytes`: PKCS#1 v1.5 for an RSA leaf, r ‖ s with a low s for a P-256 leaf. */
  sign(bytes: Uint8Array): Uint8Array;
}

export interface SignRequest {
  readonly content: Uint8Array;
  readonly signer: Signer;
  /** Milliseconds since 1970; signed as whole seconds. */
  readonly signingTime: number;
}

/** Everything that is free in an envelope; the rest is constant. */
export interface EnvelopeParts {
  readonly certificates: readonly Uint8Array[];
  readonly issuer: Uint8Array;
  readonly serial: Uint8Array;
  readonly contentDigest: Uint8Array;
  readonly signingTime: number;
  readonly leafDigest: Uint8Array;
  readonly kind: KeyKind;
  readonly signature: Uint8Array;
}

const VERSION = integer(1);
const DIGEST = sequence(oid(oids.sha256));
const DIGESTS = setOf(DIGEST);
const CONTENT_TYPE = sequence(oid(oids.data));
const ALGORITHM = { rsa: sequence(oid(oids.rsaEncryption), nothing()), p256: sequence(oid(oids.ecdsaWithSha256)) } as const;
const attribute = (type: string, value: Uint8Array) => sequence(oid(type), setOf(value));

/** The four signed attributes as the SET OF that is hashed and signed. */
export function signedAttributes({
  contentDigest,
  signingTime,
  leafDigest,
}: Pick<EnvelopeParts, "contentDigest" | "signingTime" | "leafDigest">): Uint8Array {
  return setOf(
    attribute(oids.contentType, oid(oids.data)),
    attribute(oids.messageDigest, octets(contentDigest)),
    attribute(oids.signingTime, time(signingTime)),
    // One ESSCertIDv2 with the default hash, which DER leaves out, and no issuerSerial.
    attribute(oids.signingCertificateV2, sequence(sequence(sequence(octets(leafDigest))))),
  );
}

export function buildEnvelope(parts: EnvelopeParts): Uint8Array {
  const attributes = signedAttributes(parts);
  const signerInfo = sequence(
    VERSION,
    sequence(parts.issuer, tlv(0x02, parts.serial)),
    DIGEST,
    concat(Uint8Array.of(0xa0), attributes.subarray(1)), // [0] IMPLICIT: the same SET OF under another tag
    ALGORITHM[parts.kind],
    octets(parts.signature),
  );
  const signedData = sequence(
    VERSION,
    DIGESTS,
    CONTENT_TYPE,
    context(0, ...parts.certificates), // not sorted: the leaf stands first
    setOf(signerInfo),
  );
  return sequence(oid(oids.signedData), context(0, signedData));
}

/**
 * DER of the detached signature. It is checked before it is returned: a faulty key or token must not leave a trace on disk. Throws
 * `signer.unavailable` when the key cannot sign, or not for its certificate.
 */
export function signDetached(request: SignRequest): Uint8Array {
  const { envelope, leaf, attributes, signature } = signed(request);
  if (!verifySignature(leaf.publicKey, attributes, signature)) {
    throw new DecomError(
      "signer.unavailable",
      `the signing key of ${leaf.commonName} made a signature that its certificate does not verify`,
    );
  }
  return envelope;
}

/** The same for whoever verifies the envelope next and keeps it nowhere. */
export function signForTrial(request: SignRequest): Uint8Array {
  return signed(request).envelope;
}

function signed({ content, signer, signingTime }: SignRequest) {
  const leaf = leafOf(signer);
  const kind = leaf.publicKey.kind;
  const parts = {
    certificates: signer.certificates,
    issuer: leaf.issuer,
    serial: leaf.serial,
    contentDigest: sha256(content),
    signingTime,
    leafDigest: leaf.sha256,
    kind,
  };
  const attributes = signedAttributes(parts);
  const signature = encodeSignature(kind, signedBy(signer, leaf, attributes));
  return { envelope: buildEnvelope({ ...parts, signature }), leaf, attributes, signature };
}

/** A key may live in a token, and a token may be pulled. */
function signedBy(signer: Signer, { commonName }: Certificate, bytes: Uint8Array): Uint8Array {
  try {
    return signer.sign(bytes);
  } catch (cause) {
    throw new DecomError("signer.unavailable", `the signing key of ${commonName} cannot be used`, { cause });
  }
}

function leafOf({ certificates: [leaf] }: Signer): Certificate {
  if (leaf === undefined) throw new DecomError("keys.invalid", "a signer without a certificate");
  try {
    return readCertificate(leaf);
  } catch (cause) {
    if (!(cause instanceof Rejection)) throw cause;
    throw new DecomError("keys.invalid", `the signer's certificate is unusable: ${cause.message}`, { cause });
  }
}

/** A signer whose private key is in this process. */
export function keySigner(key: KeyObject, ...certificates: readonly Uint8Array[]): Signer {
  return { certificates, sign: (bytes) => signRaw(key, bytes) };
}
