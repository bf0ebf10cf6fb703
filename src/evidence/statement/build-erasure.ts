// The erasure rows of a statement: per area and key range, what the terminal reported and what the last looks found.
import { hex, unhex } from "../../base/bytes.js";
import { sha256 } from "../../base/sign.js";
import type { ProbeRange, ProbeState, SlotRange } from "../../terminal/facts.js";
import type { Model, ModelArea, ModelSlots } from "../../terminal/model.js";
import type { SampledArea } from "../entries.js";
import type { RunRecord } from "../record.js";
import type { Statement } from "./statement.js";
import type { AreaRow, KeyRow, RetainedRow } from "./statement-erasure.js";

const NOT_ASKED = { unknown: "NOT_ASKED" } as const;
const NOT_REPORTED = { unknown: "NOT_REPORTED" } as const;

/** Found so, and not touched since. */
const isBlank = ({ blank, arm }: RunRecord) => blank !== undefined && arm === undefined;

const clean = (area: SampledArea) => area.nonBlank === 0 && area.macAgrees;

export function inspectionRows(record: RunRecord): Statement["inspections"] {
  return record.inspections.map(({ n, bootNumber, at, areas, probes }) => ({
    n,
    bootNumber,
    at,
    result: areas.every(clean) && !probes.some(({ state }) => state === "ERROR") ? "clean" : "residue",
  }));
}

export function areaRows(record: RunRecord, model: Model): AreaRow[] {
  return model.areas.filter((area) => area.keep === undefined).map((area) => areaRow(record, area));
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
  const passed = looks.length > 0 && looks.every((look) => look !== undefined && clean(look));
  const began = record.erase === undefined ? undefined : record.arm?.at;
  const done = code === 0 || isBlank(record);
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
    result: (code === undefined && !done) || last === undefined ? "unverified" : done && passed ? "erased" : "failed",
    verification:
      last === undefined || seed === undefined
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
            level: [...(done ? (["V1"] as const) : []), ...(passed ? (["V3"] as const) : [])],
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
    result: (code === undefined && !done) || unseen ? "unverified" : done && observed === "ABSENT" ? "erased" : "failed",
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
