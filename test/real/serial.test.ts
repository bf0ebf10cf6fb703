import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hex } from "../../src/base/bytes.js";
import { systemClock } from "../../src/base/clock.js";
import type { Link } from "../../src/link/link.js";
import { openSpec } from "../../src/link/open.js";
import { listSerialPorts, openSerial } from "../../src/link/serial.js";
import { type Child, start, startModule } from "../tools/child.js";
import { has } from "../tools/has.js";
import { Heard } from "../tools/heard.js";

const LINE = { baud: 115_200 };
const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, i) => i);

const open: Link[] = [];
async function opened(path: string): Promise<Link> {
  const link = await openSerial(systemClock, path, LINE);
  open.push(link);
  return link;
}
afterEach(async () => {
  for (const link of open.splice(0)) await link.close();
});

describe.skipIf(!has("socat"))("a serial port, on a pair of ptys", () => {
  let socat: Child;
  let paths: string[] = [];

  beforeEach(async () => {
    socat = start("sh", ["-c", "exec socat -d -d PTY,raw,echo=0 PTY,raw,echo=0 2>&1"]);
    await socat.line(/starting data transfer/);
    paths = (await socat.line(/PTY is (\S+)\n[\s\S]*PTY is (\S+)\n/)).slice(1);
  });
  afterEach(async () => {
    socat.process.kill();
    await socat.ended;
  });

  it("carries every byte value both ways", async () => {
    const [a, b] = [await opened(paths[0]!), await opened(paths[1]!)];
    const [atA, atB] = [new Heard(a), new Heard(b)];
    await a.write(ALL_BYTES);
    await b.write(ALL_BYTES.toReversed());
    expect(await atB.bytes(256)).toBe(hex(ALL_BYTES));
    expect(await atA.bytes(256)).toBe(hex(ALL_BYTES.toReversed()));
    expect([a.kind, a.address, a.baud]).toEqual(["serial", paths[0], 115_200]);
  });

  it("keeps order and length over many writes", async () => {
    const [a, b] = [await opened(paths[0]!), await opened(paths[1]!)];
    const heard = new Heard(b);
    await Promise.all(Array.from({ length: 50 }, (_, i) => a.write(new Uint8Array(300).fill(i))));
    expect(await heard.bytes(15_000)).toBe(Array.from({ length: 50 }, (_, i) => hex(Uint8Array.of(i)).repeat(300)).join(""));
  });

  it("is opened by a spec", async () => {
    const link = await openSpec(systemClock, { kind: "path", path: paths[0]! }, LINE);
    await link.close();
    expect(link.address).toBe(paths[0]);
  });

  it("is not shared: the second open is port.busy and names who holds it", async () => {
    await opened(paths[0]!);
    await expect(opened(paths[0]!)).rejects.toMatchObject({
      code: "port.busy",
      did: "not-done",
      message: expect.stringContaining(`(${process.pid})`),
    });
  });

  it("can be opened again after closing, by a new object, and forgets what came in between", async () => {
    const b = await opened(paths[1]!);
    await (await opened(paths[0]!)).close();
    await b.write(Uint8Array.of(0xee));
    await wait(50);
    const again = await opened(paths[0]!);
    const heard = new Heard(again);
    await b.write(Uint8Array.of(0x11));
    expect(await heard.bytes(1)).toBe("11");
  });

  it("notices a hang-up once, refuses to write after it and closes quietly", async () => {
    const a = await opened(paths[0]!);
    const heard = new Heard(a);
    socat.process.kill("SIGKILL");
    expect(await heard.end()).toBeInstanceOf(Error);
    await expect(a.write(ALL_BYTES)).rejects.toMatchObject({ code: "link.closed", did: "not-done" });
    await a.close();
    await wait(50);
    expect(heard.ends).toHaveLength(1);
  });

  it("notices a hang-up in the middle of a flood of bytes", async () => {
    const [a, b] = [await opened(paths[0]!), await opened(paths[1]!)];
    const heard = new Heard(a);
    const flood = b.write(new Uint8Array(100_000)).catch(() => undefined);
    await heard.bytes(5_000);
    socat.process.kill("SIGKILL");
    expect(await heard.end()).toBeInstanceOf(Error);
    await flood;
  });

  it("is quiet after close, and close may be called again", async () => {
    const [a, b] = [await opened(paths[0]!), await opened(paths[1]!)];
    const heard = new Heard(a);
    await Promise.all([a.close(), a.close()]);
    await a.close();
    await b.write(ALL_BYTES);
    await wait(50);
    expect([heard.text, heard.ends]).toEqual(["", []]);
    await expect(a.write(ALL_BYTES)).rejects.toMatchObject({ code: "link.closed" });
  });

  it("gives up a write that nobody takes, closes all the same, and the process ends", async () => {
    socat.process.kill("SIGSTOP");
    const child = startModule(`
      import { openSerial } from "./dist/src/link/serial.js";
      import { systemClock } from "./dist/src/base/clock.js";
      const link = await openSerial(systemClock, ${JSON.stringify(paths[0])}, { baud: 4000000 });
      const started = Date.now();
      const seen = await link.write(new Uint8Array(200000)).then(() => "sent", ({ code, did }) => code + " " + did);
      await link.close();
      console.log(seen);
    `);
    const { code, out } = await child.ended;
    socat.process.kill("SIGCONT");
    expect([code, out]).toEqual([0, "link.stuck unknown\n"]);
  });

  it.each([
    ["after closing", "await link.close();"],
    ["after a hang-up", 'console.log("open"); await new Promise((closed) => link.listen({ bytes() {}, closed }));'],
    [
      "after a hang-up and closing",
      'console.log("open"); await new Promise((closed) => link.listen({ bytes() {}, closed })); await link.close();',
    ],
  ])("lets the process end by itself %s", async (_when, ending) => {
    const child = startModule(`
      import { openSerial } from "./dist/src/link/serial.js";
      import { systemClock } from "./dist/src/base/clock.js";
      const link = await openSerial(systemClock, ${JSON.stringify(paths[0])}, { baud: 115200 });
      await link.write(new Uint8Array(10));
      ${ending}
      console.log("end");
    `);
    if (ending.includes("open")) {
      await child.line(/open/);
      socat.process.kill("SIGKILL");
    }
    const { code, out } = await child.ended;
    expect([code, out.endsWith("end\n")]).toEqual([0, true]);
  });
});

describe("opening a serial port", () => {
  it("that is not there is port.none, with the ports seen", async () => {
    await expect(opened("/dev/ttyDECOM9")).rejects.toMatchObject({
      code: "port.none",
      message: expect.stringMatching(/^there is no \/dev\/ttyDECOM9; ports seen: /),
    });
  });

  it("that is a file is port.open", async () => {
    await expect(opened("/dev/null")).rejects.toMatchObject({ code: "port.open", message: "/dev/null is not a serial port" });
  });

  it.skipIf(process.platform === "win32")("that belongs to others is port.permission and names their group", async () => {
    const path = join(tmpdir(), `decom-${process.pid}.tty`);
    writeFileSync(path, "");
    chmodSync(path, 0);
    const child = startModule(`
      import "serialport";
      import { openSerial } from "./dist/src/link/serial.js";
      import { systemClock } from "./dist/src/base/clock.js";
      if (process.getuid() === 0) process.setuid(65534);
      await openSerial(systemClock, ${JSON.stringify(path)}, { baud: 9600 }).catch(({ code, message }) => console.log(code + " " + message));
    `);
    const { out } = await child.ended;
    rmSync(path);
    expect(out).toMatch(/^port\.permission this user may not open \S+; it belongs to group (\w+) \(sudo usermod -aG \1 \$USER\)\n$/);
  });
});

describe("the list of serial ports", () => {
  it("comes with or without udev, and each entry has a path", async () => {
    for (const device of await listSerialPorts()) expect(device.path).toMatch(/^(?:\/dev\/|COM)/);
    const bare = startModule(`
      import { listSerialPorts } from "./dist/src/link/serial.js";
      process.env.PATH = "/nowhere";
      console.log(Array.isArray(await listSerialPorts()));
    `);
    expect((await bare.ended).out).toBe("true\n");
  });
});
