// Those to whom test archives are sealed: the committed acquirer and escrow, and certificates that nobody may seal to.
import { createPrivateKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { seededRandom } from "../../src/base/random.js";
import { type IssueRequest, issueCertificate, recipientExtensions } from "../../src/evidence/envelope/issue.js";
import { readCertificates } from "../../src/evidence/envelope/pem.js";
import { testIssuing } from "./identities.js";

const load = (name: string) => {
  const file = readFileSync(`fixtures/keys/TEST-ONLY-${name}.pem`);
  return { key: createPrivateKey(file), certificate: readCertificates(file)[0]! };
};

/** Of the one acquirer in podp-small; its certificate's common name is that acquirer's id. */
export const acquirer = load("acquirer");
export const escrow = load("escrow");

/** A certificate like the acquirer's, for any key and with anything changed. */
export function recipientCertificate(key: KeyObject, request: Partial<IssueRequest> = {}): Uint8Array {
  return issueCertificate({
    ...{ commonName: "00100000001", key, by: testIssuing, extensions: recipientExtensions() },
    ...{ notBefore: Date.UTC(2000, 0, 1), notAfter: Date.UTC(2099, 11, 31, 23, 59, 59), random: seededRandom("recipient") },
    ...request,
  });
}
