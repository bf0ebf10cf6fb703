// The area rows of a statement: per area, what the terminal reported and what the last looks found; the looks, and what nobody covered.
import { hex, unhex } from "../../base/bytes.js";
import { sha256 } from "../../base/sign.js";
import type { ProofFacts } from "../../terminal/driver.js";
import type { ContentClass, SampleFacts } from "../../terminal/facts.js";
import { opensGate } from "../../terminal/gate.js";
import { areasToWipe, type Model, type ModelArea } from "../../terminal/model.js";
import type { SampledArea } from "../entries.js";
import { type FillAttempt, type RunRecord, settlementOf } from "../record.js";
import { isBlank, isEmpty, straysOf } from "./build-keys.js";
import { NOT_ASKED, NOT_REPORTED, type Unknown } from "./fields.js";
import { isCutOff } from "./isolated.js";
import type { Statement } from "./statement.js";
import type { AreaRow } from "./statement-erasure.js";

const clean = (area: SampleFacts) => area.nonBlank === 0 && area.macAgrees;

export function inspectionRows(record: RunRecord, model: Model): Statement["inspections"] {
  return record.inspections.map((look) => {
    const { n, bootNumber, at, areas, probes, cannotPay } = look;
    const unreadable = probes.some(({ state }) => state === "ERROR");
    const empty = model.slots.every((range) => range.after === "retained" || isEmpty(look, range)) && straysOf(look, model).length === 0;
    const gone = areas.every(clean) && (empty || unreadable) && isOutOfUse(cannotPay);
    return { n, bootNumber, at, result: gone ? (unreadable ? "unreadable" : "clean") : "residue" };
  });
}

/** What a wiped terminal lacks, whatever else keeps it from paying. */
const isOutOfUse = (cannotPay: readonly string[]) => cannotPay.includes("merchant") && cannotPay.includes("keys");

/** All areas of the model: those that were to be wiped, and what became of those that were left. */
export function areaRows(record: RunRecord, model: Model, requested: readonly ContentClass[]): AreaRow[] {
  const wiped = areasToWipe(model, requested);
  const looks = record.inspections.map(({ at }) => at);
  const apart = record.arm !== undefined && isCutOff({ isolation: isolationField(record), model }, [record.arm.at, ...looks]);
  return model.areas.map((area) => (wiped.includes(area) ? areaRow(record, area, apart) : leftRow(record, area)));
}

/** From before the erase to the last look, or to where nobody vouched for it any more. */
export function isolationField({ isolation, arm, inspections }: RunRecord): Statement["isolation"] {
  if (isolation === undefined || arm === undefined) return NOT_ASKED;
  const { how, from, until } = isolation;
  const lastLook = inspections.at(-1)?.at ?? arm.at;
  // By a clock that was set back since, the look that ended it would seem to lie within: then it counts for the order to wipe alone.
  const ended = until !== undefined && until < lastLook ? until : arm.at;
  return { how: [...how], from, to: until === undefined ? lastLook : ended };
}

/** Nobody asked for it: kept by plan, out of every command's reach, or cleared by settling as far as the terminal lists what is in it. */
function leftRow(record: RunRecord, { id, classes, size, keptAs }: ModelArea): AreaRow {
  const cleared = keptAs === "host-cleared" && isCleared(record);
  return {
    id,
    class: [...classes],
    sizeBytes: size,
    method: keptAs === "not-supported" ? "not-addressable" : "none",
    technique: "none",
    basis: cleared ? "observed" : "vendor-statement",
    startedAt: NOT_ASKED,
    endedAt: NOT_ASKED,
    deviceCode: NOT_ASKED,
    errors: NOT_ASKED,
    retries: NOT_ASKED,
    result: keptAs === "host-cleared" ? (cleared ? "host-cleared" : "unverified") : (keptAs ?? "retained"),
    verification: { ...NOT_LOOKED_AT, level: cleared ? ["V1"] : [] },
  };
}

/** The last census lists nothing, and every account that there was has an outcome that clears. */
function isCleared(record: RunRecord): boolean {
  const last = record.census("permit");
  const accounts = record.census("start")?.accounts ?? [];
  const settled = accounts.every(({ id }) => opensGate(settlementOf(record, id)?.outcome));
  return last !== undefined && last.census.items.length === 0 && last.census.unread.length === 0 && settled && accounts.length > 0;
}

const NOT_LOOKED_AT = {
  method: "none",
  level: [],
  coverageBytes: 0,
  samples: 0,
  expected: "blank",
  observed: NOT_ASKED,
  elapsedMs: NOT_ASKED,
  result: "not-run",
} satisfies AreaRow["verification"];

/** What one area's fill showed, as a verification row would say it; undefined when it shows nothing either way. `apart`: kept off networks. */
function fillRow(record: RunRecord, area: ModelArea, { intent, seen }: FillAttempt, apart: boolean): FillRow | undefined {
  const filled = seen?.filled;
  if (filled === undefined || intent.sizeBytes !== area.size) return undefined;
  const { elapsedMs, lineMs = 0, rounds } = filled;
  const sum = (of: (round: ProofFacts) => number) => rounds.reduce((ms, round) => ms + of(round), elapsedMs);
  const agrees = rounds.length >= 2 && rounds.every(({ macAgrees }) => macAgrees);
  const inTime = rounds.every((round) => round.elapsedMs <= round.deadlineMs);
  const simulated = record.begin.environment === "simulator";
  if (agrees && !(inTime && (intent.mode === "seed" || simulated || elapsedMs >= lineMs))) return undefined;
  return {
    level: agrees ? ["V4", ...(intent.mode === "stream" && apart ? (["V5"] as const) : [])] : [],
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

function areaRow(record: RunRecord, area: ModelArea, apart: boolean): AreaRow {
  const looks = record.inspections.map(({ areas }) => areas.find((seen) => seen.area === area.id));
  const last = looks.at(-1);
  const told = record.erase?.wipe?.areas.find((result) => result.area === area.id);
  const code = told?.code;
  const filling = record.fills.find(({ intent }) => intent.area === area.id);
  const failed = filling?.seen?.failed === true;
  // A look at what was there before a fill says nothing of what is there now.
  const unseen = last === undefined || failed || filling?.open === true;
  const seed = record.seeds(record.inspections.at(-1)?.n ?? 0).find((seeded) => seeded.area === area.id)?.seed;
  const released = filling?.seen?.filled?.sample;
  const blankAgain = released === undefined || clean(released);
  const passed = looks.length > 0 && looks.every((look) => look !== undefined && clean(look)) && blankAgain;
  const fill = filling === undefined ? undefined : fillRow(record, area, filling, apart);
  const held = fill?.verification.result !== "failed";
  const done = code === 0 || isBlank(record);
  const levels = [...(done ? (["V1"] as const) : []), ...(passed && held ? (["V3"] as const) : [])];
  const began = record.erase === undefined ? undefined : record.arm?.at;
  return {
    id: area.id,
    class: [...area.classes],
    sizeBytes: area.size,
    basis: "device-command",
    startedAt: began ?? NOT_ASKED,
    endedAt: record.erase?.at ?? NOT_ASKED,
    deviceCode: code ?? NOT_ASKED,
    errors: told?.errors ?? NOT_ASKED,
    retries: told?.retries ?? NOT_ASKED,
    result: failed ? "failed" : unseen || (code === undefined && !done) ? "unverified" : done && passed && held ? achieved(area) : "failed",
    verification:
      // Residue outweighs a fill: the row then says what was read back.
      fill !== undefined && passed
        ? { ...fill.verification, level: [...levels, ...fill.level] }
        : unseen || seed === undefined
          ? { ...NOT_LOOKED_AT }
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
              ...(last.coverageBytes === area.size ? {} : { detection: detectionBy(last.blocks) }),
            },
    ...(code === undefined ? { method: "none", technique: "none" } : methodOf(area)),
    ...(isBlank(record) ? blankArea(looks[0]) : {}),
  };
}

/** NIST SP 800-88r2 words: zeroising secure memory purges it, destroying the key under which memory is encrypted is crypto-erase, the rest clears. */
function methodOf({ method, technique, storage }: ModelArea): Pick<AreaRow, "method" | "technique"> {
  if (technique !== undefined) return { method: "clear", technique };
  if (method.startsWith("unknown-")) return { method: "clear", technique: "none" };
  const known = method as Exclude<AreaRow["technique"], "delete" | "restore-default" | "none">; // the table's own names
  if (known === "crypto-erase") return { method: "crypto-erase", technique: known };
  return { method: known === "zeroise" && storage === "secure-memory" ? "purge" : "clear", technique: known };
}

/** What apps do when they delete frees the place of data, not the data. */
const achieved = ({ technique }: ModelArea) => (technique === "delete" ? "logical-delete" : "erased");

const RETAINED_PPM = 10_000;

/** With so many blocks drawn at random, how probably one of a hundredth of all is among them. */
function detectionBy(blocks: number): NonNullable<AreaRow["verification"]["detection"]> {
  const missed = (1 - RETAINED_PPM / 1_000_000) ** blocks;
  return { retainedPpm: RETAINED_PPM, probabilityPpm: Math.floor((1 - missed) * 1_000_000) };
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

export function notCovered({ blank, arm }: RunRecord, model: Model, requested: readonly ContentClass[]): Statement["notCovered"] {
  const wiped = areasToWipe(model, requested);
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
    ...model.areas.flatMap((area) => (area.keep === undefined || wiped.includes(area) ? [] : [{ what: area.name, why: area.keep }])),
    ...model.elsewhere.map(({ what, why }) => ({ what, why })),
  ];
}
