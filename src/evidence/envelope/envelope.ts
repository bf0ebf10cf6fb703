// Verifies a detached signature from outside: transport, DER, profile, digest, signature, chain and times, in this order; pure, no I/O.
import { equal } from "../../base/bytes.js";
import { DecomError } from "../../base/errors.js";
import { sha256 } from "../../base/sign.js";
import { Rejection } from "../codes.js";
import { buildEnvelope, type EnvelopeParts } from "./cms.js";
import { type Der, Fields, isOid, readDer, readOid, readTime, TAG } from "./der.js";
import { oids, type Role, roleOf } from "./oids.js";
import { type KeyKind, verifySignature } from "./signature.js";
import { type Certificate, issuedBy, readCertificate } from "./x509.js";

export interface EnvelopeRequest {
  readonly content: Uint8Array;
  readonly signature: Uint8Array;
  /** DER of the pinned roots; nothing else is trusted, above all not the system's store. */
  readonly trust: readonly Uint8Array[];
  readonly roles: readonly Role[];
  /** When a third party saw the document, else now; never the signing time, which the signer chooses. */
  readonly trustedTime: number;
}

export interface VerifiedEnvelope {
  readonly role: Role;
  /** The leaf's common name: the id of the station or owner. */
  readonly signerName: string;
  readonly leafSha256: Uint8Array;
  readonly rootSha256: Uint8Array;
  readonly signingTime: number;
  readonly certificates: readonly Certificate[];
}

const LIMIT = { content: 256 * 1024, signature: 64 * 1024 } as const;
const FUTURE_TOLERANCE_MS = 5 * 60_000;
/** Root, issuing CA, leaf. */
const MAX_CHAIN = 3;

/** Throws a Rejection for whatever is wrong with `content` or `signature`. */
export function verifyEnvelope({ content, signature, trust, roles, trustedTime }: EnvelopeRequest): VerifiedEnvelope {
  if (content.length > LIMIT.content) throw new Rejection("ENV_SIZE", "", `${content.length} bytes of content`);
  if (signature.length > LIMIT.signature) throw new Rejection("ENV_SIZE", "", `${signature.length} bytes of signature`);
  if (signature[0] !== TAG.sequence) throw new Rejection("ENV_TYPE", "", "the signature file is not DER");
  const envelope = readEnvelope(readDer(signature));
  // A JSON object cannot be mistaken for replayed signed attributes, which begin with 31.
  if (content[0] !== 0x7b) throw new Rejection("ENV_TYPE", "", "the content is not a JSON object");
  const { parts, attributes, paths } = envelope;
  if (!equal(parts.contentDigest, sha256(content))) throw new Rejection("DIGEST_MISMATCH", paths.contentDigest, "other content was signed");
  const certificates = envelope.certificates.map(({ bytes, path }) => readCertificate(bytes, path));
  const leaf = leafOf(certificates, parts);
  if (leaf.publicKey.kind !== parts.kind)
    throw new Rejection("ALG_KEY", paths.algorithm, "the algorithm does not belong to the leaf's key");
  if (!verifySignature(leaf.publicKey, attributes, parts.signature)) {
    throw new Rejection("SIGNATURE_BAD", paths.signature, "not this leaf's signature, or not in its one form");
  }
  if (!equal(parts.leafDigest, leaf.sha256)) throw new Rejection("ESS_CERT_MISMATCH", paths.leafDigest, "signed under another certificate");
  const root = rootOf(certificates, trust.map(readRoot));
  const role = roleOfLeaf(leaf, roles);
  checkTimes([...certificates, root], leaf, parts.signingTime, trustedTime, paths.signingTime);
  // No file is known that gets past the reader and not past this; it is here for what the reader may have forgotten.
  if (!equal(buildEnvelope(parts), signature)) throw new Rejection("ENV_NOT_CANONICAL", "", "written in another way than the profile's");
  return {
    role,
    signerName: leaf.commonName,
    leafSha256: leaf.sha256,
    rootSha256: root.sha256,
    signingTime: parts.signingTime,
    certificates,
  };
}

interface Envelope {
  readonly parts: EnvelopeParts;
  readonly certificates: readonly Der[];
  /** The bytes that were signed: the attributes as SET OF. */
  readonly attributes: Uint8Array;
  readonly paths: Readonly<Record<"contentDigest" | "signingTime" | "leafDigest" | "algorithm" | "signature", string>>;
}

function readEnvelope(der: Der): Envelope {
  const contentInfo = new Fields(der, TAG.sequence, "ENV_TYPE");
  const type = contentInfo.next(TAG.oid);
  if (!isOid(type, oids.signedData)) throw new Rejection("ENV_TYPE", type.path, "not SignedData");
  const wrapper = new Fields(contentInfo.next(0xa0), 0xa0, "ENV_TYPE");
  contentInfo.end();
  const signedData = new Fields(wrapper.next(TAG.sequence), TAG.sequence, "ENV_TYPE");
  wrapper.end();
  expectVersion1(signedData.next(TAG.integer));
  const digests = signedData.next(TAG.set);
  const encapsulated = new Fields(signedData.next(TAG.sequence), TAG.sequence, "ENV_TYPE");
  const contentType = encapsulated.next(TAG.oid);
  if (!isOid(contentType, oids.data)) throw new Rejection("ENV_TYPE", contentType.path, "content type is not id-data");
  const embedded = encapsulated.optional(0xa0);
  if (embedded !== undefined) throw new Rejection("CMS_NOT_DETACHED", embedded.path, "content inside the signature");
  encapsulated.end();
  const certificates = signedData.optional(0xa0)?.children ?? [];
  const signers = signedData.next(TAG.set);
  signedData.end();
  const [signerInfo, another] = signers.children;
  if (signerInfo === undefined) throw new Rejection("CMS_NO_SIGNER", signers.path, "no signer");
  if (another !== undefined) throw new Rejection("CMS_SIGNER_COUNT", another.path, `${signers.children.length} signers`);

  const signer = new Fields(signerInfo, TAG.sequence, "ENV_TYPE");
  expectVersion1(signer.next(TAG.integer));
  const identifier = new Fields(signer.next(TAG.sequence), TAG.sequence, "ENV_TYPE");
  const issuer = identifier.next(TAG.sequence);
  const serial = identifier.next(TAG.integer);
  identifier.end();
  const digest = signer.next(TAG.sequence);
  if (!isSha256(digest)) throw new Rejection("ALG_DIGEST", digest.path, "not SHA-256");
  if (digests.children.length !== 1 || !digests.children.every(isSha256))
    throw new Rejection("CMS_DIGEST_SET", digests.path, "not SHA-256 alone");
  const attributes = signer.optional(0xa0);
  if (attributes === undefined) throw new Rejection("CMS_NO_SIGNED_ATTRS", signerInfo.path, "no signed attributes");
  const algorithm = signer.next(TAG.sequence);
  const signature = signer.next(TAG.octets);
  const unsigned = signer.optional(0xa1);
  if (unsigned !== undefined) throw new Rejection("CMS_UNSIGNED_ATTR", unsigned.path, "an unsigned attribute");
  signer.end();

  const { contentDigest, signingTime, leafDigest } = readAttributes(attributes);
  const parts: EnvelopeParts = {
    certificates: certificates.map(({ bytes }) => bytes),
    issuer: issuer.bytes,
    serial: serial.value,
    contentDigest: contentDigest.value,
    signingTime: readTime(signingTime) ?? badValue(signingTime),
    leafDigest: leafDigest.value,
    kind: kindOfAlgorithm(algorithm),
    signature: signature.value,
  };
  const signed = Uint8Array.from(attributes.bytes);
  signed[0] = TAG.set; // RFC 5652 5.4: hashed as an explicit SET OF, not under the tag [0]
  return {
    parts,
    certificates,
    attributes: signed,
    paths: {
      contentDigest: contentDigest.path,
      signingTime: signingTime.path,
      leafDigest: leafDigest.path,
      algorithm: algorithm.path,
      signature: signature.path,
    },
  };
}

function expectVersion1(version: Der): void {
  if (version.value.length !== 1 || version.value[0] !== 1) throw new Rejection("ENV_VERSION", version.path, "not version 1");
}

function isSha256({ tag, children: [type, parameters] }: Der): boolean {
  return tag === TAG.sequence && type !== undefined && isOid(type, oids.sha256) && parameters === undefined;
}

function kindOfAlgorithm({ path, children: [type, parameters, more] }: Der): KeyKind {
  if (type !== undefined && more === undefined) {
    if (isOid(type, oids.rsaEncryption) && parameters?.tag === TAG.null) return "rsa";
    if (isOid(type, oids.ecdsaWithSha256) && parameters === undefined) return "p256";
  }
  throw new Rejection("ALG_SIGNATURE", path, "neither RSA PKCS#1 v1.5 nor ECDSA with SHA-256");
}

function badValue(value: Der): never {
  throw new Rejection("CMS_ATTR_VALUES", value.path, "not a value of this attribute");
}

const ATTRIBUTES = [oids.contentType, oids.messageDigest, oids.signingTime, oids.signingCertificateV2] as const;

function readAttributes(set: Der): Record<"contentDigest" | "signingTime" | "leafDigest", Der> {
  const values = new Map<string, Der>();
  for (const attribute of set.children) {
    const fields = new Fields(attribute, TAG.sequence, "CMS_ATTR_VALUES");
    const type = fields.next(TAG.oid);
    const name = ATTRIBUTES.find((known) => isOid(type, known));
    if (name === undefined) throw new Rejection("CMS_ATTR_UNKNOWN", type.path, `attribute ${readOid(type)}`);
    if (values.has(name)) throw new Rejection("CMS_ATTR_DUP", type.path, "attribute given twice");
    const held = fields.next(TAG.set);
    fields.end();
    const [value, more] = held.children;
    values.set(name, value === undefined || more !== undefined ? badValue(held) : value);
  }
  const one = (name: (typeof ATTRIBUTES)[number]): Der => {
    const value = values.get(name);
    if (value === undefined) throw new Rejection("CMS_ATTR_MISSING", set.path, `attribute ${name} missing`);
    return value;
  };
  const [contentType, contentDigest, signingTime, ess] = [
    one(oids.contentType),
    one(oids.messageDigest),
    one(oids.signingTime),
    one(oids.signingCertificateV2),
  ];
  set.children.forEach((attribute, i) => {
    const before = set.children[i - 1];
    if (before !== undefined && Buffer.compare(before.bytes, attribute.bytes) > 0) {
      throw new Rejection("CMS_ATTR_ORDER", attribute.path, "attributes not in DER order");
    }
  });
  if (!isOid(contentType, oids.data)) badValue(contentType);
  if (contentDigest.tag !== TAG.octets || contentDigest.value.length !== 32) badValue(contentDigest);
  if (signingTime.tag !== TAG.utcTime) badValue(signingTime);
  return { contentDigest, signingTime, leafDigest: leafDigestOf(ess) };
}

/** SigningCertificateV2 { SEQUENCE OF { ESSCertIDv2 { certHash } } }, each level holding exactly one. */
function leafDigestOf(ess: Der): Der {
  let inner = ess;
  for (let level = 0; level < 3; level++) {
    const [only, more] = inner.children;
    if (inner.tag !== TAG.sequence || only === undefined || more !== undefined) return badValue(inner);
    inner = only;
  }
  return inner.tag === TAG.octets && inner.value.length === 32 ? inner : badValue(inner);
}

/** The certificate that the SignerInfo names, which must stand first. */
function leafOf(certificates: readonly Certificate[], { issuer, serial }: EnvelopeParts): Certificate {
  const names = (certificate: Certificate) => equal(certificate.issuer, issuer) && equal(certificate.serial, serial);
  const [first] = certificates;
  if (first !== undefined && names(first)) return first;
  if (certificates.some(names)) throw new Rejection("CERT_ORDER", first?.path ?? "", "the signer's certificate does not stand first");
  throw new Rejection("CHAIN_UNTRUSTED", "", "the signer's certificate is not enclosed");
}

function readRoot(der: Uint8Array): Certificate {
  try {
    return readCertificate(der);
  } catch (cause) {
    if (!(cause instanceof Rejection)) throw cause;
    throw new DecomError("keys.invalid", `the trusted root is not usable: ${cause.message}`, { cause });
  }
}

/** Walks from the leaf up, using every enclosed certificate in the order in which it stands, to a pinned root. */
function rootOf(certificates: readonly Certificate[], roots: readonly Certificate[]): Certificate {
  for (const [i, certificate] of certificates.entries()) {
    const root = findIssuer(certificate, i, roots);
    const next = certificates[i + 1];
    if (root !== undefined) {
      if (next !== undefined) throw new Rejection("CERT_EXTRANEOUS", next.path, "not needed between leaf and root");
      if (i + 2 > MAX_CHAIN) throw new Rejection("CHAIN_DEPTH", certificate.path, `${i + 2} certificates from leaf to root`);
      return root;
    }
    if (next !== undefined && findIssuer(certificate, i, [next]) === undefined) {
      const later = findIssuer(certificate, i, certificates.slice(i + 2)) !== undefined;
      throw new Rejection(later ? "CERT_ORDER" : "CHAIN_UNTRUSTED", next.path, "did not issue the certificate before it");
    }
  }
  throw new Rejection("CHAIN_UNTRUSTED", certificates.at(-1)?.path ?? "", "no pinned root issued the last certificate");
}

/** `below`: how many CA certificates stand between the issuer and the leaf. */
function findIssuer(certificate: Certificate, below: number, candidates: readonly Certificate[]): Certificate | undefined {
  for (const candidate of candidates) {
    const issued = issuedBy(certificate, candidate);
    if (issued === "no") continue;
    // The leaf is bound by its hash in the signature; the bytes of a CA certificate only by having one form.
    if (below > 0 && issued === "high-s") throw new Rejection("ENV_NOT_CANONICAL", certificate.path, "CA certificate with a high s");
    if (candidate.pathLength < below) throw new Rejection("CHAIN_DEPTH", candidate.path, "its path length is exceeded");
    if (candidate.extendedKeyUsage.length > 0) throw new Rejection("EKU", candidate.path, "a CA with extended key usages");
    return candidate;
  }
  return undefined;
}

function roleOfLeaf(leaf: Certificate, allowed: readonly Role[]): Role {
  if (leaf.ca || leaf.keyUsage.keyCertSign || !leaf.keyUsage.digitalSignature) {
    throw new Rejection("KEY_USAGE", leaf.path, "not a leaf for digital signatures");
  }
  const [role, ...others] = leaf.extendedKeyUsage.filter((usage) => usage !== oids.emailProtection).map(roleOf);
  const mail = leaf.extendedKeyUsage.includes(oids.emailProtection) && leaf.extendedKeyUsage.length === 2;
  if (!mail || role === undefined || others.length > 0) throw new Rejection("EKU", leaf.path, "not emailProtection and exactly one role");
  if (!allowed.includes(role)) throw new Rejection("EKU", leaf.path, `signed in the role ${role}, not ${allowed.join(" or ")}`);
  return role;
}

function checkTimes(chain: readonly Certificate[], leaf: Certificate, signingTime: number, trusted: number, at: string): void {
  for (const { notBefore, notAfter, path } of chain) {
    // notAfter names the last valid second, all of it.
    if (trusted < notBefore || trusted >= notAfter + 1000) throw new Rejection("CERT_EXPIRED", path, "not valid at the trusted time");
  }
  if (signingTime > trusted + FUTURE_TOLERANCE_MS) throw new Rejection("TIME_FUTURE", at, "signed in the future");
  if (signingTime < leaf.notBefore || signingTime > leaf.notAfter)
    throw new Rejection("TIME_NOT_IN_LEAF", at, "outside the leaf's validity");
}
