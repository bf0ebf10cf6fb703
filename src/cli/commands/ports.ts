// decom ports: which serial ports there are.
import { words } from "../../base/words.js";
import type { SerialDevice } from "../../link/devices.js";
import { listSerialPorts } from "../../link/serial.js";
import type { Told } from "../io.js";

export async function ports(): Promise<Told> {
  const found = await listSerialPorts();
  return {
    exit: 0,
    json: { ports: found.map(portJson) },
    text: found.length === 0 ? [words.cli.noPorts] : found.map(portLine),
  };
}

const portJson = ({ path, vendorId, productId, serialNumber, manufacturer, byId }: SerialDevice) => ({
  path,
  vid: vendorId ?? null,
  pid: productId ?? null,
  serialNumber: serialNumber ?? null,
  manufacturer: manufacturer ?? null,
  byId: byId ?? null,
});

function portLine({ path, vendorId, productId, serialNumber, manufacturer }: SerialDevice): string {
  const usb = vendorId === undefined ? undefined : `usb:${vendorId}:${productId}${serialNumber === undefined ? "" : `:${serialNumber}`}`;
  return [path, usb, manufacturer].filter((part) => part !== undefined).join("  ");
}
