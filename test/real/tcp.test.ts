import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { hex } from "../../src/base/bytes.js";
import { systemClock } from "../../src/base/clock.js";
import type { Link } from "../../src/link/link.js";
import { openSpec } from "../../src/link/open.js";
import { parsePortSpec } from "../../src/link/spec.js";
import { listenTcp, type TcpListener } from "../../src/link/tcp.js";
import { startModule } from "../tools/child.js";
import { Heard } from "../tools/heard.js";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function listener(): Promise<TcpListener> {
  const listening = await listenTcp(systemClock, 0);
  open.push(listening);
  return listening;
}

async function client(address: string): Promise<Link> {
  const spec = parsePortSpec(address);
  if (spec.kind !== "tcp") throw new Error(`${address} is not TCP`);
  const link = await openSpec(systemClock, spec, { baud: 115_200 });
  open.push(link);
  return link;
}

async function served(listening: TcpListener): Promise<Link> {
  const link = await listening.next();
  if (link === undefined) throw new Error("closed");
  open.push(link);
  return link;
}

describe("a line over TCP", () => {
  it("carries bytes both ways and says how to open it again", async () => {
    const listening = await listener();
    const a = await client(listening.address);
    const b = await served(listening);
    const [atA, atB] = [new Heard(a), new Heard(b)];
    await a.write(Uint8Array.of(0, 1, 255));
    await b.write(Uint8Array.of(13, 10));
    expect([await atB.bytes(3), await atA.bytes(2)]).toEqual(["0001ff", "0d0a"]);
    expect([a.kind, a.address, a.baud]).toEqual(["tcp", listening.address, undefined]);
    expect(listening.address).toMatch(/^tcp:127\.0\.0\.1:[1-9][0-9]*$/);
  });

  it("delivers what was written before an orderly close, then tells the other side", async () => {
    const listening = await listener();
    const a = await client(listening.address);
    const heard = new Heard(await served(listening));
    const much = new Uint8Array(500_000).fill(7);
    await a.write(much);
    await a.close();
    await heard.end();
    expect(heard.text).toBe(hex(much));
    expect(heard.ends).toEqual([undefined]);
    await expect(a.write(much)).rejects.toMatchObject({ code: "link.closed", did: "not-done" });
  });

  it("serves clients one after the other; a third is turned away while one is served and one waits", async () => {
    const listening = await listener();
    const first = await client(listening.address);
    const one = await served(listening);
    const second = await client(listening.address);
    await second.write(Uint8Array.of(2));
    await wait(50);
    const third = client(listening.address).then((link) => new Heard(link).end());
    expect(String(await third.catch((refused: Error) => refused))).toContain("ECONNRESET");
    await first.close();
    await one.close();
    expect(await new Heard(await served(listening)).bytes(1)).toBe("02");
  });

  it("forgets a client that went away while it waited", async () => {
    const listening = await listener();
    await (await client(listening.address)).close();
    await wait(50);
    const later = await client(listening.address);
    await later.write(Uint8Array.of(9));
    expect(await new Heard(await served(listening)).bytes(1)).toBe("09");
  });

  it("where nobody listens is port.open", async () => {
    const listening = await listener();
    await listening.close();
    expect(await listening.next()).toBeUndefined();
    await expect(client(listening.address)).rejects.toMatchObject({ code: "port.open", message: expect.stringContaining("ECONNREFUSED") });
  });

  it("closes when the other process is killed", async () => {
    const terminal = startModule(`
      import { listenTcp } from "./dist/src/link/tcp.js";
      import { systemClock } from "./dist/src/base/clock.js";
      const listening = await listenTcp(systemClock, 0);
      console.log(listening.address);
      (await listening.next()).listen({ bytes() {}, closed() {} });
    `);
    const [address] = await terminal.line(/^tcp:\S+/);
    const heard = new Heard(await client(address));
    terminal.process.kill("SIGKILL");
    await heard.end();
    expect(heard.ends).toHaveLength(1);
  });
});
