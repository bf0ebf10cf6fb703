// A settlement dialect as data: which messages there are, how they look, and which codes and flags mean what. One machine speaks them all.
import type { Direction } from "../../../base/money.js";
import type { Kind } from "../../../terminal/facts.js";
import type { IsoMessage } from "../iso8583.js";
import { fill, read, type Shape, take, template, type Values } from "../shape.js";

export interface Exchange {
  readonly ask: Shape;
  readonly answer: Shape;
}

/** One item by itself; `processing` is field 3 for an item of either direction. */
export interface Send extends Exchange {
  readonly processing: Readonly<Record<Direction, string>>;
}

/** Records of a batch; with `list` several in one message. */
export interface Upload extends Exchange {
  readonly list?: { readonly most: number; readonly row: Row };
}

/** How an answer says whether the totals agree: the values that say it, and what they say. A code that says neither is a refusal. */
export interface Verdict {
  readonly by: readonly ("code" | "flag" | "foreignFlag")[];
  readonly equal: readonly [string, ...string[]];
  readonly different: readonly [string, ...string[]];
  /** How the host says that it could not compare; where it has no word for that it refuses. */
  readonly error?: string;
}

export interface Dialect {
  readonly name: "unionpay" | "edc";
  readonly signIn: Exchange;
  /** Asks the host to close a batch with these totals. */
  readonly settle: Exchange;
  readonly upload: Readonly<Record<Direction, Upload>>;
  /** After an upload: asks once more. */
  readonly end: Exchange;
  /** How often an upload may be tried before totals differ for good. */
  readonly rounds: number;
  /** Told when the totals agreed at once: nothing more is coming. */
  readonly farewell?: Exchange;
  readonly verdict: Verdict;
  /** What can be brought to the host before a settlement, by the kind it was recorded as. */
  readonly sends: Readonly<Partial<Record<Kind, Send>>>;
  /** What the host knows of a batch. */
  readonly query: Exchange;
}

/** Answer codes that both dialects share. */
export const codes = {
  fine: "00",
  /** Refused as such; nothing was booked. */
  invalid: "12",
  /** The host has no such batch. */
  unknown: "25",
  error: "06",
  /** The host has heard this before, or holds the batch for closed: whether it was booked has to be looked up. */
  duplicate: "94",
  unable: "96",
  /** The message was not authentic: sign in, then say it again. */
  mac: "A0",
} as const;

/** Money from the cardholder is a debit. */
export const toHost: Send["processing"] = { debit: "000000", credit: "200000" };
/** A reversal names the processing code of what it takes back. */
export const takenBack: Send["processing"] = { debit: "200000", credit: "000000" };

// --- rows of a list inside a field -----------------------------------------------------------------------------------------------

export type Row = ReturnType<typeof template>["parts"];
export const row = (text: string): Row => template(text).parts;

export function rowsOf(parts: Row, text: string): Values[] | undefined {
  const size = parts.reduce((sum, part) => sum + (typeof part === "string" ? part.length : part.size), 0);
  if (text.length % size !== 0) return undefined;
  const rows: Values[] = [];
  for (let at = 0; at < text.length; at += size) {
    const values: Record<string, string> = {};
    if (!take(parts, text.slice(at, at + size), values)) return undefined;
    rows.push(values);
  }
  return rows;
}

export const listOf = (parts: Row, rows: readonly Values[]): string => rows.map((values) => fill(parts, values)).join("");

// --- what a message is -----------------------------------------------------------------------------------------------------------

type Plain = "signIn" | "settle" | "end" | "farewell" | "query";
export type Asked =
  | { readonly [W in Plain]: { readonly what: W; readonly exchange: Exchange } }[Plain]
  | { readonly what: "upload"; readonly exchange: Upload; readonly direction: Direction }
  | { readonly what: "send"; readonly exchange: Send; readonly kind: Kind };

const known = new Map<Dialect, readonly Asked[]>();

function everything(dialect: Dialect): readonly Asked[] {
  const { signIn, settle, end, farewell, query, upload, sends } = dialect;
  const listed = known.get(dialect) ?? [
    { what: "settle", exchange: settle },
    { what: "upload", exchange: upload.debit, direction: "debit" },
    { what: "upload", exchange: upload.credit, direction: "credit" },
    { what: "end", exchange: end },
    ...(farewell === undefined ? [] : [{ what: "farewell", exchange: farewell } as const]),
    { what: "signIn", exchange: signIn },
    { what: "query", exchange: query },
    ...Object.entries(sends).map(([kind, exchange]) => ({ what: "send", exchange, kind: kind as Kind }) as const), // entries() loses the key type
  ];
  known.set(dialect, listed);
  return listed;
}

/** What a host is asked; `undefined` for a message that this dialect does not have. */
export function understood(dialect: Dialect, message: IsoMessage): { readonly asked: Asked; readonly values: Values } | undefined {
  for (const asked of everything(dialect)) {
    const values = read(asked.exchange.ask, message);
    if (values !== undefined) return { asked, values };
  }
  return undefined;
}

/** `unsaid`: the answer says nothing of the totals, so it is none. */
export type Judged = "equal" | "different" | "error" | "refused" | "unsaid";

/** What an answer to settle or end says of the totals. */
export function judge({ by, equal, different, error }: Verdict, answer: Values): Judged {
  if (answer.code !== undefined && answer.code !== codes.fine && !by.includes("code")) return "refused";
  const said = by.map((name) => answer[name] ?? "");
  if (said.includes("")) return "unsaid";
  if (said.every((mark) => equal.includes(mark))) return "equal";
  if (said.every((mark) => equal.includes(mark) || different.includes(mark))) return "different";
  return error === undefined ? "refused" : "error";
}

/** The values by which a host says it. */
export function say({ by, equal, different, error }: Verdict, judged: Exclude<Judged, "refused" | "unsaid">): Values {
  if (judged === "error" && error === undefined) return { code: codes.error };
  const mark = judged === "equal" ? equal[0] : judged === "different" ? different[0] : error;
  return Object.fromEntries(by.map((name, i) => [name, i === 0 ? mark : equal[0]]));
}
