// What every step of a run can reach. A step looks, acts and writes down; it never decides how the run ends.
import type { Clock } from "../base/clock.js";
import type { Disk } from "../base/disk.js";
import type { Log } from "../base/log.js";
import type { Random } from "../base/random.js";
import type { Entry } from "../evidence/entries.js";
import type { Station } from "../evidence/envelope/keys.js";
import type { Line } from "../evidence/journal.js";
import type { CheckedOrder } from "../evidence/order/check.js";
import type { RunRecord } from "../evidence/record.js";
import type { StationLog } from "../evidence/station-log.js";
import type { Authority, Family, Terminal } from "../terminal/driver.js";
import type { Account, Census } from "../terminal/facts.js";
import type { Model } from "../terminal/model.js";
import type { Blank, Counted, ErasePermit } from "../terminal/proofs.js";

/** What a run reports while it goes on; the command line shows it, `--events` prints it. */
export type RunEvent =
  /** The n-th of those that this phase of the run takes; a run that is taken up again counts anew. */
  | { readonly type: "begin"; readonly step: string; readonly row: number; readonly rows: number }
  | { readonly type: "end"; readonly step: string }
  | { readonly type: "progress"; readonly step: string; readonly what: string; readonly permille: number };

/** The computer, its station and the people at it. */
export interface Bench {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly log: Log;
  readonly station: Station;
  readonly stationLog: StationLog;
  /** Where run folders lie. */
  readonly out: string;
  /** Name and version of this program. */
  readonly tool: { readonly version: string; readonly buildSha256: string };
  readonly performedBy: string;
  /** The second person, where two are wanted. */
  readonly witness?: string;
  readonly runtime: { readonly node: string; readonly os: string; readonly arch: string };
  readonly onEvent?: (event: RunEvent) => void;
}

export interface Run extends Bench {
  readonly family: Family;
  readonly terminal: Terminal;
  readonly model: Model;
  readonly order: CheckedOrder;
  readonly authority: Authority;
  readonly folder: string;
  readonly signal: AbortSignal | undefined;
  /** Everything so far, from the journal. */
  record(): RunRecord;
  /** On return it is on disk. */
  write(entry: Entry): Line;
  /** Codes with which a certificate made after the coming steps would still be refused. */
  draft(): readonly string[];
  /** Proofs live here between the look that minted them and the act that needs them; never on disk. */
  proofs: { counted?: Counted; permit?: ErasePermit; blank?: ReadonlyMap<number, Blank>; census?: Census; accounts: readonly Account[] };
}
