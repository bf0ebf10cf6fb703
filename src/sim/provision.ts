// The factory and a working life: fills a simulated terminal's stores with what a returned one holds, as bytes, repeatably from a seed.
import { ascii, concat, EMPTY, hex, readUint, text } from "../base/bytes.js";
import { DecomError } from "../base/errors.js";
import { digitsFrom, type Random, seededRandom } from "../base/random.js";
import type { Ledger } from "./batch.js";
import { asPlanted, type Planted, writersOf } from "./contents.js";
import { appName, keyName } from "./keys.js";
import { isRecordFile, type RecordFile, recordFiles, type SimModel } from "./models/shape.js";
import { type Op, opName } from "./ops.js";
import { fileOf, grow, type Plant, type PlantedKey, type PlantedRecord, WITHOUT_AMOUNT } from "./planting.js";
import { type Card, encodeRecord, RECORD, type Sale } from "./records.js";
import { cell, type FactoryStores, type HostLine } from "./stores.js";
import { accountId, entryOf, ledgerName, type Unit, unitOf } from "./unit.js";

interface Contents {
  readonly unit: Unit;
  readonly ledgers: ReadonlyMap<string, Ledger>;
  readonly ops: readonly Op[];
  readonly host: readonly HostLine[];
  readonly areas: ReadonlyMap<number, Uint8Array>;
  readonly keys: ReadonlyMap<string, Uint8Array>;
  readonly planted: readonly Planted[];
}

export function serialOf(seed: number): string {
  return `SIM${String(Math.abs(Math.trunc(seed)) * 1_000_000 + 1).padStart(7, "0")}`;
}

function contents(model: SimModel, seed: number, { alone = false, items: wanted, keys: strays = [] }: Plant): Contents {
  const random = seededRandom(`podp simulator ${model.name} ${seed}`);
  const planted: Planted[] = [];
  const plant = (what: Planted["what"], value: string): string => {
    planted.push(asPlanted(what, value));
    return value;
  };
  const below = (n: number) => readUint(random.bytes(4)) % n;
  const digits = (n: number) => digitsFrom(random.bytes(n));

  const accounts = model.accounts.map(({ acquirer, name, currency }) => {
    const mid = plant("merchant", `89810${digits(10)}`);
    const tid = digits(8);
    return { id: accountId(acquirer, mid, tid), acquirer, mid, tid, name, currency, batch: String(1 + below(999_999)).padStart(6, "0") };
  });

  const card = (): Card => {
    const pan = plant("pan", `6299990${digits(9)}`);
    const expiry = `${27 + below(5)}${String(1 + below(12)).padStart(2, "0")}`;
    return { pan, expiry, track: plant("track", `${pan}=${expiry}220${digits(10)}`) };
  };
  let stan = below(900_000);
  const own = model.accounts.flatMap(({ items, currency }, account) =>
    (alone ? [] : items).flatMap(([kind, count]) =>
      Array.from({ length: count }, (_, i): readonly [Sale, Card] => {
        const credit = kind === "U03" || (kind === "U01" && i % 7 === 2);
        const amount = WITHOUT_AMOUNT.has(kind) ? 0n : BigInt(100 + below(99_900));
        const time = `2512${String(1 + below(4)).padStart(2, "0")}${String(8 + below(12)).padStart(2, "0")}${String(below(60)).padStart(2, "0")}00`;
        const batch = accounts[account]?.batch ?? "000001";
        const direction = credit ? "credit" : "debit";
        return [{ kind, direction, account, batch, stan: String(++stan).padStart(6, "0"), amount, currency, time }, card()];
      }),
    ),
  );

  // Drawn from a stream of its own: what is planted changes nothing else in the terminal.
  const planting = seededRandom(`planted ${model.name} ${seed}`);
  const plantedCard = (): Card => {
    const pan = plant("pan", `6299990${digitsFrom(planting.bytes(9))}`);
    return { pan, expiry: "3012", track: plant("track", `${pan}=30122200000000000`) };
  };
  const grown = grow(wanted, {
    accounts,
    records: own.map(([sale]) => sale),
    random: planting,
    card: plantedCard,
    nextStan: () => String(++stan).padStart(6, "0"),
  });
  const files = new Map(recordFiles.map((file) => [file, [] as Uint8Array[]]));
  const fileIn = (file: RecordFile) => files.get(model.areas.some(({ holds }) => holds.includes(file)) ? file : "transactions");
  for (const [sale, of] of own) fileIn(fileOf(sale.kind))?.push(encodeRecord(sale, of));
  for (const record of grown.records) fileIn(record.file)?.push(bytesOf(record));

  const tracks = planted.filter(({ what }) => what === "track").slice(0, 2 + model.block / 256);
  const write = writersOf({ model, seed, serial: serialOf(seed), accounts, plant, tracks: tracks.map(({ value }) => text(value)), random });
  const areas = new Map(
    model.areas.map(({ id, holds }) => [
      id,
      concat(...holds.map((content) => (isRecordFile(content) ? concat(...(files.get(content) ?? [])) : ascii(write[content]())))),
    ]),
  );

  const { keys, secrets } = keysOf(model, random, seededRandom(`keys ${model.name} ${seed}`), strays);
  planted.push(...secrets.map((value) => ({ what: "key", value }) as const));
  const ledgers = new Map(
    accounts.map(({ id, batch }): [string, Ledger] => {
      const last = grown.settlements.get(id);
      return [id, { batch, ...(last === undefined ? {} : { last }) }];
    }),
  );
  const items = own.map(([sale]) => entryOf(sale, accounts[sale.account]?.id ?? ""));
  const host: HostLine[] = [
    ...items.map((item) => ({ event: "start", item }) as const),
    ...items.filter(({ kind }) => kind === "U01").map((item) => ({ event: "authorised", item }) as const),
    ...grown.host,
  ];
  const unit = { serial: serialOf(seed), model: model.name, secret: hex(random.bytes(32)) };
  return { unit, ledgers, ops: grown.ops, host, areas, keys, planted };
}

/** Keys of the factory and others, by the name of their record, and those among them that do not stay with the unit. */
function keysOf({ keys: ranges }: SimModel, random: Random, strange: Random, strays: readonly PlantedKey[]) {
  const keys = new Map<string, Uint8Array>();
  const secrets: Uint8Array[] = [];
  for (const { type, algorithm, used, kept } of ranges) {
    for (const slot of used) {
      const value = random.bytes(algorithm === "P256" ? 32 : 16);
      keys.set(keyName(type, algorithm, slot), value);
      if (kept !== true) secrets.push(value);
    }
  }
  for (const { type, algorithm, slot, foreign } of strays) {
    const value = strange.bytes(16);
    keys.set(keyName(type, algorithm, slot), value);
    if (foreign === true) keys.set(appName(type, algorithm, slot), ascii("com.example.other"));
    secrets.push(value);
  }
  return { keys, secrets };
}

function bytesOf({ sale, card, state, damaged }: PlantedRecord): Uint8Array {
  const bytes = encodeRecord(sale, card, state);
  if (damaged) bytes.fill(0, RECORD - 8, RECORD); // the check sum no longer fits
  return bytes;
}

/** Values that can be found in the stores before a wipe and nowhere after it, nor ever in anything the agent writes. */
export function plantedValues(model: SimModel, seed: number, plant = NOTHING): readonly Planted[] {
  return contents(model, seed, plant).planted;
}
const NOTHING: Plant = { items: [] };

export function isProvisioned(stores: FactoryStores): boolean {
  return unitOf(stores.nv).get() !== undefined;
}

/** A second call on the same stores does nothing; a call that was interrupted is done again whole. */
export function provision(model: SimModel, seed: number, stores: FactoryStores, plant = NOTHING): void {
  if (isProvisioned(stores)) return;
  const { unit, ledgers, ops, host, areas, keys } = contents(model, seed, plant);
  for (const { id, blocks } of model.areas) {
    const bytes = areas.get(id) ?? EMPTY;
    if (bytes.length > blocks * model.block)
      throw new DecomError("args.invalid", `area ${id} of ${model.name} is too small for what is planted`);
    stores.format(id, blocks * model.block, model.block);
    stores.flash.program(id, 0, bytes);
  }
  for (const [name, value] of keys) stores.nv.set(name, value);
  for (const [account, ledger] of ledgers) cell(stores.nv, ledgerName(account), {}).set(ledger);
  for (const op of ops) cell(stores.nv, opName(op.id), {}).set(op);
  if (stores.host.lines().length === 0) stores.host.append(...host);
  unitOf(stores.nv).set(unit);
}
