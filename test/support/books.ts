// Where every item of money is: before a run, after it, and whether that is the same money (I5). Items are compared, never sums.

import type { Entry } from "../../src/sim/stores.js";
import { type Kind, kinds } from "../../src/terminal/facts.js";

export interface Books {
  /** Host view ∪ terminal when it began, and what was sold to customers since. */
  readonly start: readonly Entry[];
  /** What the host has booked. */
  readonly host: readonly Entry[];
  /** What is open in the terminal. */
  readonly terminal: readonly Entry[];
  /** What a signed exception let go, as the order names it. */
  readonly exceptions: readonly Entry[];
  /** Open in the terminal, sent, unanswered: the host may have these too until somebody looks. */
  readonly doubt: readonly Entry[];
  /** What a certificate lists as left; it speaks for kinds that never stop a wipe, and for no others. */
  readonly afterCare: readonly AfterCare[];
}

/** A row of a certificate: so many of a kind were left in the terminal when it was wiped. */
export interface AfterCare {
  readonly kind: string;
  readonly direction: string;
  readonly count: number;
}

export const itemText = ({ account, batch, stan, kind, direction, amount, currency }: Entry): string =>
  `${account} ${batch} ${stan} ${kind} ${direction} ${amount} ${currency}`;

/** Every item that is not where it should be, once, with the same direction, amount and currency: empty when money is conserved. */
export function astray({ start, host, terminal, exceptions, doubt, afterCare }: Books): string[] {
  const wrong: string[] = [];
  const places = { host: tally(host), terminal: tally(terminal), exceptions: tally(exceptions) };
  const [owed, doubted] = [tally(start), tally(doubt)];
  const listed = new Map(afterCare.map(({ kind, direction, count }) => [`${kind} ${direction}`, count]));
  for (const [item, entry] of new Map([...start, ...host, ...terminal, ...exceptions].map((entry) => [itemText(entry), entry]))) {
    const at = Object.entries(places).flatMap(([name, place]) => Array.from({ length: place.get(item) ?? 0 }, () => name));
    const wanted = owed.get(item) ?? 0;
    if (at.length === wanted) continue;
    // As often as it is in doubt, an item may be at the host and still in the terminal.
    const twice = at.length - wanted;
    const both = Math.min(places.host.get(item) ?? 0, places.terminal.get(item) ?? 0, doubted.get(item) ?? 0);
    if (twice > 0 && twice <= both) continue;
    if (at.length === 0 && isListed(entry, wanted, listed)) continue;
    wrong.push(`${item}: ${wanted} at the start, now ${at.join(" and ") || "nowhere"}`);
  }
  return wrong;
}

/** Uses the rows up: two items are not covered by a row of one. */
function isListed({ kind, direction }: Entry, wanted: number, listed: Map<string, number>): boolean {
  const row = `${kind} ${direction}`;
  const left = (listed.get(row) ?? 0) - wanted;
  if (kinds[kind as Kind].gate !== "WARN" || left < 0) return false; // an Entry's kind is one of these
  listed.set(row, left);
  return true;
}

function tally(entries: readonly Entry[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const entry of entries) counts.set(itemText(entry), (counts.get(itemText(entry)) ?? 0) + 1);
  return counts;
}
