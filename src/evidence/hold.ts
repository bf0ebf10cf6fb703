// The hold file: what a parked run needs, by when, and what was saved, signed by the station so that it can travel.
import { hex } from "../base/bytes.js";
import { rfc3339 } from "../base/clock.js";
import { type Disk, replaceDurably } from "../base/disk.js";
import type { DecomError } from "../base/errors.js";
import { sha256 } from "../base/sign.js";
import { type Signer, signDetached } from "./envelope/cms.js";
import { type RunRecord, settlementOf } from "./record.js";

export const HOLD_TYPE = "application/vnd.decom.hold+json;v=1";

export interface HoldRequest {
  readonly disk: Disk;
  readonly folder: string;
  readonly signer: Signer;
  readonly now: number;
  readonly deadline: string;
  readonly record: RunRecord;
  readonly error: DecomError;
}

/** Writes hold.json and hold.sig into the run folder; a newer hold of the same run replaces an older one. */
export function writeHold({ disk, folder, signer, now, deadline, record, error }: HoldRequest): { path: string; sha256: string } {
  const { begin } = record;
  const census = record.census("permit") ?? record.census("after-settle") ?? record.census("after-pending") ?? record.census("start");
  const hold = {
    type: HOLD_TYPE,
    version: 1,
    runId: begin.runId,
    certId: begin.certId,
    serial: begin.serial,
    station: begin.stationId,
    at: rfc3339(now),
    deadline,
    code: error.code,
    didItHappen: error.did,
    message: error.message,
    owner: error.row.who,
    need: error.remedy,
    saved: {
      censusHash: census?.census.hash ?? null,
      accounts: (census?.accounts ?? []).map((account) => ({
        acquirer: account.acquirer,
        mid: account.mid,
        tid: account.tid,
        batch: account.batch,
        outcome: settlementOf(record, account.id)?.outcome ?? null,
        ops: record.attempts(account.id).map(({ intent }) => intent.op),
        totals: (census?.rows ?? [])
          .filter((row) => row.account === account.id)
          .map(({ kind, direction, count, money }) => ({ kind, direction, count, minor: money.minor, currency: money.currency })),
      })),
      wipeOp: record.arm?.op ?? null,
    },
  };
  const content = new Uint8Array(Buffer.from(`${JSON.stringify(hold)}\n`));
  const path = `${folder}/hold.json`;
  replaceDurably(disk, path, content);
  replaceDurably(disk, `${folder}/hold.sig`, signDetached({ content, signer, signingTime: now }));
  return { path, sha256: hex(sha256(content)) };
}
