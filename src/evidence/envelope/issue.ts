// Making certificates for benches and tests: root, issuing CA, leaf. Production certificates come from the deployer's own CA.
import { createPublicKey, type KeyObject } from "node:crypto";
import type { Random } from "../../base/random.js";
import { sha256 } from "../../base/sign.js";
import { bitString, context, integer, nothing, octets, oid, sequence, setOf, time, tlv, utf8, yes } from "./der.js";
import { oids, type Role, roleOids } from "./oids.js";
import { encodeSignature, kindOf, signRaw } from "./signature.js";
import { readCertificate } from "./x509.js";

export interface Authority {
  readonly certificate: Uint8Array;
  readonly key: KeyObject;
}

export interface IssueRequest {
  readonly commonName: string;
  /** Private or public; only its public half is read. */
  readonly key: KeyObject;
  /** Absent for a root, which signs itself. */
  readonly by?: Authority;
  readonly extensions: readonly Uint8Array[];
  readonly notBefore: number;
  readonly notAfter: number;
  readonly random: Random;
}

export function extension(type: string, critical: boolean, content: Uint8Array): Uint8Array {
  return sequence(oid(type), ...(critical ? [yes()] : []), octets(content));
}

/** keyCertSign and cRLSign; a path length of 0 lets it issue leaves only. No EKU: stock OpenSSL would refuse every leaf below. */
export function caExtensions(pathLength: number): Uint8Array[] {
  return [
    extension(oids.basicConstraints, true, sequence(yes(), integer(pathLength))),
    extension(oids.keyUsage, true, bitString(Uint8Array.of(0x06), 1)),
  ];
}

/** digitalSignature, emailProtection (which stock OpenSSL wants) and the one role. */
export function leafExtensions(role: Role): Uint8Array[] {
  return [
    extension(oids.keyUsage, true, bitString(Uint8Array.of(0x80), 7)),
    extension(oids.extendedKeyUsage, false, sequence(oid(oids.emailProtection), oid(roleOids[role]))),
  ];
}

/** For those to whom archives are sealed: the key may encipher keys and nothing else. */
export function recipientExtensions(): Uint8Array[] {
  return [extension(oids.keyUsage, true, bitString(Uint8Array.of(0x20), 5))];
}

/** DER of a new certificate, its own key identifiers added. */
export function issueCertificate({ commonName, key, by, extensions, notBefore, notAfter, random }: IssueRequest): Uint8Array {
  const subject = sequence(setOf(sequence(oid(oids.commonName), utf8(commonName))));
  const spki = new Uint8Array((key.type === "private" ? createPublicKey(key) : key).export({ type: "spki", format: "der" }));
  const issuer = by === undefined ? undefined : readCertificate(by.certificate);
  const signer = by?.key ?? key;
  const keyId = sha256(spki).subarray(0, 20);
  const kind = kindOf(signer);
  const algorithm = kind === "rsa" ? sequence(oid(oids.sha256WithRsa), nothing()) : sequence(oid(oids.ecdsaWithSha256));
  const issuerKeyId = by === undefined ? keyId : issuer?.subjectKeyId;
  const signed = sequence(
    context(0, integer(2)),
    integer(serialNumber(random)),
    algorithm,
    issuer?.subject ?? subject,
    sequence(time(notBefore), time(notAfter)),
    subject,
    spki,
    context(
      3,
      sequence(
        ...extensions,
        extension(oids.subjectKeyId, false, octets(keyId)),
        ...(issuerKeyId === undefined ? [] : [extension(oids.authorityKeyId, false, sequence(tlv(0x80, issuerKeyId)))]),
      ),
    ),
  );
  return sequence(signed, algorithm, bitString(encodeSignature(kind, signRaw(signer, signed))));
}

/** 126 random bits, positive, always 16 octets. */
function serialNumber(random: Random): Uint8Array {
  const [first = 0, ...rest] = random.bytes(16);
  return Uint8Array.of((first & 0x3f) | 0x40, ...rest);
}
