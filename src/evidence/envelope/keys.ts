// A station's key folder: made once for a bench, opened with its passphrase before every run.
import { createPublicKey, generateKeyPair, hkdfSync, type KeyObject } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import { equal, hex, text } from "../../base/bytes.js";
import type { Clock } from "../../base/clock.js";
import { type Disk, replaceDurably } from "../../base/disk.js";
import { DecomError } from "../../base/errors.js";
import type { Random } from "../../base/random.js";
import { Rejection } from "../codes.js";
import { readJson } from "../json.js";
import { keySigner, type Signer } from "./cms.js";
import { type Identity, openKey, openPkcs12, sealKey, sealPkcs12 } from "./identity.js";
import { type Authority, caExtensions, issueCertificate, leafExtensions } from "./issue.js";
import { type Role, roleOids, type StationRole } from "./oids.js";
import { pemOf, readCertificates } from "./pem.js";
import { type Certificate, readCertificate } from "./x509.js";

const identifier = z.string().regex(/^[A-Z0-9._-]{1,64}$/);
const stationFacts = z.strictObject({
  stationId: identifier,
  siteId: identifier,
  timezone: z.string().min(1).max(64),
  /** 8 bytes in hex, as GRANT and PASS carry it. */
  depotId: z.string().regex(/^[0-9a-f]{16}$/),
});
export type StationFacts = Readonly<z.infer<typeof stationFacts>>;

export type Algorithm = "rsa3072" | "p256";

export interface InitRequest {
  readonly dir: string;
  readonly disk: Disk;
  /** From the environment or a file descriptor, never from the command line. */
  readonly passphrase: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly algorithm: Algorithm;
  readonly station?: Partial<StationFacts>;
}

export interface Station extends StationFacts {
  readonly root: Uint8Array;
  /** P-256; signs what terminals check. */
  readonly wireKey: KeyObject;
  /** MACs the journal's lines: follows from the wire key, so it opens with the same passphrase. */
  readonly journalKey: Uint8Array;
  /** By which a back end knows it: of a depot its leaf as a station, of a bench the bench's. */
  readonly leaf: Uint8Array;
  /** Where the station log, used nonces and the lock lie. */
  readonly state: string;
  signerFor(role: StationRole): Signer;
  /** On a bench only: the key that signs orders, grants and passes. */
  readonly owner?: Owner;
}

export interface Owner {
  readonly key: KeyObject;
  readonly certificate: Uint8Array;
  readonly signer: Signer;
}

const FILES = {
  root: "root.pem",
  owner: "owner.pem",
  ownerKey: "owner.key",
  pkcs12: "station.p12",
  pem: "station.pem",
  wireKey: "wire.key",
  station: "station.json",
} as const;
const STATE = "state";
const PRIVATE = 0o600;
const YEAR_MS = 365 * 24 * 3_600_000;

const makeKeyPair = promisify(generateKeyPair);

async function newKey(algorithm: Algorithm): Promise<KeyObject> {
  const { privateKey } =
    algorithm === "rsa3072"
      ? await makeKeyPair("rsa", { modulusLength: 3072, publicExponent: 65537 })
      : await makeKeyPair("ec", { namedCurve: "P-256" });
  return privateKey;
}

/**
 * Makes a bench's own root, issuing CA, owner and station. The two CA keys are forgotten on return: nobody can ever add to this
 * hierarchy, and after a year a new folder is made. The root is a bench's: it means nothing to a production back end.
 */
export async function initBenchKeys(request: InitRequest): Promise<StationFacts> {
  const { dir, disk, passphrase, clock, random, algorithm } = request;
  const names: readonly string[] = Object.values(FILES);
  const present = disk.list(dir).filter((name) => names.includes(name) || name === STATE);
  if (present.length > 0) throw new DecomError("keys.exists", `${dir} already holds ${present.join(", ")}`);
  if (passphrase === "") throw new DecomError("keys.passphrase", "an empty passphrase protects nothing");
  const facts = stationFacts.safeParse({
    stationId: `BENCH-${hex(random.bytes(4)).toUpperCase()}`,
    siteId: "BENCH",
    timezone: "Etc/UTC",
    depotId: hex(random.bytes(8)),
    ...request.station,
  });
  if (!facts.success) throw new DecomError("args.invalid", `station: ${z.prettifyError(facts.error)}`);
  const { stationId } = facts.data;

  const [rootKey, issuingKey, stationKey, ownerKey, wireKey] = await Promise.all([
    newKey(algorithm),
    newKey(algorithm),
    newKey(algorithm),
    newKey("p256"),
    newKey("p256"),
  ]);
  const notBefore = Math.floor(clock.wall() / 1000) * 1000;
  const common = { notBefore, notAfter: notBefore + YEAR_MS, random };
  const issue = (commonName: string, key: KeyObject, extensions: readonly Uint8Array[], by?: Authority) =>
    issueCertificate({ ...common, commonName, key, extensions, ...(by === undefined ? {} : { by }) });
  const root = issue(`${stationId} bench root`, rootKey, caExtensions(1));
  const issuing = issue(`${stationId} bench CA`, issuingKey, caExtensions(0), { certificate: root, key: rootKey });
  const leaf = (commonName: string, key: KeyObject, role: Role) =>
    issue(commonName, key, leafExtensions(role), { certificate: issuing, key: issuingKey });
  const owner = leaf(`${stationId} owner`, ownerKey, "owner");
  const station: Identity = {
    key: stationKey,
    certificates: [leaf(stationId, stationKey, "bench"), leaf(stationId, stationKey, "simulator"), issuing],
  };

  disk.makeFolder(join(dir, STATE));
  const write = (name: string, content: string | Uint8Array, mode?: number) =>
    replaceDurably(disk, join(dir, name), typeof content === "string" ? new TextEncoder().encode(content) : content, mode);
  write(FILES.root, pemOf("CERTIFICATE", root));
  write(FILES.owner, pemOf("CERTIFICATE", owner, issuing));
  write(FILES.ownerKey, sealKey(ownerKey, passphrase, random), PRIVATE);
  write(FILES.wireKey, sealKey(wireKey, passphrase, random), PRIVATE);
  if (algorithm === "rsa3072") write(FILES.pkcs12, await sealPkcs12(station, passphrase), PRIVATE);
  else write(FILES.pem, sealKey(stationKey, passphrase, random) + pemOf("CERTIFICATE", ...station.certificates), PRIVATE);
  write(FILES.station, `${JSON.stringify(facts.data, undefined, 2)}\n`);
  return facts.data;
}

/** What a key folder says without its passphrase: which station it is, and whom it trusts. */
export function readStation({ dir, disk }: Pick<InitRequest, "dir" | "disk">): StationFacts & { readonly root: Uint8Array } {
  const facts = stationFactsOf(readIn(dir, disk, FILES.station));
  const [root] = readCertificates(readIn(dir, disk, FILES.root));
  if (root === undefined) throw new DecomError("keys.invalid", `${FILES.root} holds no certificate`);
  return { ...facts, root };
}

function readIn(dir: string, disk: Disk, name: string): Uint8Array {
  const bytes = disk.read(join(dir, name));
  if (bytes === undefined) throw new DecomError("keys.missing", `${join(dir, name)} does not exist`);
  return bytes;
}

export async function openStation({ dir, disk, passphrase }: Pick<InitRequest, "dir" | "disk" | "passphrase">): Promise<Station> {
  const optional = (name: string) => disk.read(join(dir, name));
  const read = (name: string) => readIn(dir, disk, name);
  const facts = readStation({ dir, disk });
  const wireKey = openKey(text(read(FILES.wireKey)), passphrase);
  const pkcs12 = optional(FILES.pkcs12);
  const identity = pkcs12 === undefined ? openPem(read(FILES.pem), passphrase) : await openPkcs12(pkcs12, passphrase);
  const ownerKey = optional(FILES.ownerKey);
  return {
    ...facts,
    wireKey,
    journalKey: journalKeyOf(wireKey),
    leaf: leafOf(identity, facts),
    state: join(dir, STATE),
    signerFor: (role) => signerOf(identity, role),
    ...(ownerKey === undefined ? {} : { owner: ownerOf(openKey(text(ownerKey), passphrase), read(FILES.owner)) }),
  };
}

function stationFactsOf(file: Uint8Array): StationFacts {
  try {
    return stationFacts.parse(readJson(file));
  } catch (cause) {
    throw new DecomError("keys.invalid", `${FILES.station} is damaged`, { cause });
  }
}

function openPem(file: Uint8Array, passphrase: string): Identity {
  return { key: openKey(text(file), passphrase), certificates: readCertificates(file) };
}

function ownerOf(key: KeyObject, file: Uint8Array): Owner {
  const signer = signerOf({ key, certificates: readCertificates(file) }, "owner");
  const [certificate] = signer.certificates;
  if (certificate === undefined) throw new DecomError("keys.invalid", `${FILES.owner} holds no certificate`);
  return { key, certificate, signer };
}

/** The key under its leaf of this role, with the CAs that stand beside it. */
export function signerOf({ key, certificates }: Identity, role: Role): Signer {
  const read = certificates.map(usable);
  const leaf = leafFor(read, role);
  if (leaf === undefined) throw new DecomError("keys.missing", `no certificate for the role ${role} in the key folder`);
  const spki = (of: KeyObject) => new Uint8Array(of.export({ type: "spki", format: "der" }));
  if (!equal(spki(leaf.publicKey.key), spki(createPublicKey(key)))) {
    throw new DecomError("keys.invalid", `the certificate for the role ${role} belongs to another key`);
  }
  return keySigner(key, leaf.der, ...read.filter(({ ca }) => ca).map(({ der }) => der));
}

function leafFor(certificates: readonly Certificate[], role: Role): Certificate | undefined {
  return certificates.find(({ ca, extendedKeyUsage }) => !ca && extendedKeyUsage.includes(roleOids[role]));
}

/** Throws `keys.invalid` where it is another station's: every certificate would be refused. */
function leafOf({ certificates }: Identity, { stationId }: StationFacts): Uint8Array {
  const read = certificates.map(usable);
  const leaf = leafFor(read, "station") ?? leafFor(read, "bench");
  if (leaf === undefined) throw new DecomError("keys.missing", "no certificate for the role station or bench in the key folder");
  if (leaf.commonName !== stationId) {
    throw new DecomError("keys.invalid", `${FILES.station} is of station ${stationId}, the certificate of ${leaf.commonName}`);
  }
  return leaf.der;
}

function usable(der: Uint8Array): Certificate {
  try {
    return readCertificate(der);
  } catch (cause) {
    if (!(cause instanceof Rejection)) throw cause;
    throw new DecomError("keys.invalid", `a certificate in the key folder is unusable: ${cause.message}`, { cause });
  }
}

export function journalKeyOf(wireKey: KeyObject): Uint8Array {
  const scalar = Buffer.from(wireKey.export({ format: "jwk" }).d ?? "", "base64url");
  return new Uint8Array(hkdfSync("sha256", scalar, new Uint8Array(0), "decom journal 1", 32));
}
