// Every bit of both signature files, RSA and P-256: none may be without meaning.
import { expect, test } from "vitest";
import { Rejection } from "../../src/evidence/codes.js";
import { signDetached } from "../../src/evidence/envelope/cms.js";
import { verifyEnvelope } from "../../src/evidence/envelope/envelope.js";
import { content, now, signingTime } from "../support/craft.js";
import { testRoot, testStation } from "../support/identities.js";

/** All of them in the complete matrix, every third otherwise: all bytes are met, and each bit of a byte somewhere. */
const STEP = process.env["DECOM_MATRIX"] === "complete" ? 1 : 3;

for (const algorithm of ["p256", "rsa3072"] as const) {
  test(`every bit of a ${algorithm} signature file counts`, () => {
    const good = signDetached({ content, signer: testStation(algorithm).signerFor("bench"), signingTime });
    const verify = (signature: Uint8Array) =>
      verifyEnvelope({ content, signature, trust: [testRoot.certificate], roles: ["bench"], trustedTime: now });
    expect(verify(good).role).toBe("bench");
    const accepted: number[] = [];
    for (let bit = 0; bit < good.length * 8; bit += STEP) {
      const signature = Uint8Array.from(good);
      signature[bit >> 3]! ^= 1 << (bit & 7);
      try {
        verify(signature);
        accepted.push(bit);
      } catch (thrown) {
        if (!(thrown instanceof Rejection)) throw thrown;
      }
    }
    expect(accepted).toEqual([]);
  });
}
