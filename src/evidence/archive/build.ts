// The archive of a run: what its journal saw of the money, and the files of records as they were read before the wipe.
import { alphabetic } from "../../base/money.js";
import type { Item } from "../../terminal/facts.js";
import type { Stored } from "../entries.js";
import type { RunRecord } from "../record.js";
import { ARCHIVE_TYPE, type Archive, type LineOf } from "./lines.js";

export interface ArchiveSource {
  readonly record: RunRecord;
  readonly life: number;
  readonly files: Archive["files"];
}

export function archiveOf({ record, life, files }: ArchiveSource): Archive {
  const { runId, certId, serial, model } = record.begin;
  const { orderSha256 } = record.order;
  const start = record.census("start");
  const last = record.census("after-settle") ?? start;
  const accounts = start?.accounts ?? [];
  return {
    head: { line: "archive", type: ARCHIVE_TYPE, version: 1, runId, certId, orderSha256, serial, life, model },
    accounts: accounts.map(({ id, acquirer, mid, tid, batch, currency }) => ({
      line: "account",
      account: id,
      ...{ acquirer, mid, tid, batch, currency: alphabetic(currency) },
    })),
    items: [...itemLines("start", start?.census.items), ...itemLines("last", last?.census.items)],
    settlements: accounts.flatMap(({ id }) => settlementLines(record, id)),
    files,
  };
}

function itemLines(census: LineOf<"item">["census"], items: readonly Stored<Item>[] = []): LineOf<"item">[] {
  return items.map(({ account, kind, batch, stan, direction, money, digest, count }) => ({
    line: "item",
    ...{ census, account, kind, batch, stan, direction },
    money: { amount: money.minor, currency: alphabetic(money.currency) },
    digest,
    ...(count === undefined ? {} : { count }),
  }));
}

function settlementLines(record: RunRecord, account: string): LineOf<"settlement">[] {
  return record.attempts(account).map(({ intent: { op, at, batch }, seen }) => {
    const tried = { line: "settlement", account, op, at, batch } as const;
    if (seen === undefined) return tried;
    const { outcome, facts } = seen;
    const { state, code, hostCode, reference, hostDate, macVerified, terminalTotals, hostTotals } = facts;
    return {
      ...tried,
      ...{ outcome, state, code, macVerified },
      ...(hostCode === undefined ? {} : { hostCode }),
      ...(reference === undefined ? {} : { reference }),
      ...(hostDate === undefined ? {} : { hostDate }),
      ...(terminalTotals === undefined ? {} : { terminal: terminalTotals }),
      ...(hostTotals === undefined ? {} : { host: hostTotals }),
    };
  });
}
