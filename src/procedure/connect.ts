// Finding out which terminal is on a line, and refusing one that is not the one that was named.
import { DecomError } from "../base/errors.js";
import type { ArchiveRecipient } from "../evidence/archive/recipients.js";
import type { Link } from "../link/link.js";
import type { DriverContext, Family, TapLine, Terminal } from "../terminal/driver.js";
import type { Identity } from "../terminal/facts.js";
import type { Model } from "../terminal/model.js";
import type { Bench } from "./context.js";

export interface Connection {
  readonly families: readonly Family[];
  readonly link: Link;
  /** Milliseconds to wait for the first answer. */
  readonly patience: number;
  readonly signal?: AbortSignal;
  /** Whom the archive is sealed to; on resume they take the place of those named before. */
  readonly archiveRecipients?: readonly ArchiveRecipient[];
}

/** Tries each family on the line; the first that answers has it. */
export async function connect(
  bench: Pick<Bench, "clock" | "random" | "log" | "onEvent">,
  { families, link, patience }: Connection,
  tap?: (line: TapLine) => void,
): Promise<{ terminal: Terminal; family: Family }> {
  const { clock, random, log, onEvent } = bench;
  const context: DriverContext = {
    clock,
    random,
    log,
    ...(tap === undefined ? {} : { tap }),
    progress: ({ what, permille }) => onEvent?.({ type: "progress", step: "", what, permille }),
  };
  for (const family of families) {
    try {
      return { terminal: await family.connect(link, context, patience), family };
    } catch (thrown) {
      if (thrown instanceof DecomError && thrown.code === "terminal.silent") continue;
      await link.close();
      // Nobody has answered yet: whatever happened to the line, there is no terminal for us.
      const gone = thrown instanceof DecomError && (thrown.code === "link.closed" || thrown.code === "link.stuck");
      throw gone ? new DecomError("terminal.absent", thrown.message, { cause: thrown }) : thrown;
    }
  }
  await link.close();
  throw new DecomError("terminal.absent", `nothing that decom knows answers on ${link.address}`);
}

export function modelOf(family: Family, name: string): Model {
  const model = family.models.find(({ id }) => id === name);
  if (model === undefined) throw new DecomError("model.unknown", `${family.name} has no description of model ${name}`);
  return model;
}

/** A number that this model's maker never gives is not read off this unit. */
export function refuseStrangeSerial({ id, serial: { form } }: Model, { serial }: Identity): void {
  if (new RegExp(`^(?:${form})$`).test(serial)) return;
  throw new DecomError("identity.unreadable", `${serial} is no serial number of a ${id}, which are of the form ${form}`);
}

/** Throws `identity.serial` unless this is the terminal that somebody has named. */
export function refuseOther({ serial }: Identity, expected: string | undefined): void {
  if (expected === undefined || serial === expected) return;
  throw new DecomError("identity.serial", `expected ${expected}, the terminal is ${serial}`);
}
