// What the simulated terminal signs about itself, and the simulated maker that vouches for it. Written from README "Erasure", ATTEST.
import { ascii, concat, hex, uint } from "../../../src/base/bytes.js";
import { keyIdOf, sha256, signP256 } from "../../../src/base/sign.js";
import { pairOf } from "../../../src/sim/keys.js";
import type { Terminal } from "../../../src/sim/terminal.js";
import type { Response } from "../../../src/wire/messages.js";
import { type commands, deviceCertificate } from "../messages.js";

/** Not secret by construction: it vouches for simulated terminals only. */
const VENDOR = sha256(ascii("podp simulated vendor 1"));
let made: ReturnType<typeof pairOf> | undefined;
const vendorPair = () => {
  made ??= pairOf(VENDOR);
  return made;
};

export interface Attested {
  readonly nonce: Uint8Array;
  readonly op: Uint8Array;
  readonly planHash: Uint8Array;
  readonly resultHash: Uint8Array;
}

/** Its maker vouched for a unit once, at the factory; by serial number and key. */
const vouched = new Map<string, Uint8Array>();
const MOST = 256;

function certificateOf({ self: { unit }, model }: Terminal, serial: Uint8Array, deviceKey: Uint8Array): Uint8Array {
  const name = `${unit.serial} ${model.name} ${hex(deviceKey)}`;
  const known = vouched.get(name);
  if (known !== undefined) return known;
  const vendor = vendorPair();
  const fields = { serial: unit.serial, model: model.name, deviceKey, vendorKeyId: keyIdOf(vendor.point) };
  const values = concat(serial, uint(model.name.length, 1), ascii(model.name), deviceKey, fields.vendorKeyId);
  const certificate = deviceCertificate.encode({ ...fields, signature: signP256(vendor.key, concat(ascii("podp1 device"), values)) });
  if (vouched.size >= MOST) vouched.clear();
  vouched.set(name, certificate);
  return certificate;
}

export function attest(terminal: Terminal, identity: ReturnType<typeof pairOf>, of: Attested): Response<typeof commands.attest> {
  const { life, self } = terminal;
  const { unit, boot, firmwareHash } = self;
  const serial = concat(uint(unit.serial.length, 1), ascii(unit.serial));
  const state = concat(serial, uint(life.life, 4), uint(boot, 4), of.op, of.planHash, of.resultHash, firmwareHash);
  return {
    signature: signP256(identity.key, concat(ascii("podp1 attest"), of.nonce, state)),
    firmwareHash,
    keyId: keyIdOf(identity.point),
    certificate: certificateOf(terminal, serial, identity.point),
  };
}
