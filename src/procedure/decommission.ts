// Beginning a run, taking it up again, giving it up. What happens in between is the table in plan.ts.
import { DecomError } from "../base/errors.js";
import { uuid7 } from "../base/random.js";
import { sha256Hex } from "../base/sign.js";
import { checkRecipients, type StoredRecipient } from "../evidence/archive/recipients.js";
import { Journal } from "../evidence/journal.js";
import { type CheckedOrder, keptOrder, readAcceptedOrder } from "../evidence/order/check.js";
import { recordOf } from "../evidence/record.js";
import type { StatementSource } from "../evidence/statement/build.js";
import { Transcript, transcriptFacts } from "../evidence/transcript.js";
import type { Link } from "../link/link.js";
import { type Authority, type Family, familyOf, type Terminal } from "../terminal/driver.js";
import type { Environment, Identity } from "../terminal/facts.js";
import type { IsolationWay } from "../terminal/isolation.js";
import type { Model } from "../terminal/model.js";
import { acceptedOrder, authorityOf, type GivenOrder, orderGoingOn, refuseEarlyClock, refusePeople } from "./admission.js";
import { type Connection, connect, modelOf, refuseOther, refuseStrangeSerial } from "./connect.js";
import type { Bench } from "./context.js";
import { exclusively, isSerial, lockFor } from "./exclusive.js";
import { certify, finished, type Parked, type RunResult } from "./finish.js";
import { type FoundRun, openRun, refuseOpenRun, runsOf } from "./runs.js";
import { refuseEndedLife } from "./twin.js";
import { asParked, ended, walk } from "./walk.js";

export interface RunRequest extends Connection {
  /** From the label, typed or scanned; must be what the terminal reports. */
  readonly expectSerial: string;
  readonly order: GivenOrder;
  /** How the terminal is kept off every network, as the technician states it; empty when nobody does. */
  readonly isolation: readonly IsolationWay[];
}

/** Begins a run on a connected terminal and carries it to an end state. Throws what comes before a run exists. */
export async function decommission(bench: Bench, request: RunRequest): Promise<RunResult> {
  const transcript = new Transcript(bench.disk);
  const { terminal, family } = await connect(bench, request, (line) => transcript.add(line));
  return await exclusively(bench, terminal.identity.serial, async () => {
    try {
      refuseOther(terminal.identity, request.expectSerial);
      const identity = await terminal.idle(); // another station's wipe may be about to end the life that an order is for
      refuseOpenRun(bench, identity.serial);
      const model = modelOf(family, identity.model);
      refuseStrangeSerial(model, identity);
      const order = acceptedOrder(bench, family, identity, request.order);
      const authority = authorityOf(bench, family, order, identity); // nothing is begun that the terminal would not be opened for
      const { link, isolation, expectSerial } = request;
      const { folder, journal } = begin(bench, {
        identity,
        order,
        link,
        isolation,
        expectSerial,
        ...recipientsOf(bench, request, identity, order),
      });
      return await onward(bench, request, { terminal, family, model, order, authority, folder, journal, transcript });
    } catch (thrown) {
      // A refusal is a started run too: it leaves a record, though no folder.
      if (thrown instanceof DecomError && thrown.row.end === "REFUSE") {
        bench.stationLog.write({ kind: "end", runId: uuid7(bench.clock.wall(), bench.random), endState: "REFUSE" });
      }
      throw thrown;
    }
  }).finally(() => terminal[Symbol.asyncDispose]());
}

export interface ResumeRequest extends Connection {
  /** A newer order that continues the run; without one it goes on under its own. */
  readonly order?: Exclude<GivenOrder, "bench">;
  /** As a person typed it; another terminal than this is not taken up. */
  readonly expectSerial?: string;
  /** How the terminal is kept off networks, and has been since that was last said; absent where nobody says so. */
  readonly isolation?: readonly IsolationWay[];
}

/** Takes up the unfinished run of the connected terminal; a finished one gives its result again. */
export async function resume(bench: Bench, connection: ResumeRequest): Promise<RunResult> {
  const transcript = new Transcript(bench.disk);
  const { terminal, family } = await connect(bench, connection, (line) => transcript.add(line));
  const { identity } = terminal;
  return await exclusively(bench, identity.serial, async () => {
    refuseOther(identity, connection.expectSerial);
    const runs = runsOf(bench, identity.serial);
    const found = openRun(runs) ?? runs.at(-1);
    if (found === undefined) throw new DecomError("run.none", `${bench.out} holds no run of ${identity.serial}`);
    const before = readAcceptedOrder(found.record.order);
    if (found.record.end !== undefined) {
      // Its certificate must not be shown for another terminal that bears the same serial number.
      refuseEndedLife(bench.stationLog, identity);
      return finished(parked(bench, family, found, before));
    }
    try {
      refuseEarlyClock(bench);
    } catch (thrown) {
      if (thrown instanceof DecomError) return asParked(parked(bench, family, found, before), thrown);
      throw thrown;
    }
    const model = modelOf(family, identity.model);
    const { record } = found;
    const order = connection.order === undefined ? before : orderGoingOn(bench, family, identity, connection.order, { record, before });
    const { arm, wipeOp } = record;
    if (order.sha256 !== before.sha256 && arm !== undefined && arm.op === wipeOp) {
      throw new DecomError("order.continues", `the wipe was ordered under order ${before.order.id}, and is carried to its end under that`);
    }
    refusePeople(bench, order, record);
    const recipients = recipientsOf(bench, connection, identity, order);
    if (order.sha256 !== before.sha256) found.journal.write({ kind: "order", ...keptOrder(order) });
    const { isolation, link } = connection;
    const people = { performedBy: bench.performedBy, ...witnessed(bench), ...(isolation === undefined ? {} : { isolation }) };
    found.journal.write({ kind: "resumed", tool: bench.tool.version, address: link.address, ...people, ...recipients });
    const authority = authorityOf(bench, family, order, identity);
    return await onward(bench, connection, { terminal, family, model, order, authority, transcript, ...found });
  }).finally(() => terminal[Symbol.asyncDispose]());
}

/**
 * Ends an unfinished run for good, with a certificate that says so. Needs no terminal. One that was seen tampered with is not given up but
 * goes to be destroyed, as does one whose wipe was ordered: whoever cannot go on with it can no longer show anything of it.
 */
export function abandon(bench: Bench, families: readonly Family[], serial: string): RunResult {
  const none = () => new DecomError("run.none", `${bench.out} holds no unfinished run of ${serial}`);
  if (!isSerial(serial)) throw none();
  const unlock = lockFor(bench, serial);
  try {
    const found = openRun(runsOf(bench, serial));
    if (found === undefined) throw none();
    const order = readAcceptedOrder(found.record.order);
    const family = familyOf(families, found.record.begin.model);
    if (family === undefined) throw new DecomError("model.unknown", `no family describes model ${found.record.begin.model}`);
    const at = parked(bench, family, found, order);
    const { signing, arm, wipeOp, tampering } = found.record;
    if (signing !== undefined) return certify(at); // its statement is fixed: it only waits for its signature
    found.journal.write({ kind: "given-up", performedBy: bench.performedBy, ...witnessed(bench) });
    if (arm !== undefined && arm.op === wipeOp) {
      return ended(
        at,
        new DecomError("terminal.lost", `its wipe was ordered under op ${arm.op}, and given up before anybody saw it through`),
      );
    }
    if (tampering.length > 0) {
      return ended(at, new DecomError("terminal.lost", "was tampered with, and given up: nothing can be shown of it any more"));
    }
    return certify(at, { endState: "ABANDONED", error: new DecomError("run.abandoned", "given up by decom abandon") });
  } finally {
    unlock();
  }
}

const witnessed = ({ witness }: Bench): { witness?: string } => (witness === undefined ? {} : { witness });

function recipientsOf({ clock }: Bench, { archiveRecipients }: Connection, { environment }: Identity, { order }: CheckedOrder): Recipients {
  if (archiveRecipients === undefined) return {};
  return { archiveRecipients: checkRecipients(archiveRecipients, { order, environment, now: clock.wall() }) };
}

interface Recipients {
  readonly archiveRecipients?: readonly StoredRecipient[];
}

interface Begun {
  readonly terminal: Terminal;
  readonly family: Family;
  readonly model: Model;
  readonly order: CheckedOrder;
  readonly authority: Authority;
  readonly folder: string;
  readonly journal: Journal;
  readonly transcript: Transcript;
}

async function onward(bench: Bench, { signal }: Connection, begun: Begun): Promise<RunResult> {
  const { family, order, folder, journal, transcript } = begun;
  transcript.openIn(folder);
  const { source } = parked(bench, family, { folder, journal, record: recordOf(journal.lines) }, order);
  return await walk({ ...bench, ...begun, signal, source });
}

function begin(
  bench: Bench,
  at: Recipients & { identity: Identity; order: CheckedOrder; link: Link; isolation: readonly IsolationWay[]; expectSerial: string },
): { folder: string; journal: Journal } {
  const { clock, random, disk, station } = bench;
  const { identity, order, link } = at;
  const runId = uuid7(clock.wall(), random);
  const folder = `${bench.out}/${identity.serial}-${runId}`;
  disk.makeFolder(folder);
  const journal = Journal.begin(disk, `${folder}/journal.ndjson`, station.journalKey, clock);
  journal.write({
    kind: "begin",
    runId,
    certId: uuid7(clock.wall(), random),
    serial: identity.serial,
    model: identity.model,
    labelSerial: at.expectSerial,
    tool: bench.tool.version,
    stationId: station.stationId,
    environment: identity.environment,
    address: link.address,
    transport: link.kind,
    baud: link.baud ?? 0,
    performedBy: bench.performedBy,
    ...witnessed(bench),
    isolation: at.isolation,
    ...keptOrder(order),
    ...(at.archiveRecipients === undefined ? {} : { archiveRecipients: at.archiveRecipients }),
  });
  disk.syncFolder(folder);
  disk.syncFolder(bench.out);
  return { folder, journal };
}

function parked(bench: Bench, family: Family, { folder, journal, record }: FoundRun, order: CheckedOrder): Parked {
  const role = roleOf(record.begin.environment);
  const model = modelOf(family, record.begin.model);
  const source = (): StatementSource => ({
    record: recordOf(journal.lines),
    order: order.order,
    orderSha256: order.sha256,
    grantSha256: sha256Hex(order.grant),
    ownerKeyId: order.ownerKeyId,
    role,
    model,
    family: { name: family.name, marks: family.marks },
    station: bench.station,
    signer: bench.station.signerFor(role),
    tool: bench.tool,
    runtime: bench.runtime,
    logHead: bench.stationLog.head,
    timeFloor: bench.stationLog.timeFloor,
    transcript: () => transcriptFacts(bench.disk, folder),
  });
  return { ...bench, folder, journal, source };
}

function roleOf(environment: Environment): "station" | "bench" | "simulator" {
  return environment === "production" ? "station" : environment;
}
