// What is signed on a podp line, byte for byte (README: "Authority", "Erasure and what proves it"). Raw P-256, no envelope.
import { ascii, bcd, concat, hex, uint, unhex } from "../../src/base/bytes.js";
import { DecomError, unreachable } from "../../src/base/errors.js";
import { sha256 } from "../../src/base/sign.js";
import type { GrantMaker } from "../../src/terminal/authority.js";
import type { AccountNumbers, Exception, Ruling } from "../../src/terminal/exceptions.js";
import { contentClasses } from "../../src/terminal/facts.js";
import { element, elements } from "../../src/wire/tlv.js";
import { limits, rights } from "./codes.js";
import { named } from "./facts.js";
import { grant, pass } from "./messages.js";

const SIGNATURE_TAG = 0xdf2c;
const GRANT_TAG = 0xff21;
const UNSIGNED = new Uint8Array(64);

/** Where in a session a station signature belongs; hashes are absent for OPEN. */
export interface StationAct {
  readonly command: number;
  readonly serial: string;
  readonly life: number;
  readonly bootNumber: number;
  readonly challenge: Uint8Array;
  readonly op?: Uint8Array;
  readonly planHash?: Uint8Array;
  readonly censusHash?: Uint8Array;
  readonly grantHash: Uint8Array;
}

export function stationMessage(act: StationAct): Uint8Array {
  return concat(
    ascii("podp1"),
    uint(act.command, 1),
    uint(act.serial.length, 1),
    ascii(act.serial),
    uint(act.life, 4),
    uint(act.bootNumber, 4),
    act.challenge,
    act.op ?? new Uint8Array(16),
    act.planHash ?? new Uint8Array(32),
    act.censusHash ?? new Uint8Array(32),
    act.grantHash,
  );
}

/** SHA-256 over the whole FF21 element as it travels. */
export function grantHash(content: Uint8Array): Uint8Array {
  return sha256(element(GRANT_TAG, content));
}

/** The values, not the elements, of everything that stands before the signature. */
function valuesOf(content: Uint8Array): Uint8Array {
  const found = elements(content, limits.depthToDevice);
  if (!Array.isArray(found)) return unreachable("an encoder of ours wrote TLV that does not parse");
  return concat(...found.filter(({ tag }) => tag !== SIGNATURE_TAG).map(({ value }) => value));
}

const bits = (names: Readonly<Record<string, number>>, chosen: readonly string[]) =>
  chosen.reduce((sum, name) => sum | (names[name] ?? 0), 0);

/** Grants and passes in podp's own form, for owners to sign and for the agent to compare with the order. */
export const grantMaker: GrantMaker = {
  grant(facts, ownerKeyId, sign) {
    const unsigned = {
      version: 1,
      ownerKeyId: unhex(ownerKeyId),
      orderHash: unhex(facts.orderSha256),
      serial: facts.serial,
      life: facts.life,
      rights: bits(rights, facts.rights),
      depot: unhex(facts.depot),
      scopeFloor: bits(contentClasses, facts.scopeFloor),
      archiveKeyHash: new Uint8Array(32),
      passFloor: facts.passFloor,
      exceptions: facts.exceptions.map(unhex),
    };
    const signature = sign(concat(ascii("podp1 grant"), valuesOf(grant.encode({ ...unsigned, signature: UNSIGNED }))));
    return grant.encode({ ...unsigned, signature });
  },
  pass({ ownerKeyId, depot, stationKey, passNumber }, sign) {
    const unsigned = { version: 1, ownerKeyId: unhex(ownerKeyId), depot: unhex(depot), stationKey, passNumber };
    const signature = sign(concat(ascii("podp1 pass"), valuesOf(pass.encode({ ...unsigned, signature: UNSIGNED }))));
    return pass.encode({ ...unsigned, signature });
  },
  readGrant(bytes) {
    const decoded = grant.decode(bytes);
    if ("badTag" in decoded || decoded.unknown.length > 0) return undefined;
    const { value } = decoded;
    return {
      ownerKeyId: hex(value.ownerKeyId),
      orderSha256: hex(value.orderHash),
      serial: value.serial,
      life: value.life,
      rights: named(rights, value.rights),
      depot: hex(value.depot),
      scopeFloor: named(contentClasses, value.scopeFloor),
      passFloor: value.passFloor,
      exceptions: value.exceptions.map(hex).sort(),
    };
  },
  exceptions(exceptions, rulings) {
    const groups = new Map<string, Exception[]>();
    for (const one of exceptions) {
      const key = hex(exceptionHead(one));
      groups.set(key, [...(groups.get(key) ?? []), one]);
    }
    const rows = [...groups.entries()].map(([head, group]) => head + hex(exceptionTail(group)));
    const all = [...rows, ...rulings.map((ruling) => hex(rulingRow(ruling)))].sort();
    if (all.length > limits.exceptions) {
      throw new DecomError("order.exception", `a podp grant holds ${limits.exceptions} exceptions, not ${all.length}`);
    }
    return all;
  },
};

/** README "Account": the first 8 bytes of SHA-256 over acquirer, MID and TID as elements. */
function accountId({ acquirer, mid, tid }: AccountNumbers): Uint8Array {
  if (!/^[0-9]{1,11}$/.test(acquirer)) throw new DecomError("order.exception", `podp numbers its acquirers; ${acquirer} is no number`);
  return sha256(element(0x9f01, bcd(BigInt(acquirer), 6)), element(0x9f16, ascii(mid)), element(0x9f1c, ascii(tid))).subarray(0, 8);
}

const CURRENCY = /^[0-9]{3}$/;

function exceptionHead({ kind, direction, money, batch, ...account }: Exception): Uint8Array {
  if (!CURRENCY.test(money.currency) || !/^[0-9]{1,6}$/.test(batch)) {
    throw new DecomError("order.exception", `podp cannot name batch ${batch} in currency ${money.currency}`);
  }
  const numbers = [Number(kind.slice(1)), direction === "debit" ? 1 : 2];
  return concat(accountId(account), Uint8Array.of(...numbers), bcd(BigInt(money.currency), 2), bcd(BigInt(batch), 3));
}

/** The terminal compares a group as a whole: how many, how much, and one hash over all digests. */
function exceptionTail(group: readonly Exception[]): Uint8Array {
  const digests = group.flatMap(({ items }) => items.map(({ digest }) => digest)).sort();
  const unlisted = group.some(({ items }) => items.length === 0);
  const digest = unlisted ? new Uint8Array(32) : sha256(...digests.map(unhex));
  const count = group.reduce((sum, one) => sum + one.count, 0);
  const amount = group.reduce((sum, one) => sum + one.money.minor, 0n);
  return concat(uint(count, 2), bcd(amount, 6), digest);
}

function rulingRow({ answer, batch, ...account }: Ruling): Uint8Array {
  const head = concat(accountId(account), Uint8Array.of(answer === "closed" ? 0xf1 : 0xf2, 0), bcd(0n, 2), bcd(BigInt(batch), 3));
  return concat(head, new Uint8Array(40));
}
