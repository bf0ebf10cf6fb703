// What the operating system (Linux) says about serial devices: which there are, whose they are, who holds one.
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";

export interface SerialDevice {
  readonly path: string;
  readonly vendorId: string | undefined;
  readonly productId: string | undefined;
  readonly serialNumber: string | undefined;
  readonly manufacturer: string | undefined;
  /** A name that stays when the adapter moves to another socket. */
  readonly byId: string | undefined;
}

/** Devices by the kernel's own list, for machines without udev; `root` lets a test bring its own. */
export function sysDevices(root = "/"): SerialDevice[] {
  const folder = join(root, "sys/class/tty");
  const links = byIdLinks(root);
  return names(folder)
    .filter((name) => existsSync(join(folder, name, "device")) && !isPhantom(name, root))
    .map((name) => {
      const usb = usbFolder(realpathSync(join(folder, name, "device")));
      const fact = (file: string) => (usb === undefined ? undefined : word(join(usb, file)));
      return {
        path: `/dev/${name}`,
        vendorId: fact("idVendor"),
        productId: fact("idProduct"),
        serialNumber: fact("serial"),
        manufacturer: fact("manufacturer"),
        byId: links.get(name),
      };
    });
}

/** PCs announce up to 32 ttyS without a chip behind them; their type is 0 (PORT_UNKNOWN). */
export function isPhantom(name: string, root = "/"): boolean {
  return word(join(root, "sys/class/tty", name, "type")) === "0";
}

/** The group that may open the device. */
export function groupOf(path: string, root = "/"): string | undefined {
  try {
    const gid = String(statSync(path).gid);
    const row = readFileSync(join(root, "etc/group"), "utf8")
      .split("\n")
      .find((line) => line.split(":")[2] === gid);
    return row?.split(":")[0] ?? gid;
  } catch {
    return undefined;
  }
}

/** Programs that have the device open, as far as this user may see: `name (pid)`. */
export function holders(path: string, root = "/"): string[] {
  const device = attempt(() => realpathSync(path)) ?? path;
  const proc = join(root, "proc");
  return names(proc)
    .filter((pid) => /^[0-9]+$/.test(pid))
    .filter((pid) => names(join(proc, pid, "fd")).some((fd) => attempt(() => readlinkSync(join(proc, pid, "fd", fd))) === device))
    .map((pid) => `${word(join(proc, pid, "comm")) ?? "?"} (${pid})`);
}

/** True when the device behind an open descriptor was taken away; a new one of the same name does not count as the old one. */
export function isGone(fd: number): boolean {
  return attempt(() => readlinkSync(`/proc/self/fd/${fd}`))?.endsWith(" (deleted)") ?? false;
}

function byIdLinks(root: string): Map<string, string> {
  const folder = join(root, "dev/serial/by-id");
  return new Map(
    names(folder).map((name) => [basename(attempt(() => readlinkSync(join(folder, name))) ?? ""), `/dev/serial/by-id/${name}`]),
  );
}

/** The USB device above a tty's interface: at most a few folders up. */
function usbFolder(from: string): string | undefined {
  for (let folder = from, i = 0; i < 4; folder = dirname(folder), i++) if (existsSync(join(folder, "idVendor"))) return folder;
  return undefined;
}

function names(folder: string): string[] {
  return attempt(() => readdirSync(folder).sort()) ?? [];
}

function word(file: string): string | undefined {
  return attempt(() => readFileSync(file, "utf8").trim());
}

/** Devices and processes come and go while they are being looked at. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
