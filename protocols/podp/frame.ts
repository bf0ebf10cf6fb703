// podp frames: 00 COBS(header ‖ payload ‖ CRC-32) 00. Role-blind; anything that is not a whole, correct frame is noise.
import { crc32 } from "node:zlib";
import { putUint, readUint } from "../../src/base/bytes.js";
import { cobsDecode, cobsDelimited } from "../../src/wire/cobs.js";
import { type FrameType, frameTypes, limits, MORE, VERSION } from "./codes.js";

export interface Frame {
  readonly type: FrameType;
  /** The payload continues in the next frame of this type. */
  readonly more: boolean;
  readonly session: number;
  readonly seq: number;
  /** The next number expected from the receiver of this frame. */
  readonly ack: number;
  readonly payload: Uint8Array;
}

const names = new Map(Object.entries(frameTypes).map(([name, code]) => [code as number, name as FrameType])); // entries() loses the key type

/** The largest payload whose frame has at most `maxFrame` bytes between the delimiters. */
export function payloadRoom(maxFrame: number): number {
  return maxFrame - Math.ceil(maxFrame / 255) - limits.header - limits.crc;
}

export function encodeFrame(frame: Frame): Uint8Array {
  const { payload } = frame;
  const plain = new Uint8Array(limits.header + payload.length + limits.crc);
  plain[0] = VERSION;
  plain[1] = frameTypes[frame.type];
  plain[2] = frame.more ? MORE : 0;
  putUint(plain, 4, frame.session, 4);
  putUint(plain, 8, frame.seq, 2);
  putUint(plain, 10, frame.ack, 2);
  putUint(plain, 12, payload.length, 2);
  plain.set(payload, limits.header);
  const end = limits.header + payload.length;
  putUint(plain, end, crc32(plain.subarray(0, end)), 4);
  return cobsDelimited(plain);
}

/** `undefined` for noise: bad COBS, CRC or length, another version, a type or flag that version 1 does not have. */
export function decodeFrame(encoded: Uint8Array): Frame | undefined {
  const bytes = cobsDecode(encoded);
  if (bytes === undefined || bytes.length < limits.header + limits.crc) return undefined;
  const body = bytes.subarray(0, bytes.length - limits.crc);
  if (crc32(body) !== readUint(bytes, body.length)) return undefined;
  const type = names.get(body[1] ?? 0);
  const flags = body[2] ?? 0;
  const payload = body.subarray(limits.header);
  if (body[0] !== VERSION || type === undefined || (flags & ~MORE) !== 0 || body[3] !== 0 || readUint(body, 12, 2) !== payload.length)
    return undefined;
  return { type, more: flags === MORE, session: readUint(body, 4, 4), seq: readUint(body, 8, 2), ack: readUint(body, 10, 2), payload };
}

/** Cuts a message into the payloads of as many frames as it needs; an empty message is one empty payload. */
export function fragments(message: Uint8Array, room: number): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < message.length; at += room) out.push(message.subarray(at, at + room));
  return out;
}

/** Sequence numbers run modulo 65,536; the result is how far `a` is ahead of `b`, negative when behind. */
export function ahead(a: number, b: number): number {
  return ((a - b + 0x8000) & 0xffff) - 0x8000;
}

export function next(seq: number, by = 1): number {
  return (seq + by) & 0xffff;
}
