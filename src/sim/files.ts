// Files of records as the terminal reads them: each once, and after that only the slot that it writes itself.
import { decodeRecord, type LogRecord, RECORD, recordsIn } from "./records.js";
import type { Powered } from "./stores.js";

interface Held {
  readonly version: number;
  readonly records: readonly LogRecord[];
}

export class Files {
  readonly #stores: Powered;
  readonly #held = new Map<number, Held>();

  constructor(stores: Powered) {
    this.#stores = stores;
  }

  /** Of one area, in the order of their slots. */
  records(area: number): readonly LogRecord[] {
    const version = this.#stores.flashChanges(area);
    const held = this.#held.get(area);
    if (held?.version === version) return held.records;
    return this.#hold(area, recordsIn(this.#stores.flash.bytes(area), area));
  }

  /** Programs the state of one record: the others stay as they were read. */
  mark(area: number, slot: number, state: number): void {
    const before = this.records(area);
    this.#stores.flash.program(area, slot * RECORD, Uint8Array.of(state));
    const now = decodeRecord(this.#stores.flash.bytes(area), slot, area);
    this.#hold(
      area,
      before.flatMap((record) => (record.slot !== slot ? [record] : now === undefined ? [] : [now])),
    );
  }

  #hold(area: number, records: readonly LogRecord[]): readonly LogRecord[] {
    this.#held.set(area, { version: this.#stores.flashChanges(area), records });
    return records;
  }
}
