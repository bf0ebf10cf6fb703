// Reads JSON that people write: closed shapes, and every complaint says where. Small on purpose; documents that travel have schemas of their own.

/** Throws `Misread` with the path of what is wrong. */
export type Read<T> = (value: unknown, path: string) => T;
export type Reading<R> = R extends Read<infer T> ? T : never;

export class Misread extends Error {}

export function fail(path: string, wanted: string, value?: unknown): never {
  const seen = value === undefined ? "" : `, not ${JSON.stringify(value)}`;
  throw new Misread(`${path === "" ? "the file" : path}: ${wanted}${seen}`);
}

export const text =
  (pattern: RegExp, wanted: string): Read<string> =>
  (value, path) =>
    typeof value === "string" && pattern.test(value) ? value : fail(path, wanted, value);

export const whole =
  (min: number, max: number): Read<number> =>
  (value, path) =>
    typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max
      ? value
      : fail(path, `a whole number from ${min} to ${max}`, value);

/** Minor units; JSON has no bigint. */
export const minor: Read<bigint> = (value, path) => BigInt(whole(0, 999_999_999_999)(value, path));

export const yes: Read<boolean> = (value, path) => (typeof value === "boolean" ? value : fail(path, "true or false", value));

export const oneOf =
  <const T extends string>(...names: readonly T[]): Read<T> =>
  (value, path) =>
    names.find((name) => name === value) ?? fail(path, `one of ${names.join(", ")}`, value);

/** `null` where a result has none. */
export const orNull =
  <T>(read: Read<T>): Read<T | null> =>
  (value, path) =>
    value === null ? null : read(value, path);

export const list =
  <T>(item: Read<T>, max = 64): Read<readonly T[]> =>
  (value, path) => {
    if (!Array.isArray(value) || value.length > max) return fail(path, `a list of at most ${max}`);
    return value.map((element: unknown, i) => item(element, `${path}[${i}]`));
  };

type Fields = Readonly<Record<string, Read<unknown>>>;
type Values<F extends Fields> = { readonly [K in keyof F]: Reading<F[K]> };

/** An object with all of `required`, any of `optional` and nothing else. */
export const closed =
  <R extends Fields, O extends Fields = Record<never, never>>(
    required: R,
    optional: O = {} as O, // no fields: O's own default
  ): Read<Values<R> & Partial<Values<O>>> =>
  (value, path) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return fail(path, "an object", value);
    const fields: Fields = { ...required, ...optional };
    const at = (name: string) => (path === "" ? name : `${path}.${name}`);
    const out: Record<string, unknown> = {};
    for (const [name, given] of Object.entries(value)) {
      const read = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (read === undefined) return fail(at(name), `no such field; there are ${Object.keys(fields).join(", ")}`);
      out[name] = read(given, at(name));
    }
    for (const name of Object.keys(required)) if (!Object.hasOwn(out, name)) return fail(at(name), "missing");
    return out as Values<R> & Partial<Values<O>>; // every field of both was read by its own reader
  };

/** One of two fields, and not both. */
export const either =
  <T extends object>(one: string, other: string, read: Read<T>): Read<T> =>
  (value, path) => {
    const found = read(value, path);
    return Object.hasOwn(found, one) === Object.hasOwn(found, other) ? fail(path, `either ${one} or ${other}`) : found;
  };

/** Objects told apart by one field. */
export const byField =
  <const K extends string, V extends Readonly<Record<string, Read<unknown>>>>(key: K, variants: V): Read<Reading<V[keyof V]>> =>
  (value, path) => {
    const name = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined; // just checked
    const read = typeof name === "string" && Object.hasOwn(variants, name) ? variants[name] : undefined;
    if (read === undefined) return fail(path === "" ? key : `${path}.${key}`, `one of ${Object.keys(variants).join(", ")}`, name);
    return read(value, path) as Reading<V[keyof V]>; // the variant that the field named
  };
