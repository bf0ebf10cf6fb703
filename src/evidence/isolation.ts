// For how long a terminal was kept off networks, which nothing but the words of those at it says.
import type { IsolationWay, Network } from "../terminal/isolation.js";
import type { Entry } from "./entries.js";
import type { Dated } from "./sorted.js";

/** Times as in the journal. */
export interface Isolation {
  /** As it was said before ARM; whoever came later closed no less. */
  readonly how: readonly IsolationWay[];
  readonly open: readonly Network[];
  readonly from: string;
  /** Absent: to the end. */
  readonly until?: string;
}

/**
 * From the walk on in which the wipe was ordered; undefined where nothing was said in that one. Whoever takes the run up later says it again
 * of all the time since. A look at the terminal in the hands of one who did not, or who left open what had been closed, ends it: then it
 * lasted for as long as it was last vouched for.
 */
export function isolationIn(entries: readonly Dated<Entry>[]): Isolation | undefined {
  const armed = entries.findLastIndex(isArm);
  if (armed === -1) return undefined;
  const walk = entries.slice(entries.slice(0, armed).findLastIndex(({ kind }) => kind === "resumed") + 1, armed);
  const first = walk.find(isSaid);
  if (first === undefined) return undefined;
  const { how, open, at: from } = first;
  const [ordered, ...later] = byHands(entries.slice(armed));
  let vouched = ordered?.at(-1)?.at;
  for (const hands of later) {
    if (hands.some((entry) => isSaid(entry) && entry.open.every((network) => open.includes(network)))) vouched = hands.at(-1)?.at;
    else if (hands.some(isLook)) return { how, open, from, until: vouched ?? from };
  }
  return { how, open, from };
}

const isArm = (entry: Dated<Entry>) => entry.kind === "intent" && entry.step === "arm";
const isSaid = (entry: Dated<Entry>) => entry.kind === "seen" && entry.step === "isolate";
const isLook = (entry: Dated<Entry>) => entry.kind === "seen" && (entry.step === "inspect" || entry.step === "fill");

/** Cut where somebody took the run up; a process that began its walk again by itself had nobody new at it. */
function byHands(entries: readonly Dated<Entry>[]): readonly (readonly Dated<Entry>[])[] {
  const starts = entries.flatMap((entry, i) => (entry.kind === "resumed" && entry.performedBy !== undefined ? [i] : []));
  return [0, ...starts].map((start, i) => entries.slice(start, starts[i]));
}
