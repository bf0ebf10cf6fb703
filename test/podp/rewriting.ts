// A line on which one thing is not as it was: what comes from it, what goes out, or each frame that comes.
import { decodeFrame, encodeFrame, type Frame } from "../../protocols/podp/frame.js";
import { concat } from "../../src/base/bytes.js";
import type { Link, LinkEvents } from "../../src/link/link.js";
import { DelimitedReader } from "../../src/wire/delimited.js";

/** The same line, except that what comes from it passes through here, or what goes out. */
export const listening = (link: Link, heard: (chunk: Uint8Array, events: LinkEvents) => void): Link =>
  changed(link, { listen: (events) => link.listen({ ...events, bytes: (chunk) => heard(chunk, events) }) });
export const writing = (link: Link, write: Link["write"]): Link => changed(link, { write });

export function rewriting(link: Link, change: (frame: Frame) => Frame): Link {
  const reader = new DelimitedReader(4096);
  return listening(link, (chunk, events) => {
    for (const encoded of reader.push(chunk)) {
      const frame = decodeFrame(encoded);
      events.bytes(frame === undefined ? concat(Uint8Array.of(0), encoded, Uint8Array.of(0)) : encodeFrame(change(frame)));
    }
  });
}

function changed(link: Link, change: Partial<Link>): Link {
  return {
    kind: link.kind,
    address: link.address,
    baud: link.baud,
    write: (bytes) => link.write(bytes),
    listen: (events) => link.listen(events),
    close: () => link.close(),
    [Symbol.asyncDispose]: () => link.close(),
    ...change,
  };
}
