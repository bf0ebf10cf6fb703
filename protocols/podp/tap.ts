// What a transcript may keep of a frame: control and command frames in hex, record bytes only as length and hash.
import { hex } from "../../src/base/bytes.js";
import { redact } from "../../src/base/redact.js";
import { sha256Hex } from "../../src/base/sign.js";
import type { Frame } from "./frame.js";

export function maskFrame(frame: Frame): { readonly frame: string; readonly masked: string } {
  const head = `${frame.type}${frame.more ? "+" : ""} ${frame.session.toString(16)} ${frame.seq}/${frame.ack}`;
  if (frame.type === "DATA") return { frame: head, masked: `${frame.payload.length} bytes, sha256 ${sha256Hex(frame.payload)}` };
  return { frame: head, masked: redact(hex(frame.payload)) };
}
