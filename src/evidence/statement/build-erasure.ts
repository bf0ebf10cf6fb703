// The erasure rows of a statement: per area and key range, what the terminal reported and what the last looks found.
import { hex, unhex } from "../../base/bytes.js";
import { sha256 } from "../../base/sign.js";
import type { ProofFacts } from "../../terminal/driver.js";
import type { ProbeRange, ProbeState, SampleFacts, SlotRange } from "../../terminal/facts.js";
import type { Model, ModelArea, ModelSlots } from "../../terminal/model.js";
import type { SampledArea } from "../entries.js";
import type { RunRecord } from "../record.js";
import type { Unknown } from "./fields.js";
import type { Statement } from "./statement.js";
import type { AreaRow, KeyRow, RetainedRow } from "./statement-erasure.js";

const NOT_ASKED = { unknown: "NOT_ASKED" } as const;
const NOT_REPORTED = { unknown: "NOT_REPORTED" } as const;

/** Found so, and not touched since. */
const isBlank = ({ blank, arm }: RunRecord) => blank !== undefined && arm === undefined;

/** The hardware had done it before this run did anything. */
const isZeroised = ({ tampering, arm }: RunRecord) => tampering.some(({ at }) => arm === undefined || at <= arm.at);

const clean = (area: SampleFacts) => area.nonBlank === 0 && area.macAgrees;

export function inspectionRows(record: RunRecord): Statement["inspections"] {
  return record.inspections.map(({ n, bootNumber, at, areas, probes, cannotPay }) => ({
    n,
    bootNumber,
    at,
    result: areas.every(clean) && !probes.some(({ state }) => state === "ERROR") && isOutOfUse(cannotPay) ? "clean" : "residue",
  }));
}

/** What a wiped terminal lacks, whatever else keeps it from paying. */
const isOutOfUse = (cannotPay: readonly string[]) => cannotPay.includes("merchant") && cannotPay.includes("keys");

export function areaRows(record: RunRecord, model: Model): AreaRow[] {
  return model.areas.filter((area) => area.keep === undefined).map((area) => areaRow(record, area));
}

/** What one area's fill showed, as a verification row would say it; undefined when there was none, or when it shows nothing either way. */
function fillRow(record: RunRecord, area: ModelArea): FillRow | undefined {
  const { intent, seen } = record.fills.find((one) => one.intent.area === area.id) ?? {};
  const filled = seen?.filled;
  if (intent === undefined || filled === undefined || intent.sizeBytes !== area.size) return undefined;
  const { elapsedMs, lineMs = 0, rounds } = filled;
  const sum = (of: (round: ProofFacts) => number) => rounds.reduce((ms, round) => ms + of(round), elapsedMs);
  const agrees = rounds.length >= 2 && rounds.every(({ macAgrees }) => macAgrees);
  const inTime = rounds.every((round) => round.elapsedMs <= round.deadlineMs);
  const simulated = record.begin.environment === "simulator";
  if (agrees && !(inTime && (intent.mode === "seed" || simulated || elapsedMs >= lineMs))) return undefined;
  const isolated = record.isolation?.open.length === 0 && record.arm !== undefined;
  return {
    level: agrees ? ["V4", ...(intent.mode === "stream" && isolated ? (["V5"] as const) : [])] : [],
    verification: {
      method: intent.mode === "stream" ? "stream-fill" : "seed-fill",
      coverageBytes: intent.sizeBytes,
      samples: intent.blocks,
      seedCommit: intent.seedCommit,
      expected: "mac-agrees",
      observed: agrees ? "mac-agrees" : "mac-differs",
      deadlineMs: sum((round) => round.deadlineMs),
      elapsedMs: sum((round) => round.elapsedMs),
      result: agrees ? "passed" : "failed",
    },
  };
}

interface FillRow {
  readonly level: AreaRow["verification"]["level"];
  readonly verification: Omit<AreaRow["verification"], "level">;
}

/** Not by us: what was looked at, and when. */
function blankArea(first: SampledArea | undefined): Partial<AreaRow> {
  return { basis: "observed", ...(first === undefined ? {} : { startedAt: first.startedAt, endedAt: first.endedAt }) };
}

function areaRow(record: RunRecord, area: ModelArea): AreaRow {
  const looks = record.inspections.map(({ areas }) => areas.find((seen) => seen.area === area.id));
  const last = looks.at(-1);
  const code = record.erase?.wipe?.areas.find((result) => result.area === area.id)?.code;
  const seed = record.seeds(record.inspections.at(-1)?.n ?? 0).find((seeded) => seeded.area === area.id)?.seed;
  const released = record.fills.find(({ intent }) => intent.area === area.id)?.seen?.filled?.sample;
  const blankAgain = released === undefined || clean(released);
  const passed = looks.length > 0 && looks.every((look) => look !== undefined && clean(look)) && blankAgain;
  const fill = fillRow(record, area);
  const held = fill?.verification.result !== "failed";
  const done = code === 0 || isBlank(record);
  const levels = [...(done ? (["V1"] as const) : []), ...(passed && held ? (["V3"] as const) : [])];
  const began = record.erase === undefined ? undefined : record.arm?.at;
  return {
    id: area.id,
    class: [...area.classes],
    sizeBytes: area.size,
    method: code === undefined ? "none" : area.method === "crypto-erase" ? "crypto-erase" : "clear",
    technique: code === undefined || area.method.startsWith("unknown-") ? "none" : (area.method as AreaRow["technique"]), // the table's own names
    basis: "device-command",
    startedAt: began ?? NOT_ASKED,
    endedAt: record.erase?.at ?? NOT_ASKED,
    ...(isBlank(record) ? blankArea(looks[0]) : {}),
    deviceCode: code ?? NOT_ASKED,
    errors: NOT_REPORTED,
    retries: NOT_REPORTED,
    result: (code === undefined && !done) || last === undefined ? "unverified" : done && passed && held ? "erased" : "failed",
    verification:
      // Residue outweighs a fill: the row then says what was read back.
      fill !== undefined && passed
        ? { ...fill.verification, level: [...levels, ...fill.level] }
        : last === undefined || seed === undefined
          ? {
              method: "none",
              level: [],
              coverageBytes: 0,
              samples: 0,
              expected: "blank",
              observed: NOT_ASKED,
              elapsedMs: NOT_ASKED,
              result: "not-run",
            }
          : {
              method: last.coverageBytes === area.size ? "full-read" : "sampled-read",
              level: levels,
              coverageBytes: last.coverageBytes,
              samples: last.blocks,
              seedCommit: hex(sha256(unhex(seed))),
              expected: "mac-agrees",
              observed: last.nonBlank > 0 ? "residue" : last.macAgrees ? "mac-agrees" : "mac-differs",
              elapsedMs: Date.parse(last.endedAt) - Date.parse(last.startedAt),
              result: passed ? "passed" : "failed",
            },
  };
}

const inside = (range: SlotRange) => (probe: ProbeRange) =>
  probe.type === range.type && probe.algorithm === range.algorithm && probe.from >= range.from && probe.to <= range.to;

/** What the whole range answers: the first thing that is not ABSENT, or that no probe reached some slot. */
function observedIn(probes: readonly ProbeRange[], range: SlotRange): ProbeState | undefined {
  const within = probes.filter(inside(range));
  const slots = within.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  if (slots !== range.to - range.from + 1) return undefined;
  return within.find(({ state }) => state !== "ABSENT")?.state ?? "ABSENT";
}

export function keyRows(record: RunRecord, model: Model): KeyRow[] {
  return model.slots.filter(({ after }) => after === "absent").map((slots) => keyRow(record, slots));
}

function keyRow(record: RunRecord, slots: ModelSlots): KeyRow {
  const { type, algorithm, from, to } = slots;
  const before = observedIn(record.plan?.probes ?? record.blank?.probes ?? [], slots);
  const looks = record.inspections.map(({ probes }) => observedIn(probes, slots));
  const observed = looks.find((state) => state !== "ABSENT") ?? looks.at(-1);
  const code = record.erase?.wipe?.slots.find(
    (result) => result.type === type && result.algorithm === algorithm && result.from <= from && result.to >= to,
  )?.code;
  const known =
    observed === undefined || observed.startsWith("unknown-") ? undefined : (observed as Exclude<ProbeState, `unknown-${number}`>);
  const unseen = looks.length === 0 || looks.includes(undefined);
  const done = code === 0 || isBlank(record);
  // The wipe was ordered for these slots too, and found nothing: what it reports is true, and not what emptied them.
  const zeroised = before === "ABSENT" && !isBlank(record) && isZeroised(record);
  return {
    slots: { from, to },
    usage: type,
    alg: algorithm,
    scheme: type === "TLS" ? "tls" : type === "IPEK" ? "dukpt" : "master-session",
    before: before === undefined ? NOT_ASKED : before === "ABSENT" ? "absent" : "present",
    action: code === undefined ? "none" : "zeroise",
    deviceCode: code ?? NOT_ASKED,
    after: unseen ? NOT_ASKED : observed === "ABSENT" ? "absent" : "present",
    probe: unseen ? NOT_ASKED : { expected: "ABSENT", observed: known ?? NOT_REPORTED },
    level: [...(done ? (["V1"] as const) : []), ...(observed === "ABSENT" && !unseen ? (["V2"] as const) : [])],
    result:
      (code === undefined && !done) || unseen
        ? "unverified"
        : !done || observed !== "ABSENT"
          ? "failed"
          : zeroised
            ? "zeroised-by-tamper"
            : "erased",
  };
}

export function retainedRows(model: Model): RetainedRow[] {
  return model.slots
    .filter(({ after }) => after === "retained")
    .map(({ from, to, type, algorithm, reason }) => ({
      slots: { from, to },
      usage: type,
      alg: algorithm,
      reason: reason ?? "by-order",
      authority: "model",
    }));
}

/** What no streamed fill proved, of all the memory that the model declares. */
export function unprovenMemory(model: Model, rows: readonly AreaRow[]): Exclude<Statement["device"]["unprovenMemory"], Unknown> {
  const total = model.areas.reduce((sum, { size }) => sum + size, 0);
  const proven = rows.reduce((sum, { verification: { level, coverageBytes } }) => sum + (level.includes("V5") ? coverageBytes : 0), 0);
  return [
    { what: "firmware, operation store and counters", sizeBytes: NOT_REPORTED },
    ...(total > proven ? [{ what: "declared memory without a streamed fill", sizeBytes: total - proven }] : []),
  ];
}

export function notCovered({ blank, arm }: RunRecord, model: Model): Statement["notCovered"] {
  const wipe = arm === undefined ? blank : undefined;
  return [
    ...(wipe === undefined
      ? []
      : [
          {
            what: `the wipe under op ${wipe.op}`,
            why: `done before, by ${wipe.wipedBy === null ? "a run that is not known here" : `run ${wipe.wipedBy}`}`,
          },
        ]),
    { what: "firmware, operation store and counters", why: "not addressable by commands" },
    ...model.areas.flatMap(({ name, keep }) => (keep === undefined ? [] : [{ what: name, why: keep }])),
  ];
}
