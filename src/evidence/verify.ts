// Verifies a certificate: the envelope, then the JSON, its schema and its rules, in an order that never looks into what is not yet proven. Pure, no I/O.
import { equal, hex } from "../base/bytes.js";
import { sha256 } from "../base/sign.js";
import { type Finding, finding, Rejection, type Status, statusOf, type VerifierCode } from "./codes.js";
import { type VerifiedEnvelope, verifyEnvelope } from "./envelope/envelope.js";
import type { StationRole } from "./envelope/oids.js";
import { readJson } from "./json.js";
import type { EvidenceLevel } from "./statement/fields.js";
import { checkStatement, type RuleContext } from "./statement/rules.js";
import { parseStatement, type Statement } from "./statement/statement.js";

export interface CertificateFiles {
  /** The .json, as it lies on disk. */
  readonly content: Uint8Array;
  /** The .p7s. */
  readonly signature: Uint8Array;
}

/** Plain values that the caller knows. A step whose values are absent is listed in `notChecked`, never passed in silence. */
export interface VerifyContext extends RuleContext {
  /** DER of the pinned roots; nothing else is trusted. */
  readonly trust: readonly Uint8Array[];
  /** When a third party first saw the certificate, else now. */
  readonly trustedTime: number;
  /** The archive as it lies there, sealed or not; null when the certificate came without one. */
  readonly archive?: Uint8Array | null;
  /** The certificates that were taken in before, by both hashes. */
  readonly seen?: readonly { readonly certId: string; readonly jsonSha256: string; readonly p7sSha256: string }[];
}

export interface Levels {
  readonly identity: Statement["device"]["identityLevel"];
  /** The lowest of all rows; null when there is none. */
  readonly settlement: Statement["settlement"][number]["level"] | null;
  /** What every erased slot, and every erased area, has. */
  readonly keys: readonly EvidenceLevel[];
  readonly areas: readonly EvidenceLevel[];
}

export interface Verification {
  readonly status: Status;
  /** `ok`, or the finding that decided. */
  readonly code: VerifierCode | "ok";
  readonly environment: Statement["environment"]["kind"] | null;
  readonly outcome: Statement["outcome"] | null;
  readonly levels: Levels | null;
  readonly findings: readonly Finding[];
  readonly notChecked: readonly string[];
  /** The bytes whose signature holds and what they say: use these, never read the file again. Null unless both are sound. */
  readonly verified: { readonly content: Uint8Array; readonly statement: Statement; readonly envelope: VerifiedEnvelope } | null;
}

const environmentOf = { station: "production", bench: "bench", simulator: "simulator" } as const;
const ROLES = ["station", "bench", "simulator"] as const satisfies readonly StationRole[];

/** Worst first. */
const RANK: readonly Status[] = ["MALFORMED", "CONFLICT", "REJECTED", "QUARANTINED", "DEFERRED", "ACCEPTED_WITH_FINDINGS", "ACCEPTED"];
const SPECIAL: Partial<Record<VerifierCode, Status>> = { SEQ_FORK: "CONFLICT", ORDER_UNKNOWN: "DEFERRED" };
const statusFor = ({ code, severity }: Finding): Status => SPECIAL[code] ?? statusOf[severity];

export function verify(files: CertificateFiles, context: VerifyContext): Verification {
  try {
    const { content, signature } = files;
    const { trust, trustedTime } = context;
    const envelope = verifyEnvelope({ content, signature, trust, roles: ROLES, trustedTime });
    const statement = parseStatement(readJson(content));
    return judged(files, statement, envelope, findingsOn(statement, envelope, context), context);
  } catch (cause) {
    if (!(cause instanceof Rejection)) throw cause;
    return {
      status: cause.status,
      code: cause.code,
      environment: null,
      outcome: null,
      levels: null,
      findings: [cause.finding],
      notChecked: notCheckedOf(context),
      verified: null,
    };
  }
}

/** Everything that can be said of a statement whose envelope holds; a station asks it of its own draft. */
export function findingsOn(statement: Statement, envelope: VerifiedEnvelope, context: VerifyContext): readonly Finding[] {
  return [
    ...bindingFindings(statement, envelope, context),
    ...checkStatement(statement, context),
    ...archiveFindings(statement, context),
    ...outcomeFindings(statement),
  ];
}

function judged(
  files: CertificateFiles,
  statement: Statement,
  envelope: VerifiedEnvelope,
  found: readonly Finding[],
  context: VerifyContext,
): Verification {
  const before = context.seen?.find(({ certId }) => certId === statement.certId);
  const repeated = before !== undefined && before.jsonSha256 === hashOf(files.content) && before.p7sSha256 === hashOf(files.signature);
  const findings = before === undefined || repeated ? found : [...found, finding("SEQ_FORK", "/certId")];
  const decisive = [...findings].sort((a, b) => RANK.indexOf(statusFor(a)) - RANK.indexOf(statusFor(b)))[0];
  const status = decisive === undefined ? "ACCEPTED" : statusFor(decisive);
  const refused = status === "REJECTED" || status === "CONFLICT";
  return {
    status: repeated && !refused ? "DUPLICATE" : status,
    code: status === "ACCEPTED" ? "ok" : (decisive?.code ?? "ok"),
    environment: statement.environment.kind,
    outcome: statement.outcome,
    levels: levelsOf(statement),
    findings,
    notChecked: notCheckedOf(context),
    verified: { content: files.content, statement, envelope },
  };
}

const hashOf = (bytes: Uint8Array) => hex(sha256(bytes));

/** What binds the body to its envelope. */
function* bindingFindings(statement: Statement, envelope: VerifiedEnvelope, context: VerifyContext): Generator<Finding> {
  const role = ROLES.find((one) => one === envelope.role) ?? "station";
  if (context.production === true && role !== "station") yield finding("ENVIRONMENT_BENCH", "");
  if (environmentOf[role] !== statement.environment.kind) yield finding("ENVIRONMENT_MISMATCH", "/environment/kind");
  const root = statement.order.issuerRootSha256;
  if (context.production === true && !context.trust.some((pinned) => hashOf(pinned) === root)) {
    yield finding("ENVIRONMENT_BENCH", "/order/issuerRootSha256");
  }
  if (statement.station.id !== envelope.signerName) yield finding("STATION_MISMATCH", "/station/id");
  if (!equal(Buffer.from(statement.station.certSha256, "hex"), envelope.leafSha256))
    yield finding("STATION_MISMATCH", "/station/certSha256");
  if (Math.floor(Date.parse(statement.issuedAt) / 1000) * 1000 !== envelope.signingTime) yield finding("TIME_ISSUED_MISMATCH", "/issuedAt");
}

function* outcomeFindings({ outcome }: Statement): Generator<Finding> {
  if (outcome === "ERASED_WITH_EXCEPTIONS") yield finding("POLICY_EXCEPTIONS", "/outcome");
  if (outcome === "NOT_ERASED" || outcome === "ABORTED") yield finding("POLICY_OUTCOME", "/outcome");
}

/** Whether the archive at hand is the one that the certificate names; a certificate without one names none. */
function* archiveFindings({ archive: named }: Statement, { archive }: VerifyContext): Generator<Finding> {
  if (archive === undefined) return;
  if (named.present !== (archive !== null)) yield finding("ARCHIVE_HASH", "/archive/present");
  if (!named.present || archive === null) return;
  if (archive.length !== named.size) yield finding("ARCHIVE_HASH", "/archive/size");
  else if (hashOf(archive) !== named.sha256) yield finding("ARCHIVE_HASH", "/archive/sha256");
}

function levelsOf({ device, settlement, keys, areas }: Statement): Levels {
  const common = (rows: readonly (readonly EvidenceLevel[])[]) =>
    (rows[0] ?? []).filter((level) => rows.every((row) => row.includes(level))).sort();
  return {
    identity: device.identityLevel,
    settlement: settlement.map(({ level }) => level).sort()[0] ?? null,
    keys: common(keys.map(({ level }) => level)),
    areas: common(areas.filter(({ result }) => result === "erased").map(({ verification }) => verification.level)),
  };
}

/** Steps of the full order of verification that need what only a back end knows. */
const BACK_END = ["station-status", "log", "device-registry", "attestation-token", "settlement-ledger", "archive-file", "transcript-file"];

function notCheckedOf({ seen, order, timeFloor, policy, archive }: VerifyContext): readonly string[] {
  return [
    ...(order === undefined ? ["order"] : []),
    ...(seen === undefined ? ["seen-before"] : []),
    ...(timeFloor === undefined ? ["time-floor"] : []),
    ...(policy === undefined ? ["policy"] : []),
    ...BACK_END.filter((step) => step !== "archive-file" || archive === undefined),
  ];
}
