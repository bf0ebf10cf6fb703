// Who may read an archive: a party by name and the certificate of its key. Whoever names them vouches for them; no chain is followed.
import { hex } from "../../base/bytes.js";
import { DecomError } from "../../base/errors.js";
import { sha256 } from "../../base/sign.js";
import { readRecipient } from "../envelope/sealed.js";
import type { Certificate } from "../envelope/x509.js";
import { identifier } from "../statement/fields.js";

export interface ArchiveRecipient {
  /** An acquirer's id as the terminal has it, or the name of an escrow. The certificate's common name when absent. */
  readonly party?: string;
  /** DER; an RSA key with key usage keyEncipherment. */
  readonly certificate: Uint8Array;
}

/** As a journal keeps it; the certificate in base64. */
export interface StoredRecipient {
  readonly party: string;
  readonly certificate: string;
}

export interface SealTo {
  readonly party: string;
  readonly certificate: Certificate;
  readonly certSha256: string;
}

/** Throws `archive.recipient` unless every one can be sealed to at `now`. */
export function checkRecipients(recipients: readonly ArchiveRecipient[], now: number): StoredRecipient[] {
  return recipients.map(({ party, certificate }) => {
    const named = party ?? readRecipient(certificate, now).commonName;
    const stored = { party: named, certificate: Buffer.from(certificate).toString("base64") };
    return { ...stored, party: sealTo(stored, now).party };
  });
}

/** Throws `archive.recipient` when it is not, or no longer, one to seal to. */
export function sealTo({ party, certificate }: StoredRecipient, now: number): SealTo {
  if (!identifier.safeParse(party).success) {
    throw new DecomError("archive.recipient", `a recipient has no usable name: ${JSON.stringify(party)}`);
  }
  const der = new Uint8Array(Buffer.from(certificate, "base64"));
  return { party, certificate: readRecipient(der, now), certSha256: hex(sha256(der)) };
}
