// A link whose far end misbehaves: every frame that comes from it passes through `change` first.
import { decodeFrame, encodeFrame, type Frame } from "../../protocols/podp/frame.js";
import { concat } from "../../src/base/bytes.js";
import type { Link } from "../../src/link/link.js";
import { DelimitedReader } from "../../src/wire/delimited.js";

export function rewriting(link: Link, change: (frame: Frame) => Frame): Link {
  return {
    kind: link.kind,
    address: link.address,
    baud: link.baud,
    write: (bytes) => link.write(bytes),
    close: () => link.close(),
    listen(events) {
      const reader = new DelimitedReader(4096);
      link.listen({
        bytes(chunk) {
          for (const encoded of reader.push(chunk)) {
            const frame = decodeFrame(encoded);
            events.bytes(frame === undefined ? concat(Uint8Array.of(0), encoded, Uint8Array.of(0)) : encodeFrame(change(frame)));
          }
        },
        closed: (cause) => events.closed(cause),
      });
    },
    [Symbol.asyncDispose]: () => link.close(),
  };
}
