// Strict reading of X.509 v3 certificates (RFC 5280) and of who issued them; Node's own reader names key usages wrongly and skips most rules.
import { equal, hex, text } from "../../base/bytes.js";
import { kept } from "../../base/kept.js";
import { publicKeyOf as publicKeyOfSpki, sha256 } from "../../base/sign.js";
import { Rejection, type VerifierCode } from "../codes.js";
import { type Der, Fields, isOid, readDer, readOid, readPositive, readTime, readWholeBits, TAG } from "./der.js";
import { oids } from "./oids.js";
import { type KeyKind, type PublicKey, verifyEitherForm, verifySignature } from "./signature.js";

export interface Certificate {
  readonly der: Uint8Array;
  readonly sha256: Uint8Array;
  readonly path: string;
  readonly serial: Uint8Array;
  /** Distinguished names as encoded; equal names are equal bytes. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly commonName: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly publicKey: PublicKey;
  readonly ca: boolean;
  /** How many CAs may stand below this one. */
  readonly pathLength: number;
  /** Bits of RFC 5280 4.2.1.3, digitalSignature first; all clear when the extension is absent. */
  readonly keyUsage: KeyUsage;
  readonly extendedKeyUsage: readonly string[];
  readonly subjectKeyId: Uint8Array | undefined;
  readonly signed: Uint8Array;
  readonly signatureKind: KeyKind;
  readonly signature: Uint8Array;
}

export interface KeyUsage {
  readonly digitalSignature: boolean;
  readonly keyEncipherment: boolean;
  readonly keyCertSign: boolean;
}

const RSA_BITS = { min: 3072, max: 8192 } as const;
const E_65537 = Uint8Array.of(1, 0, 1);

/** A certificate says the same every time, and a bench or a back end meets the same few all day: by all of its bytes and its place. */
const known = kept<Certificate>(64);

/** `path`: where these bytes stand in what encloses them. */
export function readCertificate(bytes: Uint8Array, path = ""): Certificate {
  // What is kept is a copy: the caller's bytes stay the caller's.
  return known(`${path} ${text(bytes)}`, () => certificateOf(readDer(Uint8Array.from(bytes), path, "CERT_PARSE")));
}

function certificateOf(der: Der): Certificate {
  const outer = new Fields(der, TAG.sequence, "CERT_PARSE");
  const tbs = outer.next(TAG.sequence);
  const algorithm = outer.next(TAG.sequence);
  const signatureBits = outer.next(TAG.bitString);
  outer.end();

  const fields = new Fields(tbs, TAG.sequence, "CERT_PARSE");
  const [version] = fields.next(0xa0).children;
  if (version === undefined || !equal(version.bytes, Uint8Array.of(2, 1, 2))) throw new Rejection("CERT_PARSE", tbs.path, "not version 3");
  const serial = fields.next(TAG.integer);
  if (readPositive(serial) === undefined || serial.value.length > 20)
    reject("CERT_PARSE", serial, "serial number not positive or too long");
  if (!equal(fields.next(TAG.sequence).bytes, algorithm.bytes)) reject("CERT_PARSE", algorithm, "two different signature algorithms");
  const issuer = fields.next(TAG.sequence);
  const validity = fields.next(TAG.sequence);
  const subject = fields.next(TAG.sequence);
  const spki = fields.next(TAG.sequence);
  const extensions = extensionsOf(fields.next(0xa3));
  fields.end();

  const [notBefore, notAfter] = validity.children.map(readTime);
  if (notBefore === undefined || notAfter === undefined || validity.children.length !== 2)
    reject("CERT_PARSE", validity, "unreadable validity");
  const signature = readWholeBits(signatureBits) ?? reject("CERT_PARSE", signatureBits, "signature is not whole octets");
  return {
    der: der.bytes,
    sha256: sha256(der.bytes),
    path: der.path,
    serial: serial.value,
    issuer: issuer.bytes,
    subject: subject.bytes,
    commonName: commonNameOf(subject),
    notBefore,
    notAfter,
    publicKey: publicKeyOf(spki),
    ...extensions,
    signed: tbs.bytes,
    signatureKind: signatureKindOf(algorithm),
    signature,
  };
}

function reject(code: VerifierCode, der: Der, detail: string): never {
  throw new Rejection(code, der.path, detail);
}

function commonNameOf(name: Der): string {
  for (const relative of name.children) {
    for (const { children } of relative.children) {
      const [type, value] = children;
      if (type !== undefined && value !== undefined && isOid(type, oids.commonName)) return Buffer.from(value.value).toString("utf8");
    }
  }
  return "";
}

function signatureKindOf(algorithm: Der): KeyKind {
  const [type, parameters, more] = algorithm.children;
  if (type !== undefined && more === undefined) {
    if (isOid(type, oids.ecdsaWithSha256) && parameters === undefined) return "p256";
    if (isOid(type, oids.sha256WithRsa) && parameters?.tag === TAG.null) return "rsa";
  }
  return reject("ALG_SIGNATURE", algorithm, "certificate not signed with RSA or ECDSA and SHA-256");
}

function publicKeyOf(spki: Der): PublicKey {
  const [algorithm, bits, more] = spki.children;
  const [type, parameters, extra] = algorithm?.children ?? [];
  const content = bits === undefined ? undefined : readWholeBits(bits);
  if (bits === undefined || type === undefined || parameters === undefined || content === undefined || (more ?? extra) !== undefined) {
    return reject("ALG_KEY", spki, "unreadable public key");
  }
  let kind: KeyKind;
  if (isOid(type, oids.rsaEncryption) && parameters.tag === TAG.null) {
    kind = "rsa";
    const fields = new Fields(readDer(content, bits.path, "CERT_PARSE"), TAG.sequence, "CERT_PARSE");
    const modulus = readPositive(fields.next(TAG.integer));
    const exponent = readPositive(fields.next(TAG.integer));
    fields.end();
    const size = modulus === undefined ? 0 : modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
    if (size < RSA_BITS.min || size > RSA_BITS.max) reject("KEY_WEAK", spki, `RSA of ${size} bits`);
    if (exponent === undefined || !equal(exponent, E_65537)) reject("KEY_WEAK", spki, "RSA exponent is not 65537");
  } else if (isOid(type, oids.ecPublicKey) && isOid(parameters, oids.p256) && content.length === 65 && content[0] === 4) {
    kind = "p256";
  } else {
    return reject("ALG_KEY", spki, "neither RSA nor an uncompressed point of P-256");
  }
  const key = publicKeyOfSpki(spki.bytes);
  return key === undefined ? reject("ALG_KEY", spki, "not a key of its kind") : { kind, key };
}

type Extensions = Pick<Certificate, "ca" | "pathLength" | "keyUsage" | "extendedKeyUsage" | "subjectKeyId">;

function extensionsOf(wrapper: Der): Extensions {
  const [list, more] = wrapper.children;
  if (list?.tag !== TAG.sequence || more !== undefined) return reject("CERT_PARSE", wrapper, "unreadable extensions");
  const seen = new Set<string>();
  let out: Extensions = {
    ca: false,
    pathLength: Number.POSITIVE_INFINITY,
    keyUsage: { digitalSignature: false, keyEncipherment: false, keyCertSign: false },
    extendedKeyUsage: [],
    subjectKeyId: undefined,
  };
  for (const extension of list.children) {
    const fields = new Fields(extension, TAG.sequence, "CERT_PARSE");
    const type = readOid(fields.next(TAG.oid));
    const critical = fields.optional(TAG.boolean);
    if (critical?.value[0] === 0) reject("CERT_PARSE", critical, "a default value is written out");
    const content = fields.next(TAG.octets);
    fields.end();
    if (seen.has(type)) reject("CERT_DUP_EXT", extension, `extension ${type} twice`);
    seen.add(type);
    const known = readExtension(type, content);
    if (known !== undefined) out = { ...out, ...known };
    else if (critical !== undefined) reject("CERT_PARSE", extension, `unknown critical extension ${type}`);
  }
  return out;
}

/** `undefined` for an extension that no rule here reads. */
function readExtension(type: string, content: Der): Partial<Extensions> | undefined {
  const inner = () => readDer(content.value, content.path, "CERT_PARSE");
  switch (type) {
    case oids.basicConstraints: {
      const fields = new Fields(inner(), TAG.sequence, "CERT_PARSE");
      const ca = fields.optional(TAG.boolean);
      const length = fields.optional(TAG.integer);
      fields.end();
      if (ca?.value[0] === 0 || (ca === undefined && length !== undefined))
        reject("CERT_PARSE", content, "basic constraints contradict themselves");
      if (length !== undefined && (length.value.length > 1 || (length.value[0] ?? 0) >= 0x80)) reject("CERT_PARSE", content, "path length");
      return { ca: ca !== undefined, ...(length === undefined ? {} : { pathLength: length.value[0] ?? 0 }) };
    }
    case oids.keyUsage: {
      const bits = inner();
      if (bits.tag !== TAG.bitString) reject("CERT_PARSE", content, "key usage is not a BIT STRING");
      const first = bits.value[1] ?? 0;
      return {
        keyUsage: { digitalSignature: (first & 0x80) !== 0, keyEncipherment: (first & 0x20) !== 0, keyCertSign: (first & 0x04) !== 0 },
      };
    }
    case oids.extendedKeyUsage: {
      const list = inner();
      if (list.tag !== TAG.sequence || list.children.length === 0 || list.children.some(({ tag }) => tag !== TAG.oid)) {
        reject("CERT_PARSE", content, "extended key usage is not a list of identifiers");
      }
      return { extendedKeyUsage: list.children.map(readOid) };
    }
    case oids.subjectKeyId: {
      const id = inner();
      if (id.tag !== TAG.octets) reject("CERT_PARSE", content, "subject key identifier is not octets");
      return { subjectKeyId: id.value };
    }
    default:
      return undefined;
  }
}

export type Issued = "no" | "yes" | "high-s";

/** Who issued whom does not change, and a bench or a back end meets the same few chains all day: by both hashes. */
const judged = kept<Issued>(256);

/** Whether `issuer` may issue and did issue `certificate`. A high s is genuine, but anyone can make it from the low one. */
export function issuedBy(certificate: Certificate, issuer: Certificate): Issued {
  const key = issuer.publicKey;
  if (!issuer.ca || !issuer.keyUsage.keyCertSign || key.kind !== certificate.signatureKind) return "no";
  if (!equal(certificate.issuer, issuer.subject)) return "no";
  return judged(`${hex(certificate.sha256)} ${hex(issuer.sha256)}`, () => {
    const { signed, signature } = certificate;
    return verifySignature(key, signed, signature) ? "yes" : verifyEitherForm(key, signed, signature) ? "high-s" : "no";
  });
}
