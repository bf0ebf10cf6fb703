// Makes fixtures/keys/TEST-ONLY-*.pem: unencrypted keys that mean nothing anywhere. Made once and committed; to make them anew:
//   npx tsc --noEmit false --outDir dist/tools && node dist/tools/test/tools/make-test-identities.js fixtures/keys
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemRandom } from "../../src/base/random.js";
import { type Authority, caExtensions, issueCertificate, leafExtensions, recipientExtensions } from "../../src/evidence/envelope/issue.js";
import type { Role } from "../../src/evidence/envelope/oids.js";
import { pemOf } from "../../src/evidence/envelope/pem.js";

const validity = { notBefore: Date.UTC(2000, 0, 1), notAfter: Date.UTC(2099, 11, 31, 23, 59, 59), random: systemRandom };
const p256 = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

const ca = (commonName: string, pathLength: number, by?: Authority): Authority => {
  const key = p256();
  const extensions = caExtensions(pathLength);
  return { key, certificate: issueCertificate({ ...validity, commonName, key, extensions, ...(by === undefined ? {} : { by }) }) };
};

const root = ca("TEST-ONLY root", 1);
const issuing = ca("TEST-ONLY CA", 0, root);
const leaf = (commonName: string, key: KeyObject, role: Role) =>
  issueCertificate({ ...validity, commonName, key, by: issuing, extensions: leafExtensions(role) });

const folder = process.argv[2] ?? "fixtures/keys";
mkdirSync(folder, { recursive: true });

function write(name: string, key: KeyObject, ...certificates: Uint8Array[]): void {
  const pem = key.export({ type: "pkcs8", format: "pem" }).toString() + pemOf("CERTIFICATE", ...certificates);
  writeFileSync(join(folder, `TEST-ONLY-${name}.pem`), pem);
}

write("root", root.key, root.certificate);
write("issuing", issuing.key, issuing.certificate);
const owner = p256();
write("owner", owner, leaf("TEST-OWNER", owner, "owner"), issuing.certificate);
for (const [name, key] of [
  ["station", p256()],
  ["station-rsa", generateKeyPairSync("rsa", { modulusLength: 3072 }).privateKey],
] as const) {
  write(name, key, leaf("TEST-STATION", key, "bench"), leaf("TEST-STATION", key, "simulator"), issuing.certificate);
}
const production = p256();
write("station-production", production, leaf("TEST-STATION", production, "station"), issuing.certificate);
for (const [name, party] of [
  ["acquirer", "00100000001"],
  ["escrow", "ESCROW"],
] as const) {
  const key = generateKeyPairSync("rsa", { modulusLength: 3072 }).privateKey;
  write(name, key, issueCertificate({ ...validity, commonName: party, key, by: issuing, extensions: recipientExtensions() }));
}
write("wire", p256());
