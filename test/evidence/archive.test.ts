// The archive as a document, what is looked for in it, and the seal around it.
import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ascii, bcd, concat, hex, unhex } from "../../src/base/bytes.js";
import { asDecomError, DecomError } from "../../src/base/errors.js";
import { seededRandom } from "../../src/base/random.js";
import { passesLuhn } from "../../src/base/redact.js";
import { sha256 } from "../../src/base/sign.js";
import { readArchive, writeArchive } from "../../src/evidence/archive/document.js";
import { ARCHIVE_TYPE, type Archive, CHUNK, MAX_ARCHIVE, recordsIn } from "../../src/evidence/archive/lines.js";
import { checkRecipients } from "../../src/evidence/archive/recipients.js";
import { judgeBytes, refuseLeaks } from "../../src/evidence/archive/scan.js";
import { leafExtensions } from "../../src/evidence/envelope/issue.js";
import { readRecipient, seal, unseal } from "../../src/evidence/envelope/sealed.js";
import { readCertificate } from "../../src/evidence/envelope/x509.js";
import { testStationKey } from "../support/identities.js";
import { acquirer, escrow, recipientCertificate } from "../support/recipients.js";

const NOW = Date.UTC(2026, 0, 5);
const ACCOUNT = "0123456789abcdef";
const hash = (digit: string) => digit.repeat(64);
const item = (stan: string, amount: number) => ({
  ...({ line: "item", census: "start", account: ACCOUNT, kind: "U01", batch: "000007", direction: "debit" } as const),
  ...{ stan, money: { amount, currency: "CNY" }, digest: hash("d") },
});

function sample(change: Partial<Archive> = {}): Archive {
  return {
    head: {
      ...({ line: "archive", type: ARCHIVE_TYPE, version: 1, serial: "SIM7000001", life: 0, model: "podp-small" } as const),
      ...{ runId: "019a3f80-1c00-7abc-8def-0123456789ac", certId: "019a3f80-1c00-7abc-8def-0123456789ab", orderSha256: hash("0") },
    },
    accounts: [
      {
        line: "account",
        account: ACCOUNT,
        acquirer: "00100000001",
        mid: "898100000000001",
        tid: "10000001",
        batch: "000007",
        currency: "CNY",
      },
    ],
    items: [item("000001", 1200), { ...item("000000", 5000), count: 3 }, { ...item("000001", 1200), census: "last" }],
    settlements: [
      {
        ...({ line: "settlement", account: ACCOUNT, op: "ab".repeat(16), at: "2026-01-05T08:00:00.000Z", batch: "000007" } as const),
        ...({ outcome: "BALANCED", state: "cleared", code: "BALANCED", reference: "260105000001", macVerified: true } as const),
        terminal: { debitCount: 1, debit: 1200, creditCount: 0, credit: 0 },
      },
    ],
    files: [
      { area: 1, file: 1, generation: 4, bytes: new Uint8Array(CHUNK + 5).fill(0x2a) },
      { area: 4, file: 2, generation: 0, bytes: new Uint8Array(0) },
    ],
    ...change,
  };
}

function thrownBy(act: () => unknown): DecomError {
  try {
    act();
  } catch (thrown) {
    return asDecomError(thrown);
  }
  throw new Error("nothing was thrown");
}

const codeOf = (act: () => unknown): string => thrownBy(act).code;

describe("an archive", () => {
  const bytes = writeArchive(sample());
  const lines = Buffer.from(bytes)
    .toString()
    .split(/(?<=\n)/);

  it("says again what it was given, and the same facts are the same bytes whatever order they were built in", () => {
    expect(readArchive(bytes)).toEqual(sample());
    const backwards = Object.fromEntries(Object.entries(sample().head).reverse()) as Archive["head"];
    expect(Buffer.from(writeArchive(sample({ head: backwards }))).equals(bytes)).toBe(true);
  });

  it("counts the records of the first census, also those that stand in a sum, and not those of the last again", () => {
    expect(recordsIn(sample())).toBe(4);
    expect(lines.at(-1)).toContain('"records":4');
  });

  it("is refused with any one byte changed, cut off anywhere, or with a line gone, twice or elsewhere", () => {
    const broken = (other: Uint8Array) => expect(codeOf(() => readArchive(other))).toBe("archive.damaged");
    const small = writeArchive(sample({ files: [{ area: 1, file: 1, generation: 4, bytes: new Uint8Array(70).fill(0x2a) }] }));
    for (let at = 0; at < small.length; at += 5) broken(small.map((byte, i) => (i === at ? byte ^ 1 : byte)));
    for (let length = 0; length < small.length; length += 31) broken(small.subarray(0, length));
    for (let i = 0; i < lines.length; i++) {
      broken(Buffer.from(lines.toSpliced(i, 1).join("")));
      broken(Buffer.from(lines.toSpliced(i, 0, lines[i] ?? "").join("")));
    }
    broken(Buffer.from([...lines.slice(0, 2), lines[3], lines[2], ...lines.slice(4)].join("")));
    broken(Buffer.from(lines.join("").replaceAll("\n", "\r\n")));
    broken(concat(small, small));
  });

  /** Whatever the lines say, with an end that belongs to them. */
  const ended = (body: readonly string[], records = 4) => {
    const before = Buffer.from(body.join(""));
    const end = { line: "end", records, lines: body.length, sha256: hex(sha256(before)) };
    return Buffer.concat([before, Buffer.from(`${JSON.stringify(end)}\n`)]);
  };
  const body = lines.slice(0, -1);
  const replaced = (from: string | RegExp, to: string) => ended(body.map((line) => line.replace(from, to)));

  it("is refused when its lines contradict each other, though its end belongs to them", () => {
    expect(readArchive(ended(body))).toEqual(sample());
    const wrong: Readonly<Record<string, Uint8Array>> = {
      "another hash of a file": replaced(/"sha256":"[0-9a-f]{8}/, '"sha256":"00000000'),
      "another size of a file": replaced(`"size":${CHUNK + 5}`, `"size":${CHUNK + 6}`),
      "a part out of its place": replaced(`"offset":${CHUNK}`, `"offset":${CHUNK + 1}`),
      "a part that is missing": ended(body.toSpliced(-2, 1)),
      "a part too many": ended([...body, body.at(-2) ?? ""]),
      "another count of records": ended(body, 5),
      "files before accounts": ended([...body.slice(0, 1), ...body.slice(6), ...body.slice(1, 6)]),
      "two heads": ended([body[0] ?? "", ...body]),
      "no head": ended(body.slice(1)),
      "a field more": replaced('"version":1', '"version":1,"force":true'),
      "another order of fields": replaced('"area":1,"file":1', '"file":1,"area":1'),
      "another version": replaced('"version":1', '"version":2'),
      "a kind that does not exist": replaced('"kind":"U01"', '"kind":"U99"'),
    };
    for (const [what, other] of Object.entries(wrong))
      expect(
        codeOf(() => readArchive(other)),
        what,
      ).toBe("archive.damaged");
  });

  it("holds no field that it does not know, and no more than a whole archive may be", () => {
    const strange = { ...sample().head, version: 2 } as unknown as Archive["head"];
    expect(codeOf(() => writeArchive(sample({ head: strange })))).toBe("terminal.answer");
    const file = { area: 1, file: 1, generation: 0, bytes: new Uint8Array(MAX_ARCHIVE + 1) };
    expect(codeOf(() => writeArchive(sample({ files: [file] })))).toBe("archive.size");
    expect(codeOf(() => readArchive(file.bytes))).toBe("archive.damaged");
  });
});

describe("what is looked for before an archive is written", () => {
  const withLuhn = (digits: string) => digits + [..."0123456789"].find((digit) => passesLuhn(digits + digit));
  const pan = withLuhn("629999012345678");
  const odd = withLuhn("629999012345678901"); // 19 digits
  const known = { serials: ["SIM7000001"], mids: ["898100000000001"] };
  const masked = ascii(`${pan.slice(0, 6)}******${pan.slice(-4)}   `);
  const around = (bytes: Uint8Array) => concat(unhex("00010102"), bcd(7n, 3), Uint8Array.of(0xc1), bytes, Uint8Array.of(0xc1, 0, 0));
  const wide = (text: string) => new Uint8Array(Buffer.from(text, "utf16le"));

  it.each([
    ["a card number as text", around(ascii(pan)), "DATA_PAN_FOUND"],
    ["one in groups", around(ascii(pan.replaceAll(/(.{4})(?=.)/g, "$1 "))), "DATA_PAN_FOUND"],
    ["one in UTF-16", around(wide(pan)), "DATA_PAN_FOUND"],
    ["one in UTF-16, high byte first", around(new Uint8Array(Buffer.from(wide(pan)).swap16())), "DATA_PAN_FOUND"],
    ["one in packed digits", around(unhex(pan)), "DATA_PAN_FOUND"],
    ["an odd one in packed digits", around(unhex(`${odd}f`)), "DATA_PAN_FOUND"],
    ["track 2 as text", around(ascii(`${pan}=30122200000000000`)), "DATA_SAD_FOUND"],
    ["track 2 in packed digits", around(unhex(`${pan}d3012220000000000f`)), "DATA_SAD_FOUND"],
    [
      "track 2 in packed digits behind other packed digits",
      around(concat(bcd(123456n, 3), unhex(`${pan}d301222000000000`))),
      "DATA_SAD_FOUND",
    ],
    ["track 1", around(ascii(`%B${pan}^TEST/CARD^30122200000000000?`)), "DATA_SAD_FOUND"],
    ["a password", around(ascii("password: hunter2")), "DATA_SECRET_FOUND"],
    ["a private key", around(ascii("-----BEGIN PRIVATE KEY-----")), "DATA_SECRET_FOUND"],
  ])("is found: %s", (_what, bytes, code) => {
    expect(judgeBytes(bytes, known)).toBe(code);
    const files = [{ area: 1, file: 3, generation: 0, bytes }];
    expect(() => refuseLeaks(sample({ files }), known)).toThrow(expect.objectContaining({ code: "archive.leak" }));
  });

  it("passes: masked numbers, dates and amounts in packed digits, the terminal's own numbers", () => {
    const mid = withLuhn("34000010000000");
    const fields = concat(bcd(7n, 3), bcd(123456n, 3), bcd(999_999n, 6), bcd(156n, 2), bcd(260105075900n, 6));
    expect(judgeBytes(around(concat(fields, masked)), known)).toBeUndefined();
    expect(judgeBytes(around(ascii(`MID ${mid} `)), known)).toBe("DATA_PAN_FOUND");
    expect(judgeBytes(around(ascii(`MID ${mid} `)), { ...known, mids: [mid] })).toBeUndefined();
    const accounts = [{ ...sample().accounts[0]!, mid }];
    expect(codeOf(() => refuseLeaks(sample({ accounts }), known))).toBe("archive.leak");
    expect(() => refuseLeaks(sample({ accounts }), { ...known, mids: [mid] })).not.toThrow();
  });

  it("is found in every text of the lines too, and is never told", () => {
    const accounts = [{ ...sample().accounts[0]!, acquirer: pan }];
    const thrown = thrownBy(() => refuseLeaks(sample({ accounts }), known));
    expect(thrown).toMatchObject({ code: "archive.leak", row: { end: "HOLD" } });
    expect(thrown.message).toContain("/accounts/0/acquirer");
    expect(JSON.stringify([thrown.message, thrown.facts])).not.toContain(pan);
  });
});

describe("a sealed archive", () => {
  const content = writeArchive(sample());
  const both = [acquirer, escrow].map(({ certificate }) => readRecipient(certificate, NOW));
  const sealed = seal(content, both, seededRandom("seal"));

  it("opens with the key of each recipient, and says nothing without", () => {
    for (const { key } of [acquirer, escrow]) expect(Buffer.from(unseal(sealed, key)).equals(content)).toBe(true);
    expect(Buffer.from(sealed).includes("SIM7000001")).toBe(false);
  });

  it("does not open with another key (the recipient was swapped)", () => {
    const one = seal(content, [readCertificate(escrow.certificate)], seededRandom("seal"));
    expect(codeOf(() => unseal(one, acquirer.key))).toBe("archive.key");
    expect(codeOf(() => unseal(sealed, testStationKey("rsa3072")))).toBe("archive.key");
    expect(codeOf(() => unseal(sealed, testStationKey("p256")))).toBe("archive.key");
  });

  it("gives nothing at all when a byte was changed", () => {
    const start = sealed.length - content.length - 30;
    for (const at of [...Array.from({ length: 40 }, (_, i) => start + i), sealed.length - 1, sealed.length - 16, sealed.length - 20]) {
      expect(
        codeOf(() =>
          unseal(
            sealed.map((byte, i) => (i === at ? byte ^ 1 : byte)),
            acquirer.key,
          ),
        ),
        `byte ${at}`,
      ).toMatch(/^archive\.(?:damaged|key)$/);
    }
    for (const length of [0, 1, 100, sealed.length - 1])
      expect(codeOf(() => unseal(sealed.subarray(0, length), acquirer.key))).toBe("archive.damaged");
    expect(codeOf(() => unseal(concat(sealed, Uint8Array.of(0)), acquirer.key))).toBe("archive.damaged");
    expect(codeOf(() => unseal(content, acquirer.key))).toBe("archive.damaged");
  });

  const anybody = { order: {}, environment: "simulator", now: NOW } as const;
  const weak = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  it.each([
    ["an elliptic-curve key", recipientCertificate(testStationKey("p256")), /elliptic-curve/],
    ["a short key", recipientCertificate(weak), /2048 bits/],
    ["a key that only signs", recipientCertificate(acquirer.key, { extensions: leafExtensions("receipt") }), /keyEncipherment/],
    ["a certificate that has expired", recipientCertificate(acquirer.key, { notAfter: NOW - 1000 }), /not valid now/],
    ["a certificate of tomorrow", recipientCertificate(acquirer.key, { notBefore: NOW + 1000 }), /not valid now/],
    ["no certificate", ascii("-"), /unusable/],
  ])("is not made for %s", (_what, certificate, why) => {
    expect(() => checkRecipients([{ party: "ACQ", certificate }], anybody)).toThrow(expect.objectContaining({ code: "archive.recipient" }));
    expect(() => checkRecipients([{ certificate }], anybody)).toThrow(why);
  });

  it("is made for parties with a name that a certificate can state", () => {
    expect(checkRecipients([{ certificate: acquirer.certificate }], anybody)).toMatchObject([{ party: "00100000001" }]);
    expect(() => checkRecipients([{ party: "the acquirer", certificate: acquirer.certificate }], anybody)).toThrow(DecomError);
  });

  const named = { party: "00100000001", certSha256: hex(sha256(acquirer.certificate)) };
  it.each([
    ["in production, while the order names nobody", {}, "production", acquirer],
    [
      "another certificate than the order names for that party",
      { archiveRecipients: [{ ...named, certSha256: "0".repeat(64) }] },
      "simulator",
      acquirer,
    ],
    ["that certificate for another party", { archiveRecipients: [{ ...named, party: "ESCROW" }] }, "production", acquirer],
    ["one more than the order names", { archiveRecipients: [named] }, "production", escrow],
  ] as const)("is not made for %s", (_what, order, environment, { certificate }) => {
    const given = () => checkRecipients([{ certificate }], { order: { ...order } as never, environment, now: NOW });
    expect(given).toThrow(expect.objectContaining({ code: "archive.recipient" }));
  });

  it("is made in production for those whom the order names, by party and certificate", () => {
    const order = { archiveRecipients: [named] };
    expect(checkRecipients([acquirer], { order, environment: "production", now: NOW })).toMatchObject([{ party: named.party }]);
  });
});
