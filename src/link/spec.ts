// What a person writes after --port.
import { DecomError } from "../base/errors.js";

export type PortSpec =
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "usb"; readonly vendorId: string; readonly productId: string; readonly serialNumber: string | undefined }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "sim"; readonly model: string; readonly scenario: string | undefined; readonly seed: number | undefined };

const FORMS = "a path like /dev/ttyUSB0, COM7, usb:VID:PID[:SN], tcp:HOST:PORT or sim:MODEL[,scenario=NAME][,seed=N]";
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

export function parsePortSpec(text: string): PortSpec {
  const bad = (why: string) => new DecomError("args.invalid", `port ${JSON.stringify(text)}: ${why}`, { port: text });
  const colon = text.indexOf(":");
  const rest = text.slice(colon + 1);
  switch (text.slice(0, Math.max(0, colon))) {
    case "usb":
      return usb(rest, bad);
    case "tcp":
      return tcp(rest, bad);
    case "sim":
      return sim(rest, bad);
  }
  if (/^\.{0,2}\/[^\0]*[^/\0]$/.test(text) || /^(?:\\\\\.\\)?COM[1-9][0-9]{0,2}$/i.test(text)) return { kind: "path", path: text };
  if (/^tty\w+$/.test(text)) throw bad(`did you mean /dev/${text}?`);
  throw bad(`not ${FORMS}`);
}

type Bad = (why: string) => DecomError;

function usb(text: string, bad: Bad): PortSpec {
  const match = /^([0-9a-f]{4}):([0-9a-f]{4})(?::(.+))?$/i.exec(text);
  if (match === null) throw bad("usb: wants two numbers of four hexadecimal digits and perhaps a serial number, usb:VID:PID[:SN]");
  const [, vendorId = "", productId = "", serialNumber] = match;
  return { kind: "usb", vendorId: vendorId.toLowerCase(), productId: productId.toLowerCase(), serialNumber };
}

function tcp(text: string, bad: Bad): PortSpec {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):([0-9]{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65_535) throw bad("tcp: wants a host and a port from 1 to 65535, tcp:HOST:PORT");
  return { kind: "tcp", host: match[1] ?? match[2] ?? "", port };
}

function sim(text: string, bad: Bad): PortSpec {
  const [model = "", ...settings] = text.split(",");
  if (!NAME.test(model)) throw bad("sim: wants the name of a model, sim:MODEL[,scenario=NAME][,seed=N]");
  let scenario: string | undefined;
  let seed: number | undefined;
  for (const setting of settings) {
    const [key, value = ""] = setting.split("=", 2);
    if (key === "scenario" && scenario === undefined && NAME.test(value)) scenario = value;
    else if (key === "seed" && seed === undefined && /^[0-9]{1,15}$/.test(value)) seed = Number(value);
    else throw bad(`${JSON.stringify(setting)} is not scenario=NAME or seed=N, each at most once`);
  }
  return { kind: "sim", model, scenario, seed };
}
