// Who may read an archive: a party by name and the certificate of its key. The signed order names both and so vouches for them; no chain is followed.
import { hex } from "../../base/bytes.js";
import { DecomError } from "../../base/errors.js";
import { sha256 } from "../../base/sign.js";
import type { Environment } from "../../terminal/facts.js";
import { readRecipient } from "../envelope/sealed.js";
import type { Certificate } from "../envelope/x509.js";
import type { Order } from "../order/schema.js";
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

/** Under which order, on what kind of terminal, and when. */
export interface Sealing {
  readonly order: Pick<Order, "archiveRecipients">;
  readonly environment: Environment;
  readonly now: number;
}

/** Throws `archive.recipient` unless every one can be sealed to now, and may be under this order. */
export function checkRecipients(recipients: readonly ArchiveRecipient[], sealing: Sealing): StoredRecipient[] {
  return recipients.map(({ party, certificate }) => {
    const named = party ?? readRecipient(certificate, sealing.now).commonName;
    const stored = { party: named, certificate: Buffer.from(certificate).toString("base64") };
    sealTo(stored, sealing);
    return stored;
  });
}

/** Throws `archive.recipient` when it is not, or no longer, one to seal to. */
export function sealTo(stored: StoredRecipient, { order, environment, now }: Sealing): SealTo {
  const { party, certificate } = stored;
  if (!identifier.safeParse(party).success) {
    throw new DecomError("archive.recipient", `a recipient has no usable name: ${JSON.stringify(party)}`);
  }
  const der = new Uint8Array(Buffer.from(certificate, "base64"));
  const certSha256 = hashOf(stored);
  const { archiveRecipients: named } = order;
  if (named === undefined && environment === "production") {
    throw new DecomError(
      "archive.recipient",
      `the order names nobody who may read the archive of a production terminal, and so not ${party}`,
    );
  }
  if (named?.some((one) => one.party === party && one.certSha256 === certSha256) === false) {
    throw new DecomError(
      "archive.recipient",
      `the order does not name ${party} with certificate ${certSha256} among those who may read the archive`,
    );
  }
  return { party, certificate: readRecipient(der, now), certSha256 };
}

/** Of those whom the order names, the ones who were not brought. */
export function missingRecipients({ archiveRecipients = [] }: Pick<Order, "archiveRecipients">, to: readonly SealTo[]): readonly string[] {
  return archiveRecipients.filter(({ certSha256 }) => !to.some((one) => one.certSha256 === certSha256)).map(({ party }) => party);
}

/** SHA-256 of the certificate, as certificates and orders name it. */
export function hashOf({ certificate }: StoredRecipient): string {
  return hex(sha256(Buffer.from(certificate, "base64")));
}
