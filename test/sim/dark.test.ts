import { expect, it } from "vitest";
import { startSimulated } from "../../protocols/podp/simulated.js";
import { text } from "../../src/base/bytes.js";
import { sleep } from "../../src/base/clock.js";
import { VirtualClock } from "../../src/base/virtual-clock.js";
import { memoryPair } from "../../src/link/memory.js";
import { memoryStores, PowerCut } from "../../src/sim/stores.js";

it("says and hears nothing when its power fails while it starts again", async () => {
  const clock = new VirtualClock();
  let boots = 0;
  const nonVolatile = (_act: string, which: string | number) => {
    if (which === "boot" && ++boots === 2) throw new PowerCut("test");
  };
  const sim = startSimulated({ model: "podp-tiny", seed: 7, stores: memoryStores(), clock, hooks: { nonVolatile } });
  const [host, end] = memoryPair(clock);
  const heard: string[] = [];
  host.listen({ bytes: (chunk) => heard.push(text(chunk)), closed: () => undefined });
  sim.attach(end);
  await clock.run(async () => {
    sim.terminal.guard(() => sim.terminal.restart("command"));
    await sleep(clock, 10_000);
  });
  expect([boots, sim.dead, heard]).toEqual([2, true, []]);
});
