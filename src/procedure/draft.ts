// Acceptable before irreversible: the certificate that would follow is written in advance and judged by the verifier's own rules.
import { hex } from "../base/bytes.js";
import { rfc3339 } from "../base/clock.js";
import { DecomError } from "../base/errors.js";
import { sha256 } from "../base/sign.js";
import { hashOf } from "../evidence/archive/recipients.js";
import { Rejection, type Severity } from "../evidence/codes.js";
import type { Entry, Stored } from "../evidence/entries.js";
import { signForTrial } from "../evidence/envelope/cms.js";
import { verifyEnvelope } from "../evidence/envelope/envelope.js";
import type { Line } from "../evidence/journal.js";
import { exceptionsOf } from "../evidence/order/granted.js";
import type { Order } from "../evidence/order/schema.js";
import { outcomeFor, type RunRecord, recordOf } from "../evidence/record.js";
import type { SeenStep } from "../evidence/sorted.js";
import { buildStatement } from "../evidence/statement/build.js";
import { writeStatement } from "../evidence/statement/statement.js";
import { findingsOn } from "../evidence/verify.js";
import type { WipePlan } from "../terminal/driver.js";
import { type Exception, sameAccount } from "../terminal/exceptions.js";
import { type Account, type Identity, type Item, kinds, recordCount } from "../terminal/facts.js";
import { opensGate } from "../terminal/gate.js";
import { leftOpen } from "../terminal/isolation.js";
import { areasToWipe, type Model } from "../terminal/model.js";
import { storedTotals, totalsOf } from "./batches.js";
import { areasToFill, fillModeOf } from "./fills.js";
import type { Parked } from "./finish.js";
import { attestNonce } from "./steps/proof.js";
import { planOf } from "./steps/wipe.js";

/** A certificate with nothing worse is accepted. */
const HARMLESS: ReadonlySet<Severity> = new Set(["info", "warning"]);

/**
 * Codes with which the coming certificate would still be refused, supposing that everything from here on goes as planned. Throws
 * `signer.unavailable`: without evidence nothing is moved or erased.
 */
export function draftCodes(parked: Parked): readonly string[] {
  const source = parked.source();
  const now = rfc3339(parked.clock.wall());
  const lines: readonly Line[] = [
    ...parked.journal.lines,
    ...expected(source.record, source.model, source.order).map((entry) => ({ n: 0, at: now, sha256: "", entry })),
  ];
  try {
    const statement = buildStatement({ ...source, record: recordOf(lines) }, { issuedAt: now, journalHead: parked.journal.head.sha256 });
    const content = writeStatement(statement);
    const signature = signForTrial({ content, signer: source.signer, signingTime: Date.parse(now) });
    const context = {
      trust: [source.station.root],
      trustedTime: parked.clock.wall(),
      production: source.role === "station",
      order: { ...source.order, sha256: source.orderSha256 },
    };
    const envelope = verifyEnvelope({ content, signature, roles: [source.role], ...context });
    // Under an order that knows of the tampering, its back office awaits a certificate that it will look into as an incident.
    const awaited = source.order.tamper === undefined ? undefined : "DEV_TAMPERED";
    const refusing = findingsOn(statement, envelope, context).filter(({ code, severity }) => !HARMLESS.has(severity) && code !== awaited);
    // POLICY_OUTCOME alone says only that it would not be ERASED; the reasons say why.
    return refusing.length === 0 ? [] : [...new Set([...refusing.map(({ code }) => code), ...statement.outcomeReasons])];
  } catch (thrown) {
    if (thrown instanceof DecomError && thrown.code === "signer.unavailable") throw thrown;
    if (thrown instanceof DecomError || thrown instanceof Rejection) return [thrown.code];
    throw thrown;
  }
}

/** What stays when all goes well: what only warns, and every item that the order excepts, as the kind that it will be then. */
function leftBehind(record: RunRecord, order: Order, { census, accounts }: SeenStep<"census">) {
  const exceptions = exceptionsOf(order);
  const excepted = exceptions.flatMap((one) => {
    const account = accounts.find((known) => sameAccount(known, one))?.id;
    const own = census.items.filter((item) => item.account === account && item.batch === one.batch);
    const listed = one.items.flatMap(({ stan, digest }) => own.filter((item) => item.stan === stan && item.digest === digest).slice(0, 1));
    const found = one.items.length === 0 ? own.filter((item) => isHeap(item, one)) : listed;
    return found.map((item) => ({ ...item, kind: one.kind, direction: one.direction }));
  });
  const warned = census.items.filter(({ kind }) => kinds[kind].gate === "WARN");
  const passed = record.gate?.exceptions ?? exceptions.map(({ id }) => id);
  return { left: [...warned, ...excepted], gate: { kind: "seen", step: "gate", exceptions: passed } as const };
}

/** The fills that the order demands, as they end when every byte is held. What is fillable is known from the plan on. */
function proven(record: RunRecord, model: Model, order: Order, identity: Identity, op: string): Entry[] {
  const facts =
    record.plan?.areas ??
    model.areas.map((area) => ({ ...area, block: area.size, blank: 0, generation: 0, fillable: area.verify === "fill", files: [] }));
  const round = { macAgrees: true, deviceMs: 0, elapsedMs: 0, deadlineMs: 1000 };
  return areasToFill(order, model, identity, facts).flatMap((area): Entry[] => {
    const fact = facts.find(({ id }) => id === area);
    const mode = fact === undefined ? undefined : fillModeOf(order, fact);
    if (fact === undefined || mode === undefined) return [];
    const sizeBytes = fact.size;
    const lineMs = record.begin.baud > 0 ? (sizeBytes * 10_000) / record.begin.baud : 0;
    const filled = { elapsedMs: Math.ceil(lineMs), rounds: [round, round], sample: { nonBlank: 0, macAgrees: true } };
    const seed = hex(sha256(Buffer.from(`fill ${area}`)));
    return [
      { kind: "intent", step: "fill", op, area, mode, sizeBytes, blocks: 1, seedCommit: seed, sampleSeed: seed.slice(0, 32) },
      { kind: "seen", step: "fill", op, area, filled },
    ];
  });
}

/** A settlement that the host answers in full. */
function settledWell({ id: account, batch }: Account, { census }: SeenStep<"census">): Entry[] {
  const op = `${account}${account}`;
  const totals = storedTotals(totalsOf(census.items.filter((item) => item.account === account && item.batch === batch)));
  const answer = { hostCode: "00", reference: "0".repeat(12), hostDate: "20000101", hostTotals: totals, terminalTotals: totals };
  return [
    { kind: "intent", step: "settle", op, account, batch, censusHash: census.hash },
    {
      ...{ kind: "seen", step: "settle", op, account, outcome: "BALANCED" },
      facts: { state: "cleared", code: "BALANCED", macVerified: false, batch, ...answer },
    },
  ];
}

/** Until the terminal was asked what it holds, it holds what its model says. */
function planToCome(record: RunRecord, model: Model, plan: WipePlan): Entry[] {
  if (record.plan !== undefined) return [];
  const hash = "0".repeat(64);
  const probes = model.slots.map(({ type, algorithm, from, to }) => ({ type, algorithm, from, to, state: "PRESENT" as const }));
  return [{ kind: "seen", step: "plan", plan, planHash: hash, censusHash: hash, areas: [], slots: [], probes }];
}

/** Without anybody to seal it to, production makes none. */
function archiveToCome(record: RunRecord, { census: { items } }: SeenStep<"census">): Entry[] {
  if (record.archive !== undefined || (record.archiveRecipients.length === 0 && record.begin.environment === "production")) return [];
  const sha256 = "0".repeat(64);
  const recipients = record.archiveRecipients.map((stored) => ({ party: stored.party, certSha256: hashOf(stored) }));
  return [{ kind: "seen", step: "archive", sha256, size: 0, records: recordCount(items), file: "archive.p7m", recipients }];
}

/** What is only counted is known by its number and sum: it becomes another kind when the host refuses it. */
function isHeap({ direction, count, money }: Stored<Item>, one: Exception): boolean {
  return direction === one.direction && count === one.count && BigInt(money.minor) === one.money.minor;
}

/** The journal lines that would follow a run in which every look finds what the plan expects. */
function expected(record: RunRecord, model: Model, order: Order): Entry[] {
  const plan = planOf(model, order.requestedAreas);
  const identity = record.identities.at(-1)?.identity;
  const start = record.census("start");
  if (identity === undefined || start === undefined) return [];
  const { left, gate } = leftBehind(record, order, start);
  // Once the gate was seen open, no settlement is to come.
  const open = record.gate === undefined ? start.accounts.filter(({ id }) => !opensGate(outcomeFor(record, id))) : [];
  const op = "f".repeat(32);
  const hash = "0".repeat(64);
  const wiped = areasToWipe(model, order.requestedAreas);
  const clean = wiped.map(({ id, size }) => ({ area: id, blocks: 1, coverageBytes: size, nonBlank: 0, macAgrees: true }));
  const { begin, isolationSaid: how = [] } = record;
  const { at } = begin;
  const inspection = (n: number, bootNumber: number): Entry[] => [
    { kind: "intent", step: "inspect", n, seeds: plan.areas.map(({ area }) => ({ area, seed: area.toString(16).padStart(32, "0") })) },
    {
      kind: "seen",
      step: "inspect",
      n,
      bootNumber,
      areas: clean.map((area) => ({ ...area, startedAt: at, endedAt: at })),
      probes: plan.slots.map((slots) => ({ ...slots, state: "ABSENT" as const })),
      cannotPay: ["merchant", "keys"],
    },
  ];
  const looks = [inspection(1, identity.bootNumber), inspection(2, identity.bootNumber + 1)] as const;
  if (record.blank !== undefined) return [...archiveToCome(record, start), ...looks.flat(), { kind: "seen", step: "identity", identity }];
  return [
    ...open.flatMap((account) => settledWell(account, start)),
    ...archiveToCome(record, start),
    ...planToCome(record, model, plan),
    { kind: "seen", step: "census", when: "permit", census: { ...start.census, items: left }, accounts: start.accounts, rows: [] },
    gate,
    ...(how.length === 0 ? [] : [{ kind: "seen", step: "isolate", how, open: leftOpen(model.networks, how) } as const]),
    { kind: "intent", step: "arm", op },
    {
      kind: "seen",
      step: "erase",
      op,
      state: "DONE",
      resultHash: hash,
      wipe: {
        areas: plan.areas.map(({ area }) => ({ area, code: 0, errors: 0, retries: 0 })),
        slots: plan.slots.map((slots) => ({ ...slots, code: 0 })),
      },
    },
    ...looks[0],
    ...proven(record, model, order, identity, op),
    ...looks[1],
    { kind: "seen", step: "identity", identity: { ...identity, life: identity.life + 1 } },
    ...(identity.capabilities.includes("attest")
      ? ([
          { kind: "intent", step: "attest", nonce: hex(attestNonce(order.nonce, hash)) },
          { kind: "seen", step: "attest", supported: true, proven: false },
        ] as const)
      : []),
  ];
}
