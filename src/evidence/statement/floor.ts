// What ERASED means at the very least, as data. An order or a verifier may ask for more, nobody for less.
import type { ContentClass, Environment } from "../../terminal/facts.js";
import type { EvidenceLevel, IdentityLevel, MinimumLevels } from "./fields.js";

export interface Floor {
  /** What an area that holds a class must have been shown by; null: such an area may stay. Of several classes each counts. */
  readonly areas: Readonly<Record<ContentClass, readonly EvidenceLevel[] | null>>;
  /** Of every slot that the model does not keep. */
  readonly keys: readonly EvidenceLevel[];
  /** What tells the unit from another one. */
  readonly identity: readonly IdentityLevel[];
}

const READ_BACK = ["V1", "V3"] as const;
const common = {
  areas: { K: READ_BACK, SAD: READ_BACK, CHD: READ_BACK, PII: READ_BACK, SEC: READ_BACK, BIZ: READ_BACK, OPS: null, ID: null },
  keys: ["V1", "V2"],
} as const;

/** A make-believe unit needs no proof that it is the one; an emulator passes every look at an area, so a real one does. */
export const floors: Readonly<Record<Environment, Floor>> = {
  production: { ...common, identity: ["P2", "P3"] },
  bench: { ...common, identity: ["P1", "P2", "P3"] },
  simulator: { ...common, identity: ["P1", "P2", "P3"] },
};

/** What somebody wants beyond the floor: of all areas, of areas of a class, of key slots. */
export type Raise = Partial<Pick<MinimumLevels, "keys" | "areas" | "classes">>;

/** The floor with more on top; levels are only ever added. */
export function raised(floor: Floor, { keys = [], areas = [], classes = {} }: Raise): Floor {
  const own = Object.entries(floor.areas) as [ContentClass, readonly EvidenceLevel[] | null][]; // keys of a full record
  const more = own.map(([name, levels]) => [
    name,
    levels === null ? (classes[name] ?? null) : [...levels, ...areas, ...(classes[name] ?? [])],
  ]);
  return { ...floor, keys: [...floor.keys, ...keys], areas: Object.fromEntries(more) as Floor["areas"] }; // the same names again
}

/** Whether an area with these contents must be covered. */
export function underFloor({ areas }: Floor, classes: readonly ContentClass[]): boolean {
  return classes.some((name) => areas[name] !== null);
}

export function floorOf({ areas }: Floor, classes: readonly ContentClass[]): readonly EvidenceLevel[] {
  return [...new Set(classes.flatMap((name) => areas[name] ?? []))];
}

/** What an order asks for an area with these contents. */
export function askedOf(
  { areas, classes = {} }: Pick<MinimumLevels, "areas" | "classes">,
  contents: readonly ContentClass[],
): EvidenceLevel[] {
  return [...new Set([...areas, ...contents.flatMap((name) => classes[name] ?? [])])];
}

/** The reason for a lack of levels: what order or model demand comes before what the floor demands. */
export function lacking(
  has: readonly EvidenceLevel[],
  minimum: readonly EvidenceLevel[],
  floor: readonly EvidenceLevel[],
): "BELOW_MINIMUM" | "BELOW_FLOOR" | undefined {
  if (minimum.some((level) => !has.includes(level))) return "BELOW_MINIMUM";
  return floor.some((level) => !has.includes(level)) ? "BELOW_FLOOR" : undefined;
}
