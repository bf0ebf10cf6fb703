// decom holds: the parked runs of an output folder, the oldest first: what each waits for, of whom, and by when.
import { join } from "node:path";
import { systemClock } from "../../base/clock.js";
import { DecomError } from "../../base/errors.js";
import { words } from "../../base/words.js";
import { readCertificates } from "../../evidence/envelope/pem.js";
import { type Hold, readHold } from "../../evidence/hold.js";
import { readFile } from "../files.js";
import type { Io, Told } from "../io.js";
import { type CommonOptions, type KeyOptions, type OutOptions, outOf, wanted } from "../options.js";
import { type RunState, runStates } from "../run-states.js";

interface HoldsOptions extends CommonOptions, OutOptions, Pick<KeyOptions, "keys"> {
  readonly trust?: string;
  /** Milliseconds. */
  readonly olderThan?: number;
}

interface Parked {
  readonly folder: string;
  readonly ageMs: number;
  readonly overdue: boolean;
  readonly hold: Hold;
}

/** A hold file that cannot be believed; the run is parked all the same. */
interface Doubtful {
  readonly folder: string;
  readonly code: string;
  readonly message: string;
}

export async function holds(options: HoldsOptions, io: Io): Promise<Told> {
  const out = outOf(options, io);
  const now = systemClock.wall();
  const root = options.trust ?? join(wanted(options.keys, io.env["DECOM_KEYS"], "--keys", "DECOM_KEYS"), "root.pem");
  const trust = readCertificates(readFile(root));
  const parked: Parked[] = [];
  const doubtful: Doubtful[] = [];
  for (const state of runStates(out).filter((run) => run.state === "held")) {
    const { folder } = state;
    try {
      const hold = currentHold(state, trust, now);
      parked.push({ folder, ageMs: now - Date.parse(hold.at), overdue: Date.parse(hold.deadline) < now, hold });
    } catch (thrown) {
      if (!(thrown instanceof DecomError)) throw thrown;
      doubtful.push({ folder, code: thrown.code, message: thrown.message });
    }
  }
  const old = parked.filter(({ ageMs }) => ageMs >= (options.olderThan ?? 0)).sort((a, b) => b.ageMs - a.ageMs);
  return {
    exit: 0,
    json: { holds: old.map(({ hold, ...rest }) => ({ ...rest, ...hold })), doubtful },
    text: [
      ...old.flatMap(({ ageMs, overdue, hold }) => [
        words.cli.parked(hold.id, hold.serial, hold.code, age(ageMs), hold.deadline, overdue),
        `  ${words.who[hold.owner]}: ${hold.need}`,
      ]),
      ...doubtful.map(({ folder, message }) => words.cli.holdDoubtful(folder, message)),
      ...(old.length + doubtful.length === 0 ? [words.cli.noHolds(out)] : []),
    ],
  };
}

/** The hold file that the journal names: one of an earlier hold says what was needed then. */
function currentHold({ folder, code, holdSha256 }: RunState, trust: readonly Uint8Array[], now: number): Hold {
  if (holdSha256 === null) throw new DecomError("signer.unavailable", words.cli.holdUnsigned(code ?? ""));
  const { hold, sha256 } = readHold(
    { content: readFile(join(folder, "hold.json")), signature: readFile(join(folder, "hold.sig")) },
    { trust, now },
  );
  if (sha256 !== holdSha256) throw new DecomError("hold.invalid", words.cli.holdOfBefore);
  return hold;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const age = (ms: number) => (ms >= DAY ? `${Math.floor(ms / DAY)} d` : `${Math.floor(ms / HOUR)} h`);
