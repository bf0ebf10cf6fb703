import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { groupOf, holders, isPhantom, sysDevices } from "../../src/link/devices.js";

const root = mkdtempSync(join(tmpdir(), "decom-sys-"));
afterAll(() => rmSync(root, { recursive: true }));

function file(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function link(path: string, target: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  symlinkSync(target, join(root, path));
}

describe("the kernel's list of serial devices", () => {
  const usb = "sys/devices/pci0/usb1/1-2";
  file(`${usb}/idVendor`, "0403\n");
  file(`${usb}/idProduct`, "6001\n");
  file(`${usb}/serial`, "A50285BI\n");
  file(`${usb}/manufacturer`, "FTDI\n");
  file(`${usb}/1-2:1.0/ttyUSB0/.keep`, "");
  file("sys/class/tty/ttyUSB0/dev", "188:0");
  link("sys/class/tty/ttyUSB0/device", `../../../../${usb}/1-2:1.0/ttyUSB0`);
  file("sys/devices/platform/serial8250/.keep", "");
  for (const [name, type] of [
    ["ttyS0", "4"],
    ["ttyS1", "0"],
  ] as const) {
    file(`sys/class/tty/${name}/type`, `${type}\n`);
    link(`sys/class/tty/${name}/device`, "../../../devices/platform/serial8250");
  }
  file("sys/class/tty/tty1/dev", "4:1");
  link("dev/serial/by-id/usb-FTDI_A50285BI-if00-port0", "../../ttyUSB0");

  it("names real ports with what USB says about them, and neither consoles nor ports without a chip", () => {
    const nothing = { vendorId: undefined, productId: undefined, serialNumber: undefined, manufacturer: undefined, byId: undefined };
    expect(sysDevices(root)).toEqual([
      { ...nothing, path: "/dev/ttyS0" },
      {
        path: "/dev/ttyUSB0",
        vendorId: "0403",
        productId: "6001",
        serialNumber: "A50285BI",
        manufacturer: "FTDI",
        byId: "/dev/serial/by-id/usb-FTDI_A50285BI-if00-port0",
      },
    ]);
    expect(isPhantom("ttyS1", root)).toBe(true);
    expect(isPhantom("ttyUSB0", root)).toBe(false);
  });

  it("is empty where there is no such list", () => {
    expect(sysDevices(join(root, "nowhere"))).toEqual([]);
  });

  it("names the programs that hold a device", () => {
    file("dev/ttyUSB0", "");
    file("proc/41/comm", "ModemManager\n");
    link("proc/41/fd/3", "/dev/null");
    link("proc/41/fd/7", join(root, "dev/ttyUSB0"));
    file("proc/42/comm", "bash\n");
    link("proc/42/fd/0", "/dev/null");
    expect(holders(join(root, "dev/ttyUSB0"), root)).toEqual(["ModemManager (41)"]);
  });

  it("names the group of a device, or its number", () => {
    const gid = process.getgid?.() ?? 0;
    file("etc/group", `other:x:${gid + 1}:\ndialout:x:${gid}:somebody\n`);
    expect(groupOf(join(root, "dev/ttyUSB0"), root)).toBe("dialout");
    file("etc/group", "");
    expect(groupOf(join(root, "dev/ttyUSB0"), root)).toBe(String(gid));
    expect(groupOf(join(root, "dev/absent"), root)).toBeUndefined();
  });
});
