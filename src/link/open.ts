// From a port spec to an open link; simulated ports are composed by whoever knows the simulator.
import type { Clock } from "../base/clock.js";
import { DecomError } from "../base/errors.js";
import type { SerialDevice } from "./devices.js";
import type { Link } from "./link.js";
import type { SerialLine } from "./serial.js";
import type { PortSpec } from "./spec.js";

type RealPort = Exclude<PortSpec, { kind: "sim" }>;

/** Lazy imports: a program that talks TCP never loads a native module. */
export async function openSpec(clock: Clock, spec: RealPort, line: SerialLine): Promise<Link> {
  if (spec.kind === "tcp") return (await import("./tcp.js")).connectTcp(clock, spec.host, spec.port);
  const { listSerialPorts, openSerial } = await import("./serial.js");
  if (spec.kind === "path") return openSerial(clock, spec.path, line);
  const { path, address } = chooseUsb(spec, await listSerialPorts());
  return openSerial(clock, path, line, address);
}

/** The one device that the spec names, and the spec's own text as its address: tty names change when a cable is replugged. */
export function chooseUsb(spec: PortSpec & { kind: "usb" }, devices: readonly SerialDevice[]): { path: string; address: string } {
  const { vendorId, productId, serialNumber } = spec;
  const address = ["usb", vendorId, productId, ...(serialNumber === undefined ? [] : [serialNumber])].join(":");
  const fits = devices.filter(
    (device) =>
      device.vendorId?.toLowerCase() === vendorId &&
      device.productId?.toLowerCase() === productId &&
      (serialNumber === undefined || device.serialNumber === serialNumber),
  );
  const [first] = fits;
  const seen = fits.map((device) => device.path);
  if (first === undefined) throw new DecomError("port.none", `no serial device is ${address}`, { address });
  if (fits.length > 1) throw new DecomError("port.ambiguous", `${seen.join(" and ")} are both ${address}`, { address, seen });
  return { path: first.path, address };
}
