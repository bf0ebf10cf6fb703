// decom simulate: this process is a terminal. Killing it is a power cut; starting it again over the same folder is the same terminal.
import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../base/clock.js";
import { systemDisk } from "../../base/disk.js";
import { DecomError } from "../../base/errors.js";
import { pointOf } from "../../base/sign.js";
import { words } from "../../base/words.js";
import type { Link } from "../../link/link.js";
import { paced } from "../../link/paced.js";
import { type CutPoint, cutPoints } from "../../sim/body.js";
import { folderStores } from "../../sim/folder.js";
import { inspect } from "../../sim/inspect.js";
import type { Scenario } from "../../sim/scenario/scenario.js";
import { memoryStores } from "../../sim/stores.js";
import { type Io, type Told, toLine } from "../io.js";
import { type CommonOptions, SEED } from "../options.js";
import { byHand, scenarioOf, scenarios } from "../scenarios.js";
import { faceOf } from "../simulated-port.js";
import { staged } from "../staged.js";

interface SimulateOptions extends CommonOptions {
  readonly pty?: boolean;
  readonly tcp?: number;
  readonly model?: string;
  readonly seed?: number;
  readonly state?: string;
  readonly owner?: string;
  readonly cut?: string;
  readonly speed?: number | "max";
  readonly baud?: number;
  readonly inspect?: string;
  readonly scenario?: string;
  readonly list?: boolean;
}

export async function simulate(options: SimulateOptions, io: Io): Promise<Told | undefined> {
  if (options.inspect !== undefined) return inspected(options.inspect);
  if (options.list === true) return listed();
  const scenario = options.scenario === undefined ? undefined : scenarioOf(options.scenario);
  const { pty, tcp, seed = scenario?.seed ?? SEED, model = scenario?.model ?? "podp-traditional", state, speed = "max", baud } = options;
  if (scenario !== undefined && scenario.model !== model) {
    throw new DecomError("args.invalid", words.cli.scenarioModel(scenario.name, scenario.model), { model });
  }
  if ((pty === true) === (tcp !== undefined)) throw new DecomError("args.invalid", words.cli.ptyOrTcp);
  const face = faceOf(model);
  const cut = options.cut === undefined ? undefined : cutAt(options.cut, state);
  const owner = options.owner === undefined ? undefined : ownerPoint(options.owner);
  const terminal = staged({
    face,
    model,
    seed,
    stores: state === undefined ? memoryStores() : folderStores(state),
    clock: systemClock,
    scenario,
    speed: speed === "max" ? 0 : 1 / speed,
    ...(owner === undefined ? {} : { owner }),
    ...(cut === undefined ? {} : { point: cut }),
  });
  if (scenario !== undefined) {
    for (const line of words.cli.scenario(scenario.title, [...byHand(scenario), ...onTheLine(scenario)])) io.err(line);
  }
  /** Resolves when the other side has gone. */
  const serve = (line: Link) =>
    new Promise<void>((gone) => terminal.attach(watched(baud === undefined ? line : paced(systemClock, line, baud), gone)));
  const { serial, ownerKeyId, model: started } = terminal.simulated;
  const who = { seed, serial, pid: process.pid, owner: ownerKeyId ?? "first-use", model: started };
  const ready = (address: string) =>
    io.out(toLine({ ready: true, address, ...who, ...(scenario === undefined ? {} : { scenario: scenario.name }) }));

  const over = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  if (tcp === undefined) {
    const { openPty } = await import("../../link/pty.js");
    await using link = await openPty(systemClock);
    const gone = serve(link);
    ready(link.address);
    await Promise.race([gone, over]);
  } else {
    const { listenTcp } = await import("../../link/tcp.js");
    await using listener = await listenTcp(systemClock, tcp);
    ready(listener.address);
    void over.then(() => listener.close());
    for (let link = await listener.next(); link !== undefined; link = await listener.next()) {
      await Promise.race([serve(link), over]);
      await link.close();
    }
  }
  terminal.simulated.powerCut();
  return undefined;
}

function listed(): Told {
  const all = scenarios();
  return {
    exit: 0,
    json: { scenarios: all.map(({ name, rows, model, title }) => ({ name, rows, model, title })) },
    text: all.map(({ name, rows, title }) => `${name.padEnd(40)} ${rows.join(" ").padEnd(12)} ${title}`),
  };
}

/** This end of a pty or socket sees pieces of frames: line faults are for `sim:` ports. */
function onTheLine({ faults = [] }: Scenario): string[] {
  return faults.some((fault) => "on" in fault) ? [words.cli.lineFaults] : [];
}

/** Ends the process itself, once for each state folder, so that the same command line can start it again. */
function cutAt(text: string, state: string | undefined): (name: CutPoint, k?: number) => void {
  const [, point = "", nth = "1"] = /^([a-z.]+)(?::([1-9][0-9]{0,5}))?$/.exec(text) ?? [];
  if (!cutPoints.some((name) => name === point))
    throw new DecomError("args.invalid", `--cut ${text}: ${words.cli.oneOf(cutPoints.join(", "))}`);
  const marker = state === undefined ? undefined : join(state, "cut.done");
  let reached = 0;
  return (name, k) => {
    if (name !== point || (k ?? ++reached) !== Number(nth) || (marker !== undefined && existsSync(marker))) return;
    if (marker !== undefined) writeFileSync(marker, `${text}\n`);
    process.kill(process.pid, "SIGKILL");
  };
}

function watched(link: Link, gone: () => void): Link {
  return {
    kind: link.kind,
    address: link.address,
    baud: link.baud,
    write: (bytes) => link.write(bytes),
    listen: (events) =>
      link.listen({
        bytes: (chunk) => events.bytes(chunk),
        closed(cause) {
          events.closed(cause);
          gone();
        },
      }),
    close: () => link.close(),
    [Symbol.asyncDispose]: () => link.close(),
  };
}

function ownerPoint(path: string): Uint8Array {
  try {
    return pointOf(new X509Certificate(readFileSync(path)).publicKey);
  } catch (cause) {
    throw new DecomError("file.unreadable", `${path} holds no certificate of a P-256 key`, { cause, path });
  }
}

function inspected(folder: string): Told {
  const stores = systemDisk.list(folder).includes("nv.bin") ? folderStores(folder) : undefined;
  if (stores === undefined) throw new DecomError("file.unreadable", `${folder} is not a terminal's state folder`, { path: folder });
  const seen = inspect(stores);
  const readable = (rows: readonly { readonly readable: boolean }[], kept: number) =>
    words.cli.readable(rows.filter((row) => row.readable).length, kept);
  const { start, host, terminal } = seen.money;
  return {
    exit: 0,
    json: seen,
    text: [
      `${words.cli.areas}: ${readable(seen.areas, seen.kept.areas.length)}`,
      `${words.cli.keySlots}: ${readable(seen.keys, seen.kept.keys.length)}`,
      words.cli.money(start, terminal, host, seen.bookings.length),
      words.cli.violations(seen.violations.join(", ")),
    ],
  };
}
