// The committed TEST-ONLY identities, ready to use without a passphrase, and leaves made to order under their CA.
import { createPrivateKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { seededRandom } from "../../src/base/random.js";
import type { Identity } from "../../src/evidence/envelope/identity.js";
import { type Authority, type IssueRequest, issueCertificate, leafExtensions } from "../../src/evidence/envelope/issue.js";
import { type Algorithm, journalKeyOf, type Owner, type Station, signerOf } from "../../src/evidence/envelope/keys.js";
import type { Role } from "../../src/evidence/envelope/oids.js";
import { readCertificates } from "../../src/evidence/envelope/pem.js";

const load = (name: string): Identity => {
  const file = readFileSync(`fixtures/keys/TEST-ONLY-${name}.pem`);
  return { key: createPrivateKey(file), certificates: readCertificates(file) };
};

const authority = ({ key, certificates }: Identity): Authority => ({ key, certificate: certificates[0]! });

export const testRoot = authority(load("root"));
export const testIssuing = authority(load("issuing"));
export const testWireKey = load("wire").key;

const ownerIdentity = load("owner");
export const testOwner: Owner = {
  key: ownerIdentity.key,
  certificate: ownerIdentity.certificates[0]!,
  signer: signerOf(ownerIdentity, "owner"),
};

const stations: Record<Algorithm, Identity> = { p256: load("station"), rsa3072: load("station-rsa") };

/** Signs certificates and holds of production terminals; whoever trusts the test root takes them for real. */
export const testProductionSigner = signerOf(load("station-production"), "station");

export const testStationKey = (algorithm: Algorithm = "p256"): KeyObject => stations[algorithm].key;

/** What openStation would return; signs as bench or simulator, and for production terminals with a key of its own. */
export function testStation(algorithm: Algorithm = "p256", state = "keys/state"): Station {
  return {
    stationId: "TEST-STATION",
    siteId: "TEST-SITE",
    timezone: "Etc/UTC",
    depotId: "00000000000000d1",
    root: testRoot.certificate,
    wireKey: testWireKey,
    journalKey: journalKeyOf(testWireKey),
    leaf: stations[algorithm].certificates[0]!,
    state,
    signerFor: (role) => (role === "station" ? testProductionSigner : signerOf(stations[algorithm], role)),
    owner: testOwner,
  };
}

/** A leaf of the test CA for the P-256 station key, unless the request says otherwise; `by: undefined` signs itself. */
export function testLeaf(role: Role, request: Partial<Omit<IssueRequest, "by">> & { by?: Authority | undefined } = {}): Uint8Array {
  const { by, ...rest } = { by: testIssuing, ...request };
  return issueCertificate({
    commonName: "TEST-STATION",
    key: testStationKey(),
    extensions: leafExtensions(role),
    notBefore: Date.UTC(2000, 0, 1),
    notAfter: Date.UTC(2099, 11, 31, 23, 59, 59),
    random: seededRandom(`leaf ${role} ${request.commonName ?? ""}`),
    ...rest,
    ...(by && { by }),
  });
}
