// The real serial port, and the only place that knows serialport: bounded opening, sending and closing, errors with codes.
import type { SerialPort } from "serialport";
import { type Clock, within } from "../base/clock.js";
import { DecomError } from "../base/errors.js";
import { closing, lineClosed, sending, settle } from "./bounded.js";
import { groupOf, holders, isGone, isPhantom, type SerialDevice, sysDevices } from "./devices.js";
import { Inbox } from "./inbox.js";
import type { Link, LinkEvents } from "./link.js";

export interface SerialLine {
  readonly baud: number;
  /** ZVT wants 2 (PA00P016 ch. 2). */
  readonly stopBits?: 1 | 2;
  readonly parity?: "none" | "even" | "odd";
  readonly dataBits?: 7 | 8;
  /** RTS/CTS; XON/XOFF is not offered, our frames hold those bytes. */
  readonly rtscts?: boolean;
}

const OPEN_MS = 5_000;
const CLOSE_MS = 3_000;
const WATCH_MS = 250;
/** On top of twice the time the bytes need. */
const SEND_MS = 2_000;

export async function openSerial(clock: Clock, path: string, line: SerialLine, address = path): Promise<Link> {
  const { SerialPort } = await import("serialport");
  const { baud: baudRate, ...rest } = line;
  const port = new SerialPort({ path, baudRate, ...rest, lock: true, autoOpen: false });
  const link = new SerialLink(clock, port, address);
  try {
    await within(
      clock,
      OPEN_MS,
      "port.open",
      `opening ${path}`,
      new Promise<void>((resolve, reject) => port.open(settle(resolve, reject))),
    );
  } catch (cause) {
    port.once("open", () => port.close()); // it opened after all, when nobody waited any more
    throw cause instanceof DecomError ? cause : await openError(path, cause);
  }
  link.start();
  return link;
}

/** Never reopened, since a closed port queues writes and sends them to whatever is plugged in next; never destroyed, since that leaks the descriptor. */
class SerialLink implements Link {
  readonly kind = "serial";
  readonly address: string;
  readonly baud: number;
  readonly #clock: Clock;
  readonly #port: SerialPort;
  readonly #inbox = new Inbox();
  #closing: Promise<void> | undefined;
  #unwatch: () => void = () => undefined;

  constructor(clock: Clock, port: SerialPort, address: string) {
    this.address = address;
    this.baud = port.baudRate;
    this.#clock = clock;
    this.#port = port;
    port.on("close", (cause: Error | null) => this.#inbox.end(cause ?? undefined));
    port.on("error", (cause: Error) => void (port.isOpen || this.#inbox.end(cause)));
    port.on("end", () => void this.#end()); // end of file: the device is gone but the port still thinks it is open
  }

  /** Modem lines stay as the driver sets them at opening: a pty has none, and on some terminals a change is a reset. */
  start(): void {
    this.#port.on("data", (chunk: Uint8Array) => this.#inbox.bytes(chunk));
    this.#watch();
  }

  async write(bytes: Uint8Array): Promise<void> {
    const port = this.#port;
    if (this.#inbox.over || !port.isOpen) throw lineClosed(this.address, "not-done");
    await sending(this.#clock, SEND_MS + (bytes.length * 20_000) / this.baud, this.address, (done) => {
      port.write(Buffer.from(bytes), undefined, (error) => (error ? done(error) : port.drain(done)));
    });
  }

  listen(events: LinkEvents): void {
    this.#inbox.listen(events);
  }

  close(): Promise<void> {
    this.#inbox.stop();
    this.#unwatch();
    this.#closing ??= closing(this.#clock, CLOSE_MS, this.address, (done) => (this.#port.isOpen ? this.#port.close(done) : done()));
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** A hang-up between two reads goes unnoticed: the binding then reads nothing for ever at full speed (bindings-cpp issue 162). Only closing stops it. */
  #watch(): void {
    this.#unwatch = this.#clock.after(WATCH_MS, () => {
      const { port } = this.#port;
      const fd = port !== undefined && "fd" in port ? port.fd : null;
      if (typeof fd === "number" && isGone(fd)) void this.#end(new Error(`${this.address} was taken away`));
      else if (!this.#inbox.over) this.#watch();
    });
  }

  async #end(cause?: Error): Promise<void> {
    this.#inbox.end(cause);
    await this.close();
  }
}

/** By the driver's wording, since its errors carry nothing else. */
async function openError(path: string, thrown: unknown): Promise<DecomError> {
  const cause = thrown instanceof Error ? thrown : new Error(String(thrown));
  const wording = cause.message;
  if (/No such file|File not found/i.test(wording)) {
    const seen = (await listSerialPorts()).map((device) => device.path);
    return new DecomError("port.none", `there is no ${path}; ports seen: ${seen.join(", ") || "none"}`, { cause, path, seen });
  }
  // Windows says "Access denied" for a port that another program holds.
  if (/Cannot lock port|Resource busy/i.test(wording) || (process.platform === "win32" && /denied/i.test(wording))) {
    const by = holders(path);
    return new DecomError("port.busy", `${path} is held by ${by.join(", ") || "another program"}`, { cause, path, holders: by });
  }
  if (/denied|not permitted/i.test(wording)) {
    const group = groupOf(path);
    const cure = group === undefined ? "" : `; it belongs to group ${group} (sudo usermod -aG ${group} $USER)`;
    return new DecomError("port.permission", `this user may not open ${path}${cure}`, { cause, path, group });
  }
  if (/Inappropriate ioctl/i.test(wording)) return new DecomError("port.open", `${path} is not a serial port`, { cause, path });
  return new DecomError("port.open", `cannot open ${path}: ${wording}`, { cause, path });
}

/** Without udev (`udevadm` absent) the library's list rejects; the kernel's own list is nearly as good. ptys are in neither. */
export async function listSerialPorts(): Promise<SerialDevice[]> {
  const { SerialPort } = await import("serialport");
  try {
    const found = await SerialPort.list();
    return found
      .filter(({ path }) => !isPhantom(path.replace("/dev/", "")))
      .map(({ path, vendorId, productId, serialNumber, manufacturer, pnpId }) => {
        const byId = pnpId !== undefined && process.platform === "linux" ? `/dev/serial/by-id/${pnpId}` : undefined;
        return { path, vendorId, productId, serialNumber, manufacturer, byId };
      });
  } catch {
    return sysDevices();
  }
}
