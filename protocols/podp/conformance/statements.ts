// The signed statements of an OPEN, with any part of them wrong: before they are signed, or after.
import type { KeyObject, KeyPairKeyObjectResult } from "node:crypto";
import { ascii, concat, EMPTY } from "../../../src/base/bytes.js";
import { keyIdOf, pointOf, sha256, signP256 } from "../../../src/base/sign.js";
import type { Of, Struct } from "../../../src/wire/fields.js";
import { element, elements } from "../../../src/wire/tlv.js";
import { limits } from "../codes.js";
import { commands, grant, type grantFields, pass, type passFields } from "../messages.js";
import type { HelloAck } from "../session.js";
import { grantHash, stationMessage } from "../signed.js";
import { disagree } from "./case.js";

type Grant = Of<typeof grantFields>;
type Pass = Of<typeof passFields>;

export interface OpenChanges {
  readonly grant?: Partial<Grant>;
  readonly pass?: Partial<Pass>;
  /** Elements put into the statement before its signature is made. */
  readonly extraInGrant?: Uint8Array;
  readonly extraInPass?: Uint8Array;
  /** Changes made after signing. */
  readonly bendGrant?: (content: Uint8Array) => Uint8Array;
  readonly bendPass?: (content: Uint8Array) => Uint8Array;
  readonly bendSignature?: (signature: Uint8Array) => Uint8Array;
  readonly extraInOpen?: Uint8Array;
  readonly ownerKey?: KeyObject;
  /** A grant made before, as it was sent. */
  readonly sameGrant?: Uint8Array;
}

const ALL_USED_RIGHTS = 0x1f;
const ZERO = new Uint8Array(64);

function sign<T>(
  title: string,
  shape: Struct<T>,
  value: T & { readonly signature: Uint8Array },
  key: KeyObject,
  extra = EMPTY,
): Uint8Array {
  const unsigned = concat(shape.encode(value).subarray(0, -67), extra);
  const found = elements(unsigned, limits.depthToDevice);
  if (!Array.isArray(found)) return disagree("the suite made a statement that does not read");
  const values = found.map((one) => one.value);
  return concat(unsigned, element(0xdf2c, signP256(key, concat(ascii(title), ...values))));
}

/** Who opens what: the terminal as its HELLO_ACK says, its challenge, and the keys of owner and station. */
interface Opener {
  readonly ack: HelloAck;
  readonly challenge: Uint8Array;
  readonly ownerKey: KeyObject;
  readonly station: KeyPairKeyObjectResult;
}

/** The bytes of an OPEN and the grant in it; `changes` makes exactly one thing wrong. */
export function opening(
  { ack, challenge, ownerKey, station }: Opener,
  changes: OpenChanges,
): { readonly grant: Uint8Array; readonly body: Uint8Array } {
  const key = changes.ownerKey ?? ownerKey;
  const ownerKeyId = keyIdOf(pointOf(key));
  const { serial, life, bootNumber, passFloor } = ack;
  const depot = ascii("CONFORMS");
  const same = { version: 1, ownerKeyId, depot, signature: ZERO };
  const rights = ALL_USED_RIGHTS;
  const scope = { orderHash: sha256(ascii("conformance")), rights, scopeFloor: 0, archiveKeyHash: new Uint8Array(32), exceptions: [] };
  const granted = { ...same, ...scope, serial, life, passFloor, ...changes.grant };
  const grantContent = sign("podp1 grant", grant, granted, key, changes.extraInGrant);
  const passed = { ...same, stationKey: pointOf(station.publicKey), passNumber: passFloor, ...changes.pass };
  const passContent = sign("podp1 pass", pass, passed, key, changes.extraInPass);
  const sent = changes.sameGrant ?? changes.bendGrant?.(grantContent) ?? grantContent;
  const act = { command: commands.open.code, serial, life, bootNumber, challenge, grantHash: grantHash(sent) };
  const signature = signP256(station.privateKey, stationMessage(act));
  const body = concat(
    element(0xff21, sent),
    element(0xff22, changes.bendPass?.(passContent) ?? passContent),
    element(0xdf44, changes.bendSignature?.(signature) ?? signature),
    element(0xdf2d, pointOf(key)),
    changes.extraInOpen ?? EMPTY,
  );
  return { grant: sent, body };
}
