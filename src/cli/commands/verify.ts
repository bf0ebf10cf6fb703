// decom verify: a certificate and its signature, judged as a back end would, without keys or ports.
import { systemClock } from "../../base/clock.js";
import { systemDisk } from "../../base/disk.js";
import { DecomError } from "../../base/errors.js";
import { words } from "../../base/words.js";
import { verify as judge, readCertificates, statuses, verifierCodes } from "../../verify.js";
import type { Told } from "../io.js";
import { type CommonOptions, wanted } from "../options.js";

interface VerifyOptions extends CommonOptions {
  readonly file: string;
  readonly signature?: string;
  readonly trust?: string;
  readonly production?: boolean;
}

export async function verify(options: VerifyOptions): Promise<Told> {
  const { file, production = false } = options;
  const signaturePath = options.signature ?? file.replace(/(?:\.json)?$/, ".p7s");
  const trust = readCertificates(read(wanted(options.trust, undefined, "--trust")));
  const trustedTime = systemClock.wall();
  const { verified, ...seen } = judge({ content: read(file), signature: read(signaturePath) }, { trust, production, trustedTime });
  const { status, code, environment, outcome, findings, notChecked } = seen;
  const { exit, http } = statuses[status];
  const found = [...new Set([...findings.map((one) => one.code), ...(code === "ok" ? [] : [code])])];
  return {
    exit,
    json: { ...seen, certId: verified?.statement.certId ?? null, serial: verified?.statement.device.serialReported ?? null, exit, http },
    text: [
      words.cli.verified(status, environment ?? "-", outcome === null ? "-" : words.outcome[outcome]),
      ...found.map((one) => `${one}  ${verifierCodes[one].hint}`),
      words.cli.notChecked(notChecked.join(", ")),
    ],
  };
}

function read(path: string): Uint8Array {
  const bytes = systemDisk.read(path);
  if (bytes === undefined) throw new DecomError("file.unreadable", `there is no ${path}`, { path });
  return bytes;
}
