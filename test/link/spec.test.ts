import { describe, expect, it } from "vitest";
import type { SerialDevice } from "../../src/link/devices.js";
import { chooseUsb } from "../../src/link/open.js";
import { type PortSpec, parsePortSpec } from "../../src/link/spec.js";

describe("a port spec", () => {
  const good: readonly (readonly [string, PortSpec])[] = [
    ["/dev/ttyUSB0", { kind: "path", path: "/dev/ttyUSB0" }],
    ["/dev/serial/by-id/usb-FTDI:1-if00", { kind: "path", path: "/dev/serial/by-id/usb-FTDI:1-if00" }],
    ["./terminal", { kind: "path", path: "./terminal" }],
    ["../pty", { kind: "path", path: "../pty" }],
    ["COM7", { kind: "path", path: "COM7" }],
    ["\\\\.\\COM12", { kind: "path", path: "\\\\.\\COM12" }],
    ["usb:0403:6001", { kind: "usb", vendorId: "0403", productId: "6001", serialNumber: undefined }],
    ["usb:04D8:000A:SN:12", { kind: "usb", vendorId: "04d8", productId: "000a", serialNumber: "SN:12" }],
    ["tcp:127.0.0.1:4000", { kind: "tcp", host: "127.0.0.1", port: 4000 }],
    ["tcp:terminal.bench:65535", { kind: "tcp", host: "terminal.bench", port: 65535 }],
    ["tcp:[::1]:1", { kind: "tcp", host: "::1", port: 1 }],
    ["sim:podp-small", { kind: "sim", model: "podp-small", scenario: undefined, seed: undefined }],
    ["sim:a,scenario=lost-answer,seed=7", { kind: "sim", model: "a", scenario: "lost-answer", seed: 7 }],
    ["sim:a,seed=0", { kind: "sim", model: "a", scenario: undefined, seed: 0 }],
  ];

  it.each(good)("reads %s", (text, spec) => {
    expect(parsePortSpec(text)).toEqual(spec);
  });

  const bad: readonly (readonly [string, string])[] = [
    ["", "a path like"],
    ["ttyUSB0", "did you mean /dev/ttyUSB0?"],
    ["COM0", "a path like"],
    ["/dev/", "a path like"],
    ["bluetooth:1", "a path like"],
    ["usb:403:6001", "four hexadecimal digits"],
    ["usb:0403:6001:", "four hexadecimal digits"],
    ["usb:0403", "four hexadecimal digits"],
    ["tcp:4000", "tcp:HOST:PORT"],
    ["tcp:host:0", "from 1 to 65535"],
    ["tcp:host:65536", "from 1 to 65535"],
    ["tcp:::1:4000", "tcp:HOST:PORT"],
    ["tcp:host:", "tcp:HOST:PORT"],
    ["sim:", "name of a model"],
    ["sim:../etc", "name of a model"],
    ["sim:a,seed=-1", '"seed=-1" is not'],
    ["sim:a,seed=1,seed=2", '"seed=2" is not'],
    ["sim:a,speed=2", '"speed=2" is not'],
    ["sim:a,scenario=../x", '"scenario=../x" is not'],
    ["sim:a,", '"" is not'],
  ];

  it.each(bad)("refuses %j and says why", (text, why) => {
    const refused = expect.objectContaining({ code: "args.invalid", message: expect.stringContaining(why) });
    expect(() => parsePortSpec(text)).toThrow(refused);
    expect(() => parsePortSpec(text)).toThrow(expect.objectContaining({ message: expect.stringContaining(JSON.stringify(text)) }));
  });
});

describe("a usb spec", () => {
  const device = (path: string, serialNumber: string): SerialDevice => ({
    path,
    vendorId: "0403",
    productId: "6001",
    serialNumber,
    manufacturer: undefined,
    byId: undefined,
  });
  const devices = [device("/dev/ttyUSB0", "A1"), device("/dev/ttyUSB1", "A2")];
  const choose = (text: string, among = devices) => chooseUsb(parsePortSpec(text) as PortSpec & { kind: "usb" }, among);

  it("names one device, under an address that survives replugging", () => {
    expect(choose("usb:0403:6001:A2")).toEqual({ path: "/dev/ttyUSB1", address: "usb:0403:6001:A2" });
    expect(choose("usb:0403:6001", devices.slice(0, 1))).toEqual({ path: "/dev/ttyUSB0", address: "usb:0403:6001" });
  });

  it("names none: port.none", () => {
    expect(() => choose("usb:0403:6001:A3")).toThrow(expect.objectContaining({ code: "port.none" }));
    expect(() => choose("usb:0403:6002")).toThrow(expect.objectContaining({ code: "port.none" }));
  });

  it("names two: port.ambiguous", () => {
    expect(() => choose("usb:0403:6001")).toThrow(
      expect.objectContaining({ code: "port.ambiguous", message: expect.stringContaining("/dev/ttyUSB0 and /dev/ttyUSB1") }),
    );
  });
});
