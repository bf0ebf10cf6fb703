// A whole certificate, verified: what is accepted, and that no leaf of it can be changed unseen.
import { describe, expect, it } from "vitest";
import { hex } from "../../src/base/bytes.js";
import { sha256 } from "../../src/base/sign.js";
import { Rejection, statuses } from "../../src/evidence/codes.js";
import { keySigner } from "../../src/evidence/envelope/cms.js";
import type { StationRole } from "../../src/evidence/envelope/oids.js";
import { checkStatement } from "../../src/evidence/statement/rules.js";
import { parseStatement, type Statement, writeStatement } from "../../src/evidence/statement/statement.js";
import type { CertificateFiles, VerifyContext } from "../../src/evidence/verify.js";
import { verify } from "../../src/verify.js";
import { testLeaf, testStation, testStationKey } from "../support/identities.js";
import { certificateOver, put, T0, testCertificate, testContext, testOrder, testStatement } from "../support/statement.js";

const good = testStatement();
const files = testCertificate();
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text));
const hashes = ({ content, signature }: CertificateFiles) => ({
  certId: good.certId,
  jsonSha256: hex(sha256(content)),
  p7sSha256: hex(sha256(signature)),
});

describe("a good certificate", () => {
  it.each(["p256", "rsa3072"] as const)("signed with %s is ACCEPTED, with what it shows and what was not checked", (algorithm) => {
    const signer = testStation(algorithm).signerFor("simulator");
    const statement = testStatement((s) => put(s.station, { certSha256: hex(sha256(signer.certificates[0]!)) }));
    const result = verify(certificateOver(writeStatement(statement), "simulator", signer), testContext);
    expect(result).toMatchObject({
      status: "ACCEPTED",
      code: "ok",
      environment: "simulator",
      outcome: "ERASED",
      levels: { identity: "P1", settlement: "S1", keys: ["V1", "V2"], areas: ["V1", "V3"] },
      findings: [],
    });
    expect(result.notChecked).toEqual([
      ...["order", "seen-before", "time-floor", "policy"],
      ...["station-status", "log", "device-registry", "attestation-token", "settlement-ledger", "archive-file", "transcript-file"],
    ]);
    expect(statuses[result.status].exit).toBe(0);
  });

  it("is returned as bytes and object together", () => {
    const { verified } = verify(files, testContext);
    expect(verified?.content).toBe(files.content);
    expect(verified?.statement).toEqual(good);
  });

  it("has nothing unchecked that the context knows", () => {
    const context: VerifyContext = { ...testContext, order: testOrder(), seen: [], timeFloor: "2026-01-01T00:00:00.000Z", policy: {} };
    const result = verify(files, context);
    expect(result.status).toBe("ACCEPTED");
    expect(result.notChecked).not.toContain("order");
    expect(result.notChecked).toHaveLength(7);
  });

  it("may be formatted otherwise, as long as these bytes were signed", () => {
    const content = bytesOf(JSON.stringify(good, undefined, 2));
    expect(verify(certificateOver(content), testContext).status).toBe("ACCEPTED");
  });
});

describe("status and exit", () => {
  const status = (change: Parameters<typeof testStatement>[0]) => verify(testCertificate(testStatement(change)), testContext);

  it("exceptions: ACCEPTED_WITH_FINDINGS", () => {
    const result = status((s) => put(s.areas[0]!, { result: "logical-delete" }));
    expect(result).toMatchObject({ status: "ACCEPTED_WITH_FINDINGS", code: "POLICY_EXCEPTIONS", outcome: "ERASED_WITH_EXCEPTIONS" });
    expect(statuses[result.status].exit).toBe(0);
  });

  it.each(["QUAR", "ABANDONED"] as const)("a run that ended as %s: QUARANTINED", (endState) => {
    const result = status((s) => put(s, { endState: endState }));
    expect(result).toMatchObject({ status: "QUARANTINED", code: "POLICY_OUTCOME" });
    expect(statuses[result.status].exit).toBe(5);
  });

  it("a serial mismatch: QUARANTINED (case 83)", () => {
    const result = status((s) => put(s.device, { serialLabel: "PD70099999" }));
    expect(result).toMatchObject({ status: "QUARANTINED", code: "DEV_SERIAL_MISMATCH" });
  });

  it("an order not known here: DEFERRED", () => {
    const result = verify(files, { ...testContext, order: { ...testOrder(), sha256: "00".repeat(32) } });
    expect(result).toMatchObject({ status: "DEFERRED", code: "ORDER_UNKNOWN" });
    expect(statuses[result.status].exit).toBe(6);
  });

  it("both files again: DUPLICATE (case 76)", () => {
    const result = verify(files, { ...testContext, seen: [hashes(files)] });
    expect(result.status).toBe("DUPLICATE");
    expect(statuses[result.status].exit).toBe(0);
  });

  it("one certId over other bytes: CONFLICT (cases 77, 131)", () => {
    const other = testCertificate(testStatement((s) => put(s.transcript, { frames: 813 })));
    const signedAgain = testCertificate(); // ECDSA: the same statement, other signature bytes
    for (const second of [other, signedAgain]) {
      const result = verify(second, { ...testContext, seen: [hashes(files)] });
      expect(result).toMatchObject({ status: "CONFLICT", code: "SEQ_FORK" });
      expect(statuses[result.status].exit).toBe(4);
    }
  });

  it("the worst finding decides, and all are told", () => {
    const statement = testStatement((s) => put(s.device, { serialLabel: "PD70099999" }));
    statement.keys.pop();
    const result = verify(testCertificate(statement), testContext);
    expect(result).toMatchObject({ status: "REJECTED", code: "KEYS_SLOT_MISSING" });
    expect(result.findings.map(({ code }) => code)).toEqual(["DEV_SERIAL_MISMATCH", "KEYS_SLOT_MISSING"]);
  });

  it("a certificate already refused is no duplicate", () => {
    const statement = testStatement();
    statement.keys.pop();
    const refused = testCertificate(statement);
    expect(verify(refused, { ...testContext, seen: [hashes(refused)] }).status).toBe("REJECTED");
  });

  it.each([
    ["no JSON object", bytesOf("[]"), "MALFORMED", "ENV_TYPE"],
    ["half an object", files.content.subarray(0, 500), "MALFORMED", "ENV_TYPE"],
    ["text after the end (case 69)", bytesOf(`${Buffer.from(files.content)}x`), "MALFORMED", "JSON_TRAILING"],
    [
      "a key twice (case 58)",
      bytesOf(Buffer.from(files.content).toString().replace('"version":1,', '"version":1,"version":1,')),
      "REJECTED",
      "JSON_DUP_KEY",
    ],
    ["an empty object", bytesOf("{}"), "REJECTED", "SCHEMA_INVALID"],
    [
      "a later version (case 136)",
      bytesOf(Buffer.from(files.content).toString().replace('"version":1,', '"version":2,')),
      "REJECTED",
      "SCHEMA_VERSION",
    ],
  ] as const)("signed all the same: %s", (_, content, expected, code) => {
    expect(verify(certificateOver(content), testContext)).toMatchObject({ status: expected, code, verified: null, environment: null });
  });
});

describe("body and envelope belong together", () => {
  const refused = (change: (s: Statement) => void, role: StationRole = "simulator", signingTime?: number) => {
    const statement = testStatement();
    change(statement);
    return verify(certificateOver(writeStatement(statement), role, undefined, signingTime), testContext);
  };

  it("another station's name (case 47)", () => {
    expect(refused((s) => put(s.station, { id: "OTHER" }))).toMatchObject({ status: "REJECTED", code: "STATION_MISMATCH" });
  });
  it("another station certificate (case 47)", () => {
    expect(refused((s) => put(s.station, { certSha256: "00".repeat(32) }))).toMatchObject({ code: "STATION_MISMATCH" });
  });
  it("issuedAt in another second than the signature (case 50)", () => {
    expect(refused((s) => put(s, { issuedAt: "2026-11-03T08:05:01.000Z" }))).toMatchObject({ code: "TIME_ISSUED_MISMATCH" });
    expect(refused(() => undefined, "simulator", T0 + 299_000)).toMatchObject({ code: "TIME_ISSUED_MISMATCH" });
    expect(refused((s) => put(s, { issuedAt: "2026-11-03T08:05:00.999Z" }))).toMatchObject({ status: "ACCEPTED" });
  });
  it.each([
    ["simulator", "bench"],
    ["bench", "simulator"],
    ["production", "bench"],
  ] as const)("kind %s signed in the role %s", (kind, role) => {
    const statement = testStatement(undefined, role);
    statement.environment = { kind };
    expect(verify(testCertificate(statement, role), testContext).code).toBe("ENVIRONMENT_MISMATCH");
  });
  it("another role's signature (case 45)", () => {
    const { certificates } = testStation().signerFor("simulator");
    const signer = keySigner(testStationKey(), testLeaf("owner"), certificates[1]!);
    expect(verify(certificateOver(files.content, "simulator", signer), testContext)).toMatchObject({ status: "REJECTED", code: "EKU" });
  });
});

describe("production", () => {
  /** Good in all but what is changed; signed by a station leaf unless said otherwise. */
  const inProduction = (change: (s: Statement) => void = () => undefined, role: StationRole = "station") => {
    const leaf = testLeaf(role);
    const statement = testStatement((s) => {
      s.station.certSha256 = hex(sha256(leaf));
      s.device.identityLevel = "P2";
      s.device.identityEvidence.push({ kind: "host-mac", ref: "110300000123" });
      s.settlement.splice(1, 1);
    }, "station");
    change(statement);
    const { certificates } = testStation().signerFor("simulator");
    const signer = keySigner(testStationKey(), leaf, certificates[1]!);
    return verify(certificateOver(writeStatement(statement), role, signer), { ...testContext, production: true });
  };

  it("accepts a production certificate", () => {
    expect(inProduction()).toMatchObject({ status: "ACCEPTED", environment: "production", outcome: "ERASED" });
  });

  it.each([
    ["a bench leaf (case 46)", () => undefined, "bench"],
    ["a simulator leaf", () => undefined, "simulator"],
    ["kind bench", (s: Statement) => put(s.environment, { kind: "bench" }), "station"],
    ["kind simulator (case 107)", (s: Statement) => put(s.environment, { kind: "simulator" }), "station"],
    ["a simulator build", (s: Statement) => put(s.environment, { simulatorBuild: "0.1" }), "station"],
    ["a sim: port (case 128)", (s: Statement) => put(s.transport, { port: "sim:podp" }), "station"],
    ["a simulated line", (s: Statement) => put(s.transport, { kind: "sim" }), "station"],
    ["an order under another root (case 128)", (s: Statement) => put(s.order, { issuerRootSha256: "00".repeat(32) }), "station"],
  ] satisfies [string, (s: Statement) => void, StationRole][])("refuses on one signal alone: %s", (_, change, role) => {
    const result = inProduction(change, role);
    expect(result.status).toBe("REJECTED");
    expect(result.findings.map(({ code }) => code)).toContain("ENVIRONMENT_BENCH");
  });

  it("refuses the certificate of a simulated terminal as a whole", () => {
    expect(verify(files, { ...testContext, production: true })).toMatchObject({ status: "REJECTED", code: "ENVIRONMENT_BENCH" });
  });
});

interface Leaf {
  readonly pointer: string;
  readonly value: unknown;
}

function leavesOf(value: unknown, pointer = ""): Leaf[] {
  if (typeof value !== "object" || value === null) return [{ pointer, value }];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, `${pointer}/${key}`));
}

function withLeaf(pointer: string, value: unknown): unknown {
  const json: unknown = structuredClone(good);
  const keys = pointer.slice(1).split("/");
  const last = keys.pop()!;
  let inner = json as Record<string, unknown>;
  for (const key of keys) inner = inner[key] as Record<string, unknown>;
  inner[last] = value;
  return json;
}

describe("every leaf of a good certificate", () => {
  const leaves = leavesOf(good);
  /** Rows that are alike are tried once. */
  const distinct = leaves.filter(({ pointer }) => !/^\/(areas|keys|model\/slots|model\/areas)\/[1-3]\//.test(pointer));
  const LEVELS = ["V0", "V1", "V2", "V3", "V4", "V5", "V6", "V7"];
  /** Words that a leaf with this key could hold instead. */
  const others: Readonly<Record<string, readonly string[]>> = {
    result: ["erased", "logical-delete", "retained", "failed", "unverified", "passed", "not-run", "residue", "BALANCED", "UNKNOWN"],
    outcome: ["ERASED", "NOT_ERASED", "ABORTED", "NOTHING_TO_SETTLE", "BALANCED", "BALANCED_AFTER_UPLOAD", "UNKNOWN", "HOST_UNREACHABLE"],
    endState: ["QUAR", "DESTROY", "ABANDONED"],
    kind: ["production", "bench", "U15", "U05", "U10", "sim", "serial", "host-mac", "label"],
    gate: ["BLOCK", "BLOCK-X", "WARN"],
    level: [...LEVELS, "S0", "S1", "S2", "S3"],
    minLevel: LEVELS,
    areas: LEVELS,
    keys: LEVELS,
    identityLevel: ["P0", "P2", "P3"],
    serialMatch: ["mismatch", "unreadable"],
    state: ["tampered"],
    class: ["K", "OPS", "ID", "SAD"],
    requestedAreas: ["OPS", "ID"],
    usage: ["TMK", "TPK", "TLS", "IDENTITY"],
    alg: ["TDES", "AES", "none"],
    action: ["none", "delete", "overwrite"],
    before: ["absent"],
    after: ["present", "retained", "absent"],
    observed: ["PRESENT", "CONSTANT_00", "ERROR", "residue", "mac-agrees"],
    expected: ["PRESENT", "mac-agrees"],
    method: ["purge", "crypto-erase", "none", "full-read", "stream-fill", "not-addressable"],
    technique: ["none", "delete", "zeroise"],
    basis: ["observed", "vendor-statement"],
    coverage: ["full"],
    destination: ["export", "hold"],
    trust: ["first-use"],
    direction: ["credit", "debit"],
    code: ["FOUND_BLANK", "UNIT_UNPROVEN", "05"],
    severity: ["info", "warning"],
    currency: ["USD"],
    claims: ["UNIT_PROVEN"],
    flags: ["error-flag"],
    reason: ["by-order"],
    authority: ["order"],
    requestedMethod: ["purge"],
    unknown: ["UNREADABLE"],
    authMethod: ["none"],
    role: ["automation"],
    type: ["handed-over"],
    panForm: ["encrypted"],
    source: ["system"],
    scheme: ["other"],
  };

  /** Other values that such a leaf could hold. */
  function* alternatives(pointer: string, value: unknown): Generator<unknown> {
    if (typeof value === "boolean") yield !value;
    if (value === null) yield good.runId;
    if (typeof value === "number") yield* [value + 1_000_003, Math.max(0, value - 1)];
    if (typeof value !== "string") return;
    if (/^\d{4}-\d\d-/.test(value)) yield* ["2020-01-01T00:00:00.000Z", "2031-01-01T00:00:00.000Z"];
    yield value.slice(0, -1) + (value.endsWith("0") ? "1" : "0");
    const key = pointer.split("/").findLast((part) => !/^\d+$/.test(part)) ?? "";
    yield* others[key] ?? [];
  }

  it("cannot be changed after signing", () => {
    expect(leaves.length).toBeGreaterThan(350);
    for (const { pointer, value } of leaves) {
      const [other] = [...alternatives(pointer, value)].filter((one) => one !== value);
      const content = bytesOf(`${JSON.stringify(withLeaf(pointer, other))}\n`);
      expect(verify({ content, signature: files.signature }, testContext).code, pointer).toBe("DIGEST_MISMATCH");
    }
  });

  it("cannot hold something of another form, though it is signed", () => {
    for (const { pointer } of distinct) {
      for (const other of [{}, "\u0000"]) {
        expect(() => parseStatement(withLeaf(pointer, other)), pointer).toThrow(Rejection);
      }
    }
  });

  it("that a forged and signed statement could change unseen is one of these, which only the back end can compare", () => {
    const free = new Set<string>();
    for (const { pointer, value } of distinct) {
      const pattern = pointer.replaceAll(/\/\d+(?=\/|$)/g, "/*");
      for (const other of alternatives(pointer, value)) {
        if (other === value || free.has(pattern)) continue;
        let statement: Statement;
        try {
          statement = parseStatement(withLeaf(pointer, other));
        } catch {
          continue;
        }
        if (checkStatement(statement).length > 0) continue;
        if (verify(testCertificate(statement), testContext).status !== "ACCEPTED") continue;
        free.add(pattern);
      }
    }
    expect([...free].sort()).toEqual(FREE);
  });
});

function words(text: TemplateStringsArray): string[] {
  return text.join("").trim().split(/\s+/);
}

/** A `*` stands for any row. Each of these is a fact that a single document cannot contradict; named is who can. */
const FREE: readonly string[] = [
  // the order file, at a back end that has it
  ...words`
    /destination /order/archiveDemanded /order/continues /order/id /order/issuedAt /order/issuer /order/issuerRootSha256
    /order/nonce /order/notAfter /order/requestedAreas/* /order/retentionPolicy /order/sha256`,
  // station log, journal, transcript, archive and grant
  ...words`
    /archive/panForm /archive/recipients/*/certSha256 /archive/recordCount /archive/sha256 /archive/size /certId /grant/ownerKeyId
    /grant/sha256 /journalHead /log/headSeq /log/headSha256 /log/intentSeq /log/intentSha256 /runId /transcript/bytes
    /transcript/frames /transcript/maskedPolicy /transcript/sha256`,
  // the registries of models, builds, stations and devices
  ...words`
    /clock/floor /clock/lastSync /clock/offsetMs /clock/source /clock/uncertaintyMs /device/appVersions/unknown
    /device/firmwareVersion /device/hardwareVersion /device/identityEvidence/*/ref /device/life /device/manufacturer
    /device/media/*/encrypted/unknown /device/media/*/id /device/media/*/sizeBytes /device/media/*/wearLevelled /device/model
    /device/unprovenMemory/*/sizeBytes/unknown /device/unprovenMemory/*/what /environment/simulatorBuild /family/name
    /keysRetained/*/authority /keysRetained/*/reason /model/areas/*/class/* /model/areas/*/id /model/areas/*/sizeBytes /model/id
    /model/sha256 /model/slots/*/after /model/version /runtime/arch /runtime/node /runtime/os /site/id /site/timezone
    /station/wireKeySha256 /tool/name /tool/segments/*/buildSha256 /tool/segments/*/version /transport/kind /transport/port`,
  // the acquirer's ledger
  ...words`
    /settlement/*/after/*/count /settlement/*/after/*/direction /settlement/*/after/*/money/amount /settlement/*/attempts/*/opId
    /settlement/*/batch /settlement/*/before/*/count /settlement/*/before/*/direction /settlement/*/before/*/kind
    /settlement/*/before/*/money/amount /settlement/*/host/code /settlement/*/host/date /settlement/*/host/rrn
    /settlement/*/hostView/asOf /settlement/*/hostView/lastClosedBatch /settlement/*/hostView/lastStan
    /settlement/*/hostView/lastStanAt /settlement/*/hostView/openBatch /settlement/*/hostView/reason /settlement/*/level
    /settlement/*/mid /settlement/*/terminal/totals/unknown /settlement/*/tid`,
  // the register of people, and the depot
  ...words`
    /custody/*/at /custody/*/by /custody/*/by/unknown /custody/*/place /custody/*/place/unknown /custody/*/type /labelApplied
    /notCovered/*/what /notCovered/*/why /origin/siteId/unknown /performedBy/authMethod /performedBy/personRef /performedBy/role
    /verifiedBy/authMethod /verifiedBy/personRef /verifiedBy/role`,
  // nobody: the station's word for how it worked
  ...words`
    /areas/*/basis /areas/*/retries /areas/*/technique /areas/*/verification/coverageBytes /areas/*/verification/elapsedMs
    /areas/*/verification/method /areas/*/verification/samples /areas/*/verification/seedCommit /inspections/*/bootNumber
    /keys/*/action /keys/*/before /keys/*/scheme`,
].sort();
