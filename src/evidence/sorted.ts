// The lines of a journal by what they are: sorted once as they come, and asked for by kind and step.
import type { Entry, Intent, Seen } from "./entries.js";
import type { Line } from "./journal.js";

export type Dated<T> = T & { readonly at: string };
export type SeenStep<S extends Seen["step"]> = Dated<Extract<Seen, { readonly step: S }>>;
export type IntentStep<S extends Intent["step"]> = Dated<Extract<Intent, { readonly step: S }>>;
export type EntryOf<K extends Entry["kind"]> = Dated<Extract<Entry, { readonly kind: K }>>;

/** Entries by what they are, each sort in its own order. */
export class Index {
  readonly entries: Dated<Entry>[] = [];
  readonly #sorts = new Map<string, { readonly place: number; readonly entry: Dated<Entry> }[]>();

  add(line: Line): void {
    const entry = { ...line.entry, at: line.at };
    const name = "step" in entry ? `${entry.kind} ${entry.step}` : entry.kind;
    const place = this.entries.push(entry) - 1;
    const sort = this.#sorts.get(name);
    if (sort === undefined) this.#sorts.set(name, [{ place, entry }]);
    else sort.push({ place, entry });
  }

  named(name: string, from: number, to: number): readonly Dated<Entry>[] {
    const found: Dated<Entry>[] = [];
    for (const { place, entry } of this.#sorts.get(name) ?? []) if (place >= from && place < to) found.push(entry);
    return found;
  }
}

/** Those that stand from one place of the journal to before another. */
export class Part {
  readonly #index: Index;
  readonly #from: number;
  readonly #to: number;

  constructor(index: Index, from: number, to: number) {
    this.#index = index;
    this.#from = from;
    this.#to = to;
  }

  of<K extends Exclude<Entry["kind"], "seen" | "intent">>(kind: K): readonly EntryOf<K>[] {
    return this.#named(kind) as readonly EntryOf<K>[]; // sorted by just that
  }
  seen<S extends Seen["step"]>(step: S): readonly SeenStep<S>[] {
    return this.#named(`seen ${step}`) as readonly SeenStep<S>[];
  }
  intents<S extends Intent["step"]>(step: S): readonly IntentStep<S>[] {
    return this.#named(`intent ${step}`) as readonly IntentStep<S>[];
  }
  #named(name: string): readonly Dated<Entry>[] {
    return this.#index.named(name, this.#from, this.#to);
  }
}
