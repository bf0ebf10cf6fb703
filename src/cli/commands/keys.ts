// decom keys init: a bench's own keys.
import { systemClock } from "../../base/clock.js";
import { systemDisk } from "../../base/disk.js";
import { DecomError } from "../../base/errors.js";
import { systemRandom } from "../../base/random.js";
import { words } from "../../base/words.js";
import { type Algorithm, initBenchKeys } from "../../evidence/envelope/keys.js";
import type { Io, Told } from "../io.js";
import { type KeyOptions, passphraseOf, wanted } from "../options.js";

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
