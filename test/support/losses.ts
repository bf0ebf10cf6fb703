// What can be lost at one point of a run: the agent's process, a frame on the line, the terminal's power.
import { seededRandom } from "../../src/base/random.js";
import type { Fault, FaultyLink } from "../../src/link/faults.js";
import { PowerCut } from "../../src/sim/stores.js";
import { Death } from "./memory-disk.js";

export const cutActs = ["nv", "program", "erase"] as const;
export type CutAct = (typeof cutActs)[number];

export interface Loss {
  /** The agent dies around its n-th disk operation, from 0. */
  readonly death?: { readonly n: number; readonly when: "before" | "after" };
  /** On the first line that there is. */
  readonly frame?: Fault;
  /** The terminal loses power at its n-th non-volatile change of this sort, from 0. */
  readonly power?: { readonly act: CutAct; readonly n: number };
}

/** How many points of each sort a run passes; a faultless run tells how many losses there are. */
export interface Points extends Readonly<Record<CutAct, number>> {
  readonly disk: number;
  readonly out: number;
  readonly in: number;
}

/** Makes a loss happen, once, and counts the points that the terminal's memory passes. */
export class Losses {
  readonly passed: Record<CutAct, number> = { nv: 0, program: 0, erase: 0 };
  readonly faults: readonly Fault[];
  readonly #loss: Loss;
  #hasDied = false;
  #hasFallen = false;

  constructor(loss: Loss) {
    this.#loss = loss;
    this.faults = loss.frame === undefined ? [] : [loss.frame];
  }

  /** Called around every operation of the agent's disk. */
  operation(n: number, when: "before" | "after"): void {
    const { death } = this.#loss;
    if (this.#hasDied || death?.n !== n || death.when !== when) return;
    this.#hasDied = true;
    throw new Death();
  }

  /** Called before every change of the terminal's memory. */
  change(act: CutAct): void {
    const n = this.passed[act]++;
    const { power } = this.#loss;
    if (this.#hasFallen || power?.act !== act || power.n !== n) return;
    this.#hasFallen = true;
    throw new PowerCut("lost at a chosen point");
  }

  /** All of it came to pass. */
  reachedOn({ reached }: FaultyLink): boolean {
    const { death, frame, power } = this.#loss;
    return (
      (death === undefined || this.#hasDied) && (power === undefined || this.#hasFallen) && (frame === undefined || reached.has(frame))
    );
  }
}

/** A loss and its sort, by which ends are counted. */
export type Named = readonly [kind: string, loss: Loss];

const BIT = 77;
const LONG_MS = 3000;
const bent = [{ kind: "drop" }, { kind: "flip", bit: BIT }, { kind: "double" }, { kind: "delay", ms: LONG_MS }] as const;
/** `cut` takes the whole line away. */
export const frameFaults = { bent, all: [...bent, { kind: "cut" }] } as const;

/** `from`, and all the whole numbers below `to`. */
export const range = (from: number, to: number): number[] => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

export function deathsAt(points: readonly number[]): Named[] {
  return points.flatMap((n) => (["before", "after"] as const).map((when) => [`death ${when}`, { death: { n, when } }] as const));
}

/** Frames are counted from 1. */
export function framesAt(on: Fault["on"], frames: readonly number[], faults: keyof typeof frameFaults): Named[] {
  return frames.flatMap((nth) => frameFaults[faults].map((fault) => [`${fault.kind} ${on}`, { frame: { on, nth, ...fault } }] as const));
}

export function cutsAt(act: CutAct, points: readonly number[]): Named[] {
  return points.map((n) => [`power ${act}`, { power: { act, n } }] as const);
}

/** All that can be lost in a run, along each axis. */
export function lossesIn(points: Points, faults: keyof typeof frameFaults) {
  return {
    dead: deathsAt(range(0, points.disk)),
    out: framesAt("out", range(1, points.out + 1), faults),
    in: framesAt("in", range(1, points.in + 1), faults),
    power: cutActs.flatMap((act) => cutsAt(act, range(0, points[act]))),
  };
}

/** Takes one of a list, by seed. */
export function drawer(seed: string): <T>(from: readonly T[]) => T {
  const random = seededRandom(seed);
  return <T>(from: readonly T[]) => {
    const [a = 0, b = 0, c = 0] = random.bytes(3);
    return from[(a * 65_536 + b * 256 + c) % from.length] as T; // nothing is drawn from an empty list
  };
}
