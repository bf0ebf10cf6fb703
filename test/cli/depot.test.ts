// A depot's own station, opened from its key folder as every command opens it: a certificate for the role of a station, and no owner's key.
import { expect, it } from "vitest";
import { families } from "../../protocols/index.js";
import { seededRandom } from "../../src/base/random.js";
import { pointOf } from "../../src/base/sign.js";
import { openBench } from "../../src/cli/bench.js";
import { verify } from "../../src/evidence/verify.js";
import { decommission } from "../../src/procedure/decommission.js";
import { depotOrder, keyFiles, readersOf } from "../support/depot.js";
import { testOwner, testRoot } from "../support/identities.js";
import { MemoryDisk } from "../support/memory-disk.js";
import { orderFor } from "../support/orders.js";
import { World } from "../support/world.js";

const passphrase = "a depot's own";

function keyFolder(disk: MemoryDisk, stationId?: string): string {
  for (const [name, content] of Object.entries(keyFiles(passphrase, stationId))) disk.write(`keys/${name}`, Buffer.from(content));
  return "keys";
}

it("a production terminal is decommissioned with the keys of a depot's folder, and its certificate is accepted as production", async () => {
  const world = new World({ model: "podp-production", port: "/dev/ttyTEST0", baud: 115_200, owner: pointOf(testOwner.key) });
  const keys = keyFolder(world.disk);
  const bench = await openBench({
    ...{ keys, passphrase, out: "out", performedBy: "P-0001", witness: "P-0002" },
    ...{ clock: world.clock, random: seededRandom("agent"), disk: world.disk },
  });
  const order = orderFor(world, () => depotOrder(world));
  const run = () =>
    decommission(bench, {
      ...{
        families,
        link: world.line,
        patience: 30_000,
        expectSerial: world.serial,
        order,
        archiveRecipients: readersOf(world.sim.terminal.batch.accounts),
      },
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
