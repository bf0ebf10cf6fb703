// A line that takes as long as a serial one: each write leaves, and each chunk arrives, when its last bit would have.
import { type Clock, sleep } from "../base/clock.js";
import type { Link, LinkEvents } from "./link.js";

/** 8N1: ten bits a byte. */
export function paced(clock: Clock, link: Link, baud: number): Link {
  const wait = lane(clock, baud);
  const arrive = lane(clock, baud);
  return {
    kind: link.kind,
    address: link.address,
    baud,
    async write(bytes) {
      const copy = new Uint8Array(bytes);
      await wait(copy.length);
      await link.write(copy);
    },
    listen(events: LinkEvents) {
      link.listen({
        bytes(chunk) {
          const copy = new Uint8Array(chunk);
          void arrive(copy.length).then(() => events.bytes(copy));
        },
        closed: (cause) => void arrive(0).then(() => events.closed(cause)),
      });
    },
    close: () => link.close(),
    [Symbol.asyncDispose]: () => link.close(),
  };
}

/** Resolves, in the order of the calls, when so many more bytes have passed. */
function lane(clock: Clock, baud: number): (bytes: number) => Promise<void> {
  let free = 0;
  let turn = Promise.resolve();
  return (bytes) => {
    free = Math.max(free, clock.monotonic()) + (bytes * 10_000) / baud;
    const due = free;
    turn = turn.then(() => sleep(clock, Math.max(0, due - clock.monotonic())));
    return turn;
  };
}
