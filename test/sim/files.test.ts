// Files of records: what is read again is what is in memory now, whoever changed it, wherever in the file it lies.
import { describe, expect, it } from "vitest";
import { Files } from "../../src/sim/files.js";
import { encodeRecord, marks, RECORD } from "../../src/sim/records.js";
import { memoryStores, powered } from "../../src/sim/stores.js";

const AREA = 1;
const BLOCK = 2 * RECORD;
const card = { pan: "6299990000000001", expiry: "3012", track: "" };
const sale = { kind: "U01", direction: "debit", account: 0, batch: "000001", amount: 12n, currency: "156", time: "251204120000" } as const;
const bytes = (stan: string) => encodeRecord({ ...sale, stan }, card);
const ASKED = 0xff & ~marks.written & ~marks.asked;

function file() {
  const memory = memoryStores();
  memory.format(AREA, 4 * BLOCK, BLOCK);
  const stores = powered(memory);
  const files = new Files(stores);
  const write = (slot: number, stan: string) => stores.flash.program(AREA, slot * RECORD, bytes(stan));
  const read = () => files.records(AREA).map(({ slot, stan, state }) => [slot, stan, state & 0xff] as const);
  for (const slot of [0, 1, 2, 3]) write(slot, `00000${slot + 1}`);
  return { stores, files, write, read };
}

describe("a file of records", () => {
  it("is read again after a mark, with every other record as it was", () => {
    const { files, read } = file();
    const before = read();
    files.mark(AREA, 1, ASKED);
    expect(read()).toEqual(before.map(([slot, stan, state]) => [slot, stan, slot === 1 ? ASKED : state]));
  });

  it("is read again after an erase and after a record that was written by somebody else", () => {
    const { stores, write, read } = file();
    expect(read()).toHaveLength(4);
    stores.flash.erase(AREA, 0);
    expect(read().map(([slot]) => slot)).toEqual([2, 3]);
    write(0, "000009");
    expect(read().map(([, stan]) => stan)).toEqual(["000009", "000003", "000004"]);
  });

  it("shows what was written behind blank slots, up to the last slot", () => {
    const { stores, write, read } = file();
    for (const block of [0, 1]) stores.flash.erase(AREA, block);
    expect(read()).toEqual([]);
    write(7, "000008");
    write(5, "000006");
    expect(read().map(([slot, stan]) => [slot, stan])).toEqual([
      [5, "000006"],
      [7, "000008"],
    ]);
  });

  it("takes a mark beside one that fell behind its back", () => {
    const { stores, files, read } = file();
    expect(read()).toHaveLength(4);
    stores.flash.program(AREA, 0, Uint8Array.of(0xff & ~marks.booked));
    files.mark(AREA, 0, ASKED);
    expect(read()[0]).toEqual([0, "000001", ASKED & ~marks.booked]);
  });
});
