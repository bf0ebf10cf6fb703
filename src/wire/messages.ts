// Tables of commands: number, request, response and effect, declared once and read by both sides of the line.
import { type Fields, type Of, type Struct, struct } from "./fields.js";

/** What carrying out a command may do. Reads may be asked again; money and destroy are looked up, never repeated after a new session. */
export type Effect = "read" | "change" | "money" | "destroy";

export interface Command<Q = unknown, A = unknown> {
  readonly code: number;
  readonly effect: Effect;
  readonly request: Struct<Q>;
  readonly response: Struct<A>;
}

export function command<Q extends Fields, A extends Fields>(code: number, effect: Effect, request: Q, response: A): Command<Of<Q>, Of<A>> {
  return { code, effect, request: struct(request), response: struct(response) };
}

/** Keeps each command's own types under its name and refuses two commands with one number. */
// biome-ignore lint/suspicious/noExplicitAny: a table holds commands of every shape; each keeps its own through T
export function table<const T extends Readonly<Record<string, Command<any, any>>>>(commands: T): T {
  const seen = new Set<number>();
  for (const { code } of Object.values(commands)) {
    if (seen.has(code)) throw new RangeError(`two commands have number ${code}`);
    seen.add(code);
  }
  return commands;
}

// biome-ignore lint/suspicious/noExplicitAny: as above
export type Request<C> = C extends Command<infer Q, any> ? Q : never;
// biome-ignore lint/suspicious/noExplicitAny: as above
export type Response<C> = C extends Command<any, infer A> ? A : never;
