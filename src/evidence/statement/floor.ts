// What ERASED means at the very least. An order or a verifier may ask for more, nobody for less.
import type { ContentClass } from "../../terminal/facts.js";
import type { EvidenceLevel } from "./fields.js";

export interface Floor {
  readonly keys: readonly EvidenceLevel[];
  readonly areas: readonly EvidenceLevel[];
}

export const FLOOR: Floor = { keys: ["V1", "V2"], areas: ["V1", "V3"] };

const FLOOR_CLASSES: readonly ContentClass[] = ["K", "SAD", "CHD", "PII", "SEC", "BIZ"];

export function underFloor(classes: readonly ContentClass[]): boolean {
  return classes.some((one) => FLOOR_CLASSES.includes(one));
}

/** The floor with more on top. */
export function raised(more: Partial<Floor> = {}): Floor {
  return { keys: [...FLOOR.keys, ...(more.keys ?? [])], areas: [...FLOOR.areas, ...(more.areas ?? [])] };
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
