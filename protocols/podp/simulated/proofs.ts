// What the simulated terminal signs about itself, and the simulated maker that vouches for it. Written from README "Erasure", ATTEST.
import { ascii, concat, hex, uint } from "../../../src/base/bytes.js";
import { keyIdOf, sha256, signP256 } from "../../../src/base/sign.js";
import type { Signer } from "../../../src/sim/firmware.js";
import { pairOf } from "../../../src/sim/keys.js";
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
const vouched = new Map<string, Uint8Array>();
const MOST = 256;

function certificateOf(model: string, { serial, maker }: Signer, deviceKey: Uint8Array): Uint8Array {
  const name = `${serial} ${model} ${hex(deviceKey)} ${hex(maker)}`;
  const known = vouched.get(name);
  if (known !== undefined) return known;
  const { point, key } = pairOf(maker);
  const fields = { serial, model, deviceKey, vendorKeyId: keyIdOf(point) };
  const values = concat(uint(serial.length, 1), ascii(serial), uint(model.length, 1), ascii(model), deviceKey, fields.vendorKeyId);
  const certificate = deviceCertificate.encode({ ...fields, signature: signP256(key, concat(ascii("podp1 device"), values)) });
  if (vouched.size >= MOST) vouched.clear();
  vouched.set(name, certificate);
  return certificate;
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
