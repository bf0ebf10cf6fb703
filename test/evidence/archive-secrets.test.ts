// Nothing leaks (I6): what a terminal was given to keep is searched for, in every form, in everything that the agent wrote or said.
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ascii } from "../../src/base/bytes.js";
import { asDecomError } from "../../src/base/errors.js";
import type { Log } from "../../src/base/log.js";
import { complain, errorJson, type Io } from "../../src/cli/io.js";
import type { Planted } from "../../src/sim/contents.js";
import { filesOf, formsOf, foundIn, secretsOf } from "../support/planted.js";
import { acquirer, escrow } from "../support/recipients.js";
import { World } from "../support/world.js";
import type { WorldSetup } from "../support/world-setup.js";

const SEED = 7;
const SECRET: readonly Planted["what"][] = ["pan", "track", "pin-block", "key", "password", "phone", "id-number"];

/** What the command line says of an error, and what Node would if nobody caught it: stack, cause and every fact. */
function complaints(thrown: unknown): unknown[] {
  const error = asDecomError(thrown);
  const spoken: string[] = [];
  const io = { colour: false, err: (line: string) => void spoken.push(line) } as unknown as Io; // all that it uses
  complain(io, error);
  return [...spoken, errorJson(error), inspect(thrown, { depth: null, showHidden: true, maxArrayLength: null, maxStringLength: null })];
}

/** A run with a log that keeps every line, and all that came of it as files, lines and words. */
async function run(setup: WorldSetup & { readonly model: string }, breakIn?: (world: World) => void) {
  const logged: unknown[] = [];
  const keep = (facts: object, message: string) => void logged.push([facts, message]);
  const log: Log = { debug: keep, info: keep, warn: keep };
  const world = new World({ seed: SEED, log, ...setup });
  const said: unknown[] = [];
  breakIn?.(world);
  try {
    said.push(await world.clock.run(() => world.run("run")));
  } catch (thrown) {
    said.push(...complaints(thrown));
  }
  const files = ["out", "keys"].flatMap((folder) => filesOf(world.disk, folder));
  const written = files.map((path) => ({ path, bytes: world.disk.read(path) ?? new Uint8Array(0) }));
  const spoken = Buffer.from(JSON.stringify([logged, said], (_key, value) => (typeof value === "bigint" ? value.toString() : value)));
  return { world, files, said, outputs: [...written, { path: "log lines and results", bytes: spoken }] };
}

const names = (files: readonly string[]) => files.map((path) => path.split("/").at(-1));

describe("planted secrets", () => {
  it.each([
    ["podp-small", "in the clear", {}, ["archive.ndjson"]],
    ["podp-traditional", "in the clear", {}, ["archive.ndjson"]],
    ["podp-small", "sealed", { archiveRecipients: [acquirer, escrow] }, ["archive.p7m"]],
    ["podp-traditional", "parked", { options: { host: { rejects: "97" } } }, ["hold.json", "hold.sig"]],
    ["podp-smart", "in the clear", {}, ["archive.ndjson"]],
    ["podp-small", "made before it is parked as tampered with", { options: { tampered: true } }, ["hold.json", "archive.ndjson"]],
  ] as const)("of %s are in nothing that a run with its archive %s leaves", async (model, _how, setup, expected) => {
    const planted = secretsOf(model, SEED);
    expect([...new Set(planted.map(({ what }) => what))]).toEqual(expect.arrayContaining([...SECRET]));
    const { outputs, files } = await run({ model, ...setup });
    expect(names(files)).toEqual(expect.arrayContaining(["journal.ndjson", "transcript.ndjson", "log.ndjson", ...expected]));
    for (const { path, bytes } of outputs) expect(foundIn(bytes, planted), path).toEqual([]);
  });

  it("are found in each form and at each place of a longer text", () => {
    const planted = secretsOf("podp-small", SEED);
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
    for (const path of files) expect(foundIn(world.disk.read(path) ?? new Uint8Array(0), secretsOf(model, SEED)), path).toEqual([]);
  });

  it("are in nothing that is left or said by a run which dies of a defect of ours, at every ninth of its writes", async () => {
    const model = "podp-small";
    const planted = secretsOf(model, SEED);
    const usual = await run({ model });
    const writes = usual.world.disk.operations;
    let searched = 0;
    for (let at = 0; at < writes; at += 9) {
      const { outputs, said } = await run({ model }, ({ disk, sim, stores }) => {
        // Every other terminal hands out its records unmasked, so that the defect has them in hand.
        if (at % 2 === 1) sim.terminal.batch.file = (area) => stores.flash.bytes(area).slice();
        disk.hook = (n, when, what) => {
          if (n === at && when === "before") throw new TypeError(`a defect at ${what}`);
        };
      });
      if (JSON.stringify(said).includes("internal.bug")) searched += outputs.length;
      for (const { path, bytes } of outputs) expect(foundIn(bytes, planted), `${path}, defect at write ${at}`).toEqual([]);
    }
    expect(searched).toBeGreaterThan(20);
  });

  it("would be found in each place that was searched, whichever it is and in whichever form", async () => {
    const model = "podp-small";
    const planted = secretsOf(model, SEED);
    const runs = [await run({ model }), await run({ model, options: { host: { rejects: "97" } } })];
    const places = runs.flatMap(({ outputs }) => outputs);
    const forms = planted.flatMap((one) => formsOf(one).map((form) => ({ one, ...form })));
    for (const [i, { one, form, bytes }] of forms.entries()) {
      const place = places[i % places.length]!;
      const middle = place.bytes.length >> 1;
      const leaking = Buffer.concat([place.bytes.subarray(0, middle), bytes, place.bytes.subarray(middle)]);
      expect(foundIn(leaking, [one]), `${one.what} ${form} in ${place.path}`).toHaveLength(1);
    }
    console.log(
      `planted secrets: ${planted.length} values in ${forms.length} forms, looked for in ${places.length} files and logs of two runs: 0 found`,
    );
  });
});
