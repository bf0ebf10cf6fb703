import { existsSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { hex } from "../../src/base/bytes.js";
import { systemClock } from "../../src/base/clock.js";
import type { Link } from "../../src/link/link.js";
import { openPty } from "../../src/link/pty.js";
import { openSerial } from "../../src/link/serial.js";
import { startModule } from "../tools/child.js";
import { has } from "../tools/has.js";
import { Heard } from "../tools/heard.js";

const LINE = { baud: 115_200 };
const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, i) => i);

const open: Link[] = [];
async function kept(link: Promise<Link>): Promise<Link> {
  open.push(await link);
  return link;
}
afterEach(async () => {
  for (const link of open.splice(0)) await link.close();
});

/** A zombie that nobody has collected yet is dead. */
const isAlive = (pid: string) => {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !/\) Z /.test(readFileSync(stat, "latin1"));
};

/** A simulator's process: makes a pty, prints its path and socat's pid, sends back what it hears. */
const ECHO = `
  import { readdirSync, readFileSync } from "node:fs";
  import { openPty } from "./dist/src/link/pty.js";
  import { systemClock } from "./dist/src/base/clock.js";
  const pty = await openPty(systemClock);
  pty.listen({ bytes: (chunk) => void pty.write(chunk), closed() {} });
  const socat = readdirSync("/proc").find((pid) => {
    try { return readFileSync("/proc/" + pid + "/stat", "latin1").split(") ")[1].split(" ")[1] === String(process.pid); } catch { return false; }
  });
  console.log(pty.address + " " + socat);
`;

describe.skipIf(!has("socat"))("a pty of the simulator", () => {
  it("is a serial port to the other side, for every byte value", async () => {
    const pty = await kept(openPty(systemClock));
    const port = await kept(openSerial(systemClock, pty.address, LINE));
    const [atPty, atPort] = [new Heard(pty), new Heard(port)];
    await port.write(ALL_BYTES);
    await pty.write(ALL_BYTES);
    expect(await atPty.bytes(256)).toBe(hex(ALL_BYTES));
    expect(await atPort.bytes(256)).toBe(hex(ALL_BYTES));
  });

  it("stays while the other side closes and opens it again", async () => {
    const pty = await kept(openPty(systemClock));
    const heard = new Heard(pty);
    for (let i = 1; i <= 5; i++) {
      const port = await kept(openSerial(systemClock, pty.address, LINE));
      const answer = new Heard(port);
      await port.write(Uint8Array.of(i));
      await heard.bytes(i);
      await pty.write(Uint8Array.of(i));
      expect(await answer.bytes(1)).toBe(`0${i}`);
      await port.close();
      await pty.write(Uint8Array.of(0xee)); // to nobody: the next opening must not hear it
      await wait(30);
    }
    expect([heard.text, heard.ends]).toEqual(["0102030405", []]);
  });

  it("is gone for the other side when it is closed", async () => {
    const pty = await openPty(systemClock);
    const heard = new Heard(await kept(openSerial(systemClock, pty.address, LINE)));
    await pty.close();
    await heard.end();
    await expect(openSerial(systemClock, pty.address, LINE)).rejects.toMatchObject({ code: "port.none" });
    await expect(pty.write(ALL_BYTES)).rejects.toMatchObject({ code: "link.closed" });
  });

  it("goes with its process: SIGKILL is a pulled cable, and socat does not stay behind", async () => {
    const simulator = startModule(ECHO);
    const [, path = "", pid = ""] = await simulator.line(/^(\S+) (\d+)$/m);
    const port = await kept(openSerial(systemClock, path, LINE));
    const heard = new Heard(port);
    await port.write(ALL_BYTES);
    expect(await heard.bytes(256)).toBe(hex(ALL_BYTES));
    expect(isAlive(pid)).toBe(true);
    simulator.process.kill("SIGKILL");
    expect(await heard.end()).toBeInstanceOf(Error);
    for (let i = 0; isAlive(pid) && i < 100; i++) await wait(20);
    expect(isAlive(pid)).toBe(false);
  });

  it("lets its process end after closing", async () => {
    const child = startModule(`
      import { openPty } from "./dist/src/link/pty.js";
      import { systemClock } from "./dist/src/base/clock.js";
      const pty = await openPty(systemClock);
      await pty.close();
      console.log("end");
    `);
    expect(await child.ended).toMatchObject({ code: 0, out: "end\n" });
  });
});

describe("a pty without socat", () => {
  it("is pty.missing and says what to install", async () => {
    const child = startModule(`
      import { openPty } from "./dist/src/link/pty.js";
      import { systemClock } from "./dist/src/base/clock.js";
      process.env.PATH = "/nowhere";
      await openPty(systemClock).catch((error) => console.log(error.code + ": " + error.remedy));
    `);
    expect((await child.ended).out).toMatch(/^pty\.missing: Install socat /);
  });
});
