// The statement of a run, written from its record alone: what was not seen is said to be unknown, and nothing is claimed beyond it.
import { hex } from "../../base/bytes.js";
import type { DecomError } from "../../base/errors.js";
import { pointOf, sha256 } from "../../base/sign.js";
import type { Mark } from "../../terminal/driver.js";
import { areasToWipe, type Model, modelSha256 } from "../../terminal/model.js";
import { demandsArchive } from "../archive/needed.js";
import type { Signer } from "../envelope/cms.js";
import type { Station } from "../envelope/keys.js";
import type { StationRole } from "../envelope/oids.js";
import type { Order } from "../order/schema.js";
import type { RunRecord } from "../record.js";
import type { LogLine } from "../station-log.js";
import { tamperStatus } from "../tamper.js";
import type { TranscriptFacts } from "../transcript.js";
import { areaRows, inspectionRows, isolationField, notCovered, unprovenMemory } from "./build-erasure.js";
import { keyRows, retainedRows } from "./build-keys.js";
import { settlementRows, usedExceptions } from "./build-money.js";
import { claimsOf, findingsOf, limitationsOf } from "./disclosures.js";
import { NOT_ASKED, NOT_IN_ORDER, NOT_REPORTED } from "./fields.js";
import { askedOf } from "./floor.js";
import { outcomeOf } from "./outcome.js";
import { STATEMENT_TYPE, type Statement } from "./statement.js";

/** Everything a statement says that is not in the journal: who signs, for whom, with which program. */
export interface StatementSource {
  readonly record: RunRecord;
  readonly order: Order;
  readonly orderSha256: string;
  readonly grantSha256: string;
  readonly ownerKeyId: string;
  readonly role: StationRole;
  readonly model: Model;
  readonly family: { readonly name: string; readonly marks: Readonly<Record<string, Mark>> };
  readonly station: Station;
  readonly signer: Signer;
  readonly tool: { readonly version: string; readonly buildSha256: string };
  readonly runtime: { readonly node: string; readonly os: string; readonly arch: string };
  readonly logHead: LogLine | undefined;
  readonly timeFloor: string;
  transcript(): TranscriptFacts;
}

export interface Issue {
  readonly issuedAt: string;
  readonly journalHead: string;
  /** What stopped the run, when the evidence alone does not decide. */
  readonly ended?: { readonly endState: Statement["endState"]; readonly error: DecomError };
}

export function buildStatement(source: StatementSource, issue: Issue): Statement {
  const body = describe(source, issue);
  const { outcome, reasons } = outcomeOf(body);
  body.outcome = outcome;
  if (outcome === "NOT_ERASED" && body.endState === "CERT") body.endState = "QUAR";
  body.outcomeReasons = [...reasons, ...(issue.ended === undefined ? [] : [issue.ended.error.code])];
  body.limitations = [...limitationsOf(body)];
  const gaps = source.record.traceGaps.length > 0;
  body.findings = [...findingsOf(body), ...(gaps ? ([{ code: "TRACE_GAP", severity: "info" }] as const) : [])];
  body.claims = [...claimsOf(body)];
  return body;
}

/** All but the verdict; `endState` is what is asked for, the evidence decides what it becomes. */
function describe(source: StatementSource, { issuedAt, journalHead, ended }: Issue): Statement {
  const { record, order, model, station } = source;
  const { begin, condition } = record;
  const identity = record.finalIdentity?.identity ?? record.identities.at(-1)?.identity;
  const accounts = record.census("start")?.accounts ?? [];
  const [first] = accounts;
  const proven = record.attest?.proven === true;
  const inspections = inspectionRows(record, model);
  const areas = areaRows(record, model, order.requestedAreas);
  const wiped = areasToWipe(model, order.requestedAreas);
  return {
    type: STATEMENT_TYPE,
    version: 1,
    certId: begin.certId,
    runId: begin.runId,
    issuedAt,
    outcome: "NOT_ERASED",
    endState: ended?.endState ?? "CERT",
    outcomeReasons: [],
    environment: { kind: begin.environment },
    tool: { name: "decom", segments: segments(source, issuedAt) },
    family: { name: source.family.name, marks: { ...source.family.marks } },
    model: {
      id: model.id,
      version: model.version,
      sha256: modelSha256(model),
      areas: model.areas.map((area) => ({
        id: area.id,
        class: [...area.classes],
        sizeBytes: area.size,
        minLevel: wiped.includes(area) ? askedOf(order.minimumLevels, area.classes) : [],
      })),
      slots: model.slots.map(({ from, to, type, algorithm, after }) => ({
        range: { from, to },
        usage: type,
        alg: algorithm,
        after: after === "absent" ? after : "retained",
      })),
      networks: [...model.networks],
    },
    station: {
      id: station.stationId,
      certSha256: hex(sha256(source.signer.certificates[0] ?? new Uint8Array(0))),
      wireKeySha256: hex(sha256(pointOf(station.wireKey))),
    },
    site: { id: station.siteId, timezone: station.timezone },
    transport: {
      kind: begin.transport === "serial" || begin.transport === "tcp" ? begin.transport : "sim",
      port: begin.address,
      ...(begin.baud > 0 ? { baud: begin.baud } : {}),
    },
    clock: {
      source: begin.environment === "simulator" ? "simulated" : "system",
      offsetMs: NOT_ASKED,
      uncertaintyMs: NOT_ASKED,
      lastSync: NOT_ASKED,
      floor: source.timeFloor,
    },
    runtime: source.runtime,
    log: {
      intentSeq: record.logged?.intentSeq ?? 1,
      intentSha256: record.logged?.intentSha256 ?? "0".repeat(64),
      headSeq: source.logHead?.recordSeq ?? 1,
      headSha256: source.logHead?.sha256 ?? "0".repeat(64),
    },
    journalHead,
    order: {
      id: order.id,
      sha256: source.orderSha256,
      issuer: order.issuer,
      issuerRootSha256: hex(sha256(station.root)),
      nonce: order.nonce,
      issuedAt: order.issuedAt,
      notAfter: order.notAfter,
      continues: order.continues,
      requestedMethod: order.requestedMethod,
      requestedAreas: order.requestedAreas,
      minimumLevels: order.minimumLevels,
      retentionPolicy: order.retentionPolicy,
      archiveDemanded: demandsArchive(order),
      dualControl: order.dualControl,
      priorRuns: order.priorRuns,
    },
    grant: {
      sha256: source.grantSha256,
      ownerKeyId: source.ownerKeyId,
      trust: identity?.ownerState === "first-use" ? "first-use" : "pinned",
    },
    device: {
      manufacturer: model.manufacturer,
      model: model.id,
      serialLabel: begin.labelSerial,
      serialReported: begin.serial,
      serialMatch: begin.labelSerial === begin.serial && (identity?.serial ?? begin.serial) === begin.serial ? "match" : "mismatch",
      identityLevel: proven ? "P3" : "P1",
      identityEvidence: [
        { kind: "serial-report", ref: `boot ${identity?.bootNumber ?? 0}` },
        ...(proven ? [{ kind: "device-signature" as const, ref: `key ${record.attest?.keyId ?? ""}` }] : []),
      ],
      life: order.device.life,
      hardwareVersion: condition?.condition.hardware ?? NOT_ASKED,
      firmwareVersion: identity?.firmware ?? NOT_ASKED,
      appVersions: { unknown: "NOT_SUPPORTED" },
      tid: first?.tid ?? NOT_REPORTED,
      mid: first?.mid ?? NOT_REPORTED,
      acquirerId: first?.acquirer ?? NOT_REPORTED,
      tamperStatus: tamperStatus(record, order),
      media: model.areas.map(({ id, storage, size }) => ({
        id,
        kind: storage,
        sizeBytes: size,
        encrypted: NOT_REPORTED,
        wearLevelled: NOT_REPORTED,
      })),
      unprovenMemory: unprovenMemory(model, areas),
      ...(record.attest?.certificateSha256 === undefined ? {} : { deviceCertSha256: record.attest.certificateSha256 }),
      ...(proven ? { deviceKeyState: "retained" as const } : {}),
    },
    isolation: isolationField(record),
    inspections,
    custody: custodySteps(source),
    origin: { siteId: NOT_IN_ORDER },
    settlement: settlementRows(record, order),
    archive: archiveField(record),
    keys: keyRows(record, model),
    keysRetained: retainedRows(record, model),
    areas,
    coverage: "partial",
    notCovered: notCovered(record, model, order.requestedAreas),
    limitations: [],
    findings: [],
    performedBy: { personRef: record.wiper.performedBy, role: "technician", authMethod: "os-login" },
    verifiedBy: { personRef: "DECOM", role: "automation", authMethod: "none" },
    destination: order.destination,
    standardRef: "NIST SP 800-88r2",
    claims: [],
    transcript: { ...source.transcript() },
    language: "en",
    ...(record.attest?.token === undefined
      ? {}
      : {
          deviceAttestation: {
            format: "podp1-attest",
            tokenB64: record.attest.token,
            sha256: hex(sha256(Buffer.from(record.attest.token, "base64"))),
          },
        }),
    ...people(source),
  };
}

/** From hand to hand: whoever took the run up has connected the terminal. */
function custodySteps({ record: { hands, wiper, erase }, order: { custody }, station }: StatementSource): Statement["custody"] {
  const place = station.siteId;
  const connected = hands.map(({ at, performedBy: by }) => ({ type: "connected" as const, at, by, place }));
  const wiped = erase?.state === "DONE" ? [{ type: "wiped" as const, at: erase.at, by: wiper.performedBy, place }] : [];
  const steps: readonly Omit<Statement["custody"][number], "seq">[] = [
    ...(custody === undefined
      ? []
      : [
          {
            type: "received" as const,
            at: custody.received,
            by: custody.from,
            to: custody.to,
            place: custody.depot,
            trackingNo: custody.receiptNo,
          },
        ]),
    ...[...connected, ...wiped].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
  ];
  return steps.map((step, i) => ({ seq: i + 1, ...step }));
}

/** The second person at the bench when the wipe was ordered, and who outside it approved what was let go. */
function people({ record, order }: StatementSource): Pick<Statement, "witness" | "approvers"> {
  const { witness } = record.wiper;
  const asked = [...usedExceptions(record, order), ...(order.tamper === undefined ? [] : [order.tamper])];
  const approvers = [...new Set(asked.flatMap((field) => field.approvers))];
  return {
    ...(witness === undefined ? {} : { witness: { personRef: witness, role: "supervisor", authMethod: "none" } as const }),
    ...(approvers.length === 0 ? {} : { approvers }),
  };
}

function archiveField({ archive }: RunRecord): Statement["archive"] {
  if (archive === undefined) return { present: false };
  const { sha256: hash, size, records, recipients } = archive;
  return {
    present: true,
    sha256: hash,
    size,
    alg: recipients.length === 0 ? "none" : "cms-aes256-gcm",
    recipients: recipients.map(({ party, certSha256 }) => ({ party, certSha256 })),
    recordCount: records,
    panForm: "truncated",
    sadScan: "clean", // it is scanned before it is written, or there is none
  };
}

/** One segment per program version that worked on the run, each from when it took over. */
function segments({ record, tool }: StatementSource, until: string): Statement["tool"]["segments"] {
  const starts = [
    { version: record.begin.tool, from: record.begin.at },
    ...record.resumptions.map((resumed) => ({ version: resumed.tool, from: resumed.at })),
  ].filter((start, i, all) => i === 0 || start.version !== all[i - 1]?.version);
  return starts.map(({ version, from }, i) => ({
    version,
    buildSha256: version === tool.version ? tool.buildSha256 : NOT_REPORTED,
    from,
    to: starts[i + 1]?.from ?? until,
  }));
}
