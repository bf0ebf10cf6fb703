// Builds signed envelopes that are wrong in one named place and right everywhere else; src can only build right ones.
import type { KeyObject } from "node:crypto";
import { concat, hex, unhex } from "../../src/base/bytes.js";
import { otherForm, sha256 } from "../../src/base/sign.js";
import { context, integer, octets, oid, readDer, sequence, setOf, time, tlv } from "../../src/evidence/envelope/der.js";
import { oids } from "../../src/evidence/envelope/oids.js";
import { encodeSignature, kindOf, signRaw } from "../../src/evidence/envelope/signature.js";
import { readCertificate } from "../../src/evidence/envelope/x509.js";
import { testIssuing, testStation, testStationKey } from "./identities.js";

export const content = new TextEncoder().encode('{"type":"test"}\n');
export const signingTime = Date.UTC(2026, 5, 1, 12, 0, 0);
export const now = signingTime + 60_000;

export const set = (...parts: Uint8Array[]) => tlv(0x31, ...parts);
export const attribute = (type: string, ...values: Uint8Array[]) => sequence(oid(type), set(...values));
export const sha256Algorithm = sequence(oid(oids.sha256));

export interface Attributes {
  contentType: Uint8Array | undefined;
  messageDigest: Uint8Array | undefined;
  signingTime: Uint8Array | undefined;
  ess: Uint8Array | undefined;
  extra: Uint8Array[];
}

export interface Craft {
  content?: Uint8Array;
  key?: KeyObject;
  certificates?: readonly Uint8Array[];
  /** The certificate that SignerInfo and ESS name, if not the first one. */
  named?: Uint8Array;
  essNames?: Uint8Array;
  signingTime?: number;
  attributes?: (good: Attributes) => Attributes;
  /** What is done to the list of attributes; sorts when absent. */
  arrange?: (attributes: Uint8Array[]) => Uint8Array[];
  noAttributes?: boolean;
  digests?: Uint8Array;
  digest?: Uint8Array;
  algorithm?: Uint8Array;
  signature?: (good: Uint8Array) => Uint8Array;
  afterSignature?: Uint8Array[];
  encapsulated?: Uint8Array;
  signers?: (good: Uint8Array) => Uint8Array[];
}

export function craft(wrong: Craft = {}): Uint8Array {
  const key = wrong.key ?? testStationKey();
  const certificates = wrong.certificates ?? testStation().signerFor("bench").certificates;
  const named = wrong.named ?? certificates[0]!;
  // By position, since a certificate may be what is wrong: version, serial, algorithm, issuer.
  const [, serial, , issuer] = readDer(named).children[0]!.children;
  const good: Attributes = {
    contentType: attribute(oids.contentType, oid(oids.data)),
    messageDigest: attribute(oids.messageDigest, octets(sha256(wrong.content ?? content))),
    signingTime: attribute(oids.signingTime, time(wrong.signingTime ?? signingTime)),
    ess: attribute(oids.signingCertificateV2, sequence(sequence(sequence(octets(sha256(wrong.essNames ?? named)))))),
    extra: [],
  };
  const { extra, ...four } = wrong.attributes?.(good) ?? good;
  const list = [...Object.values(four).filter((part) => part !== undefined), ...extra];
  const sort = (parts: Uint8Array[]) => parts.toSorted((a, b) => Buffer.compare(a, b));
  const attributes = concat(...(wrong.arrange ?? sort)(list));
  const kind = kindOf(key);
  const signature = encodeSignature(kind, signRaw(key, wrong.noAttributes ? (wrong.content ?? content) : tlv(0x31, attributes)));
  const algorithm = kind === "rsa" ? sequence(oid(oids.rsaEncryption), tlv(0x05)) : sequence(oid(oids.ecdsaWithSha256));
  const signerInfo = sequence(
    integer(1),
    sequence(issuer!.bytes, serial!.bytes),
    wrong.digest ?? sha256Algorithm,
    ...(wrong.noAttributes ? [] : [context(0, attributes)]),
    wrong.algorithm ?? algorithm,
    octets(wrong.signature?.(signature) ?? signature),
    ...(wrong.afterSignature ?? []),
  );
  return sequence(
    oid(oids.signedData),
    context(
      0,
      sequence(
        integer(1),
        wrong.digests ?? setOf(sha256Algorithm),
        wrong.encapsulated ?? sequence(oid(oids.data)),
        context(0, ...certificates),
        set(...(wrong.signers?.(signerInfo) ?? [signerInfo])),
      ),
    ),
  );
}

/** The other valid signature of the same bytes. Takes and gives SEQUENCE { r, s }. */
export function otherS(der: Uint8Array): Uint8Array {
  const sAt = 4 + (der[3] ?? 0);
  const s = unhex(
    hex(der.subarray(sAt + 2))
      .slice(-64)
      .padStart(64, "0"),
  );
  const flipped = otherForm(concat(new Uint8Array(32), s)).subarray(32);
  return sequence(der.subarray(2, sAt), integer(flipped));
}

/** The same certificate with its ECDSA signature in the other valid form. */
export function withOtherS(certificate: Uint8Array): Uint8Array {
  const { signed, signature } = readCertificate(certificate);
  return sequence(signed, sequence(oid(oids.ecdsaWithSha256)), tlv(0x03, Uint8Array.of(0), otherS(signature)));
}

export const issuing = testIssuing.certificate;
