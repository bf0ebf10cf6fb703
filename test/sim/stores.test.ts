// The three stores: what they keep, what a cut leaves, and that a dead terminal cannot touch them.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ascii, hex } from "../../src/base/bytes.js";
import { folderStores } from "../../src/sim/folder.js";
import { type FactoryStores, memoryStores, PowerCut, powered } from "../../src/sim/stores.js";

const folders: string[] = [];
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), "stores-"));
  folders.push(made);
  return made;
};
afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true });
});

const item = { account: "00", batch: "000001", stan: "000001", kind: "U01", direction: "debit", amount: 12n, currency: "156" } as const;

describe.each<[string, () => FactoryStores]>([
  ["in memory", memoryStores],
  ["in a folder", () => folderStores(folder())],
])("stores %s", (_, make) => {
  it("program only clears bits and erase sets a block to FF", () => {
    const { flash, format } = make();
    format(1, 16, 8);
    flash.program(1, 0, Uint8Array.of(0xf0, 0x0f));
    flash.program(1, 0, Uint8Array.of(0x3c, 0xff));
    expect(hex(flash.bytes(1).subarray(0, 3))).toBe("300fff");
    flash.program(1, 8, Uint8Array.of(0));
    flash.erase(1, 0);
    expect(hex(flash.bytes(1))).toBe(`${"ff".repeat(8)}00${"ff".repeat(7)}`);
  });

  it("a cut leaves a record as it was, and a block half erased", () => {
    const { nv, flash, host, format } = make();
    format(1, 8, 8);
    flash.program(1, 0, new Uint8Array(8));
    nv.set("a", ascii("old"));
    const cutting = (wanted: string) =>
      powered({ nv, flash, host }, (act) => {
        if (act === wanted) throw new PowerCut("now");
      });
    const writer = cutting("nv");
    expect(() => writer.nv.set("a", ascii("new"))).toThrow(PowerCut);
    expect(hex(nv.get("a")!)).toBe(hex(ascii("old")));
    expect(() => cutting("erase").flash.erase(1, 0)).toThrow(PowerCut);
    expect(hex(flash.bytes(1))).toBe("ffffffff00000000");
    expect(() => cutting("program").flash.program(1, 0, Uint8Array.of(0))).toThrow(PowerCut);
    expect(flash.bytes(1)[0]).toBe(0xff);
    expect(() => writer.flash.bytes(1)).toThrow(PowerCut);
    expect(() => writer.nv.get("a")).toThrow(PowerCut);
  });
});

describe("a folder", () => {
  it("is the same terminal when it is opened again, and keeps no old bytes", () => {
    const at = folder();
    const first = folderStores(at);
    first.format(3, 16, 8);
    first.flash.program(3, 4, ascii("abcd"));
    first.nv.set("key/x", ascii("SECRETKEYSECRETK"));
    first.nv.set("key/y", ascii("other"));
    first.host.append({ event: "start", item }, { event: "booked", item, via: "send" });
    const again = folderStores(at);
    expect(again.nv.names()).toEqual(["key/x", "key/y"]);
    expect([again.flash.areas(), again.flash.block(3), hex(again.flash.bytes(3).subarray(4, 8))]).toEqual([[3], 8, hex(ascii("abcd"))]);
    expect(again.host.lines()).toEqual([
      { event: "start", item },
      { event: "booked", item, via: "send" },
    ]);
    again.nv.set("key/x", undefined);
    again.flash.erase(3, 0);
    const everything = readdirSync(at)
      .map((name) => readFileSync(join(at, name), "latin1"))
      .join("");
    expect(everything).toContain("other");
    expect(everything).not.toMatch(/SECRETKEY|abcd/);
  });
});
