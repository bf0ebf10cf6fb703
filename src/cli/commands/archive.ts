// decom archive open: what an archive holds, for whoever has one of the keys it is sealed to. Nothing is written before all of it is proven whole.
import { createPrivateKey, type KeyObject } from "node:crypto";
import { text } from "../../base/bytes.js";
import { replaceDurably, systemDisk } from "../../base/disk.js";
import { DecomError } from "../../base/errors.js";
import { words } from "../../base/words.js";
import { readArchive } from "../../evidence/archive/document.js";
import { type Archive, recordsIn } from "../../evidence/archive/lines.js";
import { openKey } from "../../evidence/envelope/identity.js";
import { unseal } from "../../evidence/envelope/sealed.js";
import { readFile } from "../files.js";
import type { Io, Told } from "../io.js";
import { type KeyOptions, passphraseOf, wanted } from "../options.js";

interface OpenOptions extends Omit<KeyOptions, "keys"> {
  readonly file: string;
  readonly key?: string;
  readonly to?: string;
}

const LEFT_BRACE = 0x7b;
const PRIVATE = 0o600;

export async function archiveOpen(options: OpenOptions, io: Io): Promise<Told> {
  const bytes = readFile(options.file);
  const sealed = bytes[0] !== LEFT_BRACE;
  const clear = sealed ? unseal(bytes, await privateKey(options, io)) : bytes;
  const archive = readArchive(clear);
  if (options.to !== undefined) replaceDurably(systemDisk, options.to, clear, PRIVATE);
  return {
    exit: 0,
    json: { file: options.file, sealed, to: options.to ?? null, ...summary(archive) },
    text: [
      words.cli.archived(archive.head.serial, archive.head.runId, recordsIn(archive)),
      ...archive.settlements.map(({ batch, outcome, reference }) =>
        words.cli.archivedSettlement(batch, outcome ?? "UNKNOWN", reference ?? "-"),
      ),
      ...archive.files.map(({ area, file, bytes: { length } }) => words.cli.archivedFile(area, file, length)),
      ...(options.to === undefined ? [] : [words.cli.writtenTo(options.to)]),
    ],
  };
}

function summary(archive: Archive) {
  const { runId, certId, serial, life, model } = archive.head;
  const files = archive.files.map(({ bytes, ...file }) => ({ ...file, size: bytes.length }));
  return { runId, certId, serial, life, model, records: recordsIn(archive), settlements: archive.settlements.length, files };
}

async function privateKey(options: OpenOptions, io: Io): Promise<KeyObject> {
  const path = wanted(options.key, undefined, "--key");
  const pem = text(readFile(path));
  if (pem.includes("-----BEGIN ENCRYPTED PRIVATE KEY-----")) return openKey(pem, await passphraseOf(options, io));
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new DecomError("archive.key", `${path} holds no private key`, { cause });
  }
}
