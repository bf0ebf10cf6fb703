// In which order a wipe goes, as data: after the networks are taken away, what could bring them back first, and last what the session rests on.
import type { WipePlan } from "../terminal/driver.js";
import type { ContentClass, KeyType } from "../terminal/facts.js";
import type { Model } from "../terminal/model.js";

/** Areas of the first class named here go first; what is of none of them follows, as the model has it. */
const AREAS: readonly ContentClass[] = ["SEC"];
/** Records and settlement rest on working keys, these on masters, the line to an acquirer on the session's; any other key goes with the last. */
const KEYS: readonly (readonly KeyType[])[] = [
  ["TPK", "TAK", "TDK", "TLE"],
  ["TMK", "TLK", "IPEK"],
  ["TLS", "IDENTITY"],
];

/** The same plan in that order. A terminal erases areas as planned; keys it sorts by itself, and is not the only one to. */
export function inWipeOrder(model: Model, plan: WipePlan): WipePlan {
  const classesOf = (id: number) => model.areas.find((area) => area.id === id)?.classes ?? [];
  const areaRank = (id: number) => rank(AREAS, (one) => classesOf(id).includes(one));
  const keyRank = (type: KeyType) => rank(KEYS, (types) => types.includes(type));
  return {
    ...plan,
    areas: plan.areas.toSorted((a, b) => areaRank(a.area) - areaRank(b.area)),
    slots: plan.slots.toSorted((a, b) => keyRank(a.type) - keyRank(b.type)),
  };
}

/** Where the first that fits stands; behind all of them when none does. */
function rank<T>(list: readonly T[], fits: (one: T) => boolean): number {
  const at = list.findIndex(fits);
  return at === -1 ? list.length : at;
}
