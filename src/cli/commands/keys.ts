// decom keys: a bench makes its own, and every station shows what others must know of them.
import { hex } from "../../base/bytes.js";
import { rfc3339, systemClock } from "../../base/clock.js";
import { systemDisk } from "../../base/disk.js";
import { DecomError } from "../../base/errors.js";
import { systemRandom } from "../../base/random.js";
import { keyIdOf, pointOf, sha256 } from "../../base/sign.js";
import { words } from "../../base/words.js";
import { type Algorithm, initBenchKeys, openStation } from "../../evidence/envelope/keys.js";
import { readCertificate } from "../../evidence/envelope/x509.js";
import type { Io, Told } from "../io.js";
import { type KeyOptions, keysOf, passphraseOf, wanted } from "../options.js";

interface InitOptions extends KeyOptions {
  readonly dir?: string;
  readonly bench?: boolean;
  readonly algorithm?: Algorithm;
}

export async function keysInit(options: InitOptions, io: Io): Promise<Told> {
  const dir = wanted(options.dir, undefined, "--dir");
  if (options.bench !== true) throw new DecomError("args.invalid", words.cli.benchKeysOnly);
  const passphrase = await passphraseOf(options, io, true);
  const { algorithm = "rsa3072" } = options;
  const station = await initBenchKeys({ dir, disk: systemDisk, passphrase, clock: systemClock, random: systemRandom, algorithm });
  return { exit: 0, json: { dir, algorithm, ...station }, text: [words.cli.keysMade(station.stationId, dir)] };
}

/** Opens the folder too: what cannot be opened is of no use to anybody who writes orders for it. */
export async function keysShow(options: KeyOptions, io: Io): Promise<Told> {
  const dir = keysOf(options, io);
  const station = await openStation({ dir, disk: systemDisk, passphrase: await passphraseOf(options, io) });
  const { stationId, siteId, depotId, timezone, wireKey, leaf, root, owner } = station;
  const facts = {
    ...{ stationId, siteId, depotId, timezone },
    wireKey: hex(pointOf(wireKey)),
    certSha256: hex(sha256(leaf)),
    notAfter: rfc3339(readCertificate(leaf).notAfter),
    rootSha256: hex(sha256(root)),
    ownerKeyId: owner === undefined ? null : hex(keyIdOf(pointOf(owner.key))),
  };
  const labels = Object.entries(words.cli.keyFact) as [keyof typeof facts, string][]; // one for each
  const width = Math.max(...labels.map(([, label]) => label.length));
  return {
    exit: 0,
    json: { dir, ...facts },
    text: labels.flatMap(([name, label]) => (facts[name] === null ? [] : [`${label.padEnd(width)}  ${facts[name]}`])),
  };
}
