// Every worked byte string of protocols/podp/README.md, made again from its inputs; signatures come from the caller.
import { createPublicKey, type KeyObject } from "node:crypto";
import { encodeFrame, type Frame, fragments, payloadRoom } from "../../protocols/podp/frame.js";
import * as m from "../../protocols/podp/messages.js";
import { ascii, concat, EMPTY, readUint, uint, unhex } from "../../src/base/bytes.js";
import { hmacSha256, keyIdOf, pairOf, pointOf, sha256 } from "../../src/base/sign.js";
import { cobsEncode } from "../../src/wire/cobs.js";
import { element, elements } from "../../src/wire/tlv.js";

export interface Worked {
  readonly blocks: ReadonlyMap<string, Uint8Array>;
  readonly signatures: ReadonlyMap<string, { readonly key: KeyObject; readonly input: Uint8Array; readonly value: Uint8Array }>;
}

const NO_SIGNATURE = new Uint8Array(64);

/** The values before the signature, joined. */
function values(content: Uint8Array): Uint8Array {
  const found = elements(content, 4);
  if (!Array.isArray(found)) throw new Error("our own TLV does not read");
  return concat(...found.filter(({ tag }) => tag !== 0xdf2c).map(({ value }) => value));
}

export function worked(sign: (name: string, key: KeyObject, input: Uint8Array) => Uint8Array): Worked {
  const blocks = new Map<string, Uint8Array>();
  const signatures = new Map<string, { key: KeyObject; input: Uint8Array; value: Uint8Array }>();
  const put = (name: string, bytes: Uint8Array): Uint8Array => {
    blocks.set(name, bytes);
    return bytes;
  };
  const signed = (name: string, key: KeyObject, input: Uint8Array): Uint8Array => {
    put(`${name}-input`, input);
    const value = sign(name, key, input);
    signatures.set(name, { key: createPublicKey(key), input, value });
    return put(`${name}-signature`, value);
  };
  const SESSION = 0x0003_0001;
  const frame = (name: string, type: Frame["type"], seq: number, ack: number, payload: Uint8Array, more = false, session = SESSION) =>
    put(name, encodeFrame({ type, more, session, seq, ack, payload }));
  const rsp = (code: number, seq: number, result: number, tlv: Uint8Array = EMPTY) =>
    concat(uint(code, 1), uint(seq, 2), uint(result, 1), tlv);

  put("crc", unhex("CBF43926"));
  put("cobs-encoded", cobsEncode(put("cobs-plain", unhex("112200330000"))));

  // Keys and constants
  const owner = pairOf(put("owner-scalar", sha256(ascii("podp TEST-ONLY owner 1")))).key;
  const station = pairOf(put("station-scalar", sha256(ascii("podp TEST-ONLY station 1")))).key;
  const identity = pairOf(put("identity-scalar", sha256(ascii("podp TEST-ONLY identity 1")))).key;
  const vendor = pairOf(put("vendor-scalar", sha256(ascii("podp TEST-ONLY vendor 1")))).key;
  const ownerPoint = put("owner-point", pointOf(owner));
  const ownerKeyId = put("owner-key-id", keyIdOf(ownerPoint));
  const stationKey = put("station-point", pointOf(station));
  const serial = "PD-000042";
  const life = 1;
  const bootNumber = 3;
  const depot = unhex("D0D1D2D3D4D5D6D7");

  // Session
  const hostNonce = unhex("0102030405060708");
  frame("hello", "HELLO", 0, 0, m.hello.encode({ hostNonce, version: 1, maxFrame: 512 }), false, 0);
  frame(
    "hello-ack",
    "HELLO_ACK",
    0,
    0,
    m.helloAck.encode({
      hostNonce,
      nonce: unhex("1112131415161718"),
      version: 1,
      serial,
      model: "demo",
      firmware: "1.0.0",
      bootNumber,
      resetReason: "power",
      life,
      nextOp: 1,
      environment: "bench",
      maxFrame: 512,
      window: 4,
      secondsToReboot: 86_400,
      capabilities: 0x05,
      ownerState: "set",
      passFloor: 7,
      locked: false,
      ownerKeys: [ownerKeyId],
    }),
  );
  frame("identify", "CMD", 0, 0, concat(uint(0x01, 1), m.commands.identify.request.encode({})));
  frame(
    "identify-answer",
    "RSP",
    0,
    1,
    rsp(
      0x01,
      0,
      0,
      m.commands.identify.response.encode({
        serial,
        ifdSerial: "PD000042",
        model: "demo",
        firmware: "1.0.0",
        hardware: "rev B",
        tampered: false,
        battery: 90,
        mains: true,
        date: "260105",
        time: "080000",
        secondsToReboot: 86_400,
      }),
    ),
  );

  // Authority
  const names = concat(
    element(0x9f01, unhex("000000000042")),
    element(0x9f16, ascii("M00000000000001")),
    element(0x9f1c, ascii("T0000001")),
  );
  put("account-input", names);
  const account = put("account", sha256(names).slice(0, 8));
  const excepted = sha256(ascii("record 115"));
  const exception = put(
    "exception",
    concat(account, uint(3, 1), uint(1, 1), unhex("0156 000007"), uint(1, 2), unhex("000000000300"), sha256(excepted)),
  );
  const grantBody = {
    version: 1,
    ownerKeyId,
    orderHash: sha256(ascii("order")),
    serial,
    life,
    rights: 0x0b,
    depot,
    scopeFloor: 0x3f,
    archiveKeyHash: new Uint8Array(32),
    passFloor: 7,
    exceptions: [exception],
  };
  const unsigned = m.grant.encode({ ...grantBody, signature: NO_SIGNATURE });
  const grantSignature = signed("grant", owner, concat(ascii("podp1 grant"), values(unsigned)));
  const grant = put("grant", element(0xff21, m.grant.encode({ ...grantBody, signature: grantSignature })));
  const grantHash = put("grant-hash", sha256(grant));
  const passBody = { version: 1, ownerKeyId, depot, stationKey, passNumber: 7 };
  const unsignedPass = m.pass.encode({ ...passBody, signature: NO_SIGNATURE });
  const passSignature = signed("pass", owner, concat(ascii("podp1 pass"), values(unsignedPass)));
  const pass = put("pass", element(0xff22, m.pass.encode({ ...passBody, signature: passSignature })));
  frame("challenge", "CMD", 1, 1, concat(uint(0x03, 1), m.commands.challenge.request.encode({ command: 0x04 })));
  const challenge = unhex("C0C1C2C3C4C5C6C7C8C9CACBCCCDCECF");
  frame("challenge-answer", "RSP", 1, 2, rsp(0x03, 1, 0, m.commands.challenge.response.encode({ challenge })));
  const zeros = new Uint8Array(32);
  const input = (command: number, op: Uint8Array, plan: Uint8Array, census: Uint8Array) =>
    concat(
      ascii("podp1"),
      uint(command, 1),
      uint(serial.length, 1),
      ascii(serial),
      uint(life, 4),
      uint(bootNumber, 4),
      challenge,
      op,
      plan,
      census,
      grantHash,
    );
  const openSignature = signed("open", station, input(0x04, zeros.subarray(16), zeros, zeros));
  const open = concat(uint(0x04, 1), grant, pass, element(0xdf44, openSignature));
  const parts = fragments(open, payloadRoom(512));
  for (const [i, part] of parts.entries()) frame(`open-${i + 1}`, "CMD", 2 + i, 2, part, i + 1 < parts.length);
  frame("open-answer", "RSP", 2, 4, rsp(0x04, 2, 0, m.commands.open.response.encode({ rights: 0x0b, ownerState: "set" })));
  frame("not-open", "RSP", 0, 1, rsp(0x20, 0, 0x14, m.refusal.encode({ detail: 1, unsettled: [] })));

  // Census
  const page = m.commands.census.response.encode({
    generation: 5,
    pages: 1,
    items: [
      {
        account,
        kind: 1,
        batch: "000007",
        direction: "debit",
        amount: 1250n,
        currency: "156",
        stan: "000114",
        digest: sha256(ascii("record 114")),
      },
      {
        account,
        kind: 3,
        batch: "000007",
        direction: "debit",
        amount: 300n,
        currency: "156",
        stan: "000115",
        digest: excepted,
      },
    ],
    unread: [],
  });
  put("census-page", page);
  frame("census-answer", "RSP", 3, 5, rsp(0x21, 4, 0, page));
  const emptyCensus = put("census-empty", m.commands.census.response.encode({ generation: 6, pages: 1, items: [], unread: [] }));
  const censusHash = put("census-hash", sha256(emptyCensus));

  // READ: two DATA frames and the answer
  const file = Uint8Array.from({ length: 300 }, (_, i) => (i < 2 ? 0 : i % 256));
  frame("data-1", "DATA", 4, 6, concat(uint(0, 4), file.subarray(0, 200)));
  frame("data-2", "DATA", 5, 6, concat(uint(200, 4), file.subarray(200)));
  frame("data-ack", "ACK", 6, 6, EMPTY);
  frame("read-answer", "RSP", 6, 6, rsp(0x22, 5, 0, m.commands.read.response.encode({ next: 300, total: 300, sha256: sha256(file) })));

  // Wipe
  const op = unhex("00000001 A0A1A2A3A4A5A6A7A8A9AAAB");
  const plan = put(
    "plan",
    m.plan.encode({
      areas: [{ area: 1, method: "block-erase", fill: false }],
      slots: [{ type: "TMK", algorithm: "TDES", from: 0, to: 9 }],
      kept: [{ type: "IDENTITY", algorithm: "P256", from: 0, to: 0, reason: 1 }],
    }),
  );
  const planHash = put("plan-hash", sha256(plan));
  const commitSignature = signed("commit", station, input(0x42, op, planHash, censusHash));
  frame(
    "commit",
    "CMD",
    6,
    7,
    concat(uint(0x42, 1), m.commands.commit.request.encode({ op, planHash, censusHash, signature: commitSignature })),
  );
  frame("arm", "CMD", 7, 8, concat(uint(0x43, 1), m.commands.arm.request.encode({ op, token: unhex("E0E1E2E3E4E5E6E7E8E9EAEBECEDEEEF") })));
  frame("arm-answer", "RSP", 8, 8, rsp(0x43, 7, 1));
  frame(
    "progress",
    "EVT",
    9,
    8,
    concat(uint(m.events.PROGRESS, 1), m.progress.encode({ op, step: 1, steps: 3, area: 1, permille: 333, silence: 2000 })),
  );
  frame("stall", "EVT", 9, 8, concat(uint(m.events.STALL, 1), m.stall.encode({ ms: 900 })));
  const result = put(
    "wipe-result",
    m.wipeResult.encode({
      areas: [{ area: 1, code: 0, errors: 0, retries: 1 }],
      slots: [{ type: "TMK", algorithm: "TDES", from: 0, to: 9, code: 0 }],
    }),
  );
  const resultHash = put("result-hash", sha256(result));

  // SAMPLE: an area of 8 blocks of 256 bytes, all FF but one byte of block 6
  const seed = put("sample-seed", unhex("50515253545556575859 5A5B5C5D5E5F"));
  const nonce = put("sample-nonce", unhex("60616263646566676869 6A6B6C6D6E6F"));
  const order: number[] = [];
  for (let i = 0; order.length < 5; i++) {
    const head = sha256(seed, uint(i, 4));
    const at = Number(((BigInt(readUint(head, 0, 4)) << 32n) | BigInt(readUint(head, 4, 4))) % 8n);
    if (!order.includes(at)) order.push(at);
  }
  put("sample-order", Uint8Array.from(order));
  const area = new Uint8Array(2048).fill(0xff);
  area[6 * 256 + 17] = 0x7f;
  const sampled = order.map((block) => area.subarray(block * 256, (block + 1) * 256));
  const mac = put("sample-mac", hmacSha256(nonce, ...sampled));
  const nonBlank = sampled.reduce((sum, block) => sum + block.filter((byte) => byte !== 0xff).length, 0);
  frame(
    "sample",
    "CMD",
    0,
    0,
    concat(uint(0x44, 1), m.commands.sample.request.encode({ op, area: 1, seed, blocks: 5, nonce })),
    false,
    0x40001,
  );
  frame("sample-answer", "RSP", 0, 1, rsp(0x44, 0, 0, m.commands.sample.response.encode({ nonBlank, mac })), false, 0x40001);

  // FILL: an area of 4 blocks of 64 bytes, streamed with the bytes that a seed stands for; two modes, one content
  const fill = { op, area: 2 };
  const fillSeed = put("fill-seed", unhex("70717273747576777879 7A7B7C7D7E7F"));
  const unit = (i: number) => sha256(ascii("podp1 fill"), fillSeed, uint(i, 4));
  const content = put("fill-bytes", concat(...Array.from({ length: 8 }, (_, i) => unit(i))));
  const c = m.commands;
  const inspected = (name: string, type: Frame["type"], seq: number, ack: number, payload: Uint8Array) =>
    frame(name, type, seq, ack, payload, false, 0x40001);
  inspected("fill-begin", "CMD", 1, 1, concat(uint(0x50, 1), c.fillBegin.request.encode({ ...fill, mode: 1, size: 256 })));
  inspected("fill-begin-answer", "RSP", 1, 2, rsp(0x50, 1, 0, c.fillBegin.response.encode({ next: 0 })));
  inspected("fill-data", "DATA", 2, 2, concat(uint(0, 4), content));
  inspected("fill-ack", "ACK", 2, 3, EMPTY);
  inspected("fill-end", "CMD", 3, 2, concat(uint(0x52, 1), c.fillEnd.request.encode(fill)));
  inspected("fill-end-answer", "RSP", 2, 4, rsp(0x52, 3, 0, c.fillEnd.response.encode({ written: 256 })));
  const proofNonce = put("proof-nonce", sha256(ascii("proof nonce")));
  const orderSeed = put("proof-order-seed", unhex("80818283848586878889 8A8B8C8D8E8F"));
  const words = sha256(orderSeed);
  const blocks64 = Array.from({ length: 4 }, (_, i) => ((words[7]! % 4) + i * ((words[15]! % 4) | 1)) % 4); // 4 blocks: low bits decide, odd steps are coprime
  put("proof-order", Uint8Array.from(blocks64));
  const proofKey = put("proof-key", hmacSha256(hmacSha256(new Uint8Array(32), proofNonce), uint(1, 1)));
  const proven = put(
    "proof-mac",
    hmacSha256(proofKey, ascii("pose1"), uint(2, 1), uint(256, 4), ...blocks64.map((at) => content.subarray(at * 64, (at + 1) * 64))),
  );
  inspected("proof", "CMD", 4, 3, concat(uint(0x54, 1), c.proof.request.encode({ ...fill, nonce: proofNonce, orderSeed })));
  inspected("proof-answer", "RSP", 3, 5, rsp(0x54, 4, 0, c.proof.response.encode({ mac: proven, deviceMs: 12 })));
  inspected("fill-release", "CMD", 5, 4, concat(uint(0x53, 1), c.fillRelease.request.encode(fill)));
  inspected("fill-release-answer", "RSP", 4, 6, rsp(0x53, 5, 0));
  inspected("seed-begin", "CMD", 6, 5, concat(uint(0x50, 1), c.fillBegin.request.encode({ ...fill, mode: 2, size: 256, seed: fillSeed })));
  inspected("seed-begin-answer", "RSP", 5, 7, rsp(0x50, 6, 0, c.fillBegin.response.encode({ next: 256 })));

  // ATTEST, after the restart: boot 4, life 2
  const attestNonce = put("attest-nonce", sha256(ascii("attest nonce")));
  const firmwareHash = put("firmware-hash", sha256(ascii("demo 1.0.0")));
  signed(
    "attest",
    identity,
    concat(
      ascii("podp1 attest"),
      attestNonce,
      uint(serial.length, 1),
      ascii(serial),
      uint(life + 1, 4),
      uint(bootNumber + 1, 4),
      op,
      planHash,
      resultHash,
      firmwareHash,
    ),
  );
  const certificateBody = { serial, model: "demo", deviceKey: pointOf(identity), vendorKeyId: keyIdOf(pointOf(vendor)) };
  const vendorSignature = signed(
    "certificate",
    vendor,
    concat(
      ascii("podp1 device"),
      uint(serial.length, 1),
      ascii(serial),
      uint(certificateBody.model.length, 1),
      ascii(certificateBody.model),
      certificateBody.deviceKey,
      certificateBody.vendorKeyId,
    ),
  );
  put("certificate", element(0xff30, m.deviceCertificate.encode({ ...certificateBody, signature: vendorSignature })));
  return { blocks, signatures };
}
