// Every cross-field rule with its exact code, and every leaf of a good statement changed.
import { describe, expect, it } from "vitest";
import { hex } from "../../src/base/bytes.js";
import { passesLuhn } from "../../src/base/redact.js";
import { sha256 } from "../../src/base/sign.js";
import type { VerifierCode } from "../../src/evidence/codes.js";
import { outcomeOf } from "../../src/evidence/statement/outcome.js";
import { type Reason, reasons } from "../../src/evidence/statement/reasons.js";
import { checkStatement, type OrderFacts, type RuleContext } from "../../src/evidence/statement/rules.js";
import { type Evidence, parseStatement, type Statement } from "../../src/evidence/statement/statement.js";
import type { AreaRow } from "../../src/evidence/statement/statement-erasure.js";
import type { IsolationWay } from "../../src/terminal/isolation.js";
import { concluded, put, testEvidence, testOrder, testStatement } from "../support/statement.js";

type Change<T> = (statement: T) => void;
const UNKNOWN = { unknown: "NOT_REPORTED" } as const;

/** Codes of a good statement in which one thing was changed afterwards, as a forger or a bug would. */
function codesAfter(change: Change<Statement>, context: RuleContext = {}, from: Statement = testStatement()): string[] {
  change(from);
  return [...new Set(checkStatement(parseStatement(from), context).map(({ code }) => code))];
}

function row<T>(rows: readonly T[], i = 0): T {
  return rows[i]!;
}

const token = Buffer.from("token of the device");
const attested = { format: "podp-1", tokenB64: token.toString("base64"), sha256: hex(sha256(token)) };
const excepted = (count: number, amount: number, digests: readonly string[] = ["01", "02"]) => ({
  orderItemSha256: "aa".repeat(32),
  kind: "U08" as const,
  direction: "debit" as const,
  items: digests.slice(0, count).map((digest, i) => ({ stan: `00011${i}`, digest: digest.repeat(32) })),
  count,
  money: { amount, currency: "CNY" },
  disposition: "export" as const,
});
const left = {
  kind: "U08" as const,
  gate: "BLOCK-X" as const,
  direction: "debit" as const,
  count: 2,
  money: { amount: 300, currency: "CNY" },
};
const withException: Change<Evidence> = (s) => {
  row(s.settlement).after.push(structuredClone(left));
  row(s.settlement).exceptions = [excepted(2, 300)];
  s.approvers = ["P-A1", "P-A2"];
};

describe("a good statement", () => {
  it.each(["simulator", "bench"] as const)("of a %s breaks no rule and is ERASED", (role) => {
    const statement = testStatement(undefined, role);
    expect(checkStatement(statement)).toEqual([]);
    expect(statement).toMatchObject({ outcome: "ERASED", outcomeReasons: [] });
  });

  it("of production is less than ERASED while only a serial number names the unit", () => {
    const statement = testStatement(undefined, "station");
    expect(statement).toMatchObject({ outcome: "ERASED_WITH_EXCEPTIONS", outcomeReasons: ["UNIT_UNPROVEN"] });
    expect(statement.findings).toContainEqual({ code: "UNIT_UNPROVEN", severity: "warning" });
  });

  it("of production is ERASED when the unit's key proved it", () => {
    const statement = testStatement((s) => {
      s.device.identityLevel = "P3";
      s.device.identityEvidence.push({ kind: "device-signature", ref: "ATTEST" });
      s.deviceAttestation = attested;
    }, "station");
    expect(statement).toMatchObject({ outcome: "ERASED", outcomeReasons: [] });
    expect(statement.claims).toContain("UNIT_PROVEN");
  });

  it("says what it must beside the outcome", () => {
    const statement = testStatement();
    expect(statement.findings.map(({ code }) => code)).toEqual(["HOST_VIEW_UNAVAILABLE", "NOT_NOTIFIED", "SLOT_RETAINED", "WARN_LEFT"]);
    expect(statement.claims).toEqual(["PAYMENT_DATA_ERASED", "KEY_SLOTS_EMPTY", "SETTLED_AS_TERMINAL_REPORTS"]);
    expect(statement.limitations).toHaveLength(6);
  });
});

describe("a statement changed after the fact is refused", () => {
  const rules: readonly (readonly [what: string, code: VerifierCode, change: Change<Statement>, context?: RuleContext])[] = [
    // keys
    ["a key slot missing from the list (case 88)", "KEYS_SLOT_MISSING", (s) => void s.keys.pop()],
    ["one slot of a range missing", "KEYS_SLOT_MISSING", (s) => put(row(s.keys).slots, { to: 99 })],
    [
      "a gap between two ranges",
      "KEYS_SLOT_MISSING",
      (s) => {
        const second = structuredClone(row(s.keys));
        row(s.keys).slots.to = 40;
        second.slots.from = 42;
        s.keys.push(second);
      },
    ],
    ["a retained slot of the model not accounted for", "KEYS_SLOT_MISSING", (s) => void s.keysRetained.pop()],
    ["a slot still present after (case 89)", "KEYS_STILL_PRESENT", (s) => put(row(s.keys), { after: "present" })],
    ["an after-state nobody read", "KEYS_STILL_PRESENT", (s) => put(row(s.keys), { after: UNKNOWN })],
    ["a probe that finds the key", "KEYS_STILL_PRESENT", (s) => put(row(s.keys), { probe: { expected: "ABSENT", observed: "PRESENT" } })],
    [
      "a probe that finds another app's key",
      "KEYS_STILL_PRESENT",
      (s) => put(row(s.keys), { probe: { expected: "ABSENT", observed: "FOREIGN" } }),
    ],
    ["no probe (case 90)", "KEYS_PROBE_MISSING", (s) => put(row(s.keys), { probe: UNKNOWN })],
    ["a probe that ended in an error", "KEYS_PROBE_MISSING", (s) => put(row(s.keys), { probe: { expected: "ABSENT", observed: "ERROR" } })],
    [
      "a slot that works under zeros (case 91)",
      "KEYS_CONSTANT",
      (s) => put(row(s.keys), { probe: { expected: "ABSENT", observed: "CONSTANT_00" } }),
    ],
    [
      "a slot that works under ones (case 91)",
      "KEYS_CONSTANT",
      (s) => put(row(s.keys), { probe: { expected: "ABSENT", observed: "CONSTANT_FF" } }),
    ],
    ["the check value of a constant key (case 91)", "KEYS_CONSTANT", (s) => put(row(s.keys), { kcv: "8CA64D" })],
    ["V2 without a probe that failed", "KEYS_PROBE_MISSING", (s) => put(row(s.keys), { probe: UNKNOWN })],
    ["a key level it has no evidence for", "KEYS_PROBE_MISSING", (s) => void row(s.keys).level.push("V4")],
    ["a key level below the order's", "AREA_LEVEL_LOW", (s) => put(row(s.keys), { level: ["V1"] })],
    [
      "a slot in both lists",
      "KEYS_STILL_PRESENT",
      (s) => void s.keysRetained.push({ ...row(s.keysRetained), ...structuredClone(pick(row(s.keys))) }),
    ],
    ["a slot range told twice", "KEYS_STILL_PRESENT", (s) => void s.keys.push(structuredClone(row(s.keys)))],
    ["a slot range that the model does not have (case 127)", "DEV_MODEL", (s) => put(row(s.keys).slots, { to: 101 })],
    [
      "ERASED with a key in a slot that the model does not have",
      "DEV_MODEL",
      (s) => {
        const beyond = { slots: { from: 201, to: 201 }, after: "present", action: "none", result: "failed", level: [] } as const;
        s.keys.push({ ...structuredClone(row(s.keys)), ...beyond, level: [], probe: { expected: "ABSENT", observed: "PRESENT" } });
      },
    ],
    // areas
    ["ERASED with a failing area (case 87)", "SCHEMA_OUTCOME", (s) => put(row(s.areas), { result: "failed" })],
    ["ERASED with an area nobody read", "SCHEMA_OUTCOME", (s) => put(row(s.areas), { result: "unverified" })],
    ["ERASED with an area whose device code is an error", "SCHEMA_OUTCOME", (s) => put(row(s.areas), { deviceCode: 5 })],
    ["ERASED with unmended errors", "SCHEMA_OUTCOME", (s) => put(row(s.areas), { errors: 1 })],
    ["ERASED over residue", "SCHEMA_OUTCOME", (s) => put(row(s.areas).verification, { observed: "residue" })],
    ["less done than the order's scope (case 86)", "ORDER_SCOPE", (s) => put(row(s.areas, 2), { result: "not-supported" })],
    [
      "an order whose scope is under the floor (case 121)",
      "POLICY_FLOOR",
      (s) => {
        s.order.requestedAreas = ["K"];
        row(s.areas, 2).result = "not-supported";
      },
    ],
    [
      "levels under the floor though the order is content (case 121)",
      "POLICY_FLOOR",
      (s) => {
        s.order.minimumLevels.areas = ["V1"];
        row(s.model.areas).minLevel = ["V1"];
        row(s.areas).verification.level = ["V1"];
      },
    ],
    ["a level below the order's minimum (case 104)", "AREA_LEVEL_LOW", (s) => void s.order.minimumLevels.areas.push("V4")],
    ["an area missing that the model has", "AREA_COVERAGE", (s) => void s.areas.shift()],
    [
      "an area of another model (case 127)",
      "DEV_MODEL",
      (s) =>
        void s.areas.push({
          ...structuredClone(row(s.areas)),
          id: 77,
          verification: { ...row(s.areas).verification, seedCommit: "ab".repeat(32) },
        }),
    ],
    [
      "an area listed twice",
      "DEV_MODEL",
      (s) =>
        void s.areas.push({
          ...structuredClone(row(s.areas)),
          verification: { ...row(s.areas).verification, seedCommit: "ab".repeat(32) },
        }),
    ],
    ["an area smaller than the model's (case 103)", "DEV_MODEL", (s) => put(row(s.areas), { sizeBytes: 65_536 })],
    ["an area of other contents", "DEV_MODEL", (s) => put(row(s.areas), { class: ["OPS"] })],
    ["V3 without seed commitment (case 115)", "AREA_NO_PROOF", (s) => void delete row(s.areas).verification.seedCommit],
    ["V3 that looked at nothing (case 115)", "AREA_NO_PROOF", (s) => put(row(s.areas).verification, { coverageBytes: 0 })],
    ["V4 without a fill", "AREA_NO_PROOF", (s) => void row(s.areas).verification.level.push("V4")],
    ["V7 without a witness", "AREA_NO_PROOF", (s) => void row(s.areas).verification.level.push("V7")],
    [
      "one seed for two areas (case 102)",
      "AREA_NO_PROOF",
      (s) => put(row(s.areas).verification, { seedCommit: row(s.areas, 1).verification.seedCommit }),
    ],
    ["more covered than there is", "AREA_NO_PROOF", (s) => put(row(s.areas).verification, { coverageBytes: 200_000 })],
    ["V6 without a token (case 109)", "ATTEST_MISSING", (s) => void row(s.areas).verification.level.push("V6")],
    [
      "P3 without a token (case 109)",
      "ATTEST_MISSING",
      (s) => {
        s.device.identityLevel = "P3";
        s.device.identityEvidence.push({ kind: "device-signature", ref: "ATTEST" });
      },
    ],
    ["a token of another hash", "ATTEST_RESULTS", (s) => put(s, { deviceAttestation: { ...attested, sha256: "00".repeat(32) } })],
    ["full coverage although something is not covered", "AREA_COVERAGE", (s) => put(s, { coverage: "full" })],
    // destination and outcome
    [
      "a logical delete that leaves the house (case 122)",
      "ORDER_DESTINATION",
      (s) => {
        row(s.areas).result = "logical-delete";
        s.destination = "export";
      },
    ],
    [
      "a logical delete called erased",
      "ORDER_DESTINATION",
      (s) => {
        row(s.areas).technique = "delete";
        s.destination = "recycle";
      },
    ],
    ["ERASED after a logical delete in the house", "SCHEMA_OUTCOME", (s) => put(row(s.areas), { result: "logical-delete" })],
    ["found blank presented as ERASED (case 129)", "SCHEMA_OUTCOME", (s) => put(row(s.areas), { technique: "none" })],
    [
      "found blank said beside ERASED (case 129)",
      "SCHEMA_OUTCOME",
      (s) => void s.findings.push({ code: "FOUND_BLANK", severity: "warning" }),
    ],
    ["zeroised by tamper on an untampered terminal", "SCHEMA_OUTCOME", (s) => put(row(s.keys), { result: "zeroised-by-tamper" })],
    ["NOT_ERASED over evidence of ERASED", "SCHEMA_OUTCOME", (s) => put(s, { outcome: "NOT_ERASED" })],
    ["reasons that the evidence does not give", "SCHEMA_OUTCOME", (s) => void s.outcomeReasons.push("UNIT_UNPROVEN")],
    ["a run's error code beside CERT", "SCHEMA_OUTCOME", (s) => void s.outcomeReasons.push("identity.swapped")],
    ["ERASED in a run that ended as QUAR", "SCHEMA_OUTCOME", (s) => put(s, { endState: "QUAR" })],
    ["ERASED in a run that was abandoned", "SCHEMA_OUTCOME", (s) => put(s, { endState: "ABANDONED" })],
    ["a claim above the evidence", "SCHEMA_OUTCOME", (s) => void s.claims.push("UNIT_PROVEN")],
    // money
    [
      "an item of a BLOCK kind left (case 92)",
      "SETTLE_UNSETTLED",
      (s) => void row(s.settlement).after.push({ ...left, kind: "U15", gate: "BLOCK" }),
    ],
    ["an unexcepted item left (case 92)", "SETTLE_UNSETTLED", (s) => void row(s.settlement).after.push(left)],
    ["an amount left though the count is zero", "SETTLE_UNSETTLED", (s) => void row(s.settlement).after.push({ ...left, count: 0 })],
    ["a gate loosened by hand", "SCHEMA_INVALID", (s) => put(row(row(s.settlement).before), { gate: "WARN" })],
    ["a settlement outcome that keeps the gate shut", "SETTLE_UNSETTLED", (s) => put(row(s.settlement), { outcome: "UNKNOWN" })],
    [
      "no settlement, but only the keys were found blank",
      "SETTLE_UNSETTLED",
      (s) => {
        found(s);
        for (const area of s.areas) put(area, { method: "clear", technique: "block-erase" });
      },
    ],
    [
      "no settlement, but only the areas were found blank",
      "SETTLE_UNSETTLED",
      (s) => {
        found(s);
        for (const key of s.keys) key.action = "zeroise";
      },
    ],
    [
      "a settlement of what was found blank",
      "SETTLE_UNSETTLED",
      (s) => {
        const { settlement } = s;
        found(s);
        put(s, { settlement });
      },
    ],
    [
      "erased payment data claimed of what was found blank",
      "SCHEMA_OUTCOME",
      (s) => {
        found(s);
        Object.assign(s, concluded(s));
        s.claims.push("PAYMENT_DATA_ERASED");
      },
    ],
    [
      "what was found blank without saying so",
      "SCHEMA_INVALID",
      (s) => {
        found(s);
        Object.assign(s, concluded(s), { findings: [] });
      },
    ],
    ["no settlement at all", "SETTLE_UNSETTLED", (s) => put(s, { settlement: [] })],
    ["nothing to settle where a batch was", "SETTLE_UNSETTLED", (s) => put(row(s.settlement), { outcome: "NOTHING_TO_SETTLE" })],
    ["nothing to settle against the host's view (case 118)", "SETTLE_HOSTVIEW", (s) => uncaptured(s, 3)],
    ["nothing to settle without a host's view (case 118)", "SETTLE_HOSTVIEW", (s) => put(row(s.settlement, 1), { hostView: UNKNOWN })],
    [
      "more open at the host than in the terminal",
      "SETTLE_HOSTVIEW",
      (s) => {
        uncaptured(s, 3);
        put(row(s.settlement, 1), { outcome: "BALANCED", attempts: structuredClone(row(s.settlement).attempts) });
      },
    ],
    [
      "totals that differ under BALANCED (case 94)",
      "SETTLE_TOTALS_DIFFER",
      (s) => {
        const { host } = row(s.settlement);
        if (host !== undefined && "debit" in host.totals) host.totals.debit.amount += 1;
      },
    ],
    ["the host's error flag under BALANCED", "SETTLE_TOTALS_DIFFER", (s) => void row(s.settlement).host?.flags.push("error-flag")],
    ["S3 claimed by a station (case 117)", "SETTLE_LEVEL", (s) => put(row(s.settlement), { level: "S3" })],
    ["S2 without a verified answer (case 117)", "SETTLE_LEVEL", (s) => put(row(s.settlement, 1), { level: "S2" })],
    ["a settlement level below the order's", "SETTLE_LEVEL", (s) => put(s.order.minimumLevels, { settlement: "S2" })],
    ["an amount in another currency", "SCHEMA_INVALID", (s) => put(row(row(s.settlement).before).money, { currency: "USD" })],
    ["an account listed twice", "SCHEMA_INVALID", (s) => void s.settlement.push(structuredClone(row(s.settlement)))],
    ["BALANCED that no attempt brought about", "SETTLE_LEVEL", (s) => put(row(s.settlement), { attempts: [] })],
    ["numbers of another merchant", "SCHEMA_INVALID", (s) => put(s.device, { mid: "OTHER" })],
    ["a purge that was a mere command", "AREA_NO_PROOF", (s) => put(row(s.areas), { method: "purge" })],
    ["a clear where the order wants a purge", "AREA_LEVEL_LOW", (s) => put(s.order, { requestedMethod: "purge" })],
    ["erased by no method", "AREA_NO_PROOF", (s) => put(row(s.areas), { method: "not-addressable" })],
    ["no archive though a level needs it (case 123)", "ARCHIVE_MISSING", (s) => put(s, { archive: { present: false } })],
    ["an archive with fewer records than were counted", "ARCHIVE_MISSING", (s) => void (s.archive.present && s.archive.recordCount--)],
    ["an archive for somebody else (case 96)", "ARCHIVE_RECIPIENT", (s) => void (s.archive.present && s.archive.recipients.pop())],
    // the unit, inspections, times
    ["label and terminal with different serials (case 83)", "DEV_SERIAL_MISMATCH", (s) => put(s.device, { serialLabel: "PD70099999" })],
    ["a serial mismatch said outright", "DEV_SERIAL_MISMATCH", (s) => put(s.device, { serialMatch: "mismatch" })],
    ["a tampered terminal", "DEV_TAMPERED", (s) => put(s.device.tamperStatus, { state: "tampered" })],
    ["a unit level without its evidence", "SCHEMA_OUTCOME", (s) => put(s.device, { identityLevel: "P2" })],
    ["both inspections in one boot number (case 124)", "DEV_NO_RESTART", (s) => put(row(s.inspections, 1), { bootNumber: 12 })],
    ["a single inspection (case 124)", "DEV_NO_RESTART", (s) => void s.inspections.pop()],
    ["an inspection that found something", "SCHEMA_OUTCOME", (s) => put(row(s.inspections), { result: "residue" })],
    ["isolation that ends early and is not owned up to", "SCHEMA_INVALID", (s) => isolationEnds(s, row(s.inspections).at)],
    ["isolation that leaves a network open and is not owned up to", "SCHEMA_INVALID", (s) => isolatedBy(s, ["sim-out", "lan-out"])],
    ["a step that ends before it starts (case 51)", "TIME_STEPS", (s) => swapTimes(row(s.areas))],
    ["an inspection before the erase", "TIME_STEPS", (s) => put(row(s.inspections), { at: row(s.areas).startedAt as string })],
    ["a settlement after the erase began", "TIME_STEPS", (s) => put(row(row(s.settlement).attempts), { at: row(s.inspections).at })],
    ["custody out of sequence", "TIME_STEPS", (s) => put(row(s.custody), { seq: 2 })],
    ["an order issued after the run began (case 52)", "TIME_BEFORE_ORDER", (s) => put(s.order, { issuedAt: row(s.inspections).at })],
    ["an order that had expired (case 53)", "ORDER_EXPIRED", (s) => put(s.order, { notAfter: s.order.issuedAt })],
    [
      "a certificate older than the station's last word (case 125)",
      "TIME_BELOW_FLOOR",
      (s) => put(s.clock, { floor: "2027-01-01T00:00:00.000Z" }),
    ],
    [
      "a certificate older than the verifier knows (case 125)",
      "TIME_BELOW_FLOOR",
      () => undefined,
      { timeFloor: "2027-01-01T00:00:00.000Z" },
    ],
    [
      "a clock less certain than policy allows (case 57)",
      "TIME_UNCERTAIN",
      (s) => put(s.clock, { uncertaintyMs: 5_000 }),
      { policy: { maxClockUncertaintyMs: 1_000 } },
    ],
    ["a log head before the run's own record", "SCHEMA_INVALID", (s) => put(s.log, { headSeq: 6 })],
    // people
    [
      "performer and witness in one (case 99)",
      "PEOPLE_SAME_PERSON",
      (s) => put(s, { witness: { personRef: "P-7F31", role: "supervisor", authMethod: "badge" } }),
    ],
    ["performer as approver (case 135)", "PEOPLE_SAME_PERSON", (s) => put(s, { approvers: ["P-7F31", "P-A2"] })],
    [
      "an approver who connected the terminal",
      "PEOPLE_SAME_PERSON",
      (s) => {
        s.custody.splice(1, 0, { ...row(s.custody), seq: 2, type: "connected", by: "P-A1" });
        put(row(s.custody, 2), { seq: 3 });
        put(s, { approvers: ["P-A1", "P-A2"] });
      },
    ],
    ["one approver twice (case 135)", "PEOPLE_SAME_PERSON", (s) => put(s, { approvers: ["P-A2", "P-A2"] })],
    ["dual control without a witness", "PEOPLE_ROLE", (s) => put(s.order, { dualControl: true })],
    // disclosures
    ["a first-use owner not mentioned", "SCHEMA_INVALID", (s) => put(s.grant ?? {}, { trust: "first-use" })],
    ["a limitation left out", "SCHEMA_INVALID", (s) => void s.limitations.pop()],
    ["a finding played down", "SCHEMA_INVALID", (s) => put(row(s.findings), { severity: "info" })],
    ["podp without a grant", "SCHEMA_INVALID", (s) => void delete s.grant],
    // environment and policy
    ["a simulator in production (cases 107, 128)", "ENVIRONMENT_BENCH", () => undefined, { production: true }],
    ["a simulated terminal called production", "ENVIRONMENT_MISMATCH", (s) => put(s.environment, { kind: "production" })],
    ["a model that is not on the list (case 105)", "POLICY_MODEL", () => undefined, { policy: { models: ["00".repeat(32)] } }],
    ["levels under the verifier's own floor (case 121)", "POLICY_FLOOR", () => undefined, { policy: { floor: { areas: ["V4"] } } }],
  ];
  it.each(rules.map(([what, code, change, context = {}]) => [what, code, change, context] as const))(
    "%s: %s",
    (_, code, change, context) => {
      expect(codesAfter(change, context)[0]).toBe(code);
    },
  );

  it("with a code for each kind of reason there is", () => {
    const raisedReasons = new Set(
      rules.flatMap(([, , change]) => {
        const statement = testStatement();
        change(statement);
        return outcomeOf(statement).reasons;
      }),
    );
    const settling = (Object.keys(reasons) as Reason[]).filter(
      (r) => reasons[r].means === "not-erased" || reasons[r].means === "exception",
    );
    expect(settling.filter((r) => !raisedReasons.has(r))).toEqual(["EXCEPTION_UNMATCHED", "EXCEPTION_USED"]);
  });
});

/** As a terminal that somebody else has wiped. */
function found(s: Evidence): void {
  for (const area of s.areas) put(area, { technique: "none", method: "none", basis: "observed" });
  for (const key of s.keys) [key.action, key.before] = ["none", "absent"];
  s.settlement = [];
}

function pick({ slots, usage, alg }: Statement["keys"][number]) {
  return { slots, usage, alg };
}

function uncaptured(s: Statement, count: number): void {
  const view = row(s.settlement, 1).hostView;
  if ("uncaptured" in view) view.uncaptured.count = count;
}

function isolationEnds(s: Statement, to: string): void {
  if ("to" in s.isolation) s.isolation.to = to;
}

type Named = NonNullable<RuleContext["order"]> extends { archiveRecipients?: (infer R)[] | undefined } ? R : never;

function isolatedBy(s: Statement, how: readonly IsolationWay[]): void {
  if ("how" in s.isolation) s.isolation.how = [...how];
}

function swapTimes(area: Statement["areas"][number]): void {
  [area.startedAt, area.endedAt] = [area.endedAt, area.startedAt];
}

describe("evidence of less gives less, and the statement that says so holds", () => {
  const lesser: readonly (readonly [what: string, outcome: Statement["outcome"], reasons: readonly Reason[], change: Change<Evidence>])[] =
    [
      ["an area that failed", "NOT_ERASED", ["AREA_FAILED"], (s) => put(row(s.areas), { result: "failed" })],
      [
        "a key that is still there",
        "NOT_ERASED",
        ["SLOT_FAILED"],
        (s) => {
          row(s.keys).result = "failed";
          row(s.keys).level = ["V1"];
        },
      ],
      ["money left", "NOT_ERASED", ["MONEY_LEFT"], (s) => void row(s.settlement).after.push(left)],
      [
        "a logical delete that stays in the house",
        "ERASED_WITH_EXCEPTIONS",
        ["LOGICAL_DELETE"],
        (s) => put(row(s.areas), { result: "logical-delete" }),
      ],
      ["a level under the floor", "ERASED_WITH_EXCEPTIONS", ["BELOW_MINIMUM"], (s) => put(row(s.areas).verification, { level: ["V1"] })],
      [
        "an area that cannot be erased and was not ordered",
        "ERASED_WITH_EXCEPTIONS",
        ["FLOOR_NOT_COVERED"],
        (s) => {
          s.order.requestedAreas = ["K"];
          row(s.areas, 2).result = "not-supported";
        },
      ],
      [
        "a key kept by order",
        "ERASED_WITH_EXCEPTIONS",
        ["SLOT_KEPT"],
        (s) => {
          const { slots, usage, alg } = s.keys.pop()!;
          s.keysRetained.push({ slots, usage, alg, reason: "by-order", authority: "order" });
        },
      ],
      ["a terminal found blank", "ERASED_WITH_EXCEPTIONS", ["FOUND_BLANK"], found],
      ["a signed exception used", "ERASED_WITH_EXCEPTIONS", ["EXCEPTION_USED"], withException],
    ];
  it.each(lesser)("%s: %s", (_, outcome, why, change) => {
    const evidence = testEvidence();
    change(evidence);
    if (outcome === "NOT_ERASED") evidence.endState = "QUAR";
    const statement = concluded(evidence);
    expect(statement).toMatchObject({ outcome, outcomeReasons: why });
    expect(checkStatement(parseStatement(statement))).toEqual([]);
  });

  it("tells the station NOT_ERASED before it has chosen an end state", () => {
    const evidence = testEvidence();
    row(evidence.areas).result = "failed";
    expect(outcomeOf(evidence)).toEqual({ outcome: "NOT_ERASED", reasons: ["AREA_FAILED"] });
    expect(checkStatement(concluded(evidence)).map(({ pointer }) => pointer)).toEqual(["/endState"]);
  });

  it("an abandoned run is ABORTED and may lack everything that it did not reach", () => {
    const evidence = testEvidence();
    Object.assign(evidence, {
      endState: "ABANDONED",
      areas: [],
      keys: [],
      keysRetained: [],
      inspections: [],
      isolation: { unknown: "NOT_ASKED" },
    });
    evidence.archive = { present: false };
    const statement = concluded(evidence);
    statement.outcomeReasons.push("run.abandoned");
    expect(statement.outcome).toBe("ABORTED");
    expect(statement.claims).toEqual(["SETTLED_AS_TERMINAL_REPORTS"]);
    expect(checkStatement(parseStatement(statement))).toEqual([]);
  });

  it("policy may refuse a reason for exceptions", () => {
    const statement = testStatement((s) => put(row(s.areas), { result: "logical-delete" }));
    const check = (permits: readonly Reason[]) => checkStatement(statement, { policy: { permits } }).map(({ code }) => code);
    expect(check(["LOGICAL_DELETE"])).toEqual([]);
    expect(check(["UNIT_UNPROVEN"])).toEqual(["POLICY_FLOOR"]);
  });
});

describe("exceptions match what is left one to one", () => {
  const broken: readonly (readonly [string, Change<Statement>, VerifierCode])[] = [
    ["an exception without an item left (case 93)", (s) => put(row(s.settlement), { after: [] }), "ORDER_EXCEPTION"],
    ["an item without an exception", (s) => void delete row(s.settlement).exceptions, "SETTLE_UNSETTLED"],
    ["another amount", (s) => put(row(row(s.settlement).exceptions!).money, { amount: 299 }), "ORDER_EXCEPTION"],
    ["another count", (s) => put(row(s.settlement), { exceptions: [excepted(1, 300)] }), "ORDER_EXCEPTION"],
    ["fewer items than counted", (s) => void row(row(s.settlement).exceptions!).items.pop(), "ORDER_EXCEPTION"],
    ["another direction (case 120)", (s) => put(row(row(s.settlement).exceptions!), { direction: "credit" }), "SETTLE_UNSETTLED"],
    ["one item twice (case 119)", (s) => put(row(s.settlement), { exceptions: [excepted(2, 300, ["01", "01"])] }), "ORDER_EXCEPTION"],
    [
      "a kind that is never excepted",
      (s) => {
        Object.assign(row(s.settlement).after.at(-1)!, { kind: "U15", gate: "BLOCK" });
        row(row(s.settlement).exceptions!).kind = "U15";
      },
      "SETTLE_UNSETTLED",
    ],
    ["a single approver", (s) => put(s, { approvers: ["P-A1"] }), "PEOPLE_ROLE"],
  ];
  it.each(broken)("%s", (_, change, code) => {
    expect(codesAfter(change, {}, testStatement(withException))).toContain(code);
  });
});

describe("work cannot be faster than the line", () => {
  const filled = (elapsedMs: number, role: "bench" | "simulator" = "bench") =>
    testStatement((s) => {
      const size = 4 * 1024 * 1024;
      row(s.areas).sizeBytes = size;
      row(s.model.areas).sizeBytes = size;
      Object.assign(row(s.areas).verification, { method: "stream-fill", coverageBytes: size, elapsedMs });
    }, role);

  it("4 MiB in 2 s at 115200 is refused (case 101)", () => {
    expect(checkStatement(filled(2_000))).toMatchObject([{ code: "AREA_IMPLAUSIBLE_TIME", pointer: "/areas/0/verification/elapsedMs" }]);
  });

  it("4 MiB in 364.1 s is the least that passes", () => {
    expect(checkStatement(filled(364_088)).map(({ code }) => code)).toEqual(["AREA_IMPLAUSIBLE_TIME"]);
    expect(checkStatement(filled(364_089))).toEqual([]);
  });

  it("a simulated terminal may run faster than time", () => {
    expect(checkStatement(filled(2_000, "simulator"))).toEqual([]);
  });
});

describe("of a terminal that was tampered with", () => {
  const tampered = (before: "present" | "absent") =>
    testStatement((s) => {
      put(s.device.tamperStatus, { state: "tampered", codes: ["CASE"] });
      put(row(s.keys), { result: "zeroised-by-tamper", before });
    });
  const codes = (statement: Statement) => checkStatement(statement).map(({ code, pointer }) => `${code} ${pointer}`);
  const INCIDENT = "DEV_TAMPERED /device/tamperStatus";

  it("a certificate is sound and an incident: ERASED, keys zeroised by tamper, and nothing claimed", () => {
    const statement = tampered("absent");
    expect(statement).toMatchObject({ outcome: "ERASED", claims: [] });
    expect(codes(statement)).toEqual([INCIDENT]);
  });

  it("no key is taken for zeroised that was still there", () => {
    expect(tampered("present").outcome).toBe("NOT_ERASED");
  });

  it("nothing is claimed, and it is said that its own word counts for less", () => {
    expect(codes({ ...tampered("absent"), claims: ["KEY_SLOTS_EMPTY"] })).toEqual([INCIDENT, "SCHEMA_OUTCOME /claims"]);
    expect(codes({ ...tampered("absent"), findings: [] })).toContain("SCHEMA_INVALID /findings");
    const limitations = tampered("absent").limitations.filter((text) => !text.startsWith("tampered with"));
    expect(codes({ ...tampered("absent"), limitations })).toContain("SCHEMA_INVALID /limitations");
  });
});

describe("a streamed fill shows V5 only of a terminal that nobody could reach", () => {
  const streamed = (isolation: Statement["isolation"]) =>
    testStatement((s) => {
      s.isolation = isolation;
      const { verification } = row(s.areas);
      Object.assign(verification, { method: "stream-fill", deadlineMs: 900_000, elapsedMs: 600_000, level: ["V1", "V3", "V4", "V5"] });
    });
  const window = (({ isolation }) => ("from" in isolation ? isolation : undefined))(testEvidence());

  it.each<[string, Statement["isolation"], readonly string[]]>([
    ["by the ways that close every network of its model", { ...window!, how: ["shielded", "lan-out"] }, []],
    ["by a way that leaves one open", { ...window!, how: ["shielded"] }, ["AREA_NO_PROOF"]],
    ["by nothing that anybody stated", { unknown: "NOT_ASKED" }, ["AREA_NO_PROOF"]],
    ["from before the erase only until the first of its looks", { ...window!, to: row(testEvidence().inspections).at }, ["AREA_NO_PROOF"]],
    ["from when it was being erased", { ...window!, from: String(row(testEvidence().areas).endedAt) }, ["AREA_NO_PROOF"]],
  ])("%s", (_, isolation, codes) => {
    expect(checkStatement(streamed(isolation)).map(({ code }) => code)).toEqual(codes);
  });

  it("and no other word for it is read at all", () => {
    const said = { ...testStatement(), isolation: { ...window, how: "it lay in a drawer" } };
    expect(() => parseStatement(said)).toThrow(expect.objectContaining({ pointer: "/isolation/how" }));
  });
});

describe("in production", () => {
  const proven = testStatement((s) => {
    s.device.identityLevel = "P3";
    s.device.identityEvidence.push({ kind: "device-signature", ref: "ATTEST" });
    s.deviceAttestation = attested;
    const [a, b] = s.settlement;
    a!.hostView = { unavailable: true, reason: "host closed for the night", approvers: ["P-A1", "P-A2"] };
    b!.terminal = structuredClone(a!.terminal);
  }, "station");

  it("a full statement passes", () => {
    expect(checkStatement(proven, { production: true })).toEqual([]);
  });

  it.each([
    ["/device/serialReported", (s: Statement) => put(s.device, { serialReported: UNKNOWN })],
    ["/order/issuerRootSha256", (s: Statement) => put(s.order, { issuerRootSha256: UNKNOWN })],
    ["/settlement/1/terminal/totals", (s: Statement) => put(row(s.settlement, 1).terminal, { totals: UNKNOWN })],
    ["/keys/0/before", (s: Statement) => put(row(s.keys), { before: UNKNOWN })],
    ["/areas/0/deviceCode", (s: Statement) => put(row(s.areas), { deviceCode: UNKNOWN })],
    ["/areas/0/errors", (s: Statement) => put(row(s.areas), { errors: UNKNOWN })],
    ["/areas/0/retries", (s: Statement) => put(row(s.areas), { retries: UNKNOWN })],
    ["/keys/0/deviceCode", (s: Statement) => put(row(s.keys), { deviceCode: { unknown: "NOT_ASKED" } })],
    ["/settlement/0/hostView", (s: Statement) => put(row(s.settlement), { hostView: { unknown: "NOT_IN_ORDER" } })],
    ["/settlement/1/hostView/lastStan", (s: Statement) => put(row(s.settlement, 1).hostView, { lastStan: UNKNOWN })],
    ["/performedBy", (s: Statement) => put(s, { performedBy: UNKNOWN })],
  ])("%s must be known, also without a production policy", (pointer, change) => {
    const statement = structuredClone(proven);
    change(statement);
    for (const production of [true, false]) {
      expect(checkStatement(statement, { production })).toContainEqual({ code: "SCHEMA_UNKNOWN_FORBIDDEN", severity: "reject", pointer });
    }
  });

  describe("the host's view", () => {
    const IN_ORDER = { unknown: "NOT_IN_ORDER" } as const;
    const silent = structuredClone(proven);
    put(row(silent.settlement, 1).hostView, { openBatch: IN_ORDER, lastStan: IN_ORDER, lastStanAt: IN_ORDER, lastClosedBatch: IN_ORDER });
    const unavailable = { unavailable: true, reason: "no line", approvers: ["P-A1", "P-A2"] } as const;
    const against = (statement: Statement, hostView: OrderFacts["hostView"]) =>
      checkStatement(statement, { production: true, order: { ...testOrder(statement), hostView } });

    it("may lack what the order itself says that nobody knows, and no more", () => {
      expect(checkStatement(silent, { production: true })).toEqual([]);
      expect(against(silent, testOrder(silent).hostView)).toEqual([]);
      const differs = { code: "SETTLE_HOSTVIEW", severity: "reject", pointer: "/settlement/1/hostView" };
      expect(against(silent, testOrder(proven).hostView)).toEqual([differs]);
      expect(against(proven, testOrder(silent).hostView)).toEqual([differs]);
    });

    it("is unavailable only where the order says so, for whom and by whom", () => {
      const statement = structuredClone(proven);
      for (const one of statement.settlement) one.hostView = { ...unavailable, approvers: [...unavailable.approvers] };
      expect(against(statement, { ...unavailable, approvers: [...unavailable.approvers] })).toEqual([]);
      expect(against(statement, testOrder(proven).hostView).map(({ pointer }) => pointer)).toEqual([
        "/settlement/0/hostView",
        "/settlement/1/hostView",
      ]);
      expect(against(statement, { ...unavailable, approvers: ["P-A1", "P-A3"] })).toHaveLength(2);
    });

    it("must not lack what is added up, and knows no other place that order and host leave open", () => {
      const known = (change: object) => checkStatement(Object.assign(structuredClone(proven), change), { production: true });
      const host = { ...row(proven.settlement).host, rrn: IN_ORDER };
      expect(known({ settlement: [{ ...row(proven.settlement), host }, row(proven.settlement, 1)] })).toEqual([
        { code: "SCHEMA_UNKNOWN_FORBIDDEN", severity: "reject", pointer: "/settlement/0/host/rrn" },
      ]);
    });
  });

  describe("an area that was left", () => {
    const NOT_ASKED = { unknown: "NOT_ASKED" } as const;
    const identity = { id: 10, class: ["ID"], sizeBytes: 256 } satisfies Partial<AreaRow>;
    const untouched = {
      ...identity,
      ...{ method: "none" as const, technique: "none" as const, basis: "vendor-statement" as const, result: "retained" as const },
      ...{ startedAt: NOT_ASKED, endedAt: NOT_ASKED, deviceCode: NOT_ASKED, errors: NOT_ASKED, retries: NOT_ASKED },
      verification: {
        ...{ method: "none" as const, level: [], coverageBytes: 0, samples: 0, expected: "blank" as const, result: "not-run" as const },
        ...{ observed: NOT_ASKED, elapsedMs: NOT_ASKED },
      },
    } satisfies AreaRow;
    const withIdentity = (change: Partial<AreaRow>) => {
      const evidence = structuredClone(proven) as Evidence;
      evidence.model.areas.push({ ...identity, minLevel: [] });
      evidence.areas.push({ ...untouched, ...change });
      return checkStatement(concluded(evidence), { production: true });
    };

    it("was asked nothing, and the certificate may say so", () => expect(withIdentity({})).toEqual([]));

    it.each([
      ["it cannot say that it was not told", { errors: UNKNOWN }, ["/areas/4/errors"]],
      [
        "a command that was sent was answered",
        { technique: "block-erase" as const, method: "clear" as const },
        [
          ...["startedAt", "endedAt", "deviceCode", "errors", "retries"].map((field) => `/areas/4/${field}`),
          ...["observed", "elapsedMs"].map((field) => `/areas/4/verification/${field}`),
        ],
      ],
    ])("%s", (_, change, pointers) => {
      const found = withIdentity(change).filter(({ code }) => code === "SCHEMA_UNKNOWN_FORBIDDEN");
      expect(found.map(({ pointer }) => pointer).sort()).toEqual([...pointers].sort());
    });
  });

  it("a run that stopped tells what it saw and need not have seen all; but an area's result comes with its counts", () => {
    const evidence = structuredClone(proven) as Evidence;
    evidence.endState = "QUAR";
    put(row(evidence.areas, 1), { startedAt: UNKNOWN, endedAt: UNKNOWN, deviceCode: UNKNOWN, errors: UNKNOWN, retries: UNKNOWN });
    put(row(evidence.areas, 1), { result: "unverified" });
    put(row(evidence.areas, 1).verification, { level: ["V3"] });
    const check = (given: Evidence) => checkStatement(concluded(given), { production: true });
    expect(concluded(evidence).outcome).toBe("NOT_ERASED");
    expect(check(evidence)).toEqual([]);
    put(row(evidence.areas, 1), { deviceCode: 0 });
    expect(check(evidence).map(({ code, pointer }) => [code, pointer])).toEqual([
      ["SCHEMA_UNKNOWN_FORBIDDEN", "/areas/1/errors"],
      ["SCHEMA_UNKNOWN_FORBIDDEN", "/areas/1/retries"],
    ]);
    put(evidence.device, { serialReported: UNKNOWN });
    expect(check(evidence).map(({ pointer }) => pointer)).toContain("/device/serialReported");
  });

  it("an unavailable host view needs two approvers", () => {
    const statement = structuredClone(proven);
    row(statement.settlement).hostView = { unavailable: true, reason: "none", approvers: ["P-A1", "P-A1"] };
    expect(checkStatement(statement).map(({ code }) => code)).toEqual(["SETTLE_HOSTVIEW"]);
  });

  it("an archive that is not sealed is refused", () => {
    const statement = structuredClone(proven);
    Object.assign(statement.archive, { alg: "none", recipients: [] });
    expect(checkStatement(statement).map(({ code }) => code)).toEqual(["ARCHIVE_RECIPIENT"]);
    expect(codesAfter((s) => put(s.archive, { alg: "none", recipients: [] }))).toEqual([]);
  });
});

describe("the order that a back end holds", () => {
  const wrong: readonly (readonly [string, Change<Statement>, VerifierCode])[] = [
    ["another file", (s) => put(s.order, { sha256: "00".repeat(32) }), "ORDER_UNKNOWN"],
    ["another device (case 84)", (s) => put(s.device, { serialLabel: "PD70000001", serialReported: "PD70000001" }), "ORDER_WRONG_DEVICE"],
    ["another life", (s) => put(s.device, { life: 1 }), "ORDER_WRONG_LIFE"],
    ["another station", (s) => put(s.station, { id: "OTHER" }), "ORDER_WRONG_STATION"],
    ["another nonce (case 85)", (s) => put(s.order, { nonce: "00".repeat(16) }), "ORDER_NONCE_REUSED"],
    ["a later deadline", (s) => put(s.order, { notAfter: "2027-11-03T08:00:00.000Z" }), "ORDER_EXPIRED"],
    ["another destination (case 122)", (s) => put(s, { destination: "hold" }), "ORDER_DESTINATION"],
    ["a smaller scope", (s) => void s.order.requestedAreas.pop(), "ORDER_SCOPE"],
    ["a lower minimum", (s) => void s.order.minimumLevels.areas.pop(), "ORDER_SCOPE"],
  ];
  it.each<[string, (recipients: Named[]) => Named[], readonly string[]]>([
    ["those whom the order names", (all) => all, []],
    ["one fewer than the order names", (all) => [...all, { party: "LEGAL", certSha256: "0".repeat(64) }], ["ARCHIVE_RECIPIENT"]],
    ["one whom the order does not name", (all) => all.slice(1), ["ARCHIVE_RECIPIENT"]],
    ["other keys than the order names", (all) => all.map((one) => ({ ...one, certSha256: "0".repeat(64) })), ["ARCHIVE_RECIPIENT"]],
  ])("an archive is sealed to %s", (_, names, codes) => {
    const statement = testStatement();
    const { archive } = statement;
    const order = { ...testOrder(statement), archiveRecipients: names(archive.present ? archive.recipients : []) };
    expect(checkStatement(statement, { order }).map(({ code }) => code)).toEqual(codes);
  });

  it("agrees with a good statement", () => {
    expect(checkStatement(testStatement(), { order: testOrder() })).toEqual([]);
  });
  it.each(wrong)("%s", (_, change, code) => {
    expect(codesAfter(change, { order: testOrder() })).toEqual([code]);
  });
});

describe("the scanner", () => {
  /** Never a real card number: the range is one that networks keep for tests, the last digit is computed here. */
  const pan = (length: number, head = "6299990") => {
    const body = head.padEnd(length - 1, "7");
    return body + [..."0123456789"].find((digit) => passesLuhn(body + digit));
  };
  const found = (text: string, context: RuleContext = {}) => codesAfter((s) => put(row(s.notCovered), { why: text }), context);

  it.each([
    ["a card number", `seen ${pan(16)} there`],
    ["of 19 digits", pan(19)],
    ["of 13 digits", pan(13)],
    ["in groups", pan(16).replaceAll(/(.{4})(?=.)/g, "$1 ")],
    ["in uneven groups with other separators", `${pan(16).slice(0, 6)}-${pan(16).slice(6, 12)}.${pan(16).slice(12)}`],
    ["beside other numbers", `2026 ${pan(16)} 12`],
  ])("finds %s (case 98)", (_, text) => expect(found(text)).toEqual(["DATA_PAN_FOUND"]));

  it.each([
    [
      "one digit off",
      (() => {
        const p = pan(16);
        return p.slice(0, 15) + ((Number(p[15]) + 1) % 10);
      })(),
    ],
    ["a Luhn-valid number of no issuer", pan(16, "9000000")],
    ["a masked number", `${pan(16).slice(0, 6)} xxxxxx ${pan(16).slice(-4)}`],
    ["digits inside a longer number", `12345${pan(16)}67890`],
  ])("lets pass %s", (_, text) => expect(found(text)).toEqual([]));

  it("finds track data and secrets", () => {
    expect(found(`${pan(16)}D2912201`)).toEqual(["DATA_SAD_FOUND"]);
    expect(found("password: hunter2")).toEqual(["DATA_SECRET_FOUND"]);
  });

  it("does not look into hashes, ids and tokens", () => {
    const digits = pan(16).repeat(4);
    expect(codesAfter((s) => put(s, { journalHead: digits }))).toEqual([]);
    expect(codesAfter((s) => put(s.order, { nonce: digits.slice(0, 32) }))).toEqual([]);
  });

  it("takes a Luhn-valid MID and serial that order or device vouch for, and no other (case 137)", () => {
    const [mid, serial] = [pan(15, "3400001"), pan(16)];
    const change: Change<Evidence> = (s) => {
      Object.assign(s.device, { mid, serialLabel: serial, serialReported: serial });
      row(s.settlement).mid = mid;
    };
    expect(codesAfter(change)).toEqual([]);
    expect(codesAfter(change, { device: { serial, mids: [mid] } })).toEqual([]);
    expect(codesAfter(change, { device: { serial: "PD70012345", mids: [] } })).toEqual(["DATA_PAN_FOUND"]);
    expect(codesAfter(change, { order: { ...testOrder(testStatement(change)), device: { serial, life: 0 } } })).toEqual([]);
  });

  it("takes Luhn-valid MIDs of every acquirer in the terminal, and with an order only those that it lists", () => {
    const mid = pan(15, "3400001");
    const second: Change<Evidence> = (s) => put(row(s.settlement, 1), { mid });
    const [a, b] = testStatement().settlement.map(({ acquirer, mid, tid }) => ({ acquirer, mid, tid }));
    const listing = (...accounts: { acquirer: string; mid: string; tid: string }[]) => ({
      order: { ...testOrder(testStatement(second)), accounts },
    });
    expect(codesAfter(second)).toEqual([]);
    expect(codesAfter(second, listing(a!, { ...b!, mid }))).toEqual([]);
    expect(codesAfter(second, listing(a!, b!))).toEqual(["DATA_PAN_FOUND"]);
    expect(codesAfter((s) => put(s.device, { mid }), listing(a!, b!))).toContain("DATA_PAN_FOUND");
  });

  it("looks into the names of free fields too", () => {
    expect(codesAfter((s) => put(s.family.marks, { [pan(16)]: "bench" }))).toEqual(["DATA_PAN_FOUND"]);
  });
});
