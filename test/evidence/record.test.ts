// What a journal adds up to where a later line changes what an earlier one means.
import { describe, expect, it } from "vitest";
import type { Entry } from "../../src/evidence/entries.js";
import { recordOf } from "../../src/evidence/record.js";
import type { Network } from "../../src/terminal/isolation.js";

const account = "a";
const batch = "000001";
const begin = { kind: "begin", runId: "r" } as unknown as Entry; // nothing else of it is looked at here
const settle = (op: string, finishing?: string): Entry => ({
  ...{ kind: "intent", step: "settle", op, account, batch, censusHash: "" },
  ...(finishing === undefined ? {} : { finishing }),
});
const unstarted = (op: string): Entry => ({ kind: "seen", step: "unstarted", op });
const saidOpen = (op: string): Entry => ({ kind: "seen", step: "host-query", op, account, batch, answer: "open" });
const record = (...entries: Entry[]) =>
  recordOf([begin, ...entries].map((entry, i) => ({ n: i + 1, at: "2026-01-05T08:00:00.000Z", sha256: "", entry })));

describe("a settlement that was to finish another", () => {
  it("decides how the account stands, from when it was intended", () => {
    const seen = record(settle("1"), saidOpen("1"), settle("2", "1"));
    expect(seen.begun(account).at(-1)?.intent.op).toBe("2");
  });

  it("leaves that to the other one when the terminal never began it", () => {
    const seen = record(settle("1"), saidOpen("1"), settle("2", "1"), unstarted("2"), settle("3", "1"), unstarted("3"));
    expect(seen.begun(account).at(-1)?.intent.op).toBe("1");
  });

  it("uses up the word that the batch is open only when the terminal may have begun it", () => {
    const never = [settle("1"), saidOpen("1"), settle("2", "1"), unstarted("2")] as const;
    expect(record(...never).reopened(account, batch)).toBe(false);
    expect(record(...never, settle("3", "1")).reopened(account, batch)).toBe(true);
  });
});

describe("an op that the terminal never saw", () => {
  it("is no attempt at a settlement, though it was intended", () => {
    const seen = record(settle("1"), unstarted("1"));
    expect(seen.begun(account)).toEqual([]);
    expect(seen.attempts(account)).toHaveLength(1);
  });

  it("is no wipe, however far it was intended", () => {
    const wipe = (op: string): Entry[] => [
      { kind: "intent", step: "commit", op, planHash: "", censusHash: "" },
      { kind: "intent", step: "arm", op },
    ];
    expect(record(...wipe("1"), unstarted("1")).wipeOp).toBeUndefined();
    expect(record(...wipe("1"), unstarted("1"), ...wipe("2").slice(0, 1)).wipeOp).toBe("2");
    expect(record(...wipe("1"), unstarted("1"), ...wipe("2")).wipeOp).toBe("2");
  });
});

describe("isolation", () => {
  const said = (...open: Network[]): Entry => ({ kind: "seen", step: "isolate", how: ["shielded"], open });
  const arm: Entry = { kind: "intent", step: "arm", op: "1" };
  const look = { kind: "seen", step: "inspect" } as Entry; // what it found is not looked at here
  const held: Entry = { kind: "held", code: "link.closed", message: "", holdSha256: null };
  const again: Entry = { kind: "resumed", tool: "", address: "" };
  const others: Entry = { ...again, performedBy: "P-0011" };
  /** Each line a second after the one before, begin at none. */
  const isolation = (...entries: Entry[]) => {
    const lines = [begin, ...entries].map((entry, i) => ({ n: i + 1, at: second(i), sha256: "", entry }));
    return recordOf(lines).isolation;
  };
  const second = (i: number) => `2026-01-05T08:00:${String(i).padStart(2, "0")}.000Z`;

  it.each<[string, readonly Entry[], number | undefined]>([
    ["lasts to the end in the hands of who ordered the wipe", [said(), arm, again, said(), look], undefined],
    ["lasts to the end though the terminal restarted, whoever else is at it", [said(), arm, others, said(), again, look], undefined],
    ["has ended before a look of another who said nothing", [said(), arm, held, others, look], 3],
    ["has ended before a fill of another who said nothing", [said(), arm, held, others, { ...look, step: "fill" } as Entry], 3],
    [
      "has ended where somebody last said it, though more came and went before the look",
      [said(), arm, held, others, held, others, look],
      3,
    ],
    ["is vouched for by the next who says it, as long as nobody looked", [said(), arm, others, held, others, said(), look], undefined],
    ["is not vouched for by who comes after the look", [said(), arm, others, look, others, said(), look], 2],
    ["has ended after the last who said it", [said(), arm, others, said(), held, others, look], 5],
    ["has ended before a look of another who left open what was closed", [said("lan"), arm, others, said("lan", "sim"), look], 2],
    ["lasts where another leaves open no more than was", [said("lan"), arm, others, said(), look], undefined],
  ])("%s", (_, entries, until) => {
    expect(isolation(...entries)?.until).toBe(until === undefined ? undefined : second(until));
  });

  it("begins with the walk in which the wipe was ordered, in the ways that were said then", () => {
    expect(isolation(said("lan"), others, said("sim"), arm, others, said(), look)).toMatchObject({ from: second(3), open: ["sim"] });
  });

  it("is not that of an earlier walk, nor of one that came after the wipe", () => {
    expect(isolation(said(), others, arm, look)).toBeUndefined();
    expect(isolation(arm, others, said(), look)).toBeUndefined();
    expect(isolation(said())).toBeUndefined();
  });
});
