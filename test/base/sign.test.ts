// Signatures that were verified before: what is remembered stands for the same key, bytes and signature, and for nothing else.
import { createPublicKey } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { ascii } from "../../src/base/bytes.js";
import { keyIdOf, keyOfPoint, otherForm, pairOf, pointOf, signP256, verifyP256 } from "../../src/base/sign.js";

const { key, point } = pairOf(new Uint8Array(32).fill(7));
const publicKey = createPublicKey(key);
const other = createPublicKey(pairOf(new Uint8Array(32).fill(8)).key);
const bytes = ascii("what was signed");
const signature = signP256(key, bytes);

describe("after a signature was found good", () => {
  beforeAll(() => {
    expect(verifyP256(publicKey, bytes, signature)).toBe(true);
  });

  it("it is good again, also by the same key read from elsewhere", () => {
    expect(verifyP256(publicKey, bytes, signature)).toBe(true);
    const again = keyOfPoint(point);
    expect(again !== undefined && verifyP256(again, bytes, signature)).toBe(true);
  });

  it("no other bytes are signed by it", () => {
    expect(verifyP256(publicKey, ascii("what was never signed"), signature)).toBe(false);
  });

  it("no other key has made it", () => {
    expect(verifyP256(other, bytes, signature)).toBe(false);
  });

  it.each([0, 31, 32, 63])("no other signature is, down to a bit of byte %i", (at) => {
    const altered = signature.slice();
    altered[at] = (altered[at] ?? 0) ^ 1;
    expect(verifyP256(publicKey, bytes, altered)).toBe(false);
    expect(verifyP256(publicKey, bytes, otherForm(signature))).toBe(false);
  });

  it("another signature of the same key is judged for itself", () => {
    const more = signP256(key, ascii("more"));
    expect(verifyP256(publicKey, bytes, more)).toBe(false);
    expect(verifyP256(publicKey, ascii("more"), more)).toBe(true);
    expect(verifyP256(publicKey, ascii("more"), signature)).toBe(false);
  });
});

describe("the point of a key", () => {
  it("is the same of both halves of a pair", () => {
    expect(pointOf(key)).toEqual(point);
    expect(pointOf(publicKey)).toEqual(point);
    expect(keyIdOf(pointOf(other))).not.toEqual(keyIdOf(point));
  });
});
