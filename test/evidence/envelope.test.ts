// What the verifier takes and what it refuses, each forgery with the one code it must raise.
import { constants, createPublicKey, generateKeyPairSync, sign as nodeSign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { concat } from "../../src/base/bytes.js";
import { seededRandom } from "../../src/base/random.js";
import { sha256 } from "../../src/base/sign.js";
import type { VerifierCode } from "../../src/evidence/codes.js";
import { keySigner, signDetached } from "../../src/evidence/envelope/cms.js";
import { bitString, context, integer, octets, oid, sequence, setOf, time, tlv } from "../../src/evidence/envelope/der.js";
import { type EnvelopeRequest, verifyEnvelope } from "../../src/evidence/envelope/envelope.js";
import { type Authority, caExtensions, extension, issueCertificate, leafExtensions } from "../../src/evidence/envelope/issue.js";
import { oids, roleOids } from "../../src/evidence/envelope/oids.js";
import { pemOf } from "../../src/evidence/envelope/pem.js";
import { readCertificate } from "../../src/evidence/envelope/x509.js";
import {
  attribute,
  type Craft,
  content,
  craft,
  issuing,
  now,
  otherS,
  set,
  sha256Algorithm,
  signingTime,
  withOtherS,
} from "../support/craft.js";
import { testIssuing, testLeaf, testOwner, testRoot, testStation, testStationKey } from "../support/identities.js";
import { rejectionOf } from "../support/rejection.js";

const request = (wrong: Partial<EnvelopeRequest> = {}): EnvelopeRequest => ({
  content,
  signature: wrong.signature ?? craft(),
  trust: [testRoot.certificate],
  roles: ["bench", "simulator"],
  trustedTime: now,
  ...wrong,
});

const codeOf = (wrong: Partial<EnvelopeRequest>): VerifierCode | "ACCEPTED" =>
  rejectionOf(() => verifyEnvelope(request(wrong)))?.code ?? "ACCEPTED";

const forever = { notBefore: Date.UTC(2000, 0, 1), notAfter: Date.UTC(2099, 0, 1), random: seededRandom("envelope") };
const p256 = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const ca = (commonName: string, by?: Authority, pathLength = 0, extensions = caExtensions(pathLength)): Authority => {
  const key = p256();
  return { key, certificate: issueCertificate({ ...forever, commonName, key, extensions, ...(by && { by }) }) };
};
const [benchLeaf, simulatorLeaf] = (["bench", "simulator"] as const).map((role) => testStation().signerFor(role).certificates[0]!);
const usage = (bits: number, unused: number) => extension(oids.keyUsage, true, bitString(Uint8Array.of(bits), unused));
const purposes = (...ids: string[]) => extension(oids.extendedKeyUsage, false, sequence(...ids.map(oid)));
const algorithm = (id: string) => sequence(oid(id));
const SHA1 = "1.3.14.3.2.26";
const MD5 = "1.2.840.113549.2.5";
const ED25519 = "1.3.101.112";
const PSS = "1.2.840.113549.1.1.10";

test("what was read of a certificate is known by all of its bytes and its place, and outlives the bytes it was read from", () => {
  const bytes = testLeaf("simulator", { commonName: "READ-TWICE" });
  const before = Uint8Array.from(bytes);
  const read = readCertificate(bytes);
  bytes[bytes.length - 1]! ^= 1; // of its signature
  expect(read.der).toEqual(before);
  expect(readCertificate(before)).toBe(read);
  expect(readCertificate(before, "/1/0").path).toBe("/1/0");
  expect(readCertificate(bytes).sha256).toEqual(sha256(bytes));
});

describe("an envelope that keeps the profile is accepted", () => {
  for (const kind of ["p256", "rsa3072"] as const) {
    test(`and tells role, signer and time (${kind})`, () => {
      const signer = testStation(kind).signerFor("simulator");
      const signature = signDetached({ content, signer, signingTime: signingTime + 999 });
      const seen = verifyEnvelope(request({ signature }));
      expect(seen.role).toBe("simulator");
      expect(seen.signerName).toBe("TEST-STATION");
      expect(seen.signingTime).toBe(signingTime);
      expect(seen.leafSha256).toEqual(sha256(signer.certificates[0]!));
      expect(seen.rootSha256).toEqual(sha256(testRoot.certificate));
      expect(seen.certificates.map(({ der }) => der)).toEqual(signer.certificates);
    });
  }

  test("and the crafted one of these tests is such an envelope", () => expect(codeOf({})).toBe("ACCEPTED"));

  test("also when the root is one of several that are pinned", () => {
    expect(codeOf({ trust: [ca("stranger", undefined, 1).certificate, testRoot.certificate] })).toBe("ACCEPTED");
  });

  test("also when the leaf's own certificate has a high s, which its hash in the signature binds", () => {
    const leaf = withOtherS(benchLeaf!);
    const high = [benchLeaf!, leaf].map((certificate) => codeOf({ signature: craft({ certificates: [certificate, issuing] }) }));
    expect(high).toEqual(["ACCEPTED", "ACCEPTED"]);
  });
});

const rsaKey = testStationKey("rsa3072");
const rsaOfThree = createPublicKey({ key: { ...createPublicKey(rsaKey).export({ format: "jwk" }), e: "Aw" }, format: "jwk" });
const otherRoot: Authority = { key: testRoot.key, certificate: testRoot.certificate };
const impostor = ca("TEST-ONLY root", undefined, 1);
const impostorCa = ca("TEST-ONLY CA", impostor);
const leafUnder = (by: Authority, request: Parameters<typeof testLeaf>[1] = {}) => testLeaf("bench", { by, ...request });
const signed = (...certificates: Uint8Array[]): Craft => ({ certificates });
const misused = (...extensions: Uint8Array[]) => signed(testLeaf("bench", { extensions }), issuing);
const [emailAndBench, digital] = [purposes(oids.emailProtection, roleOids.bench), usage(0x80, 7)];

/** Numbered as in the corpus of forgeries, of which these are the ones that an envelope alone can show. */
const forgeries: readonly (readonly [string, VerifierCode, () => Partial<EnvelopeRequest> | Craft])[] = [
  ["1 payload swapped", "DIGEST_MISMATCH", () => ({ content: new TextEncoder().encode('{"type":"tset"}\n') })],
  ["2 one newline added", "DIGEST_MISMATCH", () => ({ content: concat(content, Uint8Array.of(10)) })],
  ["4 signed attributes replayed as content", "CMS_NO_SIGNED_ATTRS", replayed],
  [
    "4 signed attributes replayed as content that has attributes",
    "ENV_TYPE",
    () => ({ content: Uint8Array.of(0x31, 0), signature: craft({ content: Uint8Array.of(0x31, 0) }) }),
  ],
  ["5 no signed attributes", "CMS_NO_SIGNED_ATTRS", () => ({ noAttributes: true })],
  ["6 zero signers", "CMS_NO_SIGNER", () => ({ signers: () => [] })],
  ["7 second signer", "CMS_SIGNER_COUNT", () => ({ signers: (good) => [good, good] })],
  ["8 embedded content", "CMS_NOT_DETACHED", () => ({ encapsulated: sequence(oid(oids.data), context(0, octets(content))) })],
  ["8 other content type", "ENV_TYPE", () => ({ encapsulated: sequence(oid(oids.signedData)) })],
  ["9 SHA-1", "ALG_DIGEST", () => ({ digest: algorithm(SHA1), digests: setOf(algorithm(SHA1)) })],
  ["10 MD5", "ALG_DIGEST", () => ({ digest: algorithm(MD5), digests: setOf(algorithm(MD5)) })],
  ["11 digest set without the digest", "CMS_DIGEST_SET", () => ({ digests: setOf(algorithm(SHA1)) })],
  ["11 digest set with a second digest", "CMS_DIGEST_SET", () => ({ digests: setOf(sha256Algorithm, algorithm(SHA1)) })],
  ["11 empty digest set", "CMS_DIGEST_SET", () => ({ digests: setOf() })],
  ["12 messageDigest twice", "CMS_ATTR_DUP", () => ({ attributes: (good) => ({ ...good, extra: [good.messageDigest!] }) })],
  [
    "13 two values",
    "CMS_ATTR_VALUES",
    () => ({
      attributes: (good) => ({ ...good, messageDigest: attribute(oids.messageDigest, octets(sha256(content)), octets(sha256(content))) }),
    }),
  ],
  ["13 no value", "CMS_ATTR_VALUES", () => ({ attributes: (good) => ({ ...good, messageDigest: attribute(oids.messageDigest) }) })],
  ["14 contentType missing", "CMS_ATTR_MISSING", () => ({ attributes: (good) => ({ ...good, contentType: undefined }) })],
  [
    "15 contentType wrong",
    "CMS_ATTR_VALUES",
    () => ({ attributes: (good) => ({ ...good, contentType: attribute(oids.contentType, oid(oids.signedData)) }) }),
  ],
  ["16 messageDigest missing", "CMS_ATTR_MISSING", () => ({ attributes: (good) => ({ ...good, messageDigest: undefined }) })],
  ["16 signingTime missing", "CMS_ATTR_MISSING", () => ({ attributes: (good) => ({ ...good, signingTime: undefined }) })],
  ["16 signing certificate missing", "CMS_ATTR_MISSING", () => ({ attributes: (good) => ({ ...good, ess: undefined }) })],
  [
    "17 unknown signed attribute",
    "CMS_ATTR_UNKNOWN",
    () => ({ attributes: (good) => ({ ...good, extra: [attribute("1.2.3.4", integer(1))] }) }),
  ],
  ["18 unsorted attributes", "CMS_ATTR_ORDER", () => ({ arrange: (list) => list.toSorted((a, b) => Buffer.compare(b, a)) })],
  [
    "18 signing time not UTCTime",
    "CMS_ATTR_VALUES",
    () => ({
      attributes: (good) => ({ ...good, signingTime: attribute(oids.signingTime, tlv(0x18, new TextEncoder().encode("20260601120000Z"))) }),
    }),
  ],
  ["19 trailing byte", "ENV_TRAILING", () => ({ signature: concat(craft(), Uint8Array.of(0)) })],
  ["20 indefinite length", "ENV_DER", () => ({ signature: concat(Uint8Array.of(0x30, 0x80), craft().subarray(4), Uint8Array.of(0, 0)) })],
  ["21 length not minimal", "ENV_DER", () => ({ signature: concat(Uint8Array.of(0x30, 0x83, 0), craft().subarray(2)) })],
  ["21 integer not minimal", "ENV_DER", () => ({ digests: set(sequence(oid(oids.sha256), Uint8Array.of(2, 2, 0, 1))) })],
  ["22 depth bomb", "ENV_DER", () => ({ signature: bomb(15_000) })],
  ["22 one level too deep", "ENV_DER", () => ({ signature: bomb(25) })],
  ["23 signature of 2 MB", "ENV_SIZE", () => ({ signature: new Uint8Array(2_000_000) })],
  ["23 content of 2 MB", "ENV_SIZE", () => ({ content: new Uint8Array(2_000_000) })],
  ["24 unsigned attribute", "CMS_UNSIGNED_ATTR", () => ({ afterSignature: [context(1, attribute("1.2.3.4", integer(1)))] })],
  ["26 PEM where DER belongs", "ENV_TYPE", () => ({ signature: new TextEncoder().encode(pemOf("CMS", craft())) })],
  ["26 empty file", "ENV_TYPE", () => ({ signature: new Uint8Array(0) })],
  [
    "27 PSS",
    "ALG_SIGNATURE",
    () => ({
      ...rsaSigned(),
      algorithm: sequence(oid(PSS), sequence()),
      signature: () => new Uint8Array(nodeSign("sha256", content, { key: rsaKey, padding: constants.RSA_PKCS1_PSS_PADDING })),
    }),
  ],
  ["28 Ed25519", "ALG_SIGNATURE", () => ({ algorithm: algorithm(ED25519) })],
  ["28 Ed25519 leaf", "ALG_KEY", () => signed(testLeaf("bench", { key: generateKeyPairSync("ed25519").publicKey }), issuing)],
  [
    "28 P-384 leaf",
    "ALG_KEY",
    () => signed(testLeaf("bench", { key: generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey }), issuing),
  ],
  ["28 RSA algorithm over a P-256 leaf", "ALG_KEY", () => ({ algorithm: sequence(oid(oids.rsaEncryption), tlv(5)) })],
  ["29 high s", "SIGNATURE_BAD", () => ({ signature: otherS })],
  [
    "29 s not minimal",
    "SIGNATURE_BAD",
    () => ({ signature: (good) => tlv(0x30, good.subarray(2, 4), Uint8Array.of(0), good.subarray(4)) }),
  ],
  ["29 garbage", "SIGNATURE_BAD", () => ({ signature: () => Uint8Array.of(1, 2, 3) })],
  ["29 r and s zero", "SIGNATURE_BAD", () => ({ signature: () => sequence(integer(0), integer(0)) })],
  ["29 another key's", "SIGNATURE_BAD", () => ({ key: p256() })],
  ["30 RSA with e = 3", "KEY_WEAK", () => signed(testLeaf("bench", { key: rsaOfThree }), issuing)],
  ["31 untrusted root of the same name", "CHAIN_UNTRUSTED", () => signed(leafUnder(impostorCa), impostorCa.certificate)],
  ["31 untrusted issuing CA of the same name", "CHAIN_UNTRUSTED", () => signed(leafUnder(impostorCa), issuing)],
  ["31 nothing pinned", "CHAIN_UNTRUSTED", () => ({ trust: [] })],
  ["32 missing intermediate", "CHAIN_UNTRUSTED", () => signed(benchLeaf!)],
  ["32 no certificate at all", "CHAIN_UNTRUSTED", () => ({ certificates: [], named: benchLeaf! })],
  ["33 leaf as CA", "CHAIN_UNTRUSTED", () => signed(leafUnder({ key: testStationKey(), certificate: benchLeaf! }), benchLeaf!, issuing)],
  ["33 CA as leaf", "KEY_USAGE", () => ({ certificates: [issuing], key: testIssuing.key })],
  ["34 TLS certificate", "EKU", () => misused(digital, purposes("1.3.6.1.5.5.7.3.1"))],
  ["34 role without emailProtection", "EKU", () => misused(digital, purposes(roleOids.bench))],
  ["34 emailProtection without role", "EKU", () => misused(digital, purposes(oids.emailProtection))],
  ["34 two roles", "EKU", () => misused(digital, purposes(oids.emailProtection, roleOids.bench, roleOids.owner))],
  ["34 no extended key usage", "EKU", () => misused(digital)],
  ["34 issuing CA with a role", "EKU", () => underCaWith(emailAndBench)],
  ["35 keyEncipherment only", "KEY_USAGE", () => misused(usage(0x20, 5), emailAndBench)],
  ["35 no key usage", "KEY_USAGE", () => misused(emailAndBench)],
  [
    "36 RSA-1024",
    "KEY_WEAK",
    () => signed(testLeaf("bench", { key: generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey }), issuing),
  ],
  ["37 expired", "CERT_EXPIRED", () => signed(testLeaf("bench", { notAfter: now - 1000 }), issuing)],
  ["37 not valid yet", "CERT_EXPIRED", () => ({ trustedTime: Date.UTC(1999, 11, 31) })],
  [
    "38 identity swapped under the same key",
    "ESS_CERT_MISMATCH",
    () => ({ certificates: [simulatorLeaf!, issuing], essNames: benchLeaf! }),
  ],
  ["39 hash of no certificate", "ESS_CERT_MISMATCH", () => ({ essNames: content })],
  [
    "39 signing certificate with two hashes",
    "CMS_ATTR_VALUES",
    () => ({ attributes: (good) => ({ ...good, ess: attribute(oids.signingCertificateV2, sequence(sequence(essId(), essId()))) }) }),
  ],
  ["40 unrelated certificate after the chain", "CERT_EXTRANEOUS", () => signed(benchLeaf!, issuing, testOwner.certificate)],
  ["40 the root enclosed", "CERT_EXTRANEOUS", () => signed(benchLeaf!, issuing, testRoot.certificate)],
  ["40 unrelated certificate within the chain", "CERT_ORDER", () => signed(benchLeaf!, testOwner.certificate, issuing)],
  ["40 swapped order", "CERT_ORDER", () => ({ certificates: [issuing, benchLeaf!], named: benchLeaf! })],
  ["41 extension twice", "CERT_DUP_EXT", () => misused(digital, digital, emailAndBench)],
  ["41 unknown critical extension", "CERT_PARSE", () => misused(digital, emailAndBench, extension("1.2.3.4", true, integer(1)))],
  ["42 path length exceeded", "CHAIN_DEPTH", () => underShortRoot()],
  ["42 chain of four", "CHAIN_DEPTH", () => longChain()],
  ["42 issuing CA with the other s", "ENV_NOT_CANONICAL", () => signed(benchLeaf!, withOtherS(issuing))],
  ["45 owner signs as station", "EKU", () => ({ key: testOwner.key, certificates: testOwner.signer.certificates })],
  ["48 signed in 2040", "TIME_FUTURE", () => ({ signingTime: Date.UTC(2040, 0, 1) })],
  ["48 signed 5 min 1 s ahead", "TIME_FUTURE", () => ({ signingTime: now + 301_000 })],
  [
    "49 signed in 2001",
    "TIME_NOT_IN_LEAF",
    () => ({ certificates: [testLeaf("bench", { notBefore: Date.UTC(2026, 0, 1) }), issuing], signingTime: Date.UTC(2001, 0, 1) }),
  ],
];

function replayed(): Partial<EnvelopeRequest> {
  const good = craft();
  // The signature of the four attributes, presented as a bare signature over a file that consists of them.
  const start = good.indexOf(0xa0, good.length - 230);
  const end = start + 2 + (good[start + 1] ?? 0);
  const attributes = concat(Uint8Array.of(0x31), good.subarray(start + 1, end));
  const signature = good.subarray(good.lastIndexOf(0x04, good.length - 70) + 2);
  return { content: attributes, signature: craft({ noAttributes: true, signature: () => signature }) };
}

function bomb(levels: number): Uint8Array {
  let bytes = new Uint8Array(0);
  for (let i = 0; i < levels; i++) bytes = Uint8Array.from(tlv(0x30, bytes));
  return bytes;
}

function rsaSigned(): Craft {
  return { key: rsaKey, certificates: testStation("rsa3072").signerFor("bench").certificates };
}

function essId(): Uint8Array {
  return sequence(octets(sha256(benchLeaf!)));
}

function underCaWith(bad: Uint8Array): Craft {
  const between = ca("TEST-ONLY other CA", otherRoot, 0, [...caExtensions(0), bad]);
  return signed(leafUnder(between), between.certificate);
}

/** A root that allows leaves only, with a CA below it all the same. */
function underShortRoot(): Craft & { trust: Uint8Array[] } {
  const root = ca("short root", undefined, 0);
  const between = ca("too much", root);
  return { certificates: [leafUnder(between), between.certificate], trust: [root.certificate] };
}

/** Root, two CAs and leaf, with path lengths that would allow it. */
function longChain(): Craft & { trust: Uint8Array[] } {
  const root = ca("long root", undefined, 5);
  const upper = ca("upper", root, 1);
  const lower = ca("lower", upper, 0);
  return { certificates: [leafUnder(lower), lower.certificate, upper.certificate], trust: [root.certificate] };
}

describe("a forged envelope is refused", () => {
  for (const [name, code, make] of forgeries) {
    test(`${name}: ${code}`, () => {
      const { trust, trustedTime, content: shown, ...wrong } = make() as Partial<EnvelopeRequest> & Craft;
      // A row either brings finished bytes or says how to craft them.
      const signature = wrong.signature instanceof Uint8Array ? wrong.signature : craft(wrong as Craft);
      expect(
        codeOf({ signature, ...(trust && { trust }), ...(trustedTime !== undefined && { trustedTime }), ...(shown && { content: shown }) }),
      ).toBe(code);
    });
  }

  test("the table raises 30 different codes or more", () => {
    expect(new Set(forgeries.map(([, code]) => code)).size).toBeGreaterThanOrEqual(30);
  });
});

test("a flipped bit in any byte of a signature file is refused, and nothing but a rejection is thrown", () => {
  const good = craft();
  const codes = new Set<string>();
  for (let at = 0; at < good.length; at++) {
    const signature = Uint8Array.from(good);
    signature[at]! ^= 1 << (at & 7); // all eight bits of each byte: in the matrix
    codes.add(codeOf({ signature }));
  }
  expect(codes).not.toContain("ACCEPTED");
  expect(codes.size).toBeGreaterThan(15);
});

test("every shortened signature file is refused", () => {
  const good = craft();
  for (let length = 0; length < good.length; length++) expect(codeOf({ signature: good.subarray(0, length) })).toMatch(/^ENV_/);
});

test("roles are accepted only where they belong", () => {
  const roles = ["owner", "station", "receipt", "bench", "simulator"] as const;
  for (const signs of roles) {
    const signature = craft({ certificates: [testLeaf(signs), issuing] });
    for (const allowed of roles) expect(codeOf({ signature, roles: [allowed] })).toBe(signs === allowed ? "ACCEPTED" : "EKU");
  }
});

test("a leaf straight under the pinned root needs no issuing CA", () => {
  expect(codeOf({ signature: craft({ certificates: [leafUnder(testRoot)] }) })).toBe("ACCEPTED");
});

test("the last second of a certificate is valid and the next one is not", () => {
  const notAfter = now - (now % 1000);
  const signature = craft({ certificates: [testLeaf("bench", { notAfter }), issuing], signingTime: notAfter - 1000 });
  expect([notAfter, notAfter + 999, notAfter + 1000].map((trustedTime) => codeOf({ signature, trustedTime }))).toEqual([
    "ACCEPTED",
    "ACCEPTED",
    "CERT_EXPIRED",
  ]);
});

test("a leaf whose validity is written as GeneralizedTime before 2050 is refused", () => {
  const leaf = testLeaf("bench");
  const at = Buffer.from(leaf).indexOf(Buffer.from(time(Date.UTC(2099, 11, 31, 23, 59, 59))));
  const early = Uint8Array.from(leaf);
  early.set(new TextEncoder().encode("2049"), at + 2);
  expect(codeOf({ signature: craft({ certificates: [early, issuing] }) })).toBe("CERT_PARSE");
});

test("an unusable root is the operator's mistake, not a verdict on the document", () => {
  expect(() => verifyEnvelope(request({ trust: [Uint8Array.of(1, 2, 3)] }))).toThrow(expect.objectContaining({ code: "keys.invalid" }));
});

test("a signer whose key is not its leaf's is caught before anything is returned", () => {
  const signer = keySigner(p256(), benchLeaf!, issuing);
  expect(() => signDetached({ content, signer, signingTime })).toThrow(expect.objectContaining({ code: "signer.unavailable" }));
});

test("leaves of the five roles differ in nothing but the role", () => {
  expect(leafExtensions("owner")[0]).toEqual(leafExtensions("simulator")[0]);
  expect(leafExtensions("owner")[1]).not.toEqual(leafExtensions("simulator")[1]);
});
