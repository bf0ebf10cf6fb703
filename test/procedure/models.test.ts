// One run on each model: its end, its money and its memory, and the tables of protocols/podp/models/README.md made again from it.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { models } from "../../protocols/podp/models/list.js";
import type { Statement } from "../../src/evidence/statement/statement.js";
import { simModel } from "../../src/sim/models.js";
import { plantedValues } from "../../src/sim/provision.js";
import { type DataArea, dataAreas } from "../../src/terminal/data-areas.js";
import type { SlotRange } from "../../src/terminal/facts.js";
import { type Model, modelSha256 } from "../../src/terminal/model.js";
import { foundIn, memoryOf } from "../support/planted.js";
import { World } from "../support/world.js";

const readme = readFileSync("protocols/podp/models/README.md", "utf8");
/** Production has no order of its own making; its model is that of podp-small in all but the environment. */
const played = models.filter(({ id }) => id !== "podp-production");
const short = ({ id }: Model) => id.replace("podp-", "");

interface Played {
  readonly model: Model;
  readonly world: World;
  readonly statement: Statement;
  /** The terminal's memory before the run, and after it. */
  readonly memory: readonly [Buffer, Buffer];
}

async function play(model: Model): Promise<Played> {
  const world = new World({ model: model.id });
  const before = memoryOf(world.stores);
  const end = await world.clock.run(() => world.run("run"));
  expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
  const { statement } = world.verified(end?.certificate ?? "").verified ?? {};
  return { model, world, statement: statement!, memory: [before, memoryOf(world.stores)] };
}

const runs: Played[] = [];
for (const model of played) runs.push(await play(model));

const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");

function ofData({ model, statement }: Played, data: DataArea): string {
  const area = model.areas.find((one) => one.data.includes(data));
  if (area !== undefined) return `${statement.areas.find(({ id }) => id === area.id)?.result} · ${area.id}`;
  const slots = model.slots.find((one) => one.data?.includes(data));
  if (slots !== undefined) return `${ofSlots({ statement }, slots)} · ${slots.type}`;
  const elsewhere = model.elsewhere.find((one) => one.data.includes(data));
  if (elsewhere === undefined) return "no such area";
  return elsewhere.for === "people" ? "people's work" : "not covered";
}

function ofSlots(
  { statement: { keys, keysRetained } }: Pick<Played, "statement">,
  { type, algorithm }: Pick<SlotRange, "type" | "algorithm">,
): string {
  const same = ({ usage, alg }: { usage: string; alg: string }) => usage === type && alg === algorithm;
  const kept = keysRetained.filter(same).map(({ reason }) => `retained (${reason})`);
  return [...new Set([...keys.filter(same).map(({ result }) => result), ...kept])].join(", ");
}

const slotsIn = (model: Model, { type, algorithm }: Pick<SlotRange, "type" | "algorithm">) =>
  model.slots.filter((slots) => slots.type === type && slots.algorithm === algorithm);
const numbers = ({ from, to }: SlotRange) => (from === to ? `${from}` : `${from}–${to}`);

const described = models.map((model) => [
  `\`${model.id}\``,
  model.deviceClass,
  `${model.areas.length}`,
  `${model.areas.reduce((sum, { size }) => sum + size, 0)}`,
  [...new Set(model.areas.map(({ storage }) => storage))].join(", "),
  `${model.slots.reduce((sum, { from, to }) => sum + to - from + 1, 0)}`,
  `${model.acquirerSets}`,
  model.networks.join(", "),
  [model.dialect, ...Object.values(model.dialects ?? {})].join(", "),
  `\`${model.serial.form}\`, TUSN ${model.serial.tusn}`,
]);

const data = (Object.keys(dataAreas) as DataArea[]).map((id) => [id, dataAreas[id], ...runs.map((run) => ofData(run, id))]);

const sorts = [...new Map(models.flatMap(({ slots }) => slots).map((slots) => [`${slots.type} ${slots.algorithm}`, slots])).values()];
const keys = sorts.map((sort) => [
  `${sort.type} ${sort.algorithm}`,
  sort.usage,
  sort.owner,
  ...runs.map((run) => {
    const own = slotsIn(run.model, sort);
    return own.length === 0 ? "no such slots" : `${ofSlots(run, sort)} · ${own.map(numbers).join(", ")}`;
  }),
]);

const elsewhere = new Map<string, { names: string[]; cells: readonly string[] }>();
for (const model of models) {
  for (const { data: of, what, why, for: whose } of model.elsewhere) {
    const cells = [of.join(" "), what, why, whose];
    const known = elsewhere.get(cells.join("|")) ?? { names: [], cells };
    known.names.push(short(model));
    elsewhere.set(cells.join("|"), known);
  }
}

const tables = {
  models: table(
    ["model", "class", "areas", "bytes", "storage", "key slots", "acquirer sets", "networks", "dialects", "serial number"],
    described,
  ),
  data: table(["data area", "what it is", ...runs.map(({ model }) => short(model))], data),
  keys: table(["slots", "keys", "whose", ...runs.map(({ model }) => short(model))], keys),
  elsewhere: table(
    ["data areas", "what", "why it is in no plan", "who sees to it", "models"],
    [...elsewhere.values()].map(({ names, cells }) => [...cells, names.join(", ")]),
  ),
};

it.each(Object.entries(tables))("the table of %s in protocols/podp/models/README.md is that of these runs, and there once", (_, text) => {
  if (readme.split(text).length !== 2) console.log(text);
  expect(readme.split(text).length - 1).toBe(1);
});

const each = runs.map((run) => [run.model.id, run] as const);

it.each(each)("%s is settled, wiped and certified as ERASED", (_, { world }) => {
  expect(world.ends).toMatchObject([{ message: null, endState: "CERT", code: "ok", outcome: "ERASED", exit: 0 }]);
  const { areas, keys, money, violations } = world.inspect();
  expect(areas.filter((area) => area.readable)).toEqual([]);
  expect(keys.filter((key) => key.readable)).toEqual([]);
  expect(money.host).toBe(money.start);
  expect(violations).toEqual([]);
  const { json } = world.certificate();
  expect(json).toHaveLength(1);
  expect(world.verified(json[0]!)).toMatchObject({ status: "ACCEPTED", environment: "simulator", outcome: "ERASED" });
});

it.each(each)("all that was planted in %s is in its memory before the run, and none of it after", (_, run) => {
  const [before, after] = run.memory;
  const planted = plantedValues(simModel(run.model.id)!, 7);
  expect(planted.length).toBeGreaterThan(10);
  for (const one of planted) expect(foundIn(before, [one]), one.what).toHaveLength(1);
  expect(foundIn(after, planted)).toEqual([]);
});

it("every area of every model has one outcome in its certificate", () => {
  for (const { model, statement } of runs) {
    expect(statement.areas.map(({ id }) => id)).toEqual(model.areas.map(({ id }) => id));
    expect(statement.model.sha256).toBe(modelSha256(model));
    for (const { what } of model.elsewhere) expect(statement.notCovered.map((one) => one.what)).toContain(what);
  }
});
