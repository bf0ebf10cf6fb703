// Flaws of data areas: against the inventory, against floor and order, and of claims that their own evidence does not carry.
import { type EvidenceLevel, isKnown } from "./fields.js";
import { askedOf, type Floor, floorOf, lacking, underFloor } from "./floor.js";
import { staysIsolated } from "./isolated.js";
import type { Flaw, Reason } from "./reasons.js";
import type { Evidence } from "./statement.js";
import type { AreaRow } from "./statement-erasure.js";

type ModelArea = Evidence["model"]["areas"][number];

/** Where a terminal goes when it leaves the hands of those who may look into it. */
const LEAVES: readonly Evidence["destination"][] = ["reuse-external", "export", "recycle"];

export function* areaFlaws(body: Evidence, floor: Floor): Generator<Flaw> {
  for (const [i, expected] of body.model.areas.entries()) {
    const index = body.areas.findIndex(({ id }) => id === expected.id);
    const row = body.areas[index];
    if (row === undefined) {
      if (isRequired(expected, body, floor)) yield { reason: "AREA_MISSING", pointer: `/model/areas/${i}` };
      continue;
    }
    const at = `/areas/${index}`;
    if (row.sizeBytes !== expected.sizeBytes || [...row.class].sort().join() !== [...expected.class].sort().join()) {
      yield { reason: "INVENTORY", pointer: at };
    }
    for (const reason of resultFlaws(row, expected, body, floor)) yield { reason, pointer: `${at}/result` };
  }
  for (const [i, row] of body.areas.entries()) {
    const expected = body.model.areas.some(({ id }) => id === row.id);
    if (!expected || body.areas.findIndex(({ id }) => id === row.id) !== i) yield { reason: "INVENTORY", pointer: `/areas/${i}` };
    yield* proofFlaws(row, `/areas/${i}/verification`, body);
    if (!isItsMethod(row)) yield { reason: "METHOD_CLAIM", pointer: `/areas/${i}/method` };
  }
  const left = body.areas.some((row) => underFloor(floor, row.class) && (row.result === "retained" || row.result === "not-supported"));
  const beyond = isKnown(body.device.unprovenMemory) && body.device.unprovenMemory.length > 0;
  if ((left && body.notCovered.length === 0) || (body.coverage === "full" && (left || beyond || body.notCovered.length > 0))) {
    yield { reason: "COVERAGE_CLAIM", pointer: "/coverage" };
  }
}

/** NIST SP 800-88r2 words: Clear is what commands do; more rests on zeroisation, on keys, or on the vendor's word. */
function isItsMethod({ method, technique, basis, result }: AreaRow): boolean {
  if (method === "purge") return technique === "zeroise" || technique === "crypto-erase" || basis === "vendor-statement";
  if (method === "crypto-erase") return technique === "crypto-erase";
  return method === "clear" || technique === "none" || result !== "erased";
}

function isRequired(area: ModelArea, { order }: Evidence, floor: Floor): boolean {
  return underFloor(floor, area.class) || area.class.some((one) => order.requestedAreas.includes(one));
}

function* resultFlaws(row: AreaRow, expected: ModelArea, body: Evidence, floor: Floor): Generator<Reason> {
  const required = isRequired(expected, body, floor);
  switch (row.result) {
    case "failed":
      return yield "AREA_FAILED";
    case "unverified":
      return yield "AREA_UNREAD";
    case "logical-delete":
      return yield LEAVES.includes(body.destination) ? "LOGICAL_DELETE_LEAVES" : "LOGICAL_DELETE";
    case "retained":
    case "not-supported":
      if (!required) return;
      return yield row.class.some((one) => body.order.requestedAreas.includes(one)) ? "SCOPE_NOT_DONE" : "FLOOR_NOT_COVERED";
    case "erased":
    case "host-cleared":
    case "zeroised-by-tamper":
      break;
    default:
      row.result satisfies never;
  }
  // Whatever the row is called: what apps do when they delete is no erasure.
  if (row.technique === "delete") yield LEAVES.includes(body.destination) ? "LOGICAL_DELETE_LEAVES" : "LOGICAL_DELETE";
  if (row.result === "zeroised-by-tamper" && body.device.tamperStatus.state !== "tampered") yield "AREA_FAILED";
  if (contradicts(row)) yield "AREA_FAILED";
  if (row.technique === "none" && row.result === "erased") yield "FOUND_BLANK";
  const { minimumLevels, requestedMethod } = body.order;
  const weaker = requestedMethod === "purge" && row.method === "clear";
  const minimum = [...expected.minLevel, ...askedOf(minimumLevels, row.class)];
  const lack = weaker ? "BELOW_MINIMUM" : lacking(row.verification.level, minimum, floorOf(floor, row.class));
  if (required && lack !== undefined) yield lack;
}

/** The row says erased, its details say otherwise. Errors count here only if they were not mended by a retry. */
function contradicts({ deviceCode, errors, verification }: AreaRow): boolean {
  const { expected, observed, result } = verification;
  return (
    (isKnown(deviceCode) && deviceCode !== 0) ||
    (isKnown(errors) && errors > 0) ||
    result === "failed" ||
    (result === "passed" && observed !== expected) ||
    observed === "residue" ||
    observed === "mac-differs"
  );
}

function* proofFlaws(row: AreaRow, at: string, body: Evidence): Generator<Flaw> {
  const { level, coverageBytes, seedCommit, method, expected, elapsedMs } = row.verification;
  for (const [i, claimed] of level.entries()) {
    if (claimed === "V6" && body.deviceAttestation === undefined) yield { reason: "ATTESTATION_MISSING", pointer: `${at}/level/${i}` };
    else if (!carries(claimed, row, body)) yield { reason: "AREA_NO_PROOF", pointer: `${at}/level/${i}` };
  }
  if (coverageBytes > row.sizeBytes) yield { reason: "AREA_NO_PROOF", pointer: `${at}/coverageBytes` };
  const again = body.areas.some((other) => other !== row && other.verification.seedCommit === seedCommit);
  if (seedCommit !== undefined && again) yield { reason: "AREA_NO_PROOF", pointer: `${at}/seedCommit` };
  // 8N1 moves a byte in ten bits. A simulated terminal may run faster than time, so its line proves nothing either way.
  const { kind, baud } = body.transport;
  // What is read back as a MAC has not crossed the line.
  const streamed = method === "stream-fill" || (method === "full-read" && expected === "blank");
  if (streamed && kind === "serial" && baud !== undefined && body.environment.kind !== "simulator" && isKnown(elapsedMs)) {
    if (elapsedMs * baud < coverageBytes * 10_000) yield { reason: "AREA_TOO_FAST", pointer: `${at}/elapsedMs` };
  }
}

function carries(level: EvidenceLevel, { deviceCode, basis, sizeBytes, verification }: AreaRow, body: Evidence): boolean {
  const { method, result, coverageBytes, samples, seedCommit, deadlineMs, elapsedMs } = verification;
  const looked = result === "passed" && coverageBytes > 0 && samples > 0;
  const fresh = seedCommit !== undefined && deadlineMs !== undefined && isKnown(elapsedMs) && elapsedMs <= deadlineMs;
  switch (level) {
    case "V0":
    case "V6": // judged by whoever can read the token
      return true;
    case "V1":
      return deviceCode === 0 || basis === "observed";
    case "V2":
      return result === "passed";
    case "V3":
      return looked && method !== "none" && (method === "full-read" ? coverageBytes >= sizeBytes : seedCommit !== undefined);
    case "V4":
      return looked && fresh && (method === "seed-fill" || method === "stream-fill");
    case "V5":
      return looked && fresh && method === "stream-fill" && staysIsolated(body);
    case "V7":
      return body.witness !== undefined;
  }
}
