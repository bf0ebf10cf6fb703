// decom run and decom resume: a decommission with a person or a program watching.
import { families } from "../../../protocols/index.js";
import { rfc3339, systemClock } from "../../base/clock.js";
import { systemDisk } from "../../base/disk.js";
import { asDecomError, DecomError } from "../../base/errors.js";
import { words } from "../../base/words.js";
import type { GivenOrder } from "../../procedure/admission.js";
import type { Connection } from "../../procedure/connect.js";
import type { Bench, RunEvent } from "../../procedure/context.js";
import { decommission, resume as takeUp } from "../../procedure/decommission.js";
import { survey } from "../../procedure/survey.js";
import { type IsolationWay, isIsolationWay, isolationWays } from "../../terminal/isolation.js";
import { openBench } from "../bench.js";
import { complain, errorJson, type Io, type Told, toLine } from "../io.js";
import { openLog } from "../log.js";
import { type KeyOptions, keysOf, type OutOptions, outOf, PATIENCE, type PortOptions, passphraseOf } from "../options.js";
import { readOrders } from "../order-files.js";
import { openPort, seedOf } from "../port.js";
import { showProgress } from "../progress.js";
import { recipientOf } from "../recipients.js";
import { runTold } from "../run-told.js";
import { interruptible } from "../stop.js";
import { surveyTold } from "../survey-told.js";

interface ResumeOptions extends PortOptions, KeyOptions, OutOptions {
  readonly expectSerial?: string;
  readonly yes?: boolean;
  readonly events?: boolean;
  readonly operator?: string;
  readonly sealTo?: readonly string[];
  readonly witness?: string;
  readonly order?: string;
  readonly sig?: string;
  readonly isolated?: string;
}

interface RunOptions extends ResumeOptions {
  readonly bench?: boolean;
  readonly dryRun?: boolean;
  readonly fill?: "stream" | "seed";
}

export function run(options: RunOptions, io: Io): Promise<Told> {
  return carried(options, io, async () => {
    const order = givenOrder(options);
    const { dryRun } = options;
    const isolation = isolationOf(options);
    if (dryRun === true) {
      const { expectSerial } = options;
      return onBench(options, io, async (bench, connection) =>
        surveyTold(await survey(bench, { ...connection, order, ...(expectSerial === undefined ? {} : { expectSerial }) })),
      );
    }
    const expectSerial = await confirmed(options, io);
    return onBench(options, io, async (bench, connection) =>
      runTold(await decommission(bench, { ...connection, expectSerial, order, isolation }), await seed(options, io), io),
    );
  });
}

/** Said of a terminal that was not kept off networks. */
const NOT_ISOLATED = "none";

function isolationOf({ isolated = NOT_ISOLATED }: ResumeOptions): IsolationWay[] {
  if (isolated === NOT_ISOLATED) return [];
  return isolated
    .split(",")
    .filter((way) => way !== "")
    .map((way) => {
      if (isIsolationWay(way)) return way;
      throw new DecomError(
        "args.invalid",
        `--isolated ${way}: ${words.cli.oneOf([...Object.keys(isolationWays), NOT_ISOLATED].join(", "))}`,
      );
    });
}

function givenOrder(options: RunOptions): GivenOrder {
  const { bench, order, sig, fill } = options;
  if ((bench === true) === (order !== undefined)) throw new DecomError("args.invalid", words.cli.benchOrOrder);
  if (order !== undefined) {
    if (fill !== undefined) throw new DecomError("args.invalid", words.cli.fillIsOrdered);
    return readOrders(systemDisk, order, sig);
  }
  if (fill === "stream" && isolationOf(options).length === 0) throw new DecomError("args.invalid", words.cli.fillIsolated);
  return fill === undefined ? "bench" : { bench: { areas: [fill === "stream" ? "V5" : "V4"] } };
}

export function resume(options: ResumeOptions, io: Io): Promise<Told> {
  return carried(options, io, async () => {
    const said = options.isolated === undefined ? {} : { isolation: isolationOf(options) };
    const expectSerial = options.yes === true ? options.expectSerial : await confirmed(options, io);
    const named = expectSerial === undefined ? {} : { expectSerial };
    const { order, sig } = options;
    const newer = order === undefined ? {} : { order: readOrders(systemDisk, order, sig) };
    return onBench(options, io, async (bench, connection) =>
      runTold(await takeUp(bench, { ...connection, ...newer, ...named, ...said }), await seed(options, io), io),
    );
  });
}

/** Consent names the serial number; "yes" is not enough, and nobody at the keyboard is a no. */
async function confirmed({ expectSerial, yes }: Pick<RunOptions, "expectSerial" | "yes">, io: Io): Promise<string> {
  if (yes === true && expectSerial !== undefined) return expectSerial;
  if (!io.interactive) throw new DecomError("args.consent", words.cli.consentNeeded);
  const typed = (await io.ask(words.cli.askSerial(expectSerial))).trim();
  if (typed === "" || (expectSerial !== undefined && typed !== expectSerial)) throw new DecomError("args.consent", words.cli.notConfirmed);
  return typed;
}

async function onBench(options: ResumeOptions, io: Io, work: (bench: Bench, connection: Connection) => Promise<Told>): Promise<Told> {
  const archiveRecipients = options.sealTo === undefined ? {} : { archiveRecipients: options.sealTo.map(recipientOf) };
  const show = showProgress(io, systemClock);
  let step = "";
  const onEvent = (event: RunEvent) => {
    step = event.type === "progress" ? step : event.step;
    show(event);
    if (options.events === true) io.out(toLine({ ...event, step, at: rfc3339(systemClock.wall()) }));
  };
  const keys = keysOf(options, io);
  const performedBy = options.operator ?? io.env["DECOM_OPERATOR"];
  const bench = await openBench({
    keys,
    passphrase: await passphraseOf(options, io),
    out: outOf(options, io),
    log: openLog(options.log),
    onEvent,
    ...(performedBy === undefined ? {} : { performedBy }),
    ...(options.witness === undefined ? {} : { witness: options.witness }),
  });
  using stop = interruptible(io);
  await using link = await openPort(options, io);
  return await work(bench, { families, link, patience: options.patience ?? PATIENCE, signal: stop.signal, ...archiveRecipients });
}

/** What ended before or without an end state is answered in the same form. */
async function carried(options: RunOptions, io: Io, work: () => Promise<Told>): Promise<Told> {
  try {
    return await work();
  } catch (thrown) {
    const error = asDecomError(thrown);
    complain(io, error);
    const endState = error.row.end === "REFUSE" ? "REFUSE" : null;
    const none = { outcome: null, certificate: null, signature: null, hold: null };
    const json = { endState, ...none, ...errorJson(error), seed: await seed(options, io) };
    return { exit: error.row.exit, json, text: [] };
  }
}

async function seed(options: PortOptions, io: Io): Promise<number | null> {
  try {
    return await seedOf(options, io);
  } catch {
    return null; // a port that does not read has been complained about already
  }
}
