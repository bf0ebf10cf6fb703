// The last step before the wipe is prepared: what was in the terminal, masked, for disputes that come after it is gone.
import { removeDurably, replaceDurably } from "../../base/disk.js";
import { DecomError } from "../../base/errors.js";
import { sha256Hex } from "../../base/sign.js";
import { archiveOf } from "../../evidence/archive/build.js";
import { writeArchive } from "../../evidence/archive/document.js";
import { type Archive, MAX_ARCHIVE, recordsIn } from "../../evidence/archive/lines.js";
import { demandsArchive, needsArchive } from "../../evidence/archive/needed.js";
import { missingRecipients, type SealTo, sealTo } from "../../evidence/archive/recipients.js";
import { refuseLeaks } from "../../evidence/archive/scan.js";
import { seal } from "../../evidence/envelope/sealed.js";
import { settlementRows } from "../../evidence/statement/build-money.js";
import type { KnownNumbers } from "../../evidence/statement/scanner.js";
import type { Account } from "../../terminal/facts.js";
import type { Run } from "../context.js";

type ArchiveRun = Pick<Run, "clock" | "disk" | "folder" | "order" | "random" | "record" | "terminal" | "write">;

const CLEAR = "archive.ndjson";
const SEALED = "archive.p7m";

/** Sealed to its recipients; in the clear where there are none, which production never is. What it holds is scanned first. */
export async function archive(run: ArchiveRun): Promise<void> {
  const to = recipients(run);
  if (to.length === 0 && run.record().begin.environment === "production") return refuseIfNeeded(run);
  const content = archiveOf({ record: run.record(), life: run.order.order.device.life, files: await readFiles(run) });
  refuseLeaks(content, knownNumbers(run));
  write(run, writeArchive(content), recordsIn(content), to);
}

/** A run that was begun without recipients and is taken up after the wipe with some: what lies in the clear is sealed to them, byte for byte. */
export async function sealLate(run: ArchiveRun): Promise<void> {
  const { archive: written } = run.record();
  const clear = run.disk.read(`${run.folder}/${CLEAR}`);
  if (written === undefined || clear === undefined || run.record().archiveRecipients.length === 0) return;
  if (written.file === SEALED) return removeDurably(run.disk, `${run.folder}/${CLEAR}`);
  // What somebody has changed is not what the certificate is about: it names the bytes that were written, and a verifier misses them.
  if (sha256Hex(clear) !== written.sha256) return;
  write(run, clear, written.records, recipients(run));
}

function write(run: ArchiveRun, clear: Uint8Array, records: number, to: readonly SealTo[]): void {
  const bytes = to.length === 0 ? clear : seal(clear, distinct(to), run.random);
  const file = to.length === 0 ? CLEAR : SEALED;
  replaceDurably(run.disk, `${run.folder}/${file}`, bytes, 0o600);
  run.write({
    kind: "seen",
    step: "archive",
    sha256: sha256Hex(bytes),
    size: bytes.length,
    records,
    file,
    recipients: to.map(({ party, certSha256 }) => ({ party, certSha256 })),
  });
  if (file === SEALED) removeDurably(run.disk, `${run.folder}/${CLEAR}`);
}

/** None, or at least one for each acquirer and all whom the order names. */
function recipients(run: ArchiveRun): SealTo[] {
  const record = run.record();
  const to = record.archiveRecipients.map((stored) => usable(stored, run));
  const missing = missingRecipients(run.order.order, to);
  if (missing.length > 0) {
    throw new DecomError(
      "archive.unsealed",
      `the order names ${missing.join(", ")} to read the archive, and their certificates are not here`,
    );
  }
  const parties = to.map(({ party }) => party);
  const without = (record.census("start")?.accounts ?? []).filter(({ acquirer }) => !parties.includes(acquirer));
  if (to.length > 0 && without.length > 0) {
    const names = [...new Set(without.map(({ acquirer }) => acquirer))].join(", ");
    throw new DecomError("archive.unsealed", `the archive has recipients (${parties.join(", ")}), but none for acquirer ${names}`);
  }
  return to;
}

/** It was usable when the run began; that it has expired since, or that a newer order does not name it, parks the run. */
function usable(stored: Parameters<typeof sealTo>[0], { clock, order: { order }, record }: ArchiveRun): SealTo {
  try {
    return sealTo(stored, { order, environment: record().begin.environment, now: clock.wall() });
  } catch (cause) {
    if (!(cause instanceof DecomError)) throw cause;
    throw new DecomError("archive.unsealed", cause.message, { cause });
  }
}

/** Two parties may share a key. */
function distinct(to: readonly SealTo[]): SealTo["certificate"][] {
  return [...new Map(to.map(({ certificate, certSha256 }) => [certSha256, certificate])).values()];
}

function refuseIfNeeded({ record, order: { order } }: ArchiveRun): void {
  if (!needsArchive(settlementRows(record(), order), demandsArchive(order))) return;
  throw new DecomError("archive.unsealed", "this terminal must not be wiped without an archive, and nobody is named to seal it to");
}

async function readFiles({ terminal }: ArchiveRun): Promise<Archive["files"]> {
  const listed = (await terminal.areas()).flatMap(({ id: area, files }) => files.map((file) => ({ area, file })));
  const size = listed.reduce((sum, { file }) => sum + file.size, 0);
  if (size > MAX_ARCHIVE)
    throw new DecomError("archive.size", `the terminal lists ${size} bytes of records; an archive holds ${MAX_ARCHIVE}`);
  const files: Archive["files"][number][] = [];
  for (const { area, file } of listed) {
    files.push({ area, file: file.id, generation: file.generation, bytes: await terminal.read(file) });
  }
  return files;
}

/** The order's numbers and the terminal's own: one in ten of them looks like a card number. */
export function knownNumbers(
  { order: { order }, record }: Pick<Run, "order" | "record">,
  accounts: readonly Account[] = record().census("start")?.accounts ?? [],
): KnownNumbers {
  const mids = [...(order.accounts ?? []), ...accounts].map(({ mid }) => mid);
  return { serials: [record().begin.serial, order.device.serial], mids };
}
