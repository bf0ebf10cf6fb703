import { describe, expect, it } from "vitest";
import { DecomError } from "../../src/base/errors.js";
import { readJson } from "../../src/evidence/json.js";
import { parseStatement, type Statement, statementSchema, writeStatement } from "../../src/evidence/statement/statement.js";
import { rejectionOf } from "../support/rejection.js";
import { testStatement } from "../support/statement.js";

const good = testStatement();
const copy = () => structuredClone(good) as unknown as Record<string, unknown>;

const refusal = (json: unknown) => rejectionOf(() => parseStatement(json));

/** The good statement with one value replaced. */
function replaced(pointer: string, value: unknown): unknown {
  const json = copy();
  const keys = pointer.slice(1).split("/");
  const last = keys.pop()!;
  let inner = json;
  for (const key of keys) inner = inner[key] as Record<string, unknown>;
  inner[last] = value;
  return json;
}

describe("the statement's schema", () => {
  it("takes a full statement and gives it back unchanged", () => {
    expect(parseStatement(readJson(writeStatement(good)))).toEqual(good);
  });

  it("is written in schema order with LF at the end, whatever order it was built in", () => {
    const backwards = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(backwards);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, inner]) => [key, backwards(inner)]),
      );
    };
    const unordered = { ...(backwards(good) as Statement), family: good.family }; // marks are a record and keep their order
    expect(Buffer.from(writeStatement(unordered)).toString()).toBe(Buffer.from(writeStatement(good)).toString());
    const text = Buffer.from(writeStatement(good)).toString();
    expect(text.endsWith("}\n")).toBe(true);
    const order = Object.keys(statementSchema.shape);
    expect(Object.keys(JSON.parse(text))).toEqual(order.filter((key) => key in good));
  });

  it("is far from the size limit with room for twenty times the rows", () => {
    expect(writeStatement(good).length).toBeLessThan(13_000);
  });

  const optional = Object.entries(statementSchema.shape)
    .filter(([, field]) => field.safeParse(undefined).success)
    .map(([key]) => key);
  it.each(Object.keys(statementSchema.shape).filter((key) => !optional.includes(key)))("cannot lack %s", (key) => {
    const { [key]: _, ...rest } = copy();
    expect(refusal(rest)).toMatchObject({ code: "SCHEMA_INVALID", pointer: `/${key}` });
  });

  it("lets only conditional and optional fields be absent", () => {
    expect(optional).toEqual([
      ...["runtime", "grant", "notified", "unbind", "deviceAttestation", "witness", "approvers"],
      ...["labelApplied", "tagsRemoved", "language"],
    ]);
  });

  it("refuses an unknown field at every depth (case 60)", () => {
    const objects: string[] = [];
    const walk = (value: unknown, pointer: string) => {
      if (typeof value !== "object" || value === null) return;
      if (!Array.isArray(value) && pointer !== "/family/marks") objects.push(pointer);
      for (const [key, inner] of Object.entries(value)) walk(inner, `${pointer}/${key}`);
    };
    walk(good, "");
    expect(objects.length).toBeGreaterThan(80);
    for (const pointer of objects) {
      expect(refusal(replaced(`${pointer}/force`, 1)), pointer).toMatchObject({ code: "JSON_UNKNOWN_FIELD", pointer: `${pointer}/force` });
    }
  });

  it.each([
    ["/version", 2, "SCHEMA_VERSION"],
    ["/type", "application/vnd.decom.wipe-certificate+json;v=2", "SCHEMA_VERSION"],
    ["/version", "1", "SCHEMA_INVALID"],
    ["/outcome", "PASS", "SCHEMA_INVALID"],
    ["/endState", "HOLD", "SCHEMA_INVALID"],
    ["/outcomeReasons", ["BECAUSE"], "SCHEMA_INVALID"],
    ["/standardRef", "NIST SP 800-88r1", "SCHEMA_INVALID"],
    ["/limitations", ["proves everything"], "SCHEMA_INVALID"],
    ["/settlement/0/before/0/kind", "U27", "SCHEMA_INVALID"],
    ["/settlement/0/before/0/money/amount", 2 ** 53, "SCHEMA_INVALID"],
    ["/settlement/0/terminal/totals/debit/amount", 1.5, "SCHEMA_INVALID"],
    ["/archive/sadScan", "found", "SCHEMA_INVALID"],
    ["/issuedAt", "2026-02-30T00:00:00.000Z", "SCHEMA_INVALID"],
    ["/issuedAt", "2026-11-03T08:00:00Z", "SCHEMA_INVALID"],
    ["/order/sha256", "AB".repeat(32), "SCHEMA_INVALID"],
    ["/keys/0/level", ["V1", "V1"], "SCHEMA_INVALID"],
    ["/keys/0/slots", { from: 9, to: 1 }, "SCHEMA_INVALID"],
    ["/journalHead", { unknown: "NOT_REPORTED" }, "SCHEMA_INVALID"],
    ["/device/firmwareVersion", { unknown: "LATER" }, "SCHEMA_INVALID"],
    ["/device/firmwareVersion", { unknown: "NOT_REPORTED", but: 1 }, "JSON_UNKNOWN_FIELD"],
  ] as const)("refuses %s = %j with %s", (pointer, value, code) => {
    const rejection = refusal(replaced(pointer, value));
    expect(rejection?.code).toBe(code);
    expect(rejection?.pointer).toContain(pointer.split("/").slice(0, 3).join("/"));
  });

  describe("names and formulas cannot be injected (case 130)", () => {
    const attacks = ["../x", "=cmd", "+1", "@SUM", "<script>", "a\u202eb", "a\u200bb", 'a"b', "a\\b", "a\nb", "a%2e"];
    const fields = ["/certId", "/device/serialReported", "/site/id", "/transport/port", "/device/model", "/custody/1/place", "/tool/name"];
    it.each(fields)("%s", (pointer) => {
      for (const attack of attacks) expect(refusal(replaced(pointer, attack)), attack).toMatchObject({ code: "JSON_CHARSET", pointer });
    });
  });

  it("refuses look-alike letters and digits in a serial number (cases 66, 67)", () => {
    for (const serial of ["\u0405N123", "SN\uff11\uff12"]) {
      expect(refusal(replaced("/device/serialReported", serial))).toMatchObject({
        code: "JSON_CHARSET",
        pointer: "/device/serialReported",
      });
    }
  });

  it("takes names in any script where people read them", () => {
    expect(refusal(replaced("/device/manufacturer", "新国都 (Xinguodu)"))).toBeUndefined();
  });

  it("is not written when it does not hold to its schema", () => {
    const broken = { ...good, outcome: "PASS" } as unknown as Statement;
    expect(() => writeStatement(broken)).toThrow(DecomError);
    expect(() => writeStatement(broken)).toThrow(expect.objectContaining({ code: "draft.rejected" }));
  });
});
