// Whatever moves money or destroys is in the journal, on disk, before its first byte leaves: an agent that dies there can look for it.
import { describe, expect, it } from "vitest";
import { commands } from "../../protocols/podp/messages.js";
import { hex } from "../../src/base/bytes.js";
import type { Entry, Intent } from "../../src/evidence/entries.js";
import { linesOf } from "../support/records.js";
import { type CommandName, overhear } from "../support/retold.js";
import { World } from "../support/world.js";

interface Asked {
  readonly op: Uint8Array;
  readonly area?: number;
}

/** The intent that each of these commands is sent under. */
const under = {
  pendingSend: "pending",
  settleStart: "settle",
  commit: "commit",
  arm: "arm",
  fillBegin: "fill",
  fillEnd: "fill",
  fillRelease: "fill",
} as const satisfies Partial<Record<CommandName, Intent["step"]>>;
const acts = Object.keys(under) as (keyof typeof under)[]; // keys() loses the key type

/** A run that sends all of them: what was not on disk by then, and which were sent. */
async function watched() {
  const world = new World({ order: () => ({ bench: { areas: ["V5"] } }) });
  let onDisk: readonly Entry[] = [];
  world.disk.hook = (_n, when, what) => {
    if (when === "after" && /sync .*journal/.test(what)) onDisk = linesOf(world).map(({ entry }) => entry);
  };
  const sent = new Set<string>();
  const unwritten: string[] = [];
  const watch = (name: keyof typeof under) => (asked: Asked) => {
    sent.add(name);
    const isIts = (entry: Entry) =>
      entry.kind === "intent" &&
      entry.step === under[name] &&
      entry.op === hex(asked.op) &&
      (!("area" in entry) || entry.area === asked.area);
    if (!onDisk.some(isIts)) unwritten.push(name);
  };
  overhear(world, Object.fromEntries(acts.map((name) => [name, watch(name)])));
  const end = await world.clock.run(() => world.run("run"));
  return { end, sent, unwritten };
}

describe("a command that moves money or destroys", () => {
  it("is one of those that have an intent", () => {
    const grave = Object.entries(commands).filter(([, { effect }]) => effect === "money" || effect === "destroy");
    expect(grave.map(([name]) => name).sort()).toEqual([...acts].sort());
  });

  it("is sent once its intent, with its op, is on disk", async () => {
    const { end, sent, unwritten } = await watched();
    expect(end).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
    expect([...sent].sort()).toEqual([...acts].sort());
    expect(unwritten).toEqual([]);
  });
});
