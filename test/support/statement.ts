// A good parent for certificate tests: a full statement of a simulated terminal, settled, wiped, restarted and inspected twice.
import { hex } from "../../src/base/bytes.js";
import { rfc3339 } from "../../src/base/clock.js";
import { sha256 } from "../../src/base/sign.js";
import { type Signer, signDetached } from "../../src/evidence/envelope/cms.js";
import type { StationRole } from "../../src/evidence/envelope/oids.js";
import type { Order } from "../../src/evidence/order/schema.js";
import { claimsOf, findingsOf, limitationsOf } from "../../src/evidence/statement/disclosures.js";
import { isKnown, type Unknown } from "../../src/evidence/statement/fields.js";
import { outcomeOf } from "../../src/evidence/statement/outcome.js";
import type { OrderFacts } from "../../src/evidence/statement/rules.js";
import { type Evidence, STATEMENT_TYPE, type Statement, writeStatement } from "../../src/evidence/statement/statement.js";
import type { CertificateFiles, VerifyContext } from "../../src/evidence/verify.js";
import { testRoot, testStation } from "./identities.js";

export const T0 = Date.UTC(2026, 10, 3, 8, 0, 0);
const at = (seconds: number) => rfc3339(T0 + seconds * 1000);
const sha = (what: string) => hex(sha256(Buffer.from(what)));
const cny = (amount: number) => ({ amount, currency: "CNY" });
const yuan = { debitCount: 41, debit: cny(812_340), creditCount: 1, credit: cny(2_500) };

export const SERIAL = "PD70012345";
const inventory = [
  { id: 1, class: ["CHD", "BIZ"], sizeBytes: 131_072, method: "clear", technique: "block-erase" },
  { id: 2, class: ["SAD", "CHD"], sizeBytes: 16_384, method: "clear", technique: "block-erase" },
  { id: 3, class: ["PII"], sizeBytes: 65_536, method: "clear", technique: "block-erase" },
  { id: 4, class: ["SEC", "BIZ"], sizeBytes: 8_192, method: "clear", technique: "overwrite" },
] as const satisfies readonly Partial<Evidence["areas"][number]>[];

const slots = [
  { usage: "TMK", alg: "TDES", scheme: "master-session", from: 1, to: 100 },
  { usage: "TPK", alg: "TDES", scheme: "master-session", from: 1, to: 100 },
  { usage: "TAK", alg: "SM4", scheme: "master-session", from: 1, to: 16 },
  { usage: "IPEK", alg: "AES", scheme: "dukpt", from: 1, to: 10 },
] as const;

/** What was seen, with nothing concluded from it; a fresh copy each time. */
export function testEvidence(role: StationRole = "simulator"): Evidence {
  const leaf = testStation().signerFor(role === "station" ? "bench" : role).certificates[0]!;
  const simulated = role === "simulator";
  return {
    type: STATEMENT_TYPE,
    version: 1,
    certId: "019a3f80-1c00-7abc-8def-0123456789ab",
    runId: "019a3f80-1c00-7abc-8def-0123456789ac",
    issuedAt: at(300.25),
    endState: "CERT",
    environment: simulated
      ? { kind: "simulator", simulatorBuild: "podp simulator 0.1.0" }
      : { kind: role === "bench" ? "bench" : "production" },
    tool: { name: "pos-decom", segments: [{ version: "0.1.0", buildSha256: sha("build"), from: at(0), to: at(300) }] },
    family: { name: "podp", marks: { identify: "simulated", settle: "simulated", wipe: "simulated" } },
    model: {
      id: "podp-classic",
      version: 1,
      sha256: sha("model"),
      areas: [
        ...inventory.map(({ id, class: c, sizeBytes }) => ({ id, class: [...c], sizeBytes, minLevel: ["V1" as const, "V3" as const] })),
        { id: 9, class: ["OPS"], sizeBytes: 4_096, minLevel: [] },
      ],
      slots: [
        ...slots.map(({ usage, alg, from, to }) => ({ range: { from, to }, usage, alg, after: "absent" as const })),
        { range: { from: 1, to: 1 }, usage: "IDENTITY", alg: "P256", after: "retained" },
      ],
      networks: ["sim", "wifi", "lan"],
    },
    station: { id: "TEST-STATION", certSha256: hex(sha256(leaf)), wireKeySha256: sha("wire key") },
    site: { id: "TEST-SITE", timezone: "Etc/UTC" },
    transport: simulated
      ? { kind: "tcp", port: "tcp:127.0.0.1:4000" }
      : { kind: "serial", port: "/dev/ttyUSB0", baud: 115_200, usbVidPid: "0403:6001", usbSerial: "A50285BI" },
    clock: { source: "ntp", offsetMs: -3, uncertaintyMs: 20, lastSync: at(-600), floor: at(-86_400) },
    runtime: { node: "v20.20.2", os: "linux 6.1", arch: "x64" },
    log: { intentSeq: 7, intentSha256: sha("intent"), headSeq: 9, headSha256: sha("head") },
    journalHead: sha("journal"),
    order: {
      id: "019a3f7f-0000-7abc-8def-0123456789ad",
      sha256: sha("order"),
      issuer: "TEST-OWNER",
      issuerRootSha256: hex(sha256(testRoot.certificate)),
      nonce: sha("nonce").slice(0, 32),
      issuedAt: at(-3_600),
      notAfter: at(86_400),
      continues: null,
      requestedMethod: "clear",
      requestedAreas: ["K", "SAD", "CHD", "PII", "SEC", "BIZ"],
      minimumLevels: { keys: ["V1", "V2"], areas: ["V1", "V3"] },
      retentionPolicy: "bench",
      archiveDemanded: false,
      dualControl: false,
      priorRuns: [],
    },
    grant: { sha256: sha("grant"), ownerKeyId: "0123456789abcdef", trust: "pinned" },
    device: {
      manufacturer: "Make-believe Terminals",
      model: "PD-7",
      serialLabel: SERIAL,
      serialReported: SERIAL,
      serialMatch: "match",
      identityLevel: "P1",
      identityEvidence: [{ kind: "serial-report", ref: "HELLO" }],
      life: 0,
      hardwareVersion: "rev C",
      firmwareVersion: "7.4.2",
      appVersions: { unknown: "NOT_REPORTED" },
      tid: "70010001",
      mid: "898440370110001",
      acquirerId: "ACQ-A",
      tamperStatus: { state: "ok", codes: [] },
      media: [{ id: 0, kind: "flash", sizeBytes: 4_194_304, encrypted: { unknown: "NOT_REPORTED" }, wearLevelled: false }],
      unprovenMemory: [{ what: "operation store", sizeBytes: { unknown: "NOT_REPORTED" } }],
    },
    isolation: { how: ["shielded", "lan-out"], from: at(100), to: at(290) },
    inspections: [
      { n: 1, bootNumber: 12, at: at(240), result: "clean" },
      { n: 2, bootNumber: 13, at: at(280), result: "clean" },
    ],
    custody: [
      { seq: 1, type: "received", at: at(-3_000), by: { unknown: "NOT_ASKED" }, place: { unknown: "NOT_ASKED" } },
      { seq: 2, type: "wiped", at: at(240), by: "P-7F31", place: "Bench 4" },
    ],
    origin: { siteId: { unknown: "NOT_IN_ORDER" } },
    settlement: [
      {
        acquirer: "ACQ-A",
        mid: "898440370110001",
        tid: "70010001",
        batch: "000123",
        currency: "CNY",
        level: "S2",
        hostView: { unavailable: true, reason: "host closed", approvers: role === "station" ? ["P-A1", "P-A2"] : [] },
        before: [
          { kind: "U01", gate: "BLOCK-X", direction: "debit", count: 41, money: cny(812_340) },
          { kind: "U01", gate: "BLOCK-X", direction: "credit", count: 1, money: cny(2_500) },
          { kind: "U03", gate: "BLOCK-X", direction: "debit", count: 1, money: cny(1_200) },
          { kind: "U10", gate: "WARN", direction: "debit", count: 1, money: cny(50_000) },
        ],
        after: [{ kind: "U10", gate: "WARN", direction: "debit", count: 1, money: cny(50_000) }],
        attempts: [{ opId: sha("op").slice(0, 32), at: at(60), result: "BALANCED" }],
        outcome: "BALANCED",
        host: { code: "00", flags: ["mac-verified"], rrn: "110300000123", date: "1103", totals: structuredClone(yuan) },
        terminal: { totals: structuredClone(yuan) },
      },
      {
        acquirer: "ACQ-B",
        mid: "B-MERCHANT-7",
        tid: "B0000001",
        batch: "000007",
        currency: "CNY",
        level: "S1",
        hostView: {
          openBatch: "000007",
          uncaptured: { count: 0, debit: cny(0), credit: cny(0) },
          lastStan: "000311",
          lastStanAt: at(-90_000),
          lastClosedBatch: "000006",
          asOf: at(-3_600),
        },
        before: [],
        after: [],
        attempts: [],
        outcome: "NOTHING_TO_SETTLE",
        terminal: { totals: { unknown: "NOT_REPORTED" } },
      },
    ],
    archive: {
      present: true,
      sha256: sha("archive"),
      size: 9_120,
      alg: "cms-aes256-gcm",
      recipients: [
        { party: "ACQ-A", certSha256: sha("acquirer a") },
        { party: "ACQ-B", certSha256: sha("acquirer b") },
      ],
      recordCount: 44,
      panForm: "truncated",
      sadScan: "clean",
    },
    keys: slots.map(({ usage, alg, scheme, from, to }) => ({
      slots: { from, to },
      usage,
      alg,
      scheme,
      before: "present",
      action: "zeroise",
      deviceCode: 0,
      after: "absent",
      probe: { expected: "ABSENT", observed: "ABSENT" },
      level: ["V1", "V2"],
      result: "erased",
    })),
    keysRetained: [{ slots: { from: 1, to: 1 }, usage: "IDENTITY", alg: "P256", reason: "vendor-identity", authority: "model" }],
    areas: inventory.map(({ id, class: c, sizeBytes, method, technique }) => ({
      id,
      class: [...c],
      sizeBytes,
      method,
      technique,
      basis: "device-command",
      startedAt: at(120 + id),
      endedAt: at(140 + id),
      deviceCode: 0,
      errors: 0,
      retries: 0,
      result: "erased",
      verification: {
        method: "sampled-read",
        level: ["V1", "V3"],
        coverageBytes: 4_096,
        samples: 16,
        seedCommit: sha(`seed ${id}`),
        expected: "blank",
        observed: "blank",
        elapsedMs: 800,
        result: "passed",
      },
    })),
    coverage: "partial",
    notCovered: [{ what: "area 9 operation log", why: "kept by plan" }],
    performedBy: { personRef: "P-7F31", role: "technician", authMethod: "os-login" },
    verifiedBy: { personRef: "P-7F31", role: "technician", authMethod: "os-login" },
    destination: "reuse-internal",
    standardRef: "NIST SP 800-88r2",
    transcript: { sha256: sha("transcript"), frames: 812, maskedPolicy: "podp-1", bytes: 60_311 },
    labelApplied: true,
    language: "en",
  };
}

/** The statement that a station would write over this evidence. */
export function concluded(evidence: Evidence): Statement {
  const { outcome, reasons } = outcomeOf(evidence);
  return {
    ...evidence,
    outcome,
    outcomeReasons: [...reasons],
    limitations: [...limitationsOf(evidence)],
    findings: findingsOf(evidence),
    claims: [...claimsOf(evidence)],
  };
}

/** Assignment as an expression, for tables of changes. */
export function put<T extends object>(target: T, values: Partial<T>): void {
  Object.assign(target, values);
}

/** `change` works on the evidence before conclusions are drawn from it. */
export function testStatement(change: (evidence: Evidence) => void = () => undefined, role: StationRole = "simulator"): Statement {
  const evidence = testEvidence(role);
  change(evidence);
  return concluded(evidence);
}

/** Signs whatever the bytes say. */
export function certificateOver(
  content: Uint8Array,
  role: StationRole = "simulator",
  signer?: Signer,
  signingTime = T0 + 300_000,
): CertificateFiles {
  return { content, signature: signDetached({ content, signer: signer ?? testStation().signerFor(role), signingTime }) };
}

export function testCertificate(statement: Statement = testStatement(), role: StationRole = "simulator"): CertificateFiles {
  return certificateOver(writeStatement(statement), role);
}

export const testContext: VerifyContext = { trust: [testRoot.certificate], trustedTime: T0 + 400_000 };

/** The order file's own words, as a back end would look them up. */
export function testOrder(statement: Statement = testStatement()): OrderFacts {
  const { id, sha256: own, nonce, issuedAt, notAfter, requestedAreas, minimumLevels } = statement.order;
  return {
    id,
    sha256: own,
    nonce,
    issuedAt,
    notAfter,
    requestedAreas,
    minimumLevels: { keys: ["V1", "V2"], areas: ["V1", "V3"], ...(minimumLevels as object) },
    station: "TEST-STATION",
    device: { serial: SERIAL, life: 0 },
    destination: statement.destination,
    hostView: statement.settlement.map(viewOf),
    exceptions: [],
  };
}

/** The view that a row repeats, as an order has it. */
function viewOf({
  acquirer,
  mid,
  tid,
  currency,
  hostView,
}: Statement["settlement"][number]): Extract<Order["hostView"], unknown[]>[number] {
  const numbers = { acquirer, mid, tid };
  if (!isKnown(hostView)) throw new Error("a row without a view");
  if ("unavailable" in hostView) return { ...numbers, ...hostView };
  const { uncaptured, asOf } = hostView;
  const row = (direction: "debit" | "credit") => ({ direction, currency, count: 0, amount: uncaptured[direction].amount });
  const text = (value: string | Unknown) => (isKnown(value) ? value : null);
  return {
    ...numbers,
    openBatch: text(hostView.openBatch),
    uncaptured: [{ ...row("debit"), count: uncaptured.count }, row("credit")],
    lastStan: text(hostView.lastStan),
    lastStanAt: text(hostView.lastStanAt),
    lastClosedBatch: text(hostView.lastClosedBatch),
    asOf,
  };
}
