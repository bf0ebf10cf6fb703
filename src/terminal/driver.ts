// What a family's driver does for the procedure. It speaks in facts; no byte and no frame passes this contract.
import type { Clock } from "../base/clock.js";
import { DecomError } from "../base/errors.js";
import type { Log } from "../base/log.js";
import type { Random } from "../base/random.js";
import type { Link } from "../link/link.js";
import type { GrantMaker } from "./authority.js";
import type {
  Account,
  AreaFact,
  Census,
  Condition,
  EraseMethod,
  HostAnswer,
  Identity,
  OpState,
  ProbeRange,
  SampleFacts,
  SettlementFacts,
  SlotFact,
  SlotRange,
  TotalRow,
  Totals,
  WipeResult,
} from "./facts.js";
import type { Model } from "./model.js";
import type { Blank, Counted, ErasePermit } from "./proofs.js";

/** One frame as the transcript keeps it: masked, so that it may be shown to anybody. */
export interface TapLine {
  readonly at: number;
  readonly to: "terminal" | "host";
  readonly frame: string;
  readonly bytes: number;
  readonly masked: string;
}

export interface Progress {
  readonly what: string;
  readonly permille: number;
}

export interface DriverContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly tap?: (line: TapLine) => void;
  readonly progress?: (progress: Progress) => void;
}

/** The signed words that open a terminal; the station signs what the terminal asks, nothing else. */
export interface Authority {
  readonly grant: Uint8Array;
  readonly pass: Uint8Array;
  /** For a terminal that has no owner yet, where the station knows the owner's key. */
  readonly ownerKey?: Uint8Array;
  /** Raw P-256 r ‖ s by the station's wire key. */
  sign(bytes: Uint8Array): Uint8Array;
}

/** Whether the terminal said no, in so many words, as its `result`: what was asked of it has not begun. */
export function isRefusal(thrown: unknown): thrown is DecomError {
  return thrown instanceof DecomError && thrown.facts["result"] !== undefined;
}

export interface WipePlan {
  /** `fill`: to be filled and proven once it is erased. */
  readonly areas: readonly { readonly area: number; readonly method: EraseMethod; readonly fill?: boolean }[];
  readonly slots: readonly SlotRange[];
  readonly kept: readonly (SlotRange & { readonly reason: string })[];
}

export interface Prepared {
  readonly planHash: string;
  readonly censusHash: string;
  readonly seconds: number;
}

export interface HostReply {
  readonly answer: HostAnswer;
  readonly hostTotals?: Totals;
  readonly reference?: string;
  readonly hostDate?: string;
}

export interface OpFacts {
  readonly state: OpState;
  readonly code?: number;
  /** It was to speak to the host, which could not be called: nothing was sent. */
  readonly noHost?: true;
  readonly wipe?: WipeResult;
  readonly resultHash?: string;
}

/** `stream`: every byte crosses the line. `seed`: the terminal makes the bytes itself, and could make them again when asked. */
export type FillMode = "stream" | "seed";

/** What an area is filled with, for as long as it takes; no disk ever has it. */
export interface Filling {
  /** The wipe that erased the area. */
  readonly op: string;
  readonly area: AreaFact;
  readonly mode: FillMode;
  /** Random; 32 bytes for `stream`, which the terminal never gets to know, 16 for `seed`. */
  readonly seed: Uint8Array;
  /** How far it was sent by now: more than that no terminal can have. */
  sent: number;
}

export interface ProofFacts {
  readonly macAgrees: boolean;
  /** Milliseconds, as the terminal says. */
  readonly deviceMs: number;
  /** Milliseconds by our own clock, and how many there were for it. */
  readonly elapsedMs: number;
  readonly deadlineMs: number;
}

export interface Attestation {
  readonly keyId: string;
  readonly firmwareHash: string;
  /** The vendor's word that this key belongs to this serial number holds, and the signature is by this key. */
  readonly proven: boolean;
  /** Somebody known is said to vouch for the unit, and this is why that does not hold: a unit that is not what it says. */
  readonly flaw?: string;
  readonly token: Uint8Array;
  readonly certificateSha256?: string;
}

/**
 * A connected terminal. Every method throws DecomError: `link.*` when the line fails, `terminal.silent` or `terminal.restarted` when the
 * answer is lost (`did: "unknown"` for anything but a read), `terminal.refused` and kin when the terminal says no (`did: "not-done"`).
 * Op ids are 16 bytes in hex.
 */
export interface Terminal extends AsyncDisposable {
  /** As of the newest session. */
  readonly identity: Identity;
  /** A new session on the same line; waits up to `patience` ms for the terminal to answer. */
  hello(patience?: number): Promise<Identity>;
  /** Waits, bounded, until nothing runs in it any more, whoever began that: its life may rise by it. */
  idle(): Promise<Identity>;
  condition(): Promise<Condition>;
  open(authority: Authority): Promise<void>;
  lock(): Promise<void>;
  unlock(): Promise<void>;
  /** Returns when the terminal answers again with a higher boot number. */
  restart(): Promise<Identity>;
  accounts(): Promise<{ accounts: readonly Account[]; rows: readonly TotalRow[] }>;
  census(): Promise<Census>;
  areas(): Promise<readonly AreaFact[]>;
  slots(): Promise<{ ranges: readonly SlotRange[]; slots: readonly SlotFact[] }>;
  /** The file as the terminal serves it, masked; checked against the terminal's own hash. */
  read(file: { id: number; generation: number; size: number }): Promise<Uint8Array>;
  /** The next number until it is used: one that the terminal refuses to begin with is given again. */
  newOp(): string;
  sendPending(proof: Counted, op: string, account: string, kind: number): Promise<void>;
  /** With `finishing`, takes up that earlier op after its state was looked at. */
  settle(proof: Counted, op: string, account: string, finishing?: string): Promise<void>;
  settlement(op: string): Promise<SettlementFacts>;
  lastSettlement(account: string): Promise<SettlementFacts>;
  /** `cannot-tell` also where the terminal has no way to ask, or nothing under this op to ask about. */
  askHost(op: string): Promise<HostReply>;
  op(op: string): Promise<OpFacts>;
  /** Waits, bounded, until the op is no longer running. */
  finished(op: string, withinMs?: number): Promise<OpFacts>;
  release(op: string): Promise<void>;
  prepare(plan: WipePlan): Promise<Prepared>;
  /** Leaves the terminal one ARM away from erasing; returns the token for it. */
  commit(permit: ErasePermit, op: string, prepared: Prepared, authority: Authority): Promise<Uint8Array>;
  arm(permit: ErasePermit, op: string, token: Uint8Array): Promise<void>;
  sample(op: string, area: AreaFact, seed: Uint8Array, blocks: number): Promise<SampleFacts>;
  /** Writes the area full from wherever the terminal stands: called again after an interruption, it goes on. */
  fill(blank: Blank, filling: Filling): Promise<void>;
  /** Asks for a MAC over the whole area, in an order and under a nonce that are drawn now. */
  prove(filling: Filling): Promise<ProofFacts>;
  /** Makes a filled area blank again; one that is blank stays so. */
  unfill(op: string, area: number): Promise<void>;
  /** Milliseconds in which the line moves so many bytes at best; undefined where it has no pace of its own. */
  lineMs(bytes: number): number | undefined;
  probe(range: SlotRange): Promise<readonly ProbeRange[]>;
  /** Why the terminal could not pay now; nothing is sent to any host. */
  cannotPay(): Promise<readonly string[]>;
  attest(op: string, nonce: Uint8Array, planHash: string, resultHash: string, model: Model): Promise<Attestation>;
}

/** How each ability of a family was proven. */
export type Mark = "spec" | "simulated" | "replayed" | "bench";

export interface Family {
  readonly name: string;
  readonly marks: Readonly<Record<string, Mark>>;
  readonly models: readonly Model[];
  readonly authority: GrantMaker;
  /** Takes the link over. Throws `terminal.silent` when nothing of this family answers within `patience` ms. */
  connect(link: Link, context: DriverContext, patience: number): Promise<Terminal>;
}

/** The family that describes this model. */
export function familyOf(families: readonly Family[], model: string): Family | undefined {
  return families.find(({ models }) => models.some(({ id }) => id === model));
}
