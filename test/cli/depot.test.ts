// A depot's own station, opened from its key folder as every command opens it: a certificate for the role of a station, and no owner's key.
import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { families } from "../../protocols/index.js";
import { hex } from "../../src/base/bytes.js";
import { seededRandom } from "../../src/base/random.js";
import { pointOf, sha256 } from "../../src/base/sign.js";
import { openBench } from "../../src/cli/bench.js";
import { sealKey } from "../../src/evidence/envelope/identity.js";
import { pemOf, readCertificates } from "../../src/evidence/envelope/pem.js";
import { verify } from "../../src/evidence/verify.js";
import { decommission } from "../../src/procedure/decommission.js";
import { testOwner, testRoot, testWireKey } from "../support/identities.js";
import { MemoryDisk } from "../support/memory-disk.js";
import { orderFor } from "../support/orders.js";
import { acquirer, escrow } from "../support/recipients.js";
import { World } from "../support/world.js";

const passphrase = "a depot's own";
const ours = readFileSync("fixtures/keys/TEST-ONLY-station-production.pem");

/** As an acquirer's back office hands it over. */
function keyFolder(disk: MemoryDisk, stationId = "TEST-STATION"): string {
  const random = seededRandom("depot");
  const sealed = (key: Parameters<typeof sealKey>[0]) => sealKey(key, passphrase, random);
  const files = {
    "root.pem": pemOf("CERTIFICATE", testRoot.certificate),
    "station.json": JSON.stringify({ stationId, siteId: "DEPOT", timezone: "Asia/Shanghai", depotId: "00000000000000d1" }),
    "wire.key": sealed(testWireKey),
    "station.pem": sealed(createPrivateKey(ours)) + pemOf("CERTIFICATE", ...readCertificates(ours)),
  };
  for (const [name, content] of Object.entries(files)) disk.write(`keys/${name}`, Buffer.from(content));
  return "keys";
}

it("a production terminal is decommissioned with the keys of a depot's folder, and its certificate is accepted as production", async () => {
  const world = new World({ model: "podp-production", port: "/dev/ttyTEST0", baud: 115_200, owner: pointOf(testOwner.key) });
  const keys = keyFolder(world.disk);
  const bench = await openBench({
    ...{ keys, passphrase, out: "out", performedBy: "P-0001", witness: "P-0002" },
    ...{ clock: world.clock, random: seededRandom("agent"), disk: world.disk },
  });
  const accounts = world.sim.terminal.batch.accounts.map(({ acquirer: party }) => party);
  const readers = [...new Set(accounts)].map((party) => ({ party, certificate: acquirer.certificate }));
  const archiveRecipients = [...readers, { party: "ESCROW", certificate: escrow.certificate }];
  const order = orderFor(world, () => ({
    environment: "production",
    archiveRecipients: archiveRecipients.map(({ party, certificate }) => ({ party, certSha256: hex(sha256(certificate)) })),
    stationPass: { key: hex(pointOf(testWireKey)), number: 1, pass: "" },
  }));
  const run = () =>
    decommission(bench, {
      ...{ families, link: world.line, patience: 30_000, expectSerial: world.serial, order, archiveRecipients },
      isolation: ["shielded", "lan-out", "modem-out"],
    });
  const end = await world.clock.run(run);
  expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
  const read = (path: string | null) => world.disk.read(path ?? "") ?? new Uint8Array(0);
  const files = { content: read(end.certificate), signature: read(end.signature) };
  const verified = verify(files, { trust: [testRoot.certificate], trustedTime: world.clock.wall(), production: true });
  expect(verified).toMatchObject({ status: "ACCEPTED", environment: "production" });
});

it("a folder with the certificate of another station is not opened", async () => {
  const disk = new MemoryDisk();
  const keys = keyFolder(disk, "DEPOT-8");
  await expect(openBench({ keys, passphrase, out: "out", disk })).rejects.toMatchObject({
    code: "keys.invalid",
    message: "station.json is of station DEPOT-8, the certificate of TEST-STATION",
  });
});
