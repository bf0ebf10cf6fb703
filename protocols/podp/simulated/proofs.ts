// What the simulated terminal signs about itself, and the simulated maker that vouches for it. Written from README "Erasure", ATTEST.
import { ascii, concat, hex, uint } from "../../../src/base/bytes.js";
import { kept } from "../../../src/base/kept.js";
import { keyIdOf, pairOf, sha256, signP256 } from "../../../src/base/sign.js";
import type { Signer } from "../../../src/sim/firmware.js";
import type { Terminal } from "../../../src/sim/terminal.js";
import type { Response } from "../../../src/wire/messages.js";
import { type commands, deviceCertificate } from "../messages.js";

/** Not secret by construction: it vouches for simulated terminals only. */
export const SIMULATED_MAKER = sha256(ascii("podp simulated vendor 1"));

export interface Attested {
  readonly nonce: Uint8Array;
  readonly op: Uint8Array;
  readonly planHash: Uint8Array;
  readonly resultHash: Uint8Array;
}

/** Its maker vouched for a unit once, at the factory; by serial number and key. */
const vouched = kept<Uint8Array>(256);

function certificateOf(model: string, { serial, maker }: Signer, deviceKey: Uint8Array): Uint8Array {
  return vouched(`${serial} ${model} ${hex(deviceKey)} ${hex(maker)}`, () => {
    const { point, key } = pairOf(maker);
    const fields = { serial, model, deviceKey, vendorKeyId: keyIdOf(point) };
    const values = concat(uint(serial.length, 1), ascii(serial), uint(model.length, 1), ascii(model), deviceKey, fields.vendorKeyId);
    return deviceCertificate.encode({ ...fields, signature: signP256(key, concat(ascii("podp1 device"), values)) });
  });
}

export function attest({ life, self, model }: Terminal, signer: Signer, of: Attested): Response<typeof commands.attest> {
  const { serial, boot, firmwareHash } = self;
  const identity = pairOf(signer.scalar);
  const unit = concat(uint(serial.length, 1), ascii(serial));
  const state = concat(unit, uint(life.life, 4), uint(boot, 4), of.op, of.planHash, of.resultHash, firmwareHash);
  return {
    signature: signP256(identity.key, concat(ascii("podp1 attest"), of.nonce, state)),
    firmwareHash,
    keyId: keyIdOf(identity.point),
    certificate: certificateOf(model.name, signer, identity.point),
  };
}
