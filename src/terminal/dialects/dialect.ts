// What an acquirer's answer to a settlement means: a table of field-39 codes for each dialect that hosts speak.

/**
 * `host-down`: it will be back, ask later. `deregistered`: it does not know this terminal (any more). `mac`: working keys or MAC are
 * stale. `duplicate`: it says it has this batch already, so it may be booked. `rejected`: any other no.
 */
export type Situation = "approved" | "different" | "host-down" | "deregistered" | "mac" | "duplicate" | "rejected";

export interface Dialect {
  readonly name: string;
  /** By field 39; a code that is not listed is a rejection. */
  readonly codes: Readonly<Record<string, Situation>>;
  /**
   * Milliseconds after which a message that was sent can no longer arrive at the host's books. A later answer "open" is final, an earlier
   * one is not. No acquirer publishes this number: it is chosen to be on the safe side.
   */
  readonly longestDelay: number;
  /** How long, in ms, a host that is down is asked again by ourselves: first pause, doubled each time, within a window. */
  readonly backOff: { readonly first: number; readonly window: number };
}

export function situationOf({ codes }: Dialect, code: string | undefined): Situation {
  return (code === undefined ? undefined : codes[code]) ?? "rejected";
}

/** Codes of ISO 8583 hosts on which both dialects agree. */
export const common = {
  "00": "approved",
  "03": "deregistered",
  "90": "host-down",
  "91": "host-down",
  "92": "host-down",
  "94": "duplicate",
  "96": "host-down",
  "97": "deregistered",
  "98": "host-down",
  "99": "mac",
  A0: "mac",
} as const satisfies Record<string, Situation>;
