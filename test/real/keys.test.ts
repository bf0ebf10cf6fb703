// The key folder of a bench: made once, opened with its passphrase only, and nothing secret lies open in it.
import { createHmac, createPublicKey, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hex } from "../../src/base/bytes.js";
import { rfc3339 } from "../../src/base/clock.js";
import { systemDisk } from "../../src/base/disk.js";
import { seededRandom } from "../../src/base/random.js";
import { pointOf, sha256 } from "../../src/base/sign.js";
import { VirtualClock } from "../../src/base/virtual-clock.js";
import { openBench } from "../../src/cli/bench.js";
import { signDetached } from "../../src/evidence/envelope/cms.js";
import { verifyEnvelope } from "../../src/evidence/envelope/envelope.js";
import { openKey, openPkcs12, sealKey, sealPkcs12 } from "../../src/evidence/envelope/identity.js";
import { caExtensions } from "../../src/evidence/envelope/issue.js";
import { initBenchKeys, journalKeyOf, openStation, signerOf } from "../../src/evidence/envelope/keys.js";
import { readCertificates, readPem } from "../../src/evidence/envelope/pem.js";
import { readCertificate } from "../../src/evidence/envelope/x509.js";
import { say } from "../cli/console.js";
import { content } from "../support/craft.js";
import { keyFiles } from "../support/depot.js";
import { testIssuing, testLeaf, testRoot, testStationKey, testWireKey } from "../support/identities.js";
import { MemoryDisk } from "../support/memory-disk.js";

const passphrase = "korrekt Pferd 电池 é";
const clock = new VirtualClock();
const YEAR_MS = 365 * 24 * 3_600_000;
const random = seededRandom("keys");
const code = (code: string) => expect.objectContaining({ code });

describe("a bench's key folder", () => {
  let dir = "";
  const open = (word = passphrase) => openStation({ dir, disk: systemDisk, passphrase: word });
  const init = () => initBenchKeys({ dir, disk: systemDisk, passphrase, clock, random, algorithm: "p256", station: { siteId: "DEPOT-1" } });
  beforeAll(async () => {
    dir = join(mkdtempSync(join(tmpdir(), "keys-")), "bench");
    await init();
  });
  afterAll(() => rmSync(join(dir, ".."), { recursive: true }));

  test("holds the promised files, the private ones readable by their owner only", () => {
    expect(readdirSync(dir)).toEqual(["owner.key", "owner.pem", "root.pem", "state", "station.json", "station.pem", "wire.key"]);
    for (const name of ["owner.key", "station.pem", "wire.key"]) expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
  });

  test("holds no private key in the clear", () => {
    for (const name of readdirSync(dir).filter((name) => name !== "state")) {
      expect(readFileSync(join(dir, name), "latin1")).not.toMatch(/BEGIN (EC |RSA )?PRIVATE KEY/);
    }
  });

  test("gives a station that signs as bench or simulator, and an owner, all under its root", async () => {
    const station = await open();
    for (const role of ["bench", "simulator", "owner"] as const) {
      const signer = role === "owner" ? station.owner!.signer : station.signerFor(role);
      const signature = signDetached({ content, signer, signingTime: clock.wall() });
      const seen = verifyEnvelope({ content, signature, trust: [station.root], roles: [role], trustedTime: clock.wall() });
      expect(seen.signerName).toBe(role === "owner" ? `${station.stationId} owner` : station.stationId);
    }
    expect(station.siteId).toBe("DEPOT-1");
    expect(station.owner!.certificate).toEqual(readCertificates(readFileSync(join(dir, "owner.pem")))[0]);
  });

  test("shows what a back office must know of it, and nothing secret", async () => {
    const { stationId, depotId, wireKey, root, leaf } = await open();
    const show = (DECOM_PASSPHRASE: string) => say(["keys", "show", "--keys", dir, "--json"], { DECOM_PASSPHRASE });
    const { exit, json, out } = await show(passphrase);
    expect(exit).toBe(0);
    expect(json).toMatchObject({
      ...{ stationId, siteId: "DEPOT-1", depotId, wireKey: hex(pointOf(wireKey)), notAfter: rfc3339(clock.wall() + YEAR_MS) },
      ...{ certSha256: hex(sha256(leaf)), rootSha256: hex(sha256(root)), ownerKeyId: expect.stringMatching(/^[0-9a-f]{16}$/) },
    });
    const secret = Buffer.from(wireKey.export({ format: "jwk" }).d ?? "", "base64url").toString("hex");
    expect(secret).toHaveLength(64);
    expect(out.join("")).not.toContain(secret);
    expect(await show("another")).toMatchObject({ exit: 2, json: { code: "keys.passphrase" } });
  });

  test("has no production role to sign in", async () => {
    const station = await open();
    expect(() => station.signerFor("station")).toThrow(code("keys.missing"));
  });

  test("is valid for a year and no longer", () => {
    for (const name of ["root.pem", "owner.pem", "station.pem"]) {
      for (const { notBefore, notAfter } of readCertificates(readFileSync(join(dir, name))).map(readCertificate)) {
        expect([notBefore, notAfter - notBefore]).toEqual([clock.wall(), 365 * 24 * 3_600_000]);
      }
    }
  });

  test("does not open with another passphrase", async () => {
    await expect(open("wrong")).rejects.toThrow(code("keys.passphrase"));
    await expect(open("")).rejects.toThrow(code("keys.passphrase"));
  });

  test("opens however the keyboard composed the passphrase", async () => {
    expect(passphrase.normalize("NFD")).not.toBe(passphrase);
    expect((await open(passphrase.normalize("NFD"))).siteId).toBe("DEPOT-1");
  });

  test("is never overwritten", async () => {
    const before = readFileSync(join(dir, "wire.key"));
    await expect(init()).rejects.toThrow(code("keys.exists"));
    expect(readFileSync(join(dir, "wire.key"))).toEqual(before);
  });

  test("that is absent, incomplete or damaged says so", async () => {
    await expect(openStation({ dir: join(dir, "none"), disk: systemDisk, passphrase })).rejects.toThrow(code("keys.missing"));
    for (const [name, bad, expected] of [
      ["station.json", '{"stationId":"A"}', "keys.invalid"],
      ["wire.key", "nothing", "keys.invalid"],
      ["root.pem", "nothing", "keys.invalid"],
    ] as const) {
      const good = readFileSync(join(dir, name));
      writeFileSync(join(dir, name), bad);
      await expect(open()).rejects.toThrow(code(expected));
      writeFileSync(join(dir, name), good);
    }
  });
});

test("an empty passphrase or a bad station name makes no folder", async () => {
  const dir = join(tmpdir(), "keys-never");
  const request = { dir, disk: systemDisk, clock, random, algorithm: "p256" } as const;
  await expect(initBenchKeys({ ...request, passphrase: "" })).rejects.toThrow(code("keys.passphrase"));
  await expect(initBenchKeys({ ...request, passphrase, station: { stationId: "a/b" } })).rejects.toThrow(code("args.invalid"));
  expect(systemDisk.list(dir)).toEqual([]);
});

test("a certificate of another key is not used", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const certificates = [testLeaf("bench"), testIssuing.certificate];
  expect(() => signerOf({ key: privateKey, certificates }, "bench")).toThrow(code("keys.invalid"));
});

describe("a PKCS#12 file", () => {
  const key = testStationKey("rsa3072");
  const by = { key, certificate: testLeaf("station", { key, by: undefined, extensions: caExtensions(0) }) };
  const certificates = [testLeaf("station", { key, by }), by.certificate];
  let file: Uint8Array;
  beforeAll(async () => {
    file = await sealPkcs12({ key, certificates }, passphrase);
  });

  test("gives back the RSA key and its certificates byte for byte, and nothing without the passphrase", async () => {
    const opened = await openPkcs12(file, passphrase);
    expect(opened.key.equals(key)).toBe(true);
    expect(opened.certificates.map(hex)).toEqual(certificates.map(hex));
    await expect(openPkcs12(file, "wrong")).rejects.toThrow(code("keys.passphrase"));
    await expect(openPkcs12(file.subarray(0, 99), passphrase)).rejects.toThrow(code("keys.invalid"));
    await expect(sealPkcs12({ key, certificates: [testLeaf("bench", { key })] }, passphrase)).rejects.toThrow(code("keys.invalid"));
    expect(hex(file)).not.toContain(hex(Buffer.from(key.export({ format: "jwk" }).d!, "base64url").subarray(0, 32)));
  });

  test("is the station of a depot's folder as well as a PEM file", async () => {
    const disk = new MemoryDisk();
    const { "station.pem": _, ...others } = keyFiles(passphrase);
    for (const [name, text] of Object.entries(others)) disk.write(`keys/${name}`, Buffer.from(text));
    disk.write("keys/station.p12", file);
    const { station } = await openBench({ keys: "keys", passphrase, out: "out", disk });
    expect(station.leaf).toEqual(certificates[0]);
    expect(station.signerFor("station").certificates).toEqual(certificates);
    expect(() => station.signerFor("bench")).toThrow(code("keys.missing"));
  });
});

test("an encrypted PKCS#8 opens with its passphrase only", () => {
  const pem = sealKey(testWireKey, passphrase, seededRandom("pkcs8"));
  expect(openKey(pem, passphrase).equals(testWireKey)).toBe(true);
  expect(() => openKey(pem, "wrong")).toThrow(code("keys.passphrase"));
  expect(() => openKey("nothing", passphrase)).toThrow(code("keys.invalid"));
  expect(readPem("ENCRYPTED PRIVATE KEY", pem)).toHaveLength(1);
});

test("the journal key follows from the wire key's secret as RFC 5869 says", () => {
  const scalar = Buffer.from(testWireKey.export({ format: "jwk" }).d!, "base64url");
  const extracted = createHmac("sha256", Buffer.alloc(32)).update(scalar).digest();
  const expanded = createHmac("sha256", extracted).update("decom journal 1").update(Uint8Array.of(1)).digest();
  expect(hex(journalKeyOf(testWireKey))).toBe(hex(expanded));
});

test("the committed identities are one hierarchy", () => {
  expect(createPublicKey(testRoot.key).equals(readCertificate(testRoot.certificate).publicKey.key)).toBe(true);
  expect(readCertificate(testIssuing.certificate).issuer).toEqual(readCertificate(testRoot.certificate).subject);
});
