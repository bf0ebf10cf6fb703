// Where every item of money is: before a run, after it, and whether that is the same money (I5). Items are compared, never sums.
import type { Entry } from "../../src/sim/stores.js";

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
}

export const itemText = ({ account, batch, stan, kind, direction, amount, currency }: Entry): string =>
  `${account} ${batch} ${stan} ${kind} ${direction} ${amount} ${currency}`;

/** Every item that is not where it should be, once, with the same direction, amount and currency: empty when money is conserved. */
export function astray({ start, host, terminal, exceptions, doubt }: Books): string[] {
  const wrong: string[] = [];
  const doubted = tally(doubt);
  const places = { host: tally(host), terminal: tally(terminal), exceptions: tally(exceptions) };
  const owed = tally(start);
  for (const text of new Set([...owed.keys(), ...Object.values(places).flatMap((place) => [...place.keys()])])) {
    const at = Object.entries(places).flatMap(([name, place]) => Array.from({ length: place.get(text) ?? 0 }, () => name));
    const wanted = owed.get(text) ?? 0;
    if (at.length === wanted) continue;
    const twiceInDoubt = doubted.has(text) && wanted === 1 && at.join() === "host,terminal";
    if (!twiceInDoubt) wrong.push(`${text}: ${wanted} at the start, now ${at.join(" and ") || "nowhere"}`);
  }
  return wrong;
}

function tally(entries: readonly Entry[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const entry of entries) counts.set(itemText(entry), (counts.get(itemText(entry)) ?? 0) + 1);
  return counts;
}
