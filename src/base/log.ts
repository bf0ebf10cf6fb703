// What the lower floors need of a logger; the command line gives them pino, tests give them silence.

export interface Log {
  debug(facts: Readonly<Record<string, unknown>>, message: string): void;
  info(facts: Readonly<Record<string, unknown>>, message: string): void;
  warn(facts: Readonly<Record<string, unknown>>, message: string): void;
}

const nothing = () => undefined;
export const silent: Log = { debug: nothing, info: nothing, warn: nothing };
