// Time for tests and simulations: it stands still while work can go on and jumps to the next timer when nothing can.
import type { Clock } from "./clock.js";

interface Timer {
  readonly at: number;
  readonly seq: number;
  wake: (() => void) | undefined;
}

export class VirtualClock implements Clock {
  readonly #start: number;
  /** Whole nanoseconds, so that sums of byte times stay exact. */
  #now = 0;
  #seq = 0;
  readonly #heap: Timer[] = [];

  constructor(start = Date.UTC(2026, 0, 5, 8, 0, 0)) {
    this.#start = start;
  }

  wall(): number {
    return this.#start + Math.floor(this.#now / 1e6);
  }

  monotonic(): number {
    return this.#now / 1e6;
  }

  after(ms: number, wake: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, Math.round(ms * 1e6)), seq: this.#seq++, wake };
    this.#push(timer);
    return () => {
      timer.wake = undefined;
    };
  }

  /** Runs `work` to its end, jumping from timer to timer. Throws when the work waits and no timer is left to wake it. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    let settled = false;
    const result = work().finally(() => {
      settled = true;
    });
    result.catch(() => undefined);
    for (let idle = 0; ; ) {
      await new Promise(setImmediate);
      if (settled) return result;
      if (this.#step()) idle = 0;
      else if (++idle > 3) throw new Error("deadlock: the work waits and no timer can wake it");
    }
  }

  /** Wakes every timer of the next instant. */
  #step(): boolean {
    let first = this.#pop();
    while (first !== undefined && first.wake === undefined) first = this.#pop();
    if (first === undefined) return false;
    this.#now = first.at;
    first.wake?.();
    while (this.#heap[0]?.at === this.#now) this.#pop()?.wake?.();
    return true;
  }

  #before(a: Timer, b: Timer): boolean {
    return a.at !== b.at ? a.at < b.at : a.seq < b.seq;
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let i = heap.push(timer) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = heap[parent] as Timer; // in range: parent < i
      if (!this.#before(timer, above)) break;
      heap[i] = above;
      i = parent;
    }
    heap[i] = timer;
  }

  #pop(): Timer | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && this.#before(right, heap[child] as Timer)) child++; // in range: checked above
      const smaller = heap[child] as Timer;
      if (!this.#before(smaller, last)) break;
      heap[i] = smaller;
      i = child;
    }
    heap[i] = last;
    return top;
  }
}
