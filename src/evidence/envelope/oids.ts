// Object identifiers: the standard ones we speak and our own arc for roles.

/** Documentation arc (2.999); a deployer with an arc of their own changes this one line. */
const ARC = "2.999.46864";

/** Who may sign what: orders, certificates and holds of a station, receipts, and the two that count for nothing in production. */
export const roleOids = {
  owner: `${ARC}.1`,
  station: `${ARC}.2`,
  receipt: `${ARC}.3`,
  bench: `${ARC}.9`,
  simulator: `${ARC}.10`,
} as const;

export type Role = keyof typeof roleOids;
export type StationRole = "station" | "bench" | "simulator";

// The keys of a const table are exactly its type.
const roles = Object.keys(roleOids) as Role[];

export function roleOf(oid: string): Role | undefined {
  return roles.find((role) => roleOids[role] === oid);
}

export const oids = {
  // CMS (RFC 5652, 5035, 5083)
  data: "1.2.840.113549.1.7.1",
  signedData: "1.2.840.113549.1.7.2",
  authEnvelopedData: "1.2.840.113549.1.9.16.1.23",
  contentType: "1.2.840.113549.1.9.3",
  messageDigest: "1.2.840.113549.1.9.4",
  signingTime: "1.2.840.113549.1.9.5",
  signingCertificateV2: "1.2.840.113549.1.9.16.2.47",
  // algorithms
  sha256: "2.16.840.1.101.3.4.2.1",
  rsaEncryption: "1.2.840.113549.1.1.1",
  sha256WithRsa: "1.2.840.113549.1.1.11",
  ecPublicKey: "1.2.840.10045.2.1",
  p256: "1.2.840.10045.3.1.7",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  pbes2: "1.2.840.113549.1.5.13",
  pbkdf2: "1.2.840.113549.1.5.12",
  hmacSha256: "1.2.840.113549.2.9",
  aes256Cbc: "2.16.840.1.101.3.4.1.42",
  aes256Gcm: "2.16.840.1.101.3.4.1.46",
  rsaesOaep: "1.2.840.113549.1.1.7",
  mgf1: "1.2.840.113549.1.1.8",
  // X.509 (RFC 5280)
  commonName: "2.5.4.3",
  subjectKeyId: "2.5.29.14",
  keyUsage: "2.5.29.15",
  basicConstraints: "2.5.29.19",
  authorityKeyId: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  emailProtection: "1.3.6.1.5.5.7.3.4",
} as const;
