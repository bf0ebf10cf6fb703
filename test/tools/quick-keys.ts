// A bench's key folder that opens in no time: its keys sealed again with the few rounds of Node's own export. Each file names its rounds.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openKey } from "../../src/evidence/envelope/identity.js";

/** For a folder of P-256 keys, as `keys init --algorithm p256` has made it. */
export function sealQuickly(dir: string, passphrase: string): void {
  for (const name of ["owner.key", "station.pem", "wire.key"]) {
    const path = join(dir, name);
    const pem = readFileSync(path, "utf8");
    const quick = openKey(pem, passphrase).export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase }).toString();
    writeFileSync(path, pem.replace(/-----BEGIN ENCRYPTED PRIVATE KEY-----[\s\S]*?-----END ENCRYPTED PRIVATE KEY-----\n/, quick));
  }
}
