// What the simulated terminal's answers to podp commands share: their types, the state of one session, and how plans name slots.
import { refuse } from "../../../src/sim/refused.js";
import type { Terminal } from "../../../src/sim/terminal.js";
import type { WipePlan } from "../../../src/sim/wipe.js";
import type { SlotRange } from "../../../src/terminal/facts.js";
import type { Request } from "../../../src/wire/messages.js";
import type { CommandName, commands } from "../messages.js";
import type { Authority } from "./authority.js";
import type { censusOf } from "./census.js";
import type { Wire } from "./encoding.js";

/** An answer, or its bytes where these were already made. */
export type Handler<N extends CommandName> = (request: Request<(typeof commands)[N]>, raw: Uint8Array) => Wire<N> | Uint8Array;
export type Handlers = { readonly [N in CommandName]: Handler<N> };

/** A prepared wipe, and the token once COMMIT accepted it; RAM only. */
interface Prepared extends WipePlan {
  readonly hash: Uint8Array;
  accepted?: { readonly op: string; readonly token: Uint8Array; readonly censusHash: Uint8Array };
}

export interface Plan {
  current: Prepared | undefined;
}

/** DATA of this session: of the READ that is being answered, and to the area whose fill is open. */
export interface Streams {
  out: { readonly count: number; readonly frame: (i: number) => Uint8Array } | undefined;
  into: number | undefined;
}

/** What the answers of one session draw on. */
export interface Context {
  readonly terminal: Terminal;
  readonly authority: Authority;
  readonly plan: Plan;
  readonly census: ReturnType<typeof censusOf>;
  /** Bytes of payload that a frame takes. */
  readonly room: () => number;
  readonly streams: Streams;
}

/** Both sides of the table name the same things; a number this version lacks is a field out of range. */
export const known = <N extends string>(name: N, tag: number): Exclude<N, `unknown-${number}`> =>
  name.startsWith("unknown-") ? refuse("BAD_FIELD", { tag }) : (name as Exclude<N, `unknown-${number}`>);
export const rangeOf = (range: Request<typeof commands.keyProbe>): SlotRange => ({
  ...range,
  type: known(range.type, 0xdf5a),
  algorithm: known(range.algorithm, 0xdf5b),
});
