// What the terminal says it has, held against its model: less could hide something, more could hold what nobody looks for.
import { DecomError } from "../base/errors.js";
import type { Terminal } from "../terminal/driver.js";
import type { AreaFact, ProbeRange, SlotFact, SlotRange } from "../terminal/facts.js";
import type { Model } from "../terminal/model.js";
import { probesOf, slotsNamed, statesIn, strays } from "../terminal/slots.js";

export interface Inventory {
  readonly areas: readonly AreaFact[];
  /** As the terminal announces them. */
  readonly ranges: readonly SlotRange[];
  readonly slots: readonly SlotFact[];
  readonly probes: readonly ProbeRange[];
  /** Sets of acquirer, MID and TID in use. */
  readonly accounts: number;
}

export async function inventoryOf(terminal: Terminal, model: Model, accounts: number): Promise<Inventory> {
  const areas = await terminal.areas();
  const { ranges, slots } = await terminal.slots();
  return { areas, ranges, slots, probes: await probeAll(terminal, model), accounts };
}

/** Every slot number of every type and algorithm of the model, also those that no list names. */
export async function probeAll(terminal: Terminal, model: Model): Promise<ProbeRange[]> {
  const probes: ProbeRange[] = [];
  for (const range of probesOf(model)) probes.push(...(await terminal.probe(range)));
  return probes;
}

export interface Difference {
  readonly what:
    | "area-missing"
    | "area-size"
    | "area-classes"
    | "area-fill"
    | "area-beyond"
    | "slots-missing"
    | "slots-beyond"
    | "accounts-beyond";
  readonly told: string;
}

/** Everything in which areas, slots and accounts as announced are not the model's. */
export function differences(model: Model, { areas, ranges, accounts }: Pick<Inventory, "areas" | "ranges" | "accounts">): Difference[] {
  const most = model.acquirerSets;
  return [
    ...areaDifferences(model, areas),
    ...slotDifferences(model, ranges),
    ...(accounts > most
      ? [{ what: "accounts-beyond" as const, told: `${model.id} has room for ${most} accounts, the terminal names ${accounts}` }]
      : []),
  ];
}

function* areaDifferences(model: Model, areas: readonly AreaFact[]): Generator<Difference> {
  for (const expected of model.areas) {
    const { id, size, classes, verify } = expected;
    const found = areas.find((area) => area.id === id);
    if (found === undefined || found.size !== size) {
      const told = `${model.id} has area ${id} of ${size} bytes, the terminal ${found?.size ?? "none"}`;
      yield { what: found === undefined ? "area-missing" : "area-size", told };
      continue;
    }
    const [own, other] = [classes, found.classes].map((set) => [...set].sort().join(" "));
    if (own !== other) yield { what: "area-classes", told: `area ${id} of ${model.id} holds ${own}, the terminal says ${other}` };
    if (found.fillable !== (verify === "fill")) {
      const [can, says] = [verify === "fill", found.fillable].map((fillable) => (fillable ? "can be filled" : "cannot be filled"));
      yield { what: "area-fill", told: `area ${id} of ${model.id} ${can}, the terminal says it ${says}` };
    }
  }
  for (const { id, size } of areas) {
    if (!model.areas.some((area) => area.id === id))
      yield { what: "area-beyond", told: `area ${id} of ${size} bytes is not in ${model.id}` };
  }
}

/** Ranges may be cut differently; what counts is which slots they are. */
function* slotDifferences(model: Model, ranges: readonly SlotRange[]): Generator<Difference> {
  const announced = ranges.map((range): ProbeRange => ({ ...range, state: "PRESENT" }));
  for (const range of model.slots) {
    if (statesIn(announced, range) === undefined)
      yield { what: "slots-missing", told: `slots ${slotsNamed(range)} of ${model.id} are not in the terminal's list` };
  }
  for (const range of strays(model, announced, [])) {
    yield { what: "slots-beyond", told: `slots ${slotsNamed(range)} are not in ${model.id}` };
  }
}

/** Throws what has to be known before anything is erased: another inventory than the model's, a key where none can be, a foreign key. */
export function refuseDifferences(model: Model, found: Inventory): void {
  const [first, ...more] = differences(model, found);
  if (first !== undefined) {
    const others = more.length === 0 ? "" : `, and ${more.length} more`;
    throw new DecomError("model.differs", `${first.told}${others}`, { differences: [first, ...more] });
  }
  const beyond = strays(model, found.probes, found.slots);
  if (beyond.length > 0) {
    const named = beyond.map(slotsNamed).join(", ");
    throw new DecomError("slot.beyond", `a key is in ${named}, where ${model.id} has no slots; no plan can name it`, { slots: named });
  }
  const foreign = found.probes.filter(({ state }) => state === "FOREIGN");
  if (foreign.length > 0) {
    const named = foreign.map(slotsNamed).join(", ");
    throw new DecomError("slot.foreign", `${named} holds a key of another application, which alone can erase it`, { slots: named });
  }
}
