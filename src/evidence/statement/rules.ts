// The rules that a statement must keep with itself, and with order, device and policy where these are given. Pure; the station runs them on its draft.
import { isDeepStrictEqual } from "node:util";
import { sameAccount } from "../../terminal/exceptions.js";
import { type Finding, finding, type VerifierCode } from "../codes.js";
import { exceptionHash, type Order } from "../order/schema.js";
import { claimsOf, findingsOf, limitationsOf } from "./disclosures.js";
import { isKnown } from "./fields.js";
import type { Raise } from "./floor.js";
import { hostViewField } from "./host-view.js";
import { flawsOf, outcomeOf, verdictOf } from "./outcome.js";
import { type Flaw, type Reason, reasons } from "./reasons.js";
import { type KnownNumbers, scan } from "./scanner.js";
import type { Statement } from "./statement.js";
import { timeFindings } from "./times.js";
import { forbiddenUnknowns } from "./unknowns.js";

export interface Policy {
  /** Levels that this verifier wants beyond the floor. */
  readonly floor?: Raise;
  /** Reasons for which ERASED_WITH_EXCEPTIONS is still taken; all when absent. */
  readonly permits?: readonly Reason[];
  /** SHA-256 of the model descriptions that count; all when absent. */
  readonly models?: readonly string[];
  readonly maxClockUncertaintyMs?: number;
}

/** The order as its own file says it, with that file's hash. */
export type OrderFacts = Pick<
  Order,
  | "id"
  | "nonce"
  | "issuedAt"
  | "notAfter"
  | "station"
  | "accounts"
  | "hostView"
  | "destination"
  | "requestedAreas"
  | "minimumLevels"
  | "exceptions"
  | "archiveRecipients"
> & { readonly device: Pick<Order["device"], "serial" | "life">; readonly sha256: string };

export interface RuleContext {
  readonly production?: boolean;
  readonly policy?: Policy;
  readonly order?: OrderFacts;
  /** What order or registry know of the terminal; otherwise its numbers vouch for each other. */
  readonly device?: { readonly serial: string; readonly mids: readonly string[] };
  /** The latest time that this station is known to have signed. */
  readonly timeFloor?: string;
}

/** Everything that is wrong, not only the first; empty for a statement that can be accepted. */
export function checkStatement(statement: Statement, context: RuleContext = {}): readonly Finding[] {
  return [
    ...environmentFindings(statement, context),
    ...timeFindings(statement, context.timeFloor, context.policy?.maxClockUncertaintyMs),
    ...outcomeFindings(statement, context.policy),
    ...disclosureFindings(statement),
    ...peopleFindings(statement),
    ...(context.order === undefined ? [] : orderFindings(statement, context.order)),
    ...scan(statement, knownNumbers(statement, context)),
  ];
}

function* environmentFindings(statement: Statement, { production, policy }: RuleContext): Generator<Finding> {
  const { environment, transport, family, grant, model, log } = statement;
  const simulated = environment.simulatorBuild !== undefined || transport.kind === "sim" || String(transport.port).startsWith("sim:");
  if (production === true) {
    if (environment.kind !== "production") yield finding("ENVIRONMENT_BENCH", "/environment/kind");
    if (simulated) yield finding("ENVIRONMENT_BENCH", transport.kind === "sim" ? "/transport/kind" : "/transport/port");
  } else if (simulated && environment.kind === "production") yield finding("ENVIRONMENT_MISMATCH", "/environment/kind");
  if (production === true || environment.kind === "production") {
    for (const pointer of forbiddenUnknowns(statement)) yield finding("SCHEMA_UNKNOWN_FORBIDDEN", pointer);
  }
  if (family.name === "podp" && grant === undefined) yield finding("SCHEMA_INVALID", "/grant");
  if (log.headSeq < log.intentSeq || (log.headSeq === log.intentSeq && log.headSha256 !== log.intentSha256)) {
    yield finding("SCHEMA_INVALID", "/log/headSeq");
  }
  if (policy?.models?.includes(model.sha256) === false) yield finding("POLICY_MODEL", "/model/sha256");
}

function* outcomeFindings(statement: Statement, policy: Policy = {}): Generator<Finding> {
  const { outcome, endState, outcomeReasons } = statement;
  const flaws = flawsOf(statement);
  const judged = policy.floor === undefined ? flaws : flawsOf(statement, policy.floor);
  const wrong = judged.filter((flaw) => excluded(flaw, outcome));
  for (const { reason, pointer } of wrong) yield finding(reasons[reason].code, pointer);
  const verdict = verdictOf(endState, flaws);
  const explained = wrong.some(({ reason }) => reasons[reason].means === "not-erased" || reasons[reason].means === "exception");
  if (verdict.outcome !== outcome) {
    if (!explained) yield finding("SCHEMA_OUTCOME", "/outcome");
    return;
  }
  if ((outcome === "NOT_ERASED") !== (endState === "QUAR" || endState === "DESTROY")) yield finding("SCHEMA_OUTCOME", "/endState");
  const stated = outcomeReasons.filter((reason) => reason in reasons);
  const own = outcomeReasons.length - stated.length; // the code with which the run ended
  if (stated.join() !== verdict.reasons.join() || own > (endState === "CERT" ? 0 : 1)) yield finding("SCHEMA_OUTCOME", "/outcomeReasons");
  if (outcome !== "ERASED_WITH_EXCEPTIONS" || policy.permits === undefined) return;
  for (const reason of verdict.reasons) if (!policy.permits.includes(reason)) yield finding("POLICY_FLOOR", "/outcomeReasons");
}

/** Whether this flaw and this outcome cannot stand in one statement. */
function excluded({ reason }: Flaw, outcome: Statement["outcome"]): boolean {
  switch (reasons[reason].means) {
    case "always":
      return true;
    case "exception":
      return outcome === "ERASED";
    case "claim":
    case "not-erased":
      return outcome === "ERASED" || outcome === "ERASED_WITH_EXCEPTIONS";
  }
}

function* disclosureFindings(statement: Statement): Generator<Finding> {
  const { limitations, findings, claims } = statement;
  if (limitationsOf(statement).some((needed) => !limitations.includes(needed))) yield finding("SCHEMA_INVALID", "/limitations");
  const told = (code: string, severity: string) => findings.some((one) => one.code === code && one.severity === severity);
  if (findingsOf(statement).some(({ code, severity }) => !told(code, severity))) yield finding("SCHEMA_INVALID", "/findings");
  if (findings.some(({ code }) => code === "FOUND_BLANK") && statement.outcome === "ERASED") yield finding("SCHEMA_OUTCOME", "/findings");
  // Claims follow the outcome; where that is wrong already there is nothing to add.
  const settled = outcomeOf(statement).outcome === statement.outcome;
  const carried = claimsOf(statement);
  if (settled && claims.some((claim) => !carried.includes(claim))) yield finding("SCHEMA_OUTCOME", "/claims");
}

function* peopleFindings({ performedBy, witness, approvers = [], settlement, order, custody }: Statement): Generator<Finding> {
  const performer = isKnown(performedBy) ? [performedBy.personRef] : [];
  const connected = custody.flatMap(({ type, by }) => ((type === "connected" || type === "wiped") && isKnown(by) ? [by] : []));
  const atBench = [...performer, ...connected, ...(witness === undefined ? [] : [witness.personRef])];
  if (witness !== undefined && performer.includes(witness.personRef)) yield finding("PEOPLE_SAME_PERSON", "/witness/personRef");
  if (order.dualControl && (witness === undefined || performer.length === 0)) yield finding("PEOPLE_ROLE", "/witness");
  for (const [i, approver] of approvers.entries()) {
    if (atBench.includes(approver) || approvers.indexOf(approver) !== i) yield finding("PEOPLE_SAME_PERSON", `/approvers/${i}`);
  }
  const excepted = settlement.some(({ exceptions = [] }) => exceptions.length > 0);
  if (excepted && approvers.length < 2) yield finding("PEOPLE_ROLE", "/approvers");
}

function* orderFindings(statement: Statement, order: OrderFacts): Generator<Finding> {
  const told = statement.order;
  if (told.sha256 !== order.sha256) return yield finding("ORDER_UNKNOWN", "/order/sha256");
  const same = <T extends string | number>(a: readonly T[], b: readonly T[]) => [...a].sort().join() === [...b].sort().join();
  const differs: readonly (readonly [boolean, VerifierCode, string])[] = [
    [statement.device.serialReported !== order.device.serial, "ORDER_WRONG_DEVICE", "/device/serialReported"],
    [statement.device.life !== order.device.life, "ORDER_WRONG_LIFE", "/device/life"],
    [order.station !== undefined && statement.station.id !== order.station, "ORDER_WRONG_STATION", "/station/id"],
    [told.id !== order.id || told.nonce !== order.nonce, "ORDER_NONCE_REUSED", "/order/nonce"],
    [told.issuedAt !== order.issuedAt, "TIME_BEFORE_ORDER", "/order/issuedAt"],
    [told.notAfter !== order.notAfter, "ORDER_EXPIRED", "/order/notAfter"],
    [statement.destination !== order.destination, "ORDER_DESTINATION", "/destination"],
    [!same(told.requestedAreas, order.requestedAreas), "ORDER_SCOPE", "/order/requestedAreas"],
    [!same(told.minimumLevels.keys, order.minimumLevels.keys), "ORDER_SCOPE", "/order/minimumLevels/keys"],
    [!same(told.minimumLevels.areas, order.minimumLevels.areas), "ORDER_SCOPE", "/order/minimumLevels/areas"],
    [!isDeepStrictEqual(told.minimumLevels.classes, order.minimumLevels.classes), "ORDER_SCOPE", "/order/minimumLevels/classes"],
  ];
  for (const [wrong, code, pointer] of differs) if (wrong) yield finding(code, pointer);
  for (const [i, row] of statement.settlement.entries()) {
    if (!isDeepStrictEqual(row.hostView, hostViewField(order, row))) yield finding("SETTLE_HOSTVIEW", `/settlement/${i}/hostView`);
  }
  yield* exceptionFindings(statement, order);
  const { archive } = statement;
  const sealed = archive.present ? archive.recipients.map(named) : [];
  if (archive.present && order.archiveRecipients !== undefined && !same(sealed, order.archiveRecipients.map(named))) {
    yield finding("ARCHIVE_RECIPIENT", "/archive/recipients");
  }
}

const named = ({ party, certSha256 }: NonNullable<Order["archiveRecipients"]>[number]) => `${party} ${certSha256}`;

/** What was let go must stand in the order, word for word, and be approved by whom the order says. */
function* exceptionFindings({ settlement, approvers = [] }: Statement, { exceptions }: OrderFacts): Generator<Finding> {
  const known = new Map(exceptions.map((field) => [exceptionHash(field), field]));
  for (const [i, row] of settlement.entries()) {
    for (const [j, used] of (row.exceptions ?? []).entries()) {
      const field = known.get(used.orderItemSha256);
      const { kind, direction, count, items, money, disposition } = used;
      const said = [kind, direction, count, money.amount, disposition, items];
      const same =
        field !== undefined &&
        sameAccount(field, row) &&
        isDeepStrictEqual(said, [field.kind, field.direction, field.count, field.amount, field.disposition, field.items]) &&
        field.approvers.every((one) => approvers.includes(one));
      if (!same) yield finding("ORDER_EXCEPTION", `/settlement/${i}/exceptions/${j}`);
    }
  }
}

/** Numbers of every acquirer: what the registry knows of the terminal, else the order, else what the terminal said of itself. */
function knownNumbers({ device, settlement }: Statement, context: RuleContext): KnownNumbers {
  if (context.device !== undefined) return { serials: [context.device.serial], mids: context.device.mids };
  const { serialReported, serialLabel } = device;
  const reported = isKnown(serialReported) && serialReported === serialLabel ? [serialReported] : [];
  return {
    serials: context.order === undefined ? reported : [context.order.device.serial],
    mids: (context.order?.accounts ?? settlement).map(({ mid }) => mid),
  };
}
