// P-256 keys from a known scalar, for vectors only.
import { createECDH, createPrivateKey, type KeyObject } from "node:crypto";

export function keyOfScalar(scalar: Uint8Array): KeyObject {
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(scalar);
  const point = ecdh.getPublicKey();
  const [x, y, d] = [point.subarray(1, 33), point.subarray(33), Buffer.from(scalar)].map((part) => part.toString("base64url"));
  return createPrivateKey({ key: { kty: "EC", crv: "P-256", x, y, d } as never, format: "jwk" });
}
