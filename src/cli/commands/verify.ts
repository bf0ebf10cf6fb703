// decom verify: a certificate and its signature, judged as a back end would, without keys or ports.
import { systemClock } from "../../base/clock.js";
import { systemDisk } from "../../base/disk.js";
import { DecomError } from "../../base/errors.js";
import { words } from "../../base/words.js";
import { verify as judge, readCertificates, statuses, verifierCodes } from "../../verify.js";
import { readFile } from "../files.js";
import type { Told } from "../io.js";
import { type CommonOptions, wanted } from "../options.js";
import { signatureBeside } from "../order-files.js";

interface VerifyOptions extends CommonOptions {
  readonly file: string;
  readonly signature?: string;
  readonly trust?: string;
  readonly production?: boolean;
  readonly archive?: string;
}

export async function verify(options: VerifyOptions): Promise<Told> {
  const { file, production = false } = options;
  const signaturePath = options.signature ?? signatureBeside(file);
  const root = wanted(options.trust, undefined, "--trust");
  const trust = trusted(root);
  if (trust.length === 0) return unavailable(root);
  const trustedTime = systemClock.wall();
  const archive = options.archive === undefined ? {} : { archive: readFile(options.archive) };
  const files = { content: readFile(file), signature: readFile(signaturePath) };
  const { verified, ...seen } = judge(files, { trust, production, trustedTime, ...archive });
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

/** None when the store cannot be read: a store that is down must never look like one that trusts nobody, nor like a bad certificate. */
function trusted(path: string): readonly Uint8Array[] {
  try {
    return readCertificates(systemDisk.read(path) ?? new Uint8Array(0));
  } catch (cause) {
    if (cause instanceof DecomError) return [];
    throw cause;
  }
}

function unavailable(root: string): Told {
  const status = "UNAVAILABLE";
  const { exit, http } = statuses[status];
  const nothing = {
    code: "file.unreadable",
    environment: null,
    outcome: null,
    levels: null,
    findings: [],
    notChecked: [],
    certId: null,
    serial: null,
  };
  return { exit, json: { status, ...nothing, exit, http }, text: [words.cli.trustUnavailable(root)] };
}
