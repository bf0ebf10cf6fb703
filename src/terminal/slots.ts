// Key slots as probes and lists show them, held against what a model says of them.
import type { KeyType, ProbeRange, ProbeState, SlotFact, SlotRange } from "./facts.js";
import type { Model, ModelSlots } from "./model.js";

const LAST_SLOT = 0xffff;

const sameSort = (a: Pick<SlotRange, "type" | "algorithm">, b: Pick<SlotRange, "type" | "algorithm">) =>
  a.type === b.type && a.algorithm === b.algorithm;
const sortOf = ({ type, algorithm }: SlotRange) => `${type} ${algorithm}`;

/** What to probe: every slot number there can be, of each type and algorithm that the model has. A key outside the documented ranges is a key. */
export function probesOf({ slots }: Model): SlotRange[] {
  const sorts = new Map(slots.map((range) => [sortOf(range), range]));
  return [...sorts.values()].map(({ type, algorithm }) => ({ type, algorithm, from: 0, to: LAST_SLOT }));
}

/** What probes say of the slots of a range, in their order; undefined when some slot of it was not reached. */
export function statesIn(probes: readonly ProbeRange[], range: SlotRange): readonly ProbeRange[] | undefined {
  const within = probes
    .filter((probe) => sameSort(probe, range) && probe.from <= range.to && probe.to >= range.from)
    .map((probe) => ({ ...probe, from: Math.max(probe.from, range.from), to: Math.min(probe.to, range.to) }))
    .sort((a, b) => a.from - b.from);
  let next = range.from;
  for (const { from, to } of within) {
    if (from !== next) return undefined;
    next = to + 1;
  }
  return next === range.to + 1 ? within : undefined;
}

/** The first thing in a range that is not ABSENT, ABSENT when all of it is; undefined when some slot was not reached. */
export function stateIn(probes: readonly ProbeRange[], range: SlotRange): ProbeState | undefined {
  const states = statesIn(probes, range);
  return states === undefined ? undefined : (states.find(({ state }) => state !== "ABSENT")?.state ?? "ABSENT");
}

/** A range of slots that hold something although the model has none there. */
export type Stray = ProbeRange;

/** Keys beyond the model's ranges: found by a probe, or listed although no probe asks for that type and algorithm. */
export function strays({ slots }: Pick<Model, "slots">, probes: readonly ProbeRange[], listed: readonly SlotFact[]): Stray[] {
  const probed = probes.filter(({ state }) => state !== "ABSENT" && state !== "ERROR").flatMap((probe) => outside(slots, probe));
  const told = listed
    .map(({ type, algorithm, slot }): Stray => ({ type, algorithm, from: slot, to: slot, state: "PRESENT" }))
    .filter(
      (one) =>
        outside(slots, one).length > 0 && !probed.some((known) => sameSort(known, one) && known.from <= one.from && known.to >= one.to),
    );
  return [...probed, ...told];
}

/** The parts of a range that no range of the model reaches. */
function outside(ranges: readonly SlotRange[], of: ProbeRange): ProbeRange[] {
  const own = ranges.filter((range) => sameSort(range, of) && range.from <= of.to && range.to >= of.from).sort((a, b) => a.from - b.from);
  const left: ProbeRange[] = [];
  let next = of.from;
  for (const { from, to } of own) {
    if (from > next) left.push({ ...of, from: next, to: from - 1 });
    next = Math.max(next, to + 1);
  }
  return next > of.to ? left : [...left, { ...of, from: next }];
}

/** Keys that a list names in a range. */
export function listedIn(listed: readonly SlotFact[], range: SlotRange): readonly SlotFact[] {
  return listed.filter((one) => sameSort(one, range) && one.slot >= range.from && one.slot <= range.to);
}

/** Whether every key that is left in a range is the maker's default, which the firmware puts back by itself. */
export function holdsDefault(range: ModelSlots, probes: readonly ProbeRange[], listed: readonly SlotFact[]): boolean {
  if (range.after !== "default" || range.defaultKcv === undefined) return false;
  const states = statesIn(probes, range) ?? [];
  const own = listedIn(listed, range);
  return (
    own.length > 0 &&
    own.every(({ kcv }) => kcv === range.defaultKcv) &&
    states.length > 0 &&
    states.every(
      ({ state, from, to }) =>
        state === "ABSENT" || (state === "PRESENT" && own.filter(({ slot }) => slot >= from && slot <= to).length === to - from + 1),
    )
  );
}

/** Nothing but the maker's default is in a range: a list that names a key there outweighs a probe that finds none. */
export function isEmptied(range: ModelSlots, probes: readonly ProbeRange[], listed: readonly SlotFact[]): boolean {
  return (stateIn(probes, range) === "ABSENT" && listedIn(listed, range).length === 0) || holdsDefault(range, probes, listed);
}

/** `TPK TDES 12` or `TPK TDES 12–14`. */
export function slotsNamed({
  type,
  algorithm,
  from,
  to,
}: Pick<SlotRange, "from" | "to"> & { readonly type: KeyType; readonly algorithm: string }): string {
  return `${type} ${algorithm} ${from === to ? from : `${from}–${to}`}`;
}
