// An area that takes no further erase once it was filled: what the terminal says of it, and what it does no more.
import { expect, it } from "vitest";
import type { SimOptions } from "../../src/sim/body.js";
import { bench } from "./raw.js";

const WRITE = 2;
const AREA = 2;

/** Wiped, area 2 filled by seed, and broken from then on. */
async function filled(work: (at: ReturnType<typeof bench>, op: Uint8Array, options: { stuck?: readonly number[] }) => Promise<void>) {
  const options: { stuck?: readonly number[] } & SimOptions = {};
  const at = bench({ options });
  await at.clock.run(async () => {
    const op = await at.host.fillWhole(AREA);
    options.stuck = [AREA];
    await work(at, op, options);
    expect(at.sim.violations()).toEqual([]);
  });
}

it("FILL_RELEASE of memory that does not become blank is AREA_FAILED, and the fill stays until it does", () =>
  filled(async ({ host }, op, options) => {
    for (let again = 0; again < 2; again++) {
      const { result, refusal } = await host.ask("fillRelease", { op, area: AREA });
      expect([result, refusal.area, refusal.detail]).toEqual(["AREA_FAILED", AREA, WRITE]);
      expect((await host.ask("census", { page: 0 })).body.unread).toEqual([AREA]);
    }
    delete options.stuck;
    expect((await host.ask("fillRelease", { op, area: AREA })).result).toBe("OK");
    expect((await host.ask("census", { page: 0 })).body.unread).toEqual([]);
  }));

it("with such memory no transaction is recorded and no grant of the new life opens, but that of the wipe still does", () =>
  filled(async ({ host, sim }, _op, options) => {
    const wiped = host.granted;
    const { passFloor } = host.ack!;
    expect(sim.terminal.sellAnyway(0, 100n)).toBe(false);
    await host.hello();
    const { result, refusal } = await host.open(host.grant({ passFloor: 4 }));
    expect([result, refusal.area, refusal.detail]).toEqual(["AREA_FAILED", AREA, WRITE]);
    await host.hello();
    expect(host.ack!.passFloor).toBe(passFloor);
    expect((await host.open(wiped)).result).toBe("OK");
    delete options.stuck;
    await host.hello();
    expect((await host.open(host.grant())).result).toBe("OK");
    expect((await host.ask("census", { page: 0 })).body.unread).toEqual([]);
  }));
