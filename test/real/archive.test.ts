// A stranger opens the archive: stock OpenSSL with the command of the README, and decom with the same key.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemRandom } from "../../src/base/random.js";
import { readArchive } from "../../src/evidence/archive/document.js";
import { checkRecipients, sealTo } from "../../src/evidence/archive/recipients.js";
import { readCertificates } from "../../src/evidence/envelope/pem.js";
import { seal } from "../../src/evidence/envelope/sealed.js";
import { answer, at, env, keys, run, simulate } from "../tools/decom.js";
import { has } from "../tools/has.js";

const dir = mkdtempSync(join(tmpdir(), "archive-"));
afterAll(() => rmSync(dir, { recursive: true }));
const path = (name: string) => join(dir, name);
const openssl = (...args: string[]) => spawnSync("openssl", args, { cwd: dir, encoding: "utf8" });

/** A key and certificate as an acquirer would make them, with stock tools only. */
function makeRecipient(name: string, party: string): void {
  const made = openssl(
    ...["req", "-x509", "-newkey", "rsa:3072", "-noenc", "-sha256", "-days", "30", "-subj", `/CN=${party}`],
    ...["-addext", "keyUsage=critical,keyEncipherment", "-keyout", `${name}.key`, "-out", `${name}.pem`],
  );
  expect(made.status, made.stderr).toBe(0);
}

/** The command of the README, word for word: what it wrote counts only if it ended well. */
function decrypts(sealed: string, name: string): { readonly status: number | null; readonly bytes: Buffer } {
  const command = `cms -decrypt -binary -inform DER -in ${sealed} -recip ${name}.pem -inkey ${name}.key -out ${name}.tmp`;
  const { status } = openssl(...command.split(" "));
  return { status, bytes: existsSync(path(`${name}.tmp`)) ? readFileSync(path(`${name}.tmp`)) : Buffer.alloc(0) };
}

beforeAll(() => {
  if (!has("openssl")) return;
  makeRecipient("acquirer", "00100000001");
  makeRecipient("escrow", "ESCROW");
  makeRecipient("stranger", "ESCROW");
});

describe.skipIf(!has("openssl"))("stock OpenSSL", () => {
  const content = Buffer.from(`{"line":"archive"}\n${"{}\n".repeat(5000)}`);

  it("opens what is sealed for each of two recipients, byte for byte, and fails on a changed file", () => {
    const certificates = ["acquirer", "escrow"].map((name) => readCertificates(readFileSync(path(`${name}.pem`)))[0]!);
    const anybody = { order: {}, environment: "simulator", now: Date.now() } as const;
    const to = checkRecipients(
      certificates.map((certificate) => ({ certificate })),
      anybody,
    ).map((one) => sealTo(one, anybody));
    const sealed = seal(
      content,
      to.map(({ certificate }) => certificate),
      systemRandom,
    );
    writeFileSync(path("archive.p7m"), sealed);
    for (const name of ["acquirer", "escrow"]) {
      const { status, bytes } = decrypts("archive.p7m", name);
      expect({ name, status, same: bytes.equals(content) }).toEqual({ name, status: 0, same: true });
    }
    expect(decrypts("archive.p7m", "stranger").status).not.toBe(0);
    for (const back of [1, 8, 40, content.length]) {
      writeFileSync(
        path("changed.p7m"),
        sealed.map((byte, i) => (i === sealed.length - back ? byte ^ 1 : byte)),
      );
      expect(decrypts("changed.p7m", "acquirer").status, `${back} from the end`).not.toBe(0);
    }
  });
});

describe.skipIf(!has("openssl"))("decom run --seal-to", () => {
  it("leaves an archive that decom and openssl open alike with the key that was named for the acquirer, and that verify knows", async () => {
    const party = "00100000001";
    const locked = openssl("pkey", "-in", "stranger.key", "-aes256", "-passout", `pass:${env.DECOM_PASSPHRASE}`, "-out", "locked.key");
    expect(locked.status, locked.stderr).toBe(0);
    const out = at("archive-out");
    const sim = await simulate("--tcp", "0", "--model", "podp-small", "--seed", "7", "--state", at("archive-state"));
    const done = await run(sim.address, sim.serial, out, "--seal-to", `${party}=${path("stranger.pem")}`);
    expect(done.json).toMatchObject({ endState: "CERT", outcome: "ERASED" });
    sim.child.process.kill("SIGTERM");
    await sim.child.ended;

    const file = join(String(done.json["folder"]), "archive.p7m");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    writeFileSync(path("run.p7m"), readFileSync(file));
    const { status, bytes } = decrypts("run.p7m", "stranger");
    expect(status).toBe(0);
    expect(readArchive(bytes).head.serial).toBe(sim.serial);

    const to = path("clear.ndjson");
    const opened = await answer("archive", "open", file, "--key", path("stranger.key"), "--to", to, "--json");
    expect(opened.json).toMatchObject({ sealed: true, serial: sim.serial, certId: done.json["certId"], records: 5, settlements: 1 });
    expect(readFileSync(to).equals(bytes)).toBe(true);
    expect(statSync(to).mode & 0o777).toBe(0o600);
    const told = await answer("archive", "open", file, "--key", path("locked.key"));
    expect([told.code, told.lines[0]]).toEqual([0, `${sim.serial}  run ${String(done.json["runId"])}  5 records`]);

    const changed = path("bad.p7m");
    writeFileSync(
      changed,
      readFileSync(file).map((byte, i, all) => (i === all.length - 1 ? byte ^ 1 : byte)),
    );
    const bad = await answer("archive", "open", changed, "--key", path("stranger.key"), "--to", path("bad.ndjson"), "--json");
    expect([bad.code, bad.json["code"], existsSync(path("bad.ndjson"))]).toEqual([2, "archive.damaged", false]);

    const verified = (archive: string) =>
      answer("verify", String(done.json["certificate"]), "--trust", join(keys, "root.pem"), "--archive", archive, "--json");
    expect((await verified(file)).json).toMatchObject({ status: "ACCEPTED" });
    expect((await verified(changed)).json).toMatchObject({ status: "REJECTED", code: "ARCHIVE_HASH" });

    const unusable = await run(sim.address, sim.serial, out, "--seal-to", join(keys, "owner.pem"));
    expect(unusable.json).toMatchObject({ code: "args.invalid" });
  });
});
