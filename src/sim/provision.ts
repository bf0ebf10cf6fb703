// The factory and a working life: fills a simulated terminal's stores with what a returned one holds, as bytes, repeatably from a seed.
import { ascii, concat, EMPTY, hex, readUint } from "../base/bytes.js";
import { seededRandom } from "../base/random.js";
import { keyName } from "./keys.js";
import type { Content, SimModel } from "./models.js";
import { type Card, encodeRecord, type Sale } from "./records.js";
import { cell, type FactoryStores } from "./stores.js";
import { type Account, accountId, entryOf, ledgerName, UNIT, type Unit } from "./unit.js";

export interface Planted {
  readonly what: "pan" | "track" | "key" | "password" | "phone" | "merchant";
  readonly value: Uint8Array;
}

interface Contents {
  readonly unit: Unit;
  readonly accounts: readonly (Account & { readonly batch: string })[];
  readonly records: readonly (readonly [Sale, Card])[];
  readonly areas: ReadonlyMap<number, Uint8Array>;
  readonly keys: ReadonlyMap<string, Uint8Array>;
  readonly planted: readonly Planted[];
}

export function serialOf(seed: number): string {
  return `SIM${String(Math.abs(Math.trunc(seed)) * 1_000_000 + 1).padStart(7, "0")}`;
}

function contents(model: SimModel, seed: number): Contents {
  const random = seededRandom(`podp simulator ${model.name} ${seed}`);
  const planted: Planted[] = [];
  const plant = (what: Planted["what"], value: string): string => {
    planted.push({ what, value: ascii(value) });
    return value;
  };
  const below = (n: number) => readUint(random.bytes(4)) % n;
  const digits = (n: number) => Array.from(random.bytes(n), (byte) => byte % 10).join("");
  const word = () => hex(random.bytes(5));

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
  const records = model.accounts.flatMap(({ items, currency }, account) =>
    items.flatMap(([kind, count]) =>
      Array.from({ length: count }, (_, i): readonly [Sale, Card] => {
        const credit = kind === "U03" || (kind === "U01" && i % 7 === 2);
        const amount = kind === "U08" || kind === "U09" ? 0n : BigInt(100 + below(99_900));
        const time = `2601${String(1 + below(4)).padStart(2, "0")}${String(8 + below(12)).padStart(2, "0")}${String(below(60)).padStart(2, "0")}00`;
        const batch = accounts[account]?.batch ?? "000001";
        const direction = credit ? "credit" : "debit";
        return [{ kind, direction, account, batch, stan: String(++stan).padStart(6, "0"), amount, currency, time }, card()];
      }),
    ),
  );

  const tracks = planted.filter(({ what }) => what === "track").slice(0, 2 + model.block / 256);
  const write: Readonly<Record<Exclude<Content, "transactions">, () => string>> = {
    merchant: () => accounts.map((a) => `ACQ|${a.acquirer}|${a.mid}|${a.tid}|${a.name}|${a.currency}\n`).join(""),
    operators: () => `OP|99|${plant("password", word())}\nOP|01|${plant("password", word())}\n`,
    comms: () => `APN|depot|${plant("password", word())}\nTMS|https://tms.example/|${plant("password", word())}\n`,
    signatures: () => Array.from({ length: 2 }, () => `JBIG${hex(random.bytes(400))}\n`).join(""),
    traces: () => tracks.map(({ value }, i) => `${i} T2 ${Buffer.from(value).toString("latin1")}\n`).join(""),
    receipt: () => `SALE 629999******${digits(4)}\nTEL ${plant("phone", `139${digits(8)}`)}\n`,
    identity: () => `SERIAL ${serialOf(seed)}\nCALIBRATION ${word()}\n`,
  };
  const areas = new Map(
    model.areas.map(({ id, holds }) => [
      id,
      concat(
        ...holds.map((content) =>
          content === "transactions" ? concat(...records.map(([sale, of]) => encodeRecord(sale, of))) : ascii(write[content]()),
        ),
      ),
    ]),
  );

  const keys = new Map<string, Uint8Array>();
  for (const { type, algorithm, used } of model.keys) {
    for (const slot of used) {
      const value = random.bytes(algorithm === "P256" ? 32 : 16);
      keys.set(keyName(type, algorithm, slot), value);
      if (type !== "IDENTITY") planted.push({ what: "key", value });
    }
  }
  return { unit: { serial: serialOf(seed), model: model.name, secret: hex(random.bytes(32)) }, accounts, records, areas, keys, planted };
}

/** Values that can be found in the stores before a wipe and nowhere after it, nor ever in anything the agent writes. */
export function plantedValues(model: SimModel, seed: number): readonly Planted[] {
  return contents(model, seed).planted;
}

export function isProvisioned(stores: FactoryStores): boolean {
  return stores.nv.get(UNIT) !== undefined;
}

/** A second call on the same stores does nothing; a call that was interrupted is done again whole. */
export function provision(model: SimModel, seed: number, stores: FactoryStores): void {
  if (isProvisioned(stores)) return;
  const { unit, accounts, records, areas, keys } = contents(model, seed);
  for (const { id, blocks } of model.areas) {
    stores.format(id, blocks * model.block, model.block);
    stores.flash.program(id, 0, areas.get(id) ?? EMPTY);
  }
  for (const [name, value] of keys) stores.nv.set(name, value);
  for (const { id, batch } of accounts) cell(stores.nv, ledgerName(id), {}).set({ batch });
  if (stores.host.lines().length === 0) {
    const items = records.map(([sale]) => entryOf(sale, accounts[sale.account]?.id ?? ""));
    stores.host.append(
      ...items.map((item) => ({ event: "start", item }) as const),
      ...items.filter(({ kind }) => kind === "U01").map((item) => ({ event: "authorised", item }) as const),
    );
  }
  cell<Unit>(stores.nv, UNIT, unit).set(unit);
}
