// Field combinators: a message is declared once as named, tagged, typed fields; writing, reading and the TypeScript type follow from it.
import { ascii, bcd as bcdBytes, hex, readBcd, readUint, text, uint } from "../base/bytes.js";
import { type Element, elements, joined } from "./tlv.js";

/** How one value stands in bytes. `read` answers undefined for bytes that are not such a value; it never throws. */
export interface Value<T> {
  /** What is inside, where the value is itself a set of fields. */
  readonly fields?: Fields;
  write(value: T): Uint8Array;
  /** `inner`: the bytes as elements, where they have been split already. */
  read(bytes: Uint8Array, inner?: readonly Element[]): T | undefined;
}

type Arity = "one" | "optional" | "many";

export interface Field<T, A extends Arity = Arity> {
  readonly tag: number;
  readonly value: Value<T>;
  readonly arity: A;
}

// biome-ignore lint/suspicious/noExplicitAny: the element type is recovered by Of<>, which needs to match any Field
export type Fields = Readonly<Record<string, Field<any>>>;
type Keys<F extends Fields, A extends Arity> = { [K in keyof F]: F[K]["arity"] extends A ? K : never }[keyof F];
type ValueOf<X> = X extends Field<infer T> ? T : never;
/** The record a set of fields describes; both directions share it. */
export type Of<F extends Fields> = { readonly [K in Keys<F, "one">]: ValueOf<F[K]> } & {
  readonly [K in Keys<F, "optional">]?: ValueOf<F[K]>;
} & { readonly [K in Keys<F, "many">]: readonly ValueOf<F[K]>[] };

export interface Decoded<T> {
  readonly value: T;
  /** Tags that this description does not know, for the reader to judge. */
  readonly unknown: readonly number[];
}

/** Why bytes are not this record: the tag at fault (0 when no tag could be read). */
export interface Misread {
  readonly badTag: number;
}

export interface Struct<T> {
  readonly fields: Fields;
  encode(value: T): Uint8Array;
  decode(bytes: Uint8Array, maxDepth?: number): Decoded<T> | Misread;
  /** The same of bytes that are split already. */
  take(found: readonly Element[]): Decoded<T> | Misread;
}

export const u8 = integer(1);
export const u16 = integer(2);
export const u32 = integer(4);

function integer(size: number): Value<number> {
  return { write: (value) => uint(value, size), read: (bytes) => (bytes.length === size ? readUint(bytes) : undefined) };
}

export function bytes(min: number, max = min): Value<Uint8Array> {
  const fits = (length: number) => length >= min && length <= max;
  return {
    write(value) {
      if (!fits(value.length)) throw new RangeError(`${value.length} bytes where ${min} to ${max} belong`);
      return value;
    },
    read: (raw) => (fits(raw.length) ? raw.slice() : undefined),
  };
}

/** Printable ASCII, 1 to `max` characters. */
export function printable(max: number): Value<string> {
  const good = (value: string) => value.length >= 1 && value.length <= max && /^[\x20-\x7e]*$/.test(value);
  return {
    write(value) {
      if (!good(value)) throw new RangeError(`not 1 to ${max} printable characters`);
      return ascii(value);
    },
    read(raw) {
      const value = text(raw);
      return good(value) ? value : undefined;
    },
  };
}

/** An unsigned number in BCD, as amounts are carried. */
export function number(size: number): Value<bigint> {
  return { write: (value) => bcdBytes(value, size), read: (raw) => (raw.length === size ? readBcd(raw) : undefined) };
}

/** A string of exactly `digits` decimal digits in BCD, right-aligned when odd. */
export function digits(count: number): Value<string> {
  const size = Math.ceil(count / 2);
  return {
    write: (value) => bcdBytes(BigInt(value), size),
    read(raw) {
      const all = hex(raw);
      return raw.length === size && /^[0-9]+$/.test(all) ? all.slice(-count) : undefined;
    },
  };
}

/** A number with a name; unknown numbers are values too, so the reader can report them. */
export function named<const N extends Readonly<Record<string, number>>>(names: N): Value<(keyof N & string) | `unknown-${number}`> {
  const back = new Map(Object.entries(names).map(([name, code]) => [code, name as keyof N & string])); // entries() loses the key type
  return {
    write(value) {
      const code = names[value];
      if (code === undefined) throw new RangeError(`${value} has no number`);
      return uint(code, 1);
    },
    read(raw) {
      if (raw.length !== 1) return undefined;
      const code = raw[0] ?? 0;
      return back.get(code) ?? `unknown-${code}`;
    },
  };
}

export const flag: Value<boolean> = {
  write: (value) => Uint8Array.of(value ? 1 : 0),
  read: (raw) => (raw.length === 1 && (raw[0] ?? 2) <= 1 ? raw[0] === 1 : undefined),
};

export function one<T>(tag: number, value: Value<T>): Field<T, "one"> {
  return { tag, value, arity: "one" };
}
export function optional<T>(tag: number, value: Value<T>): Field<T, "optional"> {
  return { tag, value, arity: "optional" };
}
export function many<T>(tag: number, value: Value<T>): Field<T, "many"> {
  return { tag, value, arity: "many" };
}

/** Fields inside a constructed element. */
export function group<F extends Fields>(fields: F): Value<Of<F>> {
  const inner = struct(fields);
  return {
    fields,
    write: (value) => inner.encode(value),
    read(raw, found) {
      const decoded = found === undefined ? inner.decode(raw) : inner.take(found);
      return "badTag" in decoded ? undefined : decoded.value;
    },
  };
}

/** Writes in declared order; reads any order, refusing a second copy of a single field, a missing one, or a value that does not fit. */
export function struct<F extends Fields>(fields: F): Struct<Of<F>> {
  const rows = Object.entries(fields);
  const byTag = new Map(rows.map(([name, field]) => [field.tag, { name, field }]));
  return {
    fields,
    encode(value) {
      const out: Element[] = [];
      for (const [name, field] of rows) {
        const given = (value as Readonly<Record<string, unknown>>)[name]; // Of<F> is such a record by construction
        if (given === undefined) continue;
        const { tag, value: shape } = field;
        if (field.arity !== "many") out.push({ tag, value: shape.write(given) });
        else for (const item of given as readonly unknown[]) out.push({ tag, value: shape.write(item) });
      }
      return joined(out);
    },
    decode(raw, maxDepth = 8) {
      const found = elements(raw, maxDepth);
      return Array.isArray(found) ? this.take(found) : { badTag: found.tag };
    },
    take(found) {
      const out: Record<string, unknown> = {};
      const unknown: number[] = [];
      for (const [name, field] of rows) if (field.arity === "many") out[name] = [];
      for (const { tag, value, inner } of found) {
        const row = byTag.get(tag);
        if (row === undefined) {
          unknown.push(tag);
          continue;
        }
        const read: unknown = row.field.value.read(value, inner);
        if (read === undefined) return { badTag: tag };
        if (row.field.arity === "many") (out[row.name] as unknown[]).push(read);
        else if (row.name in out) return { badTag: tag };
        else out[row.name] = read;
      }
      for (const [name, field] of rows) if (field.arity === "one" && !(name in out)) return { badTag: field.tag };
      return { value: out as Of<F>, unknown }; // every required field was just checked
    },
  };
}
