// This computer and its station as a bench that runs can use: the composition that the command line and programs share.
import { arch, release, type } from "node:os";
import { join } from "node:path";
import { hex } from "../base/bytes.js";
import { type Clock, systemClock } from "../base/clock.js";
import { type Disk, systemDisk } from "../base/disk.js";
import { type Log, silent } from "../base/log.js";
import { type Random, systemRandom } from "../base/random.js";
import { pointOf, sha256 } from "../base/sign.js";
import { openStation } from "../evidence/envelope/keys.js";
import { StationLog } from "../evidence/station-log.js";
import type { Bench, RunEvent } from "../procedure/context.js";
import { tool } from "./version.js";

export interface BenchRequest {
  /** Key folder, made by `decom keys init`. */
  readonly keys: string;
  readonly passphrase: string;
  /** Where run folders lie. */
  readonly out: string;
  /** Pseudonymous id; a certificate names no person. */
  readonly performedBy?: string;
  /** The second person, where an order wants two. */
  readonly witness?: string;
  readonly log?: Log;
  readonly onEvent?: (event: RunEvent) => void;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly disk?: Disk;
}

export async function openBench(request: BenchRequest): Promise<Bench> {
  const { keys, passphrase, out, log = silent, clock = systemClock, random = systemRandom, disk = systemDisk, onEvent } = request;
  const station = await openStation({ dir: keys, disk, passphrase });
  disk.makeFolder(station.state);
  const stationLog = StationLog.open(disk, join(station.state, "station-log.ndjson"), clock);
  if (stationLog.head === undefined) {
    const wireKeySha256 = hex(sha256(pointOf(station.wireKey)));
    stationLog.write({ kind: "enrolment", certSha256: hex(sha256(station.leaf)), wireKeySha256 });
  }
  return {
    clock,
    random,
    disk,
    log,
    station,
    stationLog,
    out,
    tool: tool(),
    performedBy: request.performedBy ?? "BENCH-OPERATOR",
    ...(request.witness === undefined ? {} : { witness: request.witness }),
    runtime: { node: process.versions.node, os: `${type()} ${release()}`, arch: arch() },
    ...(onEvent === undefined ? {} : { onEvent }),
  };
}
