// Flaws of key slots: every slot of the model must be accounted for, and an emptied one must have been seen to fail.
import { isKnown } from "./fields.js";
import { type Floor, lacking } from "./floor.js";
import type { Flaw, Reason } from "./reasons.js";
import type { Evidence } from "./statement.js";
import type { KeyRow } from "./statement-erasure.js";

/** KCVs of keys of nothing but 00 or FF: TDES and SM4-sized ECB blocks, AES-128 and AES-256 by CMAC and ECB. */
const CONSTANT_KCVS: readonly string[] = [
  ...["8CA64D", "CAAAAF", "66E94B", "DC95C0", "A1F625", "4BF85F"],
  ...["763CBCDE81", "9211053C55", "B290FA2EA7", "5955E940D3"],
];

interface Span {
  readonly usage: string;
  readonly alg: string;
  readonly from: number;
  readonly to: number;
  readonly pointer: string;
}

const sameKind = (a: Span, b: Span) => a.usage === b.usage && a.alg === b.alg;
const overlaps = (a: Span, b: Span) => sameKind(a, b) && a.from <= b.to && b.from <= a.to;

export function* keyFlaws(body: Evidence, floor: Floor): Generator<Flaw> {
  const expected = body.model.slots.map(({ range, usage, alg, after }, i) => ({
    ...range,
    usage,
    alg,
    after,
    pointer: `/model/slots/${i}`,
  }));
  const wiped = body.keys.map(({ slots, usage, alg }, i) => ({ ...slots, usage, alg, pointer: `/keys/${i}` }));
  const kept = body.keysRetained.map(({ slots, usage, alg }, i) => ({ ...slots, usage, alg, pointer: `/keysRetained/${i}` }));
  const told: readonly Span[] = [...wiped, ...kept];
  for (const span of expected) if (!isCovered(span, told)) yield { reason: "SLOT_MISSING", pointer: span.pointer };
  for (const [i, span] of told.entries()) {
    if (!isCovered(span, expected)) yield { reason: isFound(span, body) ? "SLOT_BEYOND" : "INVENTORY", pointer: span.pointer };
    if (told.some((other, j) => j < i && overlaps(span, other))) yield { reason: "SLOT_CONTRADICTION", pointer: span.pointer };
  }
  for (const span of kept) {
    // A slot that stays by plan is a finding; one that should be empty and stays is more.
    if (expected.some((model) => model.after === "absent" && overlaps(span, model))) yield { reason: "SLOT_KEPT", pointer: span.pointer };
  }
  for (const [i, row] of body.keys.entries()) {
    for (const [reason, where] of [...rowFlaws(row, body, floor), ...claimFlaws(row, body)])
      yield { reason, pointer: `/keys/${i}/${where}` };
  }
}

/** A row about slots that the model does not have can only say that something was found there. */
function isFound({ pointer }: Span, { keys }: Evidence): boolean {
  return keys.some(({ result, after }, i) => pointer === `/keys/${i}` && result === "failed" && after === "present");
}

/** Whether spans of the same usage and algorithm leave no gap in this one. */
function isCovered(span: Span, by: readonly Span[]): boolean {
  let next = span.from;
  for (const other of by.filter((one) => sameKind(one, span)).sort((a, b) => a.from - b.from)) {
    if (other.from > next) break;
    next = Math.max(next, other.to + 1);
  }
  return next > span.to;
}

function* rowFlaws(row: KeyRow, body: Evidence, floor: Floor): Generator<readonly [Reason, string]> {
  const observed = isKnown(row.probe) ? row.probe.observed : row.probe;
  const claimed = row.result === "erased" || row.result === "host-cleared" || row.result === "zeroised-by-tamper";
  if (!claimed) return yield ["SLOT_FAILED", "result"];
  if (observed === "CONSTANT_00" || observed === "CONSTANT_FF") return yield ["SLOT_CONSTANT", "probe/observed"];
  if (row.kcv !== undefined && CONSTANT_KCVS.includes(row.kcv)) return yield ["SLOT_CONSTANT", "kcv"];
  if (observed === "PRESENT" || observed === "FOREIGN") return yield ["SLOT_PRESENT", "probe/observed"];
  if (row.after !== "absent") return yield ["SLOT_PRESENT", "after"];
  if (!failedAsExpected(row)) return yield ["SLOT_UNPROBED", "probe"];
  const tampered = body.device.tamperStatus.state === "tampered";
  if (isKnown(row.deviceCode) && row.deviceCode !== 0) yield ["SLOT_FAILED", "deviceCode"];
  if (row.action === "delete" || (row.result === "zeroised-by-tamper" && !(tampered && row.before === "absent")))
    yield ["SLOT_FAILED", "result"];
  // Empty before and untouched: an observation, not an erasure.
  if (row.action === "none" && row.result === "erased") yield ["FOUND_BLANK", "action"];
  const lack = lacking(row.level, body.order.minimumLevels.keys, floor.keys);
  if (lack !== undefined) yield [lack, "level"];
}

function failedAsExpected({ probe }: KeyRow): boolean {
  return isKnown(probe) && probe.expected === "ABSENT" && probe.observed === "ABSENT";
}

function* claimFlaws(row: KeyRow, body: Evidence): Generator<readonly [Reason, string]> {
  for (const level of row.level) {
    const carried =
      level === "V0" ||
      (level === "V1" && (row.deviceCode === 0 || row.action === "none")) ||
      (level === "V2" && failedAsExpected(row)) ||
      (level === "V6" && body.deviceAttestation !== undefined) ||
      (level === "V7" && body.witness !== undefined);
    if (!carried) yield [level === "V6" ? "ATTESTATION_MISSING" : "SLOT_LEVEL", "level"];
  }
}
