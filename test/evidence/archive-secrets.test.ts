// Nothing leaks (I6): what a terminal was given to keep is searched for, in every form, in everything that the agent wrote or said.
import { describe, expect, it } from "vitest";
import { ascii } from "../../src/base/bytes.js";
import { asDecomError } from "../../src/base/errors.js";
import type { Log } from "../../src/base/log.js";
import type { Planted } from "../../src/sim/contents.js";
import { simModel } from "../../src/sim/models.js";
import { plantedValues } from "../../src/sim/provision.js";
import { filesOf, formsOf, foundIn } from "../support/planted.js";
import { acquirer, escrow } from "../support/recipients.js";
import { World } from "../support/world.js";
import type { WorldSetup } from "../support/world-setup.js";

const SEED = 7;
const SECRET: readonly Planted["what"][] = ["pan", "track", "pin-block", "key", "password", "phone", "id-number"];
/** MID and TID are no secrets: they belong in a certificate. */
const secretsOf = (model: string) => plantedValues(simModel(model)!, SEED).filter(({ what }) => what !== "merchant");

/** Flash and key store of the terminal, as they are now. */
function memoryOf({ stores: { flash, nv } }: World): Buffer {
  const keys = nv.names().filter((name) => name.startsWith("key/"));
  return Buffer.concat([...flash.areas().map((area) => flash.bytes(area)), ...keys.map((name) => nv.get(name) ?? new Uint8Array(0))]);
}

/** A run with a log that keeps every line, and all that came of it as files, lines and words. */
async function run(setup: WorldSetup & { readonly model: string }) {
  const logged: unknown[] = [];
  const keep = (facts: object, message: string) => void logged.push([facts, message]);
  const log: Log = { debug: keep, info: keep, warn: keep };
  const world = new World({ seed: SEED, log, ...setup });
  const before = memoryOf(world);
  const said: unknown[] = [];
  try {
    said.push(await world.clock.run(() => world.run("run")));
  } catch (thrown) {
    const { code, message, facts, stack } = asDecomError(thrown);
    said.push({ code, message, facts, stack });
  }
  const files = ["out", "keys"].flatMap((folder) => filesOf(world.disk, folder));
  const written = files.map((path) => ({ path, bytes: world.disk.read(path) ?? new Uint8Array(0) }));
  const spoken = Buffer.from(JSON.stringify([logged, said], (_key, value) => (typeof value === "bigint" ? value.toString() : value)));
  return { world, before, files, said, outputs: [...written, { path: "log lines and results", bytes: spoken }] };
}

const names = (files: readonly string[]) => files.map((path) => path.split("/").at(-1));

describe("planted secrets", () => {
  it.each([
    ["podp-small", "in the clear", {}, ["archive.ndjson"]],
    ["podp-traditional", "in the clear", {}, ["archive.ndjson"]],
    ["podp-small", "sealed", { archiveRecipients: [acquirer, escrow] }, ["archive.p7m"]],
    ["podp-traditional", "parked", { options: { host: { rejects: "97" } } }, ["hold.json", "hold.sig"]],
    ["podp-smart", "in the clear", {}, ["archive.ndjson"]],
  ] as const)("of %s are in nothing that a run with its archive %s leaves", async (model, _how, setup, expected) => {
    const planted = secretsOf(model);
    expect([...new Set(planted.map(({ what }) => what))]).toEqual(expect.arrayContaining([...SECRET]));
    const { outputs, files } = await run({ model, ...setup });
    expect(names(files)).toEqual(expect.arrayContaining(["journal.ndjson", "transcript.ndjson", "log.ndjson", ...expected]));
    for (const { path, bytes } of outputs) expect(foundIn(bytes, planted), path).toEqual([]);
  });

  it.each(["podp-small", "podp-traditional", "podp-esign", "podp-smart", "podp-mpos", "podp-handheld"])(
    "of %s are found by the same search in the terminal's own memory before the wipe",
    async (model) => {
      const { world, before } = await run({ model });
      const planted = secretsOf(model);
      expect(planted.length).toBeGreaterThan(10);
      for (const one of planted) expect(foundIn(before, [one]), one.what).toHaveLength(1);
      expect(foundIn(memoryOf(world), planted)).toEqual([]);
    },
  );

  it("are found in each form and at each place of a longer text", () => {
    const planted = secretsOf("podp-small");
    for (const one of planted) {
      for (const { form, bytes } of formsOf(one)) {
        expect(foundIn(Buffer.concat([ascii("x"), bytes, ascii("y")]), [one]), `${one.what} ${form}`).toHaveLength(1);
      }
      for (const before of ["", "a", "ab"]) {
        const text = Buffer.concat([ascii(before), one.value, ascii("cd")]).toString("base64");
        expect(foundIn(Buffer.from(text), [one]), `${one.what} behind ${before.length}`).toHaveLength(1);
      }
    }
  });

  it("that a terminal hands out unmasked are written nowhere, and the run is parked before the wipe", async () => {
    const model = "podp-small";
    const world = new World({ model, seed: SEED });
    const { batch } = world.sim.terminal;
    batch.file = (area) => world.stores.flash.bytes(area).slice();
    const end = await world.clock.run(() => world.run("run"));
    expect(end).toMatchObject({ endState: "HOLD", code: "archive.leak", exit: 6, certificate: null });
    expect(world.inspect().areas.every(({ readable }) => readable)).toBe(true);
    const files = filesOf(world.disk, "out");
    expect(names(files).filter((name) => name?.startsWith("archive"))).toEqual([]);
    for (const path of files) expect(foundIn(world.disk.read(path) ?? new Uint8Array(0), secretsOf(model)), path).toEqual([]);
  });
});
