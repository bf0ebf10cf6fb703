// decom doctor: what on this computer would get in the way of a run, and what to do about it.
import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { rfc3339, systemClock } from "../../base/clock.js";
import { systemDisk } from "../../base/disk.js";
import { words } from "../../base/words.js";
import { groupOf, holders } from "../../link/devices.js";
import { listSerialPorts } from "../../link/serial.js";
import type { Io, Told } from "../io.js";
import { type KeyOptions, type OutOptions, outOf } from "../options.js";

type Check = keyof typeof words.doctor;

interface Found {
  readonly check: Check;
  readonly result: "ok" | "warn" | "fail";
  readonly found: string;
}

const NODE = [20, 19] as const;
/** No computer that runs this program is older than the program. */
const BUILT = Date.UTC(2026, 0, 1);
const ROOM = 10_000_000;

export async function doctor(options: KeyOptions & OutOptions, io: Io): Promise<Told> {
  const found = [
    node(),
    ...(await serial()),
    program("udevadm", "udev", io),
    program("socat", "pty", io),
    program("openssl", "openssl", io),
    clock(options, io),
    keys(options, io),
    disk(outOf(options, io)),
  ];
  const exit = found.some(({ result }) => result === "fail") ? 1 : 0;
  const remedyOf = ({ check, result }: Found) => (result === "ok" ? null : words.doctor[check][1]);
  return {
    exit,
    json: { code: exit === 0 ? "ok" : "doctor.failed", exit, checks: found.map((one) => ({ ...one, remedy: remedyOf(one) })) },
    text: found.flatMap((one) => {
      const remedy = remedyOf(one);
      const line = `${words.cli.result[one.result].padEnd(8)} ${words.doctor[one.check][0]}: ${one.found}`;
      return remedy === null ? [line] : [line, `         ${remedy}`];
    }),
  };
}

function node(): Found {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const good = major > NODE[0] || (major === NODE[0] && minor >= NODE[1]);
  return { check: "node", result: good ? "ok" : "fail", found: process.versions.node };
}

async function serial(): Promise<Found[]> {
  const paths = (await listSerialPorts()).map(({ path }) => path);
  const ports: Found = { check: "ports", result: paths.length > 0 ? "ok" : "warn", found: paths.join(", ") || "0" };
  if (paths.length === 0) return [ports];
  const closed = paths.filter((path) => !opens(path));
  const held = paths.flatMap((path) => holders(path).map((by) => `${path}: ${by}`));
  const groups = new Set(closed.map((path) => `${path} (${groupOf(path) ?? "?"})`));
  return [
    ports,
    { check: "group", result: closed.length === 0 ? "ok" : "fail", found: [...groups].join(", ") || "ok" },
    { check: "holders", result: held.length === 0 ? "ok" : "warn", found: held.join(", ") || "0" },
  ];
}

function opens(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function program(name: string, check: Check, { env }: Io): Found {
  const at = (env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
  return { check, result: at === undefined ? "warn" : "ok", found: at ?? "-" };
}

/** Never before this program was written, nor before what the station has signed. */
function clock(options: KeyOptions, io: Io): Found {
  const now = systemClock.wall();
  const signed = Date.parse(lastSigned(keyFolder(options, io)) ?? rfc3339(0));
  return { check: "clock", result: now < BUILT || now < signed ? "fail" : "ok", found: rfc3339(now) };
}

function lastSigned(folder: string | undefined): string | undefined {
  if (folder === undefined) return undefined;
  const log = Buffer.from(systemDisk.read(join(folder, "state", "station-log.ndjson")) ?? []).toString("utf8");
  return /"at":"([^"]+)"/.exec(log.trimEnd().split("\n").at(-1) ?? "")?.[1];
}

function keys(options: KeyOptions, io: Io): Found {
  const folder = keyFolder(options, io);
  const there = folder !== undefined && systemDisk.list(folder).includes("station.json");
  return { check: "keys", result: there ? "ok" : "warn", found: folder ?? "-" };
}

function keyFolder({ keys: given }: KeyOptions, { env }: Io): string | undefined {
  return given ?? env["DECOM_KEYS"];
}

function disk(out: string): Found {
  let folder = resolve(out);
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  return { check: "disk", result: free < ROOM ? "fail" : "ok", found: `${Math.floor(free / 1e6)} MB` };
}
