// Private keys at rest: RSA identities in PKCS#12 (the one use of node-forge, which Node has no reader for), P-256 keys in encrypted PKCS#8.
import { createCipheriv, createPrivateKey, type KeyObject, pbkdf2Sync } from "node:crypto";
import { EMPTY } from "../../base/bytes.js";
import { DecomError } from "../../base/errors.js";
import type { Random } from "../../base/random.js";
import { bitString, integer, nothing, octets, oid, readDer, sequence } from "./der.js";
import { oids } from "./oids.js";
import { pemOf, readPem } from "./pem.js";
import { readCertificate } from "./x509.js";

export interface Identity {
  readonly key: KeyObject;
  readonly certificates: readonly Uint8Array[];
}

/** Node's own export uses 2,048 rounds, too few for what a person can remember. */
const PBKDF2_ROUNDS = 200_000;
/** PKCS#12 derives its MAC key in JavaScript: about 0.25 s each time it is opened. */
const PKCS12_ROUNDS = 50_000;

const loadForge = async () => (await import("node-forge")).default;

/** The same passphrase, however the keyboard composed it. */
const normalised = (passphrase: string) => passphrase.normalize("NFC");

/** An RSA key with the certificates that belong to it, in the given order; RSA throughout, forge writes no other. */
export async function sealPkcs12({ key, certificates }: Identity, passphrase: string): Promise<Uint8Array> {
  const rsa = certificates
    .map((der) => readCertificate(der))
    .every(({ signatureKind, publicKey }) => signatureKind === "rsa" && publicKey.kind === "rsa");
  if (!rsa) throw new DecomError("keys.invalid", "a PKCS#12 file is written for RSA keys under RSA authorities only");
  const forge = await loadForge();
  const pfx = forge.pkcs12.toPkcs12Asn1(
    forge.pki.privateKeyFromPem(key.export({ type: "pkcs1", format: "pem" }).toString()),
    certificates.map((der) => forge.pki.certificateFromPem(pemOf("CERTIFICATE", der))),
    forge.util.encodeUtf8(normalised(passphrase)),
    { algorithm: "aes256", count: PKCS12_ROUNDS, saltSize: 16 },
  );
  return new Uint8Array(Buffer.from(forge.asn1.toDer(pfx).getBytes(), "latin1"));
}

export async function openPkcs12(file: Uint8Array, passphrase: string): Promise<Identity> {
  const forge = await loadForge();
  const { certBag = "", pkcs8ShroudedKeyBag = "" } = forge.pki.oids;
  const der = stage("keys.invalid", "the station's PKCS#12 file is damaged", () =>
    forge.asn1.fromDer(forge.util.createBuffer(Buffer.from(file).toString("latin1"))),
  );
  const pfx = stage("keys.passphrase", "the passphrase does not open the station's key", () =>
    forge.pkcs12.pkcs12FromAsn1(der, forge.util.encodeUtf8(normalised(passphrase))),
  );
  return stage("keys.invalid", "the station's PKCS#12 file holds no RSA identity", () => {
    const key = pfx.getBags({ bagType: pkcs8ShroudedKeyBag })[pkcs8ShroudedKeyBag]?.[0]?.key;
    if (key === undefined) throw new TypeError("no key");
    const bytesOf = (asn1: typeof der) => new Uint8Array(Buffer.from(forge.asn1.toDer(asn1).getBytes(), "latin1"));
    const certificates = (pfx.getBags({ bagType: certBag })[certBag] ?? []).map(({ cert, asn1 }) => {
      // Forge keeps what it cannot read (an EC key) as it stands, but writes an ECDSA signature's algorithm wrongly: hence from its parts.
      if (!cert) return bytesOf(asn1);
      const signed = bytesOf(cert.tbsCertificate);
      const algorithm = readDer(signed).children[2]?.bytes ?? EMPTY;
      return sequence(signed, algorithm, bitString(new Uint8Array(Buffer.from(cert.signature, "latin1"))));
    });
    return { key: createPrivateKey(forge.pki.privateKeyToPem(key)), certificates };
  });
}

function stage<T>(code: "keys.invalid" | "keys.passphrase", message: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw new DecomError(code, message, { cause });
  }
}

/** PEM of an encrypted PKCS#8: PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC (RFC 8018), as every crypto library opens it. */
export function sealKey(key: KeyObject, passphrase: string, random: Random): string {
  const salt = random.bytes(16);
  const iv = random.bytes(16);
  const cipher = createCipheriv("aes-256-cbc", pbkdf2Sync(normalised(passphrase), salt, PBKDF2_ROUNDS, 32, "sha256"), iv);
  const sealed = Buffer.concat([cipher.update(key.export({ type: "pkcs8", format: "der" })), cipher.final()]);
  const derivation = sequence(oid(oids.pbkdf2), sequence(octets(salt), integer(PBKDF2_ROUNDS), sequence(oid(oids.hmacSha256), nothing())));
  const scheme = sequence(oid(oids.pbes2), sequence(derivation, sequence(oid(oids.aes256Cbc), octets(iv))));
  return pemOf("ENCRYPTED PRIVATE KEY", sequence(scheme, octets(sealed)));
}

export function openKey(pem: string, passphrase: string): KeyObject {
  const [der] = readPem("ENCRYPTED PRIVATE KEY", pem);
  if (der === undefined) throw new DecomError("keys.invalid", "no encrypted private key in the file");
  return stage("keys.passphrase", "the passphrase does not open the key", () =>
    createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs8", passphrase: normalised(passphrase) }),
  );
}
