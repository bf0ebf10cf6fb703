// The podp README is the specification: its tables are compared with the declared data, its worked bytes are made again.
import { expect, test } from "vitest";
import { attestMessage, vouchedKey } from "../../protocols/podp/attestation.js";
import * as c from "../../protocols/podp/codes.js";
import { decodeFrame } from "../../protocols/podp/frame.js";
import * as m from "../../protocols/podp/messages.js";
import { proofMac, proofOrder, seedBytes } from "../../protocols/podp/pattern.js";
import { grantHash, stationMessage } from "../../protocols/podp/signed.js";
import { concat, hex, unhex } from "../../src/base/bytes.js";
import { keyIdOf, pointOf, sha256, verifyP256 } from "../../src/base/sign.js";
import * as f from "../../src/terminal/facts.js";
import { type Fields, struct, type Value } from "../../src/wire/fields.js";
import { isForbidden } from "../../src/wire/tlv.js";
import { readme, table } from "./readme.js";
import { worked } from "./worked.js";

const column = (rows: string[][], key: number, value: number) => Object.fromEntries(rows.map((row) => [row[key], row[value]]));
const upper = (value: number, width = 2) => value.toString(16).toUpperCase().padStart(width, "0");
const ARITY = { one: "", optional: "?", many: "*" } as const;
const elements = (fields: Fields) =>
  Object.values(fields).map(({ tag, arity }) => upper(tag) + ARITY[arity]).join(", ") || "–"; // biome-ignore format: one line

/** What a value takes, found by trying: its name in the README and the sizes it accepts. */
const forms = new Map<Value<unknown>, ReturnType<typeof tried>>();
function form(tag: number, value: Value<unknown>) {
  const known = forms.get(value) ?? tried(tag, value);
  forms.set(value, known);
  return known;
}
function tried(tag: number, value: Value<unknown>): { format: string; sizes: Set<number> } {
  const sizes = new Set<number>();
  let seen: unknown;
  for (let n = 0; n <= (value.fields === undefined ? c.limits.message : -1); n++) {
    const read = [0x00, 0x30].map((fill) => value.read(new Uint8Array(n).fill(fill))).find((one) => one !== undefined);
    if (read !== undefined) {
      sizes.add(n);
      seen = read;
    }
  }
  const [max] = [...sizes].sort((a, b) => b - a);
  const zeros = value.read(new Uint8Array(max ?? 0));
  const format = () => {
    if (((tag >> 8) & 0x20) !== 0) return "tlv";
    if (typeof seen === "number") return `u${8 * max!}`;
    if (typeof seen === "boolean") return "flag";
    if (typeof seen === "bigint") return `n ${2 * max!}`;
    if (String(value.read(Uint8Array.of(0xee))).startsWith("unknown-")) return "code";
    if (typeof zeros === "string") return `n ${zeros.length}`;
    return typeof seen === "string" ? `ans 1–${max}` : "b";
  };
  return { format: format(), sizes: value.fields === undefined ? sizes : new Set() };
}

const statements = {
  GRANT: m.grantFields,
  PASS: m.passFields,
  ROLLOVER: m.rolloverFields,
  "device certificate": m.deviceCertificateFields,
};
const everything: Fields[] = [
  m.hello.fields,
  m.helloAck.fields,
  m.progress.fields,
  m.stall.fields,
  m.refusal.fields,
  m.wipeResult.fields,
  m.settleResult.fields,
  ...Object.values(statements),
  ...Object.values(m.commands).flatMap(({ request, response }) => [request.fields, response.fields]),
];

interface Told {
  readonly formats: Set<string>;
  readonly sizes: Set<number>;
  readonly inner: Set<string>;
}
function everyTag(): Map<number, Told> {
  const tags = new Map<number, Told>();
  const walk = (fields: Fields) => {
    for (const { tag, value } of Object.values(fields)) {
      const row = tags.get(tag) ?? { formats: new Set(), sizes: new Set(), inner: new Set() };
      tags.set(tag, row);
      const { format, sizes } = form(tag, value);
      row.formats.add(format);
      for (const size of sizes) row.sizes.add(size);
      if (value.fields !== undefined) {
        row.inner.add(elements(value.fields));
        walk(value.fields);
      }
    }
  };
  for (const fields of everything) walk(fields);
  return tags;
}

test("the tag table lists every declared tag with its format and size, and no other", () => {
  const tags = everyTag();
  const rows = table("tag", "name", "format", "bytes", "where");
  expect(rows.map(([tag]) => tag)).toEqual([...tags.keys()].sort((a, b) => a - b).map((tag) => upper(tag)));
  for (const [tag, , format, size] of rows) {
    const { formats, sizes } = tags.get(Number.parseInt(tag!, 16))!;
    expect([...formats], tag).toContain(format!.startsWith("b ") ? "b" : format);
    const [low, high] = [Math.min(...sizes), Math.max(...sizes)];
    const told =
      sizes.size === 0 ? "–" : sizes.size === 1 ? String(low) : sizes.size === high - low + 1 ? `${low}–${high}` : [...sizes].join(", ");
    expect(size, tag).toBe(told);
  }
});

test("what stands inside constructed elements is as declared", () => {
  const tags = everyTag();
  const told = new Map<string, Set<string>>();
  for (const [name, inner] of table("tag", "elements in this order")) {
    if (name!.startsWith("FF2F")) continue;
    for (const tag of name!.match(/FF../g) ?? []) told.set(tag, (told.get(tag) ?? new Set()).add(inner!));
  }
  const declared = [...tags].filter(([, { inner }]) => inner.size > 0).sort(([a], [b]) => a - b);
  expect([...told.keys()].sort()).toEqual(declared.map(([tag]) => upper(tag)));
  for (const [tag, { inner }] of declared) expect(told.get(upper(tag)), upper(tag)).toEqual(inner);
  const results = column(table("tag", "elements in this order"), 0, 1);
  expect(results["FF2F of a settlement"]).toBe(elements(m.settleResult.fields));
  expect(results["FF2F of a wipe"]).toBe(elements(m.wipeResult.fields));
});

test("the messages of a session and its events are as declared", () => {
  expect(table("message", "elements in this order")).toEqual([
    ["HELLO", elements(m.hello.fields)],
    ["HELLO_ACK", elements(m.helloAck.fields)],
  ]);
  expect(table("event", "code", "elements")).toEqual([
    ["PROGRESS", upper(m.events.PROGRESS), elements(m.progress.fields)],
    ["STALL", upper(m.events.STALL), elements(m.stall.fields)],
  ]);
});

test("the signed statements are as declared and as long as the limits say", () => {
  const tags = everyTag();
  for (const [name, most, inner] of table("statement", "at most", "elements in this order")) {
    const [, what, tag] = /^(.*) (FF..)$/.exec(name!)!;
    expect(inner, name).toBe(elements(statements[what as keyof typeof statements]));
    expect(Number(most), name).toBe(Math.max(...tags.get(Number.parseInt(tag!, 16))!.sizes));
  }
});

test("the command table is the declared table", () => {
  const name = (camel: string) => camel.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
  const told = table("no.", "command", "effect").map(([code, command, effect, , , request, response]) => [
    code,
    command,
    effect,
    request,
    response,
  ]);
  const declared = Object.entries(m.commands).map(([camel, { code, effect, request, response }]) => [
    upper(code),
    name(camel),
    effect,
    elements(request.fields),
    elements(response.fields),
  ]);
  expect(told).toEqual(declared);
  expect(upper(m.FILL_DATA)).toBe("51");
  expect(declared.map(([code]) => code)).not.toContain("51");
});

test("critical tags are all that a host sends in a command besides statements and keys to pin", () => {
  const open = new Set([0xff21, 0xff22, 0xff23, 0xdf2d]);
  for (const { request } of Object.values(m.commands)) {
    for (const { tag } of Object.values(request.fields))
      expect(open.has(tag) || ((tag & 0xff) >= 0x40 && (tag & 0xff) <= 0x5f), upper(tag)).toBe(true);
  }
});

test("result codes, refusal details and the elements refusals carry are as declared", () => {
  const entries = (codes: Readonly<Record<string, number>>, width = 2) =>
    Object.entries(codes).map(([name, code]) => [name, upper(code, width)]);
  const pairs = (rows: string[][]) => rows.map(([name, code]) => [name, code]);
  const rows = table("result", "code", "elements");
  expect(pairs(rows)).toEqual(entries(c.results));
  expect(pairs(table("BAD_STATE detail", "code"))).toEqual(entries(c.badStates, 1));
  expect(pairs(table("AUTH detail", "code"))).toEqual(entries(c.authFaults, 1));
  const carried = new Set(rows.slice(2).flatMap((row) => row[2]!.match(/[DF]F../g) ?? []));
  expect([...carried].sort()).toEqual(Object.values(m.refusal.fields).map(({ tag }) => upper(tag)).sort()); // biome-ignore format: one line
});

test("the sets of codes are as declared", () => {
  const sets: Readonly<Record<string, Readonly<Record<string, number>>>> = {
    "capabilities (bits)": c.capabilityBits,
    environment: c.environments,
    "owner state": c.ownerStates,
    "reset reason": c.resetReasons,
    direction: c.directions,
    "host answer": c.hostAnswers,
    "rights (bits)": c.rights,
    "content classes (bits)": f.contentClasses,
    "key type": f.keyTypes,
    "key algorithm": f.algorithms,
    "probe state": f.probeStates,
    "settlement state": f.settlementStates,
    "settlement code": c.settleCodes,
    "op state": f.opStates,
    "erase method": f.eraseMethods,
    "keep reason": c.keepReasons,
    "area code": c.areaFaults,
    "fill mode": c.fillModes,
    "cannot pay (bits)": f.cannotPay,
  };
  const line = (codes: Readonly<Record<string, number>>) => Object.entries(codes).map(([name, code]) => `${name} ${upper(code, 1)}`).join(", "); // biome-ignore format: one line
  expect(column(table("set", "values"), 0, 1)).toEqual(
    Object.fromEntries(Object.entries(sets).map(([name, codes]) => [name, line(codes)])),
  );
  const gates = { X: "BLOCK-X", B: "BLOCK", W: "WARN" } as const;
  const kinds = table("kind", "meaning", "gate").map(([kind, , gate]) => [kind, { gate: gates[gate as keyof typeof gates] }]);
  expect(Object.fromEntries(kinds)).toEqual(f.kinds);
});

test("frame types, limits and times are as declared", () => {
  const types = table("type", "code", "direction");
  expect(types.map(([type, code]) => [type, code])).toEqual(Object.entries(c.frameTypes).map(([type, code]) => [type, upper(code)]));
  expect(Object.fromEntries(table("limit", "value").map(([name, value]) => [name, Number(value)]))).toEqual(c.limits);
  expect(column(table("name", "ms", "rule"), 0, 1)).toEqual({
    ack: `${c.timers.ackMin}–${c.timers.ackMax}`,
    resends: String(c.timers.resends),
    response: String(c.timers.response),
    stall: String(c.timers.stallMax),
    progress: String(c.timers.progress),
    challenge: String(c.timers.challenge),
  });
  const offsets = table("header field", "offset", "size").map(([, offset, size]) => [Number(offset), Number(size)]);
  expect(offsets.reduce((end, [offset, size]) => (offset === end ? end + size! : Number.NaN), 0)).toBe(c.limits.header);
});

test("the refused EMV tags are the ones the codec refuses", () => {
  const told = /The EMV tags ([0-9A-F, and]+) are refused/.exec(readme)![1]!.match(/[0-9A-F]{2,4}/g)!;
  const refused = Array.from({ length: 0x10000 }, (_, tag) => tag).filter(isForbidden);
  expect([...told].sort()).toEqual(refused.map((tag) => upper(tag)).sort());
});

const printed = new Map([...readme.matchAll(/```hex label=(\S+)\n([^`]*)```/g)].map(([, label, text]) => [label!, unhex(text!)]));
const made = worked((name) => printed.get(`${name}-signature`) ?? new Uint8Array(64));

test("every worked byte string is made again from its inputs", () => {
  expect([...printed.keys()].sort()).toEqual([...made.blocks.keys()].sort());
  for (const [label, bytes] of made.blocks) expect(hex(printed.get(label)!), label).toBe(hex(bytes));
});

test("every worked signature verifies, has a low s, and no longer does when a bit of its input changes", () => {
  expect([...made.signatures.keys()]).toEqual(["grant", "pass", "open", "commit", "attest", "certificate"]);
  for (const [name, { key, input }] of made.signatures) {
    const signature = printed.get(`${name}-signature`)!;
    expect(verifyP256(key, input, signature), name).toBe(true);
    const altered = Uint8Array.from(input);
    altered[altered.length - 1]! ^= 1;
    expect(verifyP256(key, altered, signature), name).toBe(false);
  }
});

test("every worked frame fits its maximum and reads as a frame", () => {
  const frames = [...printed].filter(([, bytes]) => bytes[0] === 0 && bytes.length > 20 && bytes.at(-1) === 0 && bytes[2] !== 0);
  expect(frames.length).toBe(34);
  for (const [label, bytes] of frames) {
    expect(bytes.length - 2, label).toBeLessThanOrEqual(c.limits.minFrame);
    expect(decodeFrame(bytes.subarray(1, -1)), label).toBeDefined();
  }
});

test("the program signs and hashes what the README says", () => {
  const at = (label: string) => printed.get(label)!;
  const where = {
    serial: "PD-000042",
    life: 1,
    bootNumber: 3,
    challenge: unhex("C0C1C2C3C4C5C6C7C8C9CACBCCCDCECF"),
    grantHash: at("grant-hash"),
  };
  const op = unhex("00000001A0A1A2A3A4A5A6A7A8A9AAAB");
  expect(hex(stationMessage({ command: 4, ...where }))).toBe(hex(at("open-input")));
  const hashes = { planHash: at("plan-hash"), censusHash: at("census-hash") };
  expect(hex(stationMessage({ command: 0x42, ...where, op, ...hashes }))).toBe(hex(at("commit-input")));
  expect(hex(grantHash(at("grant").subarray(5)))).toBe(hex(at("grant-hash")));
  const attested = { nonce: at("attest-nonce"), serial: "PD-000042", life: 2, bootNumber: 4, op, planHash: at("plan-hash") };
  expect(hex(attestMessage({ ...attested, resultHash: at("result-hash"), firmwareHash: at("firmware-hash") }))).toBe(
    hex(at("attest-input")),
  );
  const vendor = hex(pointOf(made.signatures.get("certificate")!.key));
  const vouched = vouchedKey(at("certificate").subarray(4), "PD-000042", "demo", [vendor]);
  expect(vouched).toEqual({ key: pointOf(made.signatures.get("attest")!.key) });
  expect(hex(keyIdOf(at("owner-point")))).toBe(hex(at("owner-key-id")));
  expect(hex(sha256(at("plan")))).toBe(hex(at("plan-hash")));
  const bytes = (from: number, to: number) => seedBytes(at("fill-seed"), from, to);
  expect(hex(bytes(0, 256))).toBe(hex(at("fill-bytes")));
  expect(hex(concat(bytes(0, 100), bytes(100, 101), bytes(101, 256)))).toBe(hex(at("fill-bytes")));
  const proven = { nonce: at("proof-nonce"), orderSeed: at("proof-order-seed"), area: 2, size: 256, block: 64 };
  expect([...proofOrder(proven.orderSeed, 4)]).toEqual([...at("proof-order")]);
  expect(hex(proofMac(proven, bytes))).toBe(hex(at("proof-mac")));
});

test("a struct shows the fields it was declared with", () => {
  expect(Object.keys(struct(m.grantFields).fields)).toEqual(Object.keys(m.grantFields));
});
