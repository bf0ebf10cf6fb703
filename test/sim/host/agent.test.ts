// What the agent makes of it: hosts that misbehave in bytes, seen through podp only, on a terminal with an acquirer of each dialect.
import { expect, it } from "vitest";
import type { HostOptions } from "../../../src/sim/host/options.js";
import { World } from "../../support/world.js";

const done = { endState: "CERT", outcome: "ERASED" };
const held = (code: string) => ({ endState: "HOLD", code, exit: 4, certificate: null });

it.each<[string, HostOptions, object]>([
  ["misreads the MAC until sign-in", { misreadsMac: "until-sign-in" }, done],
  ["misreads the MAC always", { misreadsMac: "always" }, held("pending.unsent")],
  ["lacks records and loses answers to uploads", { lacks: 2, silent: "after", silentTo: "upload", silences: 2 }, done],
  ["leaves an upload unanswered until it is asked", { lacks: 9, silent: "before", silentTo: "upload", silences: 9 }, done],
  ["answers for another batch, and says when asked that it is closed", { wrongBatch: true }, done],
  ["answers nothing that can be read", { garbled: true }, held("pending.unsent")],
  ["says 94 although nothing was booked", { rejects: "94" }, held("settle.duplicate")],
  ["says 94 once", { rejects: "94", rejections: 1 }, done],
  ["sends the third flag", { errorFlag: true }, held("settle.error-flag")],
  ["takes no call", { down: true }, held("settle.no-network")],
])("a host that %s", async (_, host, wanted) => {
  const world = new World({ model: "podp-traditional", options: { host } });
  const end = await world.clock.run(() => world.run("run"));
  expect(end).toMatchObject(wanted);
  const { money, bookings, violations, areas } = world.inspect();
  expect(violations).toEqual([]);
  expect(new Set(bookings.map(({ account, stan, kind }) => `${account} ${stan} ${kind}`)).size).toBe(bookings.length);
  if (wanted === done) expect(money).toMatchObject({ host: money.start, terminal: 0n });
  else expect(areas.every(({ readable }) => readable)).toBe(true);
});
