// The commit point: from the fixed statement bytes to two files under their final names, and after a crash to the same certificate.
import { hex } from "../base/bytes.js";
import { type Clock, rfc3339 } from "../base/clock.js";
import { type Disk, replaceDurably } from "../base/disk.js";
import { DecomError } from "../base/errors.js";
import { sha256 } from "../base/sign.js";
import { type Signer, signDetached } from "./envelope/cms.js";
import type { Journal } from "./journal.js";
import { recordOf } from "./record.js";

export interface Issued {
  readonly certId: string;
  readonly certificate: string;
  readonly signature: string;
  readonly jsonSha256: string;
  readonly p7sSha256: string;
}

export interface IssueRequest {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly folder: string;
  readonly journal: Journal;
  readonly signer: Signer;
  /** Called at most once in a run's life: its bytes are fixed on disk before they are signed. */
  statement(issuedAt: string, journalHead: string): Uint8Array;
}

export function certificatePaths(folder: string, certId: string): { certificate: string; signature: string } {
  return { certificate: `${folder}/${certId}.json`, signature: `${folder}/${certId}.p7s` };
}

/**
 * Idempotent: what stands under the final names is adopted, what was fixed is signed again, nothing is ever issued twice. Throws
 * `journal.forged` for a statement that is not the one that was announced.
 */
export function issueCertificate(request: IssueRequest): Issued {
  const { disk, folder, journal, signer } = request;
  const { begin, signing, issued } = recordOf(journal.lines);
  const { certId } = begin;
  const paths = certificatePaths(folder, certId);
  if (issued !== undefined) return { ...paths, ...issued };
  const published = disk.read(paths.signature);
  const json = published === undefined ? undefined : disk.read(paths.certificate);
  if (json !== undefined && published !== undefined) {
    if (hex(sha256(json)) !== signing?.statementSha256) throw notAnnounced(paths.certificate);
    return record(json, published);
  }

  const { content, signingTime } = fixedStatement(request);
  const signature = signDetached({ content, signer, signingTime });
  replaceDurably(disk, paths.certificate, content);
  replaceDurably(disk, paths.signature, signature);
  return record(content, signature);

  function record(content: Uint8Array, p7s: Uint8Array): Issued {
    const hashes = { jsonSha256: hex(sha256(content)), p7sSha256: hex(sha256(p7s)) };
    journal.write({ kind: "issued", certId, ...hashes });
    return { certId, ...paths, ...hashes };
  }
}

/** The bytes announced in the journal line `sign.begin`: made now, or found again after a crash. */
function fixedStatement({ disk, clock, folder, journal, statement }: IssueRequest): { content: Uint8Array; signingTime: number } {
  const path = `${folder}/statement.json`;
  const { signing } = recordOf(journal.lines);
  if (signing === undefined) {
    const issuedAt = rfc3339(clock.wall());
    const content = statement(issuedAt, journal.head.sha256);
    replaceDurably(disk, path, content);
    journal.write({ kind: "sign.begin", statementSha256: hex(sha256(content)), issuedAt });
    return { content, signingTime: Date.parse(issuedAt) };
  }
  const content = disk.read(path);
  if (content === undefined || hex(sha256(content)) !== signing.statementSha256) throw notAnnounced(path);
  return { content, signingTime: Date.parse(signing.issuedAt) };
}

function notAnnounced(path: string): DecomError {
  return new DecomError("journal.forged", `${path} is not the statement that was announced for signing`, { path });
}
