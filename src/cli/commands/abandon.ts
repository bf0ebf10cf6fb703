// decom abandon: a person gives an unfinished run up; the certificate says so.
import { families } from "../../../protocols/index.js";
import { DecomError } from "../../base/errors.js";
import { words } from "../../base/words.js";
import { abandon as giveUp } from "../../procedure/decommission.js";
import { openBench } from "../bench.js";
import type { Io, Told } from "../io.js";
import { openLog } from "../log.js";
import { type KeyOptions, keysOf, type OutOptions, outOf, passphraseOf, wanted } from "../options.js";
import { runTold } from "../run-told.js";

interface AbandonOptions extends KeyOptions, OutOptions {
  readonly serial?: string;
  readonly yes?: boolean;
}

export async function abandon(options: AbandonOptions, io: Io): Promise<Told> {
  const serial = wanted(options.serial, undefined, "--serial");
  if (options.yes !== true) {
    if (!io.interactive) throw new DecomError("args.consent", words.cli.consentNeeded);
    if ((await io.ask(words.cli.askAbandon(serial))).trim() !== serial) throw new DecomError("args.consent", words.cli.notConfirmed);
  }
  const [keys, passphrase] = [keysOf(options, io), await passphraseOf(options, io)];
  const bench = await openBench({ keys, passphrase, out: outOf(options, io), log: openLog(options.log) });
  return runTold(giveUp(bench, families, serial), null, io);
}
