// What signing writes: the one shape, byte for byte.
import { expect, test } from "vitest";
import { equal, hex } from "../../src/base/bytes.js";
import { sha256 } from "../../src/base/sign.js";
import { keySigner, signDetached } from "../../src/evidence/envelope/cms.js";
import { type Der, readDer, readOid, TAG } from "../../src/evidence/envelope/der.js";
import { oids } from "../../src/evidence/envelope/oids.js";
import { content, craft, signingTime } from "../support/craft.js";
import { testStation } from "../support/identities.js";

const sign = (algorithm: "p256" | "rsa3072", at = signingTime) =>
  signDetached({ content, signer: testStation(algorithm).signerFor("bench"), signingTime: at });

const signerInfoOf = (signature: Uint8Array): Der => readDer(signature).children[1]!.children[0]!.children.at(-1)!.children[0]!;

test("has exactly the four signed attributes, in DER order, and no unsigned one", () => {
  for (const algorithm of ["p256", "rsa3072"] as const) {
    const fields = signerInfoOf(sign(algorithm)).children;
    expect(fields.map(({ tag }) => tag)).toEqual([TAG.integer, TAG.sequence, TAG.sequence, 0xa0, TAG.sequence, TAG.octets]);
    const attributes = fields[3]!.children;
    expect(attributes.map((attribute) => readOid(attribute.children[0]!)).toSorted()).toEqual(
      [oids.contentType, oids.messageDigest, oids.signingTime, oids.signingCertificateV2].toSorted(),
    );
    expect(attributes.map(({ bytes }) => hex(bytes))).toEqual(attributes.map(({ bytes }) => hex(bytes)).toSorted());
    expect(attributes.every(({ children }) => children[1]?.children.length === 1)).toBe(true);
  }
});

test("signs the whole second, the content's hash and the leaf's hash", () => {
  const text = hex(signerInfoOf(sign("p256", signingTime + 999)).bytes);
  const leaf = testStation().signerFor("bench").certificates[0]!;
  expect(text).toContain(hex(Buffer.from("260601120000Z")));
  expect(text).toContain(hex(sha256(content)));
  expect(text).toContain(hex(sha256(leaf)));
});

test("RSA gives the same bytes each time; ECDSA gives other bytes in the same shape", () => {
  expect(equal(sign("rsa3072"), sign("rsa3072"))).toBe(true);
  expect(equal(sign("p256"), sign("p256"))).toBe(false);
});

test("an envelope built element by element elsewhere differs in the signature only", () => {
  const [ours, crafted] = [sign("p256"), craft()].map((file) => readDer(file).children[1]!.children[0]!.children);
  expect(ours!.slice(0, 4).map(({ bytes }) => hex(bytes))).toEqual(crafted!.slice(0, 4).map(({ bytes }) => hex(bytes)));
});

test("encloses the certificates as the signer gives them, leaf first", () => {
  const { certificates } = testStation().signerFor("simulator");
  const signature = signDetached({ content, signer: testStation().signerFor("simulator"), signingTime });
  const enclosed = readDer(signature).children[1]!.children[0]!.children[3]!.children;
  expect(enclosed.map(({ bytes }) => hex(bytes))).toEqual(certificates.map(hex));
});

test("a signer without a usable certificate is an invalid key folder", () => {
  const { key } = testStation().owner!;
  for (const certificates of [[], [Uint8Array.of(0x30, 0)]]) {
    expect(() => signDetached({ content, signer: keySigner(key, ...certificates), signingTime })).toThrow(
      expect.objectContaining({ code: "keys.invalid" }),
    );
  }
});
