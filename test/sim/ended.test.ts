// A session that has ended says nothing any more: no progress of what it was asked, no answer that comes late.
import { describe, expect, it } from "vitest";
import { commands } from "../../protocols/podp/messages.js";
import { startSimulated } from "../../protocols/podp/simulated.js";
import { concat, uint } from "../../src/base/bytes.js";
import { sleep } from "../../src/base/clock.js";
import { memoryPair } from "../../src/link/memory.js";
import { copyStores } from "../../src/sim/stores.js";
import { bench, RawHost } from "./raw.js";

const AREA = 2;
/** Blanking 512 KiB takes 15 s, announced every 2 s. */
const INSIDE = 5000;
const LONG = 60_000;

type At = ReturnType<typeof bench>;

/** Wiped and filled, once for all cases. */
async function filled() {
  const at = bench({ model: "podp-large" });
  const { host, stores } = at;
  return await at.clock.run(async () => {
    const op = await host.fillWhole(AREA);
    return { stores, op, grant: host.granted };
  });
}
const { stores: before, op, grant } = await filled();

/** Work that the terminal announces while it is at it, begun and not waited for; `end` ends the session in the middle. */
async function endedBy(end: (at: At) => Promise<RawHost>): Promise<{ inside: string[]; after: string[] }> {
  const at = bench({ model: "podp-large", speed: 1, stores: copyStores(before) });
  return await at.clock.run(async () => {
    const { host } = at;
    await host.hello();
    await host.open(grant);
    host.frames.length = 0;
    const { code, request } = commands.fillRelease;
    await host.send({ type: "CMD", payload: concat(uint(code, 1), request.encode({ op, area: AREA })) });
    await sleep(at.clock, INSIDE);
    const typesOf = (heard: RawHost) => heard.frames.splice(0).map(({ type }) => type);
    const inside = typesOf(host);
    const next = await end(at);
    next.frames.length = 0;
    await sleep(at.clock, LONG);
    expect(at.sim.violations()).toEqual([]);
    return { inside, after: typesOf(next) };
  });
}

describe("a session that is at work for long", () => {
  it.each<[string, (at: At) => Promise<RawHost>]>([
    [
      "by RST",
      async ({ host }) => {
        await host.send({ type: "RST" });
        return host;
      },
    ],
    [
      "by a new HELLO",
      async ({ host }) => {
        await host.hello();
        return host;
      },
    ],
    [
      "when the cable goes, and another host begins one",
      async ({ sim, clock }) => {
        const [theirs, ours] = memoryPair(clock);
        sim.attach(theirs);
        const host = new RawHost(ours, clock);
        await host.hello();
        return host;
      },
    ],
    [
      "by a restart, after which a new one begins",
      async ({ sim, host, clock }) => {
        sim.terminal.restart("command");
        await sleep(clock, 3000);
        await host.hello();
        return host;
      },
    ],
    [
      "by a power cut, after which a new one begins",
      async ({ sim, stores, clock }) => {
        sim.powerCut();
        const again = startSimulated({ model: "podp-large", seed: 7, stores, clock, speed: 1 });
        const [theirs, ours] = memoryPair(clock);
        again.attach(theirs);
        const host = new RawHost(ours, clock);
        await host.hello();
        return host;
      },
    ],
  ])("is ended %s, and nothing more comes of it", async (_, end) => {
    const { inside, after } = await endedBy(end);
    expect(inside).toEqual(["ACK", "EVT", "EVT"]);
    expect(after).toEqual([]);
  });
});

it("an erase goes on after RST and tells nobody, until there is a session again", async () => {
  const settled = bench();
  await settled.clock.run(() => settled.host.ready().then(() => settled.host.settleAll()));
  const { host, clock } = bench({ speed: 1, stores: copyStores(settled.stores) });
  await clock.run(async () => {
    await host.ready();
    const { body: prepared } = await host.ask("prepare", await host.plan());
    const wipe = host.op();
    const { token } = (await host.commit(wipe, prepared)).body;
    await host.ask("arm", { op: wipe, token });
    await sleep(clock, 200);
    expect(host.frames.splice(0).map(({ type }) => type)).toContain("EVT");
    await host.send({ type: "RST" });
    await sleep(clock, 150);
    host.frames.length = 0;
    await sleep(clock, 300);
    expect(host.frames).toEqual([]);
    await host.hello();
    expect(host.ack?.busyOp).toEqual(wipe);
    await sleep(clock, LONG);
    expect(host.frames.map(({ type, session }) => [type, session === host.session])).toContainEqual(["EVT", true]);
  });
});
