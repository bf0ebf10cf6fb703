// DER is read only in the one form in which it is written.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hex, unhex } from "../../src/base/bytes.js";
import {
  bitString,
  context,
  type Der,
  integer,
  octets,
  oid,
  readDer,
  readOid,
  readTime,
  sequence,
  setOf,
  TAG,
  time,
  tlv,
  utf8,
  yes,
} from "../../src/evidence/envelope/der.js";
import { oids, roleOids } from "../../src/evidence/envelope/oids.js";
import { answerOf } from "../support/rejection.js";

const refusal = (bytes: Uint8Array): string => answerOf(() => readDer(bytes));

test("what is written is read back as the same bytes", () => {
  const bytes = sequence(
    integer(65537),
    oid(oids.sha256),
    setOf(utf8("终端"), octets(new Uint8Array(300))),
    context(0, yes()),
    bitString(Uint8Array.of(6), 1),
  );
  const der = readDer(bytes);
  expect(der.bytes).toEqual(bytes);
  expect(der.children.map(({ tag }) => tag)).toEqual([TAG.integer, TAG.oid, TAG.set, 0xa0, TAG.bitString]);
  expect(der.children[2]?.children.map(({ path }) => path)).toEqual(["/2/0", "/2/1"]);
});

// Examples of X.690 8.19.5, RFC 5652 and RFC 5280.
test.each([
  [integer(0), "020100"],
  [integer(127), "02017f"],
  [integer(128), "02020080"],
  [integer(unhex("00ff")), "020200ff"],
  [oid("2.999.3"), "0603883703"],
  [oid("1.2.840.113549"), "06062a864886f70d"],
  [oid(roleOids.simulator), "0606883782ee100a"],
  [time(Date.UTC(2026, 0, 5, 8, 0, 0, 999)), `170d${hex(Buffer.from("260105080000Z"))}`],
  [time(Date.UTC(2050, 0, 1)), `180f${hex(Buffer.from("20500101000000Z"))}`],
  [setOf(unhex("020102"), unhex("0101ff"), unhex("020101")), "31090101ff020101020102"],
])("is written as the standards' own examples (%#)", (bytes, expected) => expect(hex(bytes)).toBe(expected));

test("object identifiers come back as they were written, also with arcs beyond 2^53", () => {
  for (const dotted of [...Object.values(oids), ...Object.values(roleOids), "0.39", "2.48"])
    expect(readOid(readDer(oid(dotted)))).toBe(dotted);
  expect(readOid(readDer(unhex("060b6983ffffffffffffffff7f")))).toMatch(/^2\.25\.\d{20,}$/);
});

test("times come back to the second, and only times that a calendar has", () => {
  for (const at of [Date.UTC(2000, 1, 29), Date.UTC(1999, 11, 31, 23, 59, 59), Date.UTC(2049, 11, 31), Date.UTC(2099, 5, 1)])
    expect(readTime(readDer(time(at)))).toBe(at);
  const wrong = ["260230000000Z", "260101240000Z", "2601010000Z", "260101000000+0000", "2601010000 0Z"];
  for (const text of wrong) expect(readTime(readDer(tlv(TAG.utcTime, Buffer.from(text))))).toBeUndefined();
  for (const text of ["20260101000000Z", "20500101000000.5Z", "00260101000000Z"])
    expect(readTime(readDer(tlv(TAG.generalizedTime, Buffer.from(text))))).toBeUndefined();
});

describe("is refused with the path of the element", () => {
  test.each([
    ["nothing at all", "", "ENV_DER "],
    ["a tag without length", "30", "ENV_DER "],
    ["trailing byte", "050000", "ENV_TRAILING "],
    ["indefinite length", "30800000", "ENV_DER "],
    ["indefinite length that would also be 128 octets", `3080${"0500".repeat(64)}`, "ENV_DER "],
    ["long form for a short length", "3081020500", "ENV_DER "],
    ["long form with a leading zero", `30820080${"0500".repeat(64)}`, "ENV_DER "],
    ["length of five octets", "30850000000002", "ENV_DER "],
    ["length beyond the end", "3003020101ff".slice(0, 8), "ENV_DER "],
    ["child longer than its parent", "30030202010203", "ENV_DER /0"],
    ["integer with a needless zero", "300402020001", "ENV_DER /0"],
    ["integer with a needless FF", "30040202ff80", "ENV_DER /0"],
    ["integer without content", "30020200", "ENV_DER /0"],
    ["boolean that is neither", "3003010101", "ENV_DER /0"],
    ["bit string without content", "30020300", "ENV_DER /0"],
    ["bit string with unused bits set", "3004030201ff", "ENV_DER /0"],
    ["bit string with eight unused bits", "3004030208 00", "ENV_DER /0"],
    ["NULL with content", "3003050100", "ENV_DER /0"],
    ["identifier with a padded arc", "3004060 28001", "ENV_DER /0"],
    ["identifier cut short", "3004060288 80", "ENV_DER /0"],
    ["constructed octet string", "3004240 20400", "ENV_DER /0"],
    ["primitive sequence", "30021000", "ENV_DER /0"],
    ["end-of-contents", "30020000", "ENV_DER /0"],
    ["high tag number", "30039f2000", "ENV_DER /0"],
    ["application tag", "30026000", "ENV_DER /0"],
    ["private tag", "3002c000", "ENV_DER /0"],
    ["second child broken", "3005050002020 0", "ENV_DER /1"],
  ])("%s", (_name, text, expected) => expect(refusal(unhex(text))).toBe(expected));

  test("the 25th level", () => {
    const nested = (levels: number) => Array.from({ length: levels }).reduce<Uint8Array>((inner) => sequence(inner), new Uint8Array(0));
    expect(refusal(nested(24))).toBe("read");
    expect(refusal(nested(25))).toBe(`ENV_DER ${"/0".repeat(24)}`);
  });
});

test("any bytes are either read, and then written the same, or refused", () => {
  const written = ({ tag, value, children }: Der): Uint8Array => tlv(tag, ...(children.length > 0 ? children.map(written) : [value]));
  const document = sequence(setOf(octets(new Uint8Array(130)), yes()), context(0, integer(127)), bitString(Uint8Array.of(6), 1), utf8("é"));
  const hit = fc.tuple(fc.nat(document.length - 1), fc.oneof(fc.nat(8), fc.nat(255)));
  const altered = fc.array(hit, { minLength: 1, maxLength: 2 }).map((hits) => {
    const bytes = document.slice();
    for (const [at, byte] of hits) bytes[at] = byte;
    return bytes;
  });
  const outcomes = { read: 0, refused: 0 };
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), altered), (bytes) => {
      const isRead = refusal(bytes) === "read";
      outcomes[isRead ? "read" : "refused"]++;
      if (isRead) expect(hex(written(readDer(bytes)))).toBe(hex(bytes));
    }),
    { seed: 7, numRuns: 5000 },
  );
  expect(outcomes.read).toBeGreaterThan(1000);
  expect(outcomes.refused).toBeGreaterThan(1000);
});
