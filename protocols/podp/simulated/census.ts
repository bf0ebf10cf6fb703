// The simulated terminal's census as podp cuts it into pages, and the hash over all of them that COMMIT has to name.
import { unhex } from "../../../src/base/bytes.js";
import { sha256 } from "../../../src/base/sign.js";
import { memo } from "../../../src/sim/body.js";
import type { Terminal } from "../../../src/sim/terminal.js";
import { limits } from "../codes.js";
import { commands } from "../messages.js";
import type { Wire } from "./encoding.js";

export function censusOf(terminal: Terminal) {
  const { batch } = terminal;
  const pages = memo(
    () => terminal.version,
    () => {
      const { generation, items, unread } = batch.census();
      const encode = (part: Wire<"census">["items"], count: number, first: boolean) =>
        commands.census.response.encode({ generation, pages: count, items: part, unread: first ? unread : [] });
      const cut: Wire<"census">["items"][number][][] = [[]];
      let left: number = limits.censusPage - encode([], 0, true).length;
      const empty = encode([], 0, false).length;
      for (const { account: id, kind, money, digest, recorded, ...item } of items) {
        const wire = {
          ...item,
          ...(recorded === undefined ? {} : { date: recorded.slice(0, 6), time: recorded.slice(6) }),
          account: unhex(id),
          kind: Number(kind.slice(1)),
          amount: money.minor,
          currency: money.currency,
          digest: unhex(digest),
        };
        const size = encode([wire], 0, false).length - empty;
        if (size > left) {
          cut.push([]);
          left = limits.censusPage - empty;
        }
        left -= size;
        cut.at(-1)?.push(wire);
      }
      return cut.map((part, i) => encode(part, cut.length, i === 0));
    },
  );
  const censusHash = memo(
    () => terminal.version,
    () => sha256(...pages()),
  );

  return { pages, hash: censusHash };
}
