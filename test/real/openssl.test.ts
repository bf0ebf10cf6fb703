// A stranger's verifier: the published openssl command takes what we sign and refuses a changed byte.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { hex } from "../../src/base/bytes.js";
import { systemClock } from "../../src/base/clock.js";
import { systemDisk } from "../../src/base/disk.js";
import { systemRandom } from "../../src/base/random.js";
import { signDetached } from "../../src/evidence/envelope/cms.js";
import { openPkcs12 } from "../../src/evidence/envelope/identity.js";
import { type Algorithm, initBenchKeys, openStation } from "../../src/evidence/envelope/keys.js";
import { pemOf } from "../../src/evidence/envelope/pem.js";
import { content } from "../support/craft.js";
import { testRoot, testStation, testStationKey } from "../support/identities.js";

const missing = spawnSync("openssl", ["version"]).status !== 0;
const dir = mkdtempSync(join(tmpdir(), "openssl-"));
afterAll(() => rmSync(dir, { recursive: true }));
const file = (name: string) => join(dir, name);
const openssl = (...args: string[]) => spawnSync("openssl", args, { cwd: dir, encoding: "utf8" });

/** The command of the README, word for word. */
function verifies(json: Uint8Array, p7s: Uint8Array, root: Uint8Array): boolean {
  writeFileSync(file("C.json"), json);
  writeFileSync(file("C.p7s"), p7s);
  writeFileSync(file("root.pem"), pemOf("CERTIFICATE", root));
  const command =
    "cms -verify -binary -cades -x509_strict -auth_level 2 -no-CApath -no-CAstore -inform DER -in C.p7s -content C.json -CAfile root.pem -out /dev/null";
  return openssl(...command.split(" ")).status === 0;
}

const changed = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));

describe("stock OpenSSL", () => {
  for (const algorithm of ["rsa3072", "p256"] as const) {
    test(`accepts what the ${algorithm} test identity signs and refuses one changed byte in either file`, ({ skip }) => {
      skip(missing, "openssl is not installed");
      const root = testRoot.certificate;
      const signature = signDetached({ content, signer: testStation(algorithm).signerFor("simulator"), signingTime: systemClock.wall() });
      expect(verifies(content, signature, root)).toBe(true);
      for (const at of [0, 7, content.length - 1]) expect(verifies(changed(content, at), signature, root)).toBe(false);
      for (const at of [0, 30, 600, signature.length - 1]) expect(verifies(content, changed(signature, at), root)).toBe(false);
    });

    test(`opens the files of a new ${algorithm} bench and accepts what it signs`, async ({ skip }) => {
      skip(missing, "openssl is not installed");
      const keys = file(algorithm satisfies Algorithm);
      const passphrase = "two words 两个词";
      const facts = await initBenchKeys({ dir: keys, disk: systemDisk, passphrase, clock: systemClock, random: systemRandom, algorithm });
      const station = await openStation({ dir: keys, disk: systemDisk, passphrase });
      expect(station.stationId).toBe(facts.stationId);
      for (const signer of [station.signerFor("bench"), station.signerFor("simulator"), station.owner!.signer]) {
        const signature = signDetached({ content, signer, signingTime: systemClock.wall() });
        expect(verifies(content, signature, station.root)).toBe(true);
      }
      const pass = ["-passin", `pass:${passphrase}`];
      for (const name of ["wire.key", "owner.key"]) expect(openssl("pkey", "-in", join(keys, name), ...pass, "-noout").status).toBe(0);
      const identity =
        algorithm === "p256"
          ? ["pkey", "-in", join(keys, "station.pem"), "-noout"]
          : ["pkcs12", "-in", join(keys, "station.p12"), "-noout"];
      expect(openssl(...identity, ...pass).stderr).not.toMatch(/error|invalid/i);
      expect(openssl(...identity, ...pass).status).toBe(0);
      expect(openssl(...identity, "-passin", "pass:other").status).not.toBe(0);
    });
  }

  test("makes a PKCS#12 file with an RSA key under an ECDSA authority that opens byte for byte", async ({ skip }) => {
    skip(missing, "openssl is not installed");
    const { certificates } = testStation("rsa3072").signerFor("bench");
    const key = testStationKey("rsa3072");
    writeFileSync(file("in.pem"), key.export({ type: "pkcs8", format: "pem" }) + pemOf("CERTIFICATE", ...certificates));
    expect(openssl("pkcs12", "-export", "-in", "in.pem", "-out", "out.p12", "-passout", "pass:two words").status).toBe(0);
    const opened = await openPkcs12(readFileSync(file("out.p12")), "two words");
    expect(opened.key.equals(key)).toBe(true);
    expect(opened.certificates.map(hex)).toEqual(certificates.map(hex));
  });

  test("does not accept under another root of the same name", ({ skip }) => {
    skip(missing, "openssl is not installed");
    const signature = signDetached({ content, signer: testStation().signerFor("simulator"), signingTime: systemClock.wall() });
    const [leaf] = testStation().signerFor("bench").certificates;
    expect(verifies(content, signature, leaf!)).toBe(false);
  });
});
