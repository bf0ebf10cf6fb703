// Message shapes as data: for each field a template like `00{batch:6}201`. Writing and strict reading both follow from it.
import type { IsoFields, IsoMessage } from "./iso8583.js";

/** Everything that the messages of either dialect speak of. */
export type Name =
  | "amount"
  | "batch"
  | "code"
  | "count"
  | "credit"
  | "creditCount"
  | "currency"
  | "date"
  | "debit"
  | "debitCount"
  | "digest"
  | "flag"
  | "foreignFlag"
  | "list"
  | "mid"
  | "openBatch"
  | "original"
  | "pan"
  | "processing"
  | "reference"
  | "tid"
  | "time"
  | "trace";

/** Digits or text, by name: numbers without the zeros that fill them up are as good as with. */
export type Values = { readonly [N in Name]?: string };

interface Slot {
  readonly name: Name;
  /** Zero: whatever is left. */
  readonly size: number;
  /** Digits, filled up with zeros in front; text with spaces behind. */
  readonly digits: boolean;
}
type Part = string | Slot;
interface Template {
  readonly parts: readonly Part[];
  /** The field may be absent; it is when one of its values is. */
  readonly optional: boolean;
}

export interface Shape {
  readonly mti: string;
  readonly fields: readonly (readonly [field: number, template: Template])[];
}

/** `{name:6}` six digits, `{name:6a}` six characters, `{name:*}` the rest, `?` in front: optional. Anything else stands for itself. */
const SLOT = /\{([a-zA-Z]+):([0-9]+a?|\*)\}/;

export function template(text: string): Template {
  const optional = text.startsWith("?");
  const pieces = (optional ? text.slice(1) : text).split(SLOT);
  const parts: Part[] = [];
  for (let i = 0; i < pieces.length; i += 3) {
    const [literal = "", name, size = ""] = pieces.slice(i, i + 3);
    if (literal !== "") parts.push(literal);
    if (name === undefined) continue;
    // The tables are ours: a misspelt name has no value and fails in the first message it is in.
    parts.push({ name: name as Name, size: size === "*" ? 0 : Number.parseInt(size, 10), digits: /^[0-9]+$/.test(size) });
  }
  return { parts, optional };
}

export function shape(mti: string, fields: Readonly<Record<number, string>>): Shape {
  return { mti, fields: Object.entries(fields).map(([field, text]) => [Number(field), template(text)] as const) };
}

/** Throws RangeError when a value is missing or too long. */
export function write({ mti, fields }: Shape, values: Values): IsoMessage {
  const out: Record<number, string> = {};
  for (const [field, { parts, optional }] of fields) {
    if (optional && parts.some((part) => typeof part !== "string" && values[part.name] === undefined)) continue;
    out[field] = fill(parts, values);
  }
  return { mti, fields: out };
}

/** `undefined` when the message is of another shape: a field too many or too few, other literals, two values under one name. */
export function read({ mti, fields }: Shape, message: IsoMessage): Values | undefined {
  if (message.mti !== mti) return undefined;
  const values: Record<string, string> = {};
  let found = 0;
  for (const [field, { parts, optional }] of fields) {
    const text = message.fields[field];
    if (text === undefined) {
      if (optional) continue;
      return undefined;
    }
    found++;
    if (!take(parts, text, values)) return undefined;
  }
  return found === count(message.fields) ? values : undefined;
}

export function fill(parts: readonly Part[], values: Values): string {
  let text = "";
  for (const part of parts) {
    if (typeof part === "string") text += part;
    else {
      const value = values[part.name];
      if (value === undefined || (part.size > 0 && value.length > part.size)) {
        throw new RangeError(`${part.name} of ${part.size} characters cannot be "${value}"`);
      }
      text += part.size === 0 ? value : part.digits ? value.padStart(part.size, "0") : value.padEnd(part.size);
    }
  }
  return text;
}

/** Takes text apart into `values`; false when it is not so made. Text that is blank is no value. */
export function take(parts: readonly Part[], text: string, values: Record<string, string>): boolean {
  let at = 0;
  for (const part of parts) {
    if (typeof part === "string") {
      if (!text.startsWith(part, at)) return false;
      at += part.length;
      continue;
    }
    const end = part.size === 0 ? text.length : at + part.size;
    const raw = text.slice(at, end);
    if (end > text.length || (part.digits && !/^[0-9]+$/.test(raw))) return false;
    const value = part.size === 0 || part.digits ? raw : raw.trimEnd();
    if (value === "" || (values[part.name] !== undefined && values[part.name] !== value)) return false;
    values[part.name] = value;
    at = end;
  }
  return at === text.length;
}

function count(fields: IsoFields): number {
  let found = 0;
  for (const _ in fields) found++;
  return found;
}
