import { it } from "vitest";
import { lieNames } from "../../src/sim/lies.js";
import { World } from "../support/world.js";
const orders = { none: [], seed: ["V4"], stream: ["V5"] } as const;
it("x", async () => {
  const rows: string[] = [];
  for (const lie of [undefined, ...lieNames]) {
    for (const [name, areas] of Object.entries(orders)) for (const attest of name === "none" ? [false, true] : [false]) {
      const t = performance.now();
      const world = new World({ options: { attest, ...(lie ? { lie } : {}) }, order: () => ({ bench: { areas: [...areas] } }) as never });
      let end: any; try { end = await world.clock.run(() => world.run("run")); } catch (e) { end = e; }
      const [path = ""] = world.certificate().json;
      const st = path ? world.verified(path) : undefined;
      const s = st?.verified?.statement;
      const b = world.inspect();
      rows.push(`${(lie ?? "honest").padEnd(28)} ${name}${attest ? "+attest" : ""}: ${end?.endState} ${end?.code} ${end?.outcome} ${end.message ?? ""} v=${b.violations} ${st?.status} areas=${s?.areas.map((a: any) => a.verification.level.join("")).join("/")} keys=${s?.keys.map((k: any) => k.level.join("")).join("/")} P=${s?.device.identityLevel} readable=${b.areas.filter((a: any) => a.readable).length}/${b.keys.filter((a: any) => a.readable).length} ${Math.round(performance.now() - t)}ms`);
    }
  }
  console.log(rows.join("\n"));
}, 60000);
