// What a verifier can answer: every code with its severity and what to do about it, and every status with its exit and HTTP number.

/** malformed: no reader takes the bytes. reject: a rule says no. quarantine: sound, but a person must look. The rest only informs. */
export type Severity = "malformed" | "reject" | "quarantine" | "warning" | "info";

interface VerifierRow {
  readonly severity: Severity;
  readonly hint: string;
}

const row =
  (severity: Severity) =>
  (hint: string): VerifierRow => ({ severity, hint });
const malformed = row("malformed");
const reject = row("reject");
const quarantine = row("quarantine");
const warning = row("warning");

/** Codes are stable: a back end stores and compares them. Another language needs only another column of hints. */
export const verifierCodes = {
  // the two files
  ENV_SIZE: malformed("Keep the .json at 256 KiB or less and the .p7s at 64 KiB or less."),
  ENV_DER: malformed("Write strict DER: definite, minimal lengths and numbers, at most 24 levels."),
  ENV_TRAILING: malformed("Remove the bytes after the end of the structure."),
  ENV_TYPE: malformed("Pass one JSON object and a binary (not PEM or S/MIME) detached CMS SignedData over it."),
  ENV_VERSION: reject("Write SignedData version 1 with one SignerInfo version 1."),
  ENV_NOT_CANONICAL: reject("Do not re-encode: send the .p7s as the station wrote it, and CA certificates with low-s signatures."),
  ENVIRONMENT_BENCH: reject("A bench or simulator certificate proves nothing about a production terminal."),
  ENVIRONMENT_MISMATCH: reject("Sign with the key whose role is the environment that the statement names."),
  // CMS
  CMS_NO_SIGNER: reject("The signature file holds no signature; sign the document."),
  CMS_SIGNER_COUNT: reject("Exactly one signer may sign a document."),
  CMS_NOT_DETACHED: reject("Leave the content out of the .p7s; it travels as the .json."),
  CMS_NO_SIGNED_ATTRS: reject("Sign with signed attributes; a bare signature could belong to something else."),
  CMS_ATTR_ORDER: reject("Sort the signed attributes as DER demands."),
  CMS_ATTR_DUP: reject("Give each signed attribute once."),
  CMS_ATTR_MISSING: reject("Sign contentType, messageDigest, signingTime and signing-certificate-v2."),
  CMS_ATTR_UNKNOWN: reject("Sign no other attribute than the four."),
  CMS_ATTR_VALUES: reject("Give each signed attribute exactly one value of its own type."),
  CMS_UNSIGNED_ATTR: reject("Remove the unsigned attributes; timestamp tokens are not accepted yet."),
  CMS_DIGEST_SET: reject("List SHA-256, and only SHA-256, as digest algorithm."),
  ALG_DIGEST: reject("Hash with SHA-256."),
  ALG_SIGNATURE: reject("Sign with RSA PKCS#1 v1.5 or ECDSA, both with SHA-256."),
  ALG_KEY: reject("Use an RSA key or a P-256 key, and the algorithm that belongs to it."),
  KEY_WEAK: reject("Use RSA of 3072 to 8192 bits with exponent 65537, or P-256."),
  SIGNATURE_BAD: reject("The signature is not this key's over this document, or not in its one form (ECDSA: low s)."),
  DIGEST_MISMATCH: reject("The document is not the one that was signed; fetch both files again."),
  ESS_CERT_MISMATCH: reject("The signature was made under another certificate of this key."),
  EKU: reject("Use a certificate with emailProtection and the one role this document needs; CAs carry none."),
  KEY_USAGE: reject("Use a leaf certificate whose key usage is digitalSignature."),
  // certificates
  CERT_PARSE: reject("Issue X.509 v3 certificates with known critical extensions."),
  CERT_EXPIRED: reject("A certificate of the chain is not valid at the trusted time; verify with the time of the receipt."),
  CERT_EXTRANEOUS: reject("Enclose the leaf and its issuing CAs, nothing else and not the root."),
  CERT_DUP_EXT: reject("Give each certificate extension once."),
  CERT_ORDER: reject("Enclose the leaf first, then its issuer."),
  CHAIN_UNTRUSTED: reject("The chain does not end in the pinned root; check which root you trust."),
  CHAIN_DEPTH: reject("Use root, issuing CA and leaf; a path length was exceeded."),
  STATION_MISMATCH: reject("The certificate belongs to another station than the document names."),
  // times
  TIME_FUTURE: reject("The signing time lies in the future; set the station's clock right."),
  TIME_NOT_IN_LEAF: reject("The signing time lies outside the station certificate's validity."),
  TIME_ISSUED_MISMATCH: reject("issuedAt and the signing time must be the same second."),
  TIME_BEFORE_ORDER: reject("The document is older than its order."),
  TIME_BELOW_FLOOR: reject("The document is older than something this station signed before."),
  TIME_STEPS: reject("A step ends before it starts, or steps go back in time."),
  TIME_UNCERTAIN: reject("The station's clock is less certain than the policy allows."),
  // JSON
  JSON_UTF8: malformed("Write UTF-8."),
  JSON_BOM: malformed("Remove the byte order mark."),
  JSON_DUP_KEY: reject("Give each key once; case and compatibility variants count as the same."),
  JSON_DEPTH: malformed("Nest at most 16 levels."),
  JSON_NUMBER: reject("Write whole numbers within ±(2^53−1), without exponent, fraction or minus zero."),
  JSON_UNKNOWN_FIELD: reject("Remove the field; the schema is closed."),
  JSON_NOT_NFC: reject("Normalise texts to NFC."),
  JSON_CHARSET: reject("Remove control characters and lone surrogates; identifiers take A-Z, 0-9, dot, hyphen and underscore."),
  JSON_TRAILING: malformed("Remove the text after the end of the object."),
  // the statement
  SCHEMA_INVALID: reject("A field is missing or has another form than the schema says."),
  SCHEMA_VERSION: reject("This version of the document is not (or no longer) accepted."),
  SCHEMA_UNKNOWN_FORBIDDEN: reject("This field must be known here; an unknown marker is not enough."),
  SCHEMA_OUTCOME: reject("The outcome does not follow from the evidence in the document."),
  ORDER_UNKNOWN: warning("The order that this document names is not known here yet; hold the document and ask again."),
  ORDER_EXPIRED: reject("The order had expired when the run began."),
  ORDER_NONCE_REUSED: reject("The nonce is not this order's, or another run has used it."),
  ORDER_WRONG_STATION: reject("The order is for another station."),
  ORDER_WRONG_DEVICE: reject("The order is for another terminal."),
  ORDER_WRONG_LIFE: reject("The order is for another life of this terminal."),
  ORDER_SCOPE: reject("Less was done than the order demands, and the outcome does not say so."),
  ORDER_EXCEPTION: reject("An exception is not in the order, or does not match what was left."),
  ORDER_DESTINATION: reject("The method is not enough for where the terminal goes, or the destination is not the order's."),
  SEQ_FORK: reject("Two different documents bear one number; raise the alarm and keep both."),
  DEV_SERIAL_MISMATCH: quarantine("Label and terminal report different serial numbers; look at the terminal."),
  DEV_TAMPERED: quarantine("The terminal reports tampering; treat it as an incident."),
  DEV_MODEL: reject("The inventory is not this model's."),
  DEV_NO_RESTART: reject("Inspect in two boot numbers: before and after a restart."),
  SETTLE_UNSETTLED: reject("Money is left that no signed exception covers."),
  SETTLE_TOTALS_DIFFER: reject("Terminal and host totals differ, yet the outcome says balanced."),
  SETTLE_LEVEL: reject("The settlement level is above its evidence, or below the order's."),
  SETTLE_HOSTVIEW: reject("The host's view of the batch is missing or disagrees."),
  ARCHIVE_MISSING: reject("The order or the settlement level demands an archive."),
  ARCHIVE_HASH: reject("The archive is not the one that the document names."),
  ARCHIVE_RECIPIENT: reject("The archive must be sealed to the acquirer."),
  KEYS_SLOT_MISSING: reject("Account for every key slot of the model."),
  KEYS_STILL_PRESENT: reject("A key slot still answers, yet is reported erased."),
  KEYS_CONSTANT: reject("A slot answers with a constant key, which is not erased."),
  KEYS_PROBE_MISSING: reject("Probe every erased slot and record that it failed as expected."),
  AREA_LEVEL_LOW: reject("An area was verified at a lower level than required."),
  AREA_COVERAGE: reject("An area was not covered, yet the outcome claims it."),
  AREA_IMPLAUSIBLE_TIME: reject("The work was faster than the line or the memory allows."),
  AREA_NO_PROOF: reject("A fill proof lacks its seed commitment or its record."),
  ATTEST_MISSING: reject("Level V6 or P3 needs the terminal's own signed attestation."),
  ATTEST_RESULTS: reject("The terminal's attestation and the document disagree."),
  PEOPLE_SAME_PERSON: reject("Performer, witness and approvers must be different people."),
  PEOPLE_ROLE: reject("A person acted in a role they do not have."),
  DATA_PAN_FOUND: reject("A text looks like a card number; such data must not leave the terminal."),
  DATA_SAD_FOUND: reject("The document holds sensitive authentication data."),
  DATA_SECRET_FOUND: reject("The document holds a secret."),
  POLICY_MODEL: reject("This model description is not on the allow-list."),
  POLICY_FLOOR: reject("The outcome claims more than the policy floor lets it."),
  POLICY_EXCEPTIONS: warning("Erased with exceptions; outcomeReasons names them."),
  POLICY_OUTCOME: quarantine("The terminal was not erased, or the run was abandoned; a person must decide what becomes of it."),
} as const satisfies Record<string, VerifierRow>;

export type VerifierCode = keyof typeof verifierCodes;

export const statuses = {
  ACCEPTED: { exit: 0, http: 201 },
  ACCEPTED_WITH_FINDINGS: { exit: 0, http: 201 },
  DUPLICATE: { exit: 0, http: 200 },
  DEFERRED: { exit: 6, http: 202 },
  QUARANTINED: { exit: 5, http: 202 },
  REJECTED: { exit: 4, http: 422 },
  CONFLICT: { exit: 4, http: 409 },
  MALFORMED: { exit: 3, http: 400 },
  UNAVAILABLE: { exit: 7, http: 503 },
} as const satisfies Record<string, { readonly exit: number; readonly http: number }>;

export type Status = keyof typeof statuses;

/** What a finding of this severity, standing alone, makes of a certificate. */
export const statusOf = {
  malformed: "MALFORMED",
  reject: "REJECTED",
  quarantine: "QUARANTINED",
  warning: "ACCEPTED_WITH_FINDINGS",
  info: "ACCEPTED",
} as const satisfies Record<Severity, Status>;

export interface Finding {
  readonly code: VerifierCode;
  readonly severity: Severity;
  /** JSON pointer, or child indexes from the outermost DER element in the same notation. */
  readonly pointer: string;
}

export function finding(code: VerifierCode, pointer: string): Finding {
  return { code, severity: verifierCodes[code].severity, pointer };
}

/** JSON pointer (RFC 6901) to what these keys and positions lead to; a key that is longer than any of ours is cut off. */
export function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).slice(0, 64).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** The one thing that verifying throws for bytes from outside. */
export class Rejection extends Error {
  readonly code: VerifierCode;
  readonly pointer: string;

  constructor(code: VerifierCode, pointer: string, detail: string) {
    super(`${code} at ${pointer === "" ? "/" : pointer}: ${detail}`);
    this.name = "Rejection";
    this.code = code;
    this.pointer = pointer;
  }

  get severity(): Severity {
    return verifierCodes[this.code].severity;
  }

  get status(): Status {
    return statusOf[this.severity];
  }

  get finding(): Finding {
    return finding(this.code, this.pointer);
  }
}
