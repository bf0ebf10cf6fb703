// What a person types at the prompt counts: a run goes on with the terminal that was named, and with no other.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { startSimulated } from "../../protocols/podp/simulated.js";
import { systemClock } from "../../src/base/clock.js";
import { keysInit } from "../../src/cli/commands/keys.js";
import { resume, run } from "../../src/cli/commands/run.js";
import type { Io } from "../../src/cli/io.js";
import { listenTcp } from "../../src/link/tcp.js";
import { memoryStores } from "../../src/sim/stores.js";
import { sealQuickly } from "../tools/quick-keys.js";

const dir = mkdtempSync(join(tmpdir(), "consent-"));
afterAll(() => rmSync(dir, { recursive: true }));

const PASSPHRASE = "correct horse battery";
/** A person at the keyboard, who answers every question alike. */
const person = (answer: string): Io => ({
  env: { DECOM_PASSPHRASE: PASSPHRASE },
  interactive: true,
  live: false,
  colour: false,
  out: () => undefined,
  err: () => undefined,
  status: () => undefined,
  ask: async () => answer,
});

it("resume goes on with the terminal whose serial number was typed, and with no other, and takes that person's word on networks", async () => {
  const [keys, out] = [join(dir, "keys"), join(dir, "out")];
  await keysInit({ dir: keys, bench: true, algorithm: "p256" }, person(""));
  sealQuickly(keys, PASSPHRASE);
  const host: { rejects?: string } = { rejects: "97" };
  const sim = startSimulated({ model: "podp-small", seed: 7, stores: memoryStores(), clock: systemClock, speed: 0, options: { host } });
  await using listener = await listenTcp(systemClock, 0);
  const common = { port: listener.address, keys, out };
  const connected = async <T>(work: () => Promise<T>): Promise<T> => {
    void listener.next().then((link) => link !== undefined && sim.attach(link));
    return await work();
  };
  const held = await connected(() => run({ ...common, bench: true, expectSerial: sim.serial }, person(sim.serial)));
  expect(held.json).toMatchObject({ endState: "HOLD", code: "settle.deregistered" });
  delete host.rejects; // nothing is in the way of the wipe any more
  const refused = await connected(() => resume(common, person("SOME-OTHER-SERIAL")));
  expect(refused.json).toMatchObject({ endState: "REFUSE", code: "identity.serial" });
  const unattended = await connected(() => resume({ ...common, yes: true, expectSerial: "SOME-OTHER-SERIAL" }, person("")));
  expect(unattended.json).toMatchObject({ endState: "REFUSE", code: "identity.serial" });
  const ended = await connected(() => resume({ ...common, isolated: "shielded,lan-out" }, person(sim.serial)));
  expect(ended.json).toMatchObject({ endState: "CERT", outcome: "ERASED" });
  const { certificate = "" } = ended.json as { certificate?: string };
  expect(JSON.parse(readFileSync(certificate, "utf8"))).toMatchObject({ isolation: { how: ["shielded", "lan-out"] } });
}, 60_000);
