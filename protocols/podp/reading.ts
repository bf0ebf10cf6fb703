// Reading what a terminal holds in several answers: accounts and totals, the census in pages, a file of masked records.
import { concat, equal, hex } from "../../src/base/bytes.js";
import { DecomError } from "../../src/base/errors.js";
import { sha256, sha256Hex } from "../../src/base/sign.js";
import type { Account, Census, TotalRow } from "../../src/terminal/facts.js";
import { limits } from "./codes.js";
import { type CensusItem, itemFact, totalRow } from "./facts.js";
import { payloadRoom } from "./frame.js";
import { type Ask, granted } from "./granted.js";
import { commands } from "./messages.js";
import type { Session } from "./session.js";

/** A terminal with many accounts gives their totals one by one. */
export async function readAccounts(ask: Ask): Promise<{ accounts: readonly Account[]; rows: readonly TotalRow[] }> {
  const seen = await ask(commands.totals, {});
  const accounts = seen.accounts.map((a) => ({
    id: hex(a.account),
    acquirer: a.acquirer,
    mid: a.mid.trimEnd(),
    tid: a.tid.trimEnd(),
    name: a.name,
    currency: a.currency,
    batch: a.batch,
  }));
  if (accounts.length <= limits.totalsAtOnce) return { accounts, rows: seen.rows.map(totalRow) };
  const rows: TotalRow[] = [];
  for (const { account } of seen.accounts) rows.push(...(await ask(commands.totals, { account })).rows.map(totalRow));
  return { accounts, rows };
}

const READINGS = 3;

/** Throws `census.changed` when no reading was of one generation. */
export async function readCensus(session: Session): Promise<Census> {
  for (let attempt = 0; attempt < READINGS; attempt++) {
    const census = await readPages(session);
    if (census !== undefined) return census;
  }
  throw new DecomError("census.changed", `the records changed ${READINGS} times while they were counted`);
}

/** One reading of all pages, or undefined when the records changed meanwhile. */
async function readPages(session: Session): Promise<Census | undefined> {
  const pages: Uint8Array[] = [];
  const items: CensusItem[] = [];
  const unread = new Set<number>();
  let generation = -1;
  for (let page = 0, count = 1; page < count; page++) {
    const answer = await session.ask(commands.census, { page });
    if (answer.result === "CENSUS_CHANGED") return undefined;
    const seen = granted(commands.census, answer);
    if (generation !== -1 && seen.generation !== generation) return undefined;
    generation = seen.generation;
    count = seen.pages;
    pages.push(answer.raw);
    items.push(...seen.items);
    for (const area of seen.unread) unread.add(area);
  }
  return { hash: sha256Hex(concat(...pages)), generation, unread: [...unread], items: items.map(itemFact) };
}

/** From the first byte to the last, going on where an answer ended; held against the hash that the terminal gives. */
export async function readFile(ask: Ask, file: { id: number; generation: number; size: number }): Promise<Uint8Array> {
  const out = new Uint8Array(file.size);
  if (file.size === 0) return out; // READ asks for at least one byte
  const perFrame = payloadRoom(limits.maxFrame) - 4;
  let at = 0;
  for (;;) {
    const request = { file: file.id, generation: file.generation, offset: at, length: file.size - at, perFrame };
    const seen = await ask(commands.read, request, (offset, bytes) => {
      if (offset + bytes.length <= out.length) out.set(bytes, offset);
    });
    if (seen.total !== undefined && seen.sha256 !== undefined) {
      if (seen.total !== file.size || !equal(seen.sha256, sha256(out))) {
        throw new DecomError("terminal.answer", `file ${file.id}: what arrived is not what the terminal hashed`);
      }
      return out;
    }
    const next = seen.next - (seen.next % limits.readUnit);
    if (next <= at) throw new DecomError("terminal.answer", `file ${file.id} does not advance beyond byte ${at}`);
    at = next;
  }
}
