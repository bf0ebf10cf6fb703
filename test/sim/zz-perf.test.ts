import { it } from "vitest";
import { sleep } from "../../src/base/clock.js";
import { simModel } from "../../src/sim/models.js";
import { provision } from "../../src/sim/provision.js";
import { copyStores, memoryStores } from "../../src/sim/stores.js";
import { bench } from "./raw.js";
it("perf", async () => {
  const model = simModel("podp-small")!;
  for (let i = 0; i < 200; i++) provision(model, i, memoryStores());
  let t = process.cpuUsage();
  for (let i = 0; i < 1000; i++) provision(model, i, memoryStores());
  let u = process.cpuUsage(t); console.log("provision small ms", (u.user + u.system) / 1e6);
  const s = memoryStores(); provision(model, 7, s);
  t = process.cpuUsage(); for (let i = 0; i < 1000; i++) copyStores(s); u = process.cpuUsage(t); console.log("copy ms", (u.user + u.system) / 1e6);
  const one = async () => {
    const at = bench({ stores: copyStores(s) });
    await at.clock.run(async () => {
      const { host } = at;
      await host.ready(); await host.settleAll(); const { op } = await host.wipe(); await host.ask("reboot", {}); await sleep(at.clock, 20); await host.hello(); await host.open(host.granted); await host.ask("attest", { op, nonce: new Uint8Array(32) });
    });
  };
  for (let i = 0; i < 100; i++) await one();
  t = process.cpuUsage(); for (let i = 0; i < 200; i++) await one(); u = process.cpuUsage(t); console.log("dialogue both sides ms", (u.user + u.system) / 1e3 / 200);
}, 60000);
