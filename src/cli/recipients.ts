// Whom an archive is to be sealed to, as the command line names them: [PARTY=]FILE, a certificate in PEM or DER.
import { text } from "../base/bytes.js";
import { DecomError } from "../base/errors.js";
import { words } from "../base/words.js";
import type { ArchiveRecipient } from "../evidence/archive/recipients.js";
import { readCertificates } from "../evidence/envelope/pem.js";
import { readFile } from "./files.js";

/** Whether the certificate will do is for the procedure to say. */
export function recipientOf(given: string): ArchiveRecipient {
  const [, party, path = given] = /^([A-Z0-9._-]{1,64})=(.+)$/.exec(given) ?? [];
  const bytes = readFile(path);
  const [certificate, more] = text(bytes).includes("-----BEGIN") ? readCertificates(bytes) : [bytes];
  if (certificate === undefined || more !== undefined) throw new DecomError("args.invalid", words.cli.oneCertificate(path));
  return { ...(party === undefined ? {} : { party }), certificate };
}
