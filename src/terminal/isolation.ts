// How a terminal is kept off every network: which networks there can be, and the ways in which each is taken away. No other word counts.

export const networks = ["sim", "esim", "wifi", "bluetooth", "lan", "modem"] as const;
export type Network = (typeof networks)[number];

/** Each way with the networks that it takes away. A shielded bench stops what goes through the air, and no cable. */
export const isolationWays = {
  shielded: ["sim", "esim", "wifi", "bluetooth"],
  "sim-out": ["sim"],
  "esim-off": ["esim"],
  "wifi-off": ["wifi"],
  "bluetooth-off": ["bluetooth"],
  "lan-out": ["lan"],
  "modem-out": ["modem"],
} as const satisfies Record<string, readonly Network[]>;
export type IsolationWay = keyof typeof isolationWays;

export function isIsolationWay(name: string): name is IsolationWay {
  return Object.hasOwn(isolationWays, name);
}

/** The networks over which a terminal that has these could still be reached. */
export function leftOpen(has: readonly Network[], ways: readonly IsolationWay[]): readonly Network[] {
  const taken = new Set<Network>(ways.flatMap((way) => [...isolationWays[way]]));
  return has.filter((network) => !taken.has(network));
}
