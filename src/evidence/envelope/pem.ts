// PEM: the text form in which keys and certificates lie in files (RFC 7468).
import { text } from "../../base/bytes.js";

/** One block per DER, in order. */
export function pemOf(label: string, ...ders: readonly Uint8Array[]): string {
  const lines = (der: Uint8Array) =>
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return ders.map((der) => `-----BEGIN ${label}-----\n${lines(der).join("\n")}\n-----END ${label}-----\n`).join("");
}

/** The DER of every block with this label, in order; text between blocks is skipped. */
export function readPem(label: string, pem: string): Uint8Array[] {
  const block = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]*)-----END ${label}-----`, "g");
  return [...pem.matchAll(block)].map(([, body = ""]) => new Uint8Array(Buffer.from(body, "base64")));
}

/** The certificates of a PEM file, in order. */
export function readCertificates(file: Uint8Array): Uint8Array[] {
  return readPem("CERTIFICATE", text(file));
}
