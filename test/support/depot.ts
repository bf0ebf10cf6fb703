// A depot as an acquirer sets it up: a key folder without an owner, and who may read the archives of a terminal.
import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { hex } from "../../src/base/bytes.js";
import { seededRandom } from "../../src/base/random.js";
import { pointOf, sha256 } from "../../src/base/sign.js";
import { sealKey } from "../../src/evidence/envelope/identity.js";
import { pemOf, readCertificates } from "../../src/evidence/envelope/pem.js";
import type { Order } from "../../src/evidence/order/schema.js";
import { testRoot, testWireKey } from "./identities.js";
import { acquirer, escrow } from "./recipients.js";
import type { World } from "./world.js";

const station = readFileSync("fixtures/keys/TEST-ONLY-station-production.pem");

/** The files of the folder by name. The station's certificate is TEST-STATION's. */
export function keyFiles(passphrase: string, stationId = "TEST-STATION"): Readonly<Record<string, string>> {
  const random = seededRandom("depot");
  return {
    "root.pem": pemOf("CERTIFICATE", testRoot.certificate),
    "station.json": JSON.stringify({ stationId, siteId: "DEPOT", timezone: "Asia/Shanghai", depotId: "00000000000000d1" }),
    "wire.key": sealKey(testWireKey, passphrase, random),
    "station.pem": sealKey(createPrivateKey(station), passphrase, random) + pemOf("CERTIFICATE", ...readCertificates(station)),
  };
}

export interface Reader {
  readonly party: string;
  readonly certificate: Uint8Array;
}

/** Every acquirer of a terminal with these accounts, and one more. */
export function readersOf(accounts: readonly { readonly acquirer: string }[]): Reader[] {
  const parties = new Set(accounts.map((account) => account.acquirer));
  return [
    ...[...parties].map((party) => ({ party, certificate: acquirer.certificate })),
    { party: "ESCROW", certificate: escrow.certificate },
  ];
}

/** As an order names them. */
export const named = (readers: readonly Reader[]) =>
  readers.map(({ party, certificate }) => ({ party, certSha256: hex(sha256(certificate)) }));

/** What an order for that depot says besides. */
export function depotOrder(world: World): Partial<Order> {
  return {
    environment: "production",
    archiveRecipients: named(readersOf(world.sim.terminal.batch.accounts)),
    stationPass: { key: hex(pointOf(testWireKey)), number: 1, pass: "" },
  };
}
