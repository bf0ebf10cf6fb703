// What a journal adds up to where a later line changes what an earlier one means.
import { describe, expect, it } from "vitest";
import type { Entry } from "../../src/evidence/entries.js";
import { recordOf } from "../../src/evidence/record.js";

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
