import { describe, expect, it } from "vitest";
import { DecomError } from "../../src/base/errors.js";
import { seededRandom } from "../../src/base/random.js";
import { VirtualClock } from "../../src/base/virtual-clock.js";
import type { Entry } from "../../src/evidence/entries.js";
import { Journal } from "../../src/evidence/journal.js";
import { StationLog } from "../../src/evidence/station-log.js";
import { Death, MemoryDisk } from "../support/memory-disk.js";

const key = seededRandom("journal").bytes(32);
const path = "out/run/journal.ndjson";
const entry = (account: string): Entry => ({ kind: "seen", step: "nothing", account });

function written(count: number): { disk: MemoryDisk; clock: VirtualClock } {
  const disk = new MemoryDisk();
  const clock = new VirtualClock();
  const journal = Journal.begin(disk, path, key, clock);
  for (let i = 0; i < count; i++) journal.write(entry(`line ${i}`));
  return { disk, clock };
}

function rewrite(disk: MemoryDisk, change: (lines: string[]) => string[]): void {
  const lines = Buffer.from(disk.read(path) ?? [])
    .toString()
    .split("\n")
    .slice(0, -1);
  disk.write(path, Buffer.from(`${change(lines).join("\n")}\n`));
}

describe("journal", () => {
  it("reads back what was written, with the same hashes", () => {
    const { disk, clock } = written(5);
    const journal = Journal.open(disk, path, key, clock);
    expect(journal?.lines.map((line) => line.entry)).toEqual([0, 1, 2, 3, 4].map((i) => entry(`line ${i}`)));
    expect(journal?.head.n).toBe(5);
  });

  it.each([
    ["a changed word", (lines: string[]) => lines.map((line) => line.replace("line 2", "line 9"))],
    ["a line cut out", (lines: string[]) => lines.toSpliced(2, 1)],
    ["two lines exchanged", (lines: string[]) => [lines[0]!, lines[2]!, lines[1]!, ...lines.slice(3)]],
    ["a line twice", (lines: string[]) => [...lines, lines.at(-1)!]],
    ["a line of another journal", (lines: string[]) => [...lines, '{"v":1,"n":6,"at":"x","prev":"y","entry":{},"mac":"00"}']],
  ])("calls %s forged", (_what, change) => {
    const { disk, clock } = written(5);
    rewrite(disk, change);
    expect(() => Journal.open(disk, path, key, clock)).toThrow(expect.objectContaining({ code: "journal.forged" }));
  });

  it("cannot be re-chained without the key", () => {
    const { disk, clock } = written(3);
    expect(() => Journal.open(disk, path, seededRandom("other").bytes(32), clock)).toThrow(
      expect.objectContaining({ code: "journal.forged" }),
    );
  });

  it("writes nothing behind a line that may be torn, and goes on when it is opened again", () => {
    const { disk, clock } = written(2);
    const journal = Journal.open(disk, path, key, clock);
    disk.hook = (_n, when, what) => {
      if (when === "after" && what.startsWith("append")) disk.write(path, (disk.read(path) ?? new Uint8Array(0)).slice(0, -7));
      if (what.startsWith("sync")) throw new DecomError("file.unwritable", "no space left on device");
    };
    expect(() => journal?.write(entry("half of it"))).toThrow(expect.objectContaining({ code: "file.unwritable" }));
    disk.hook = () => undefined;
    expect(() => journal?.write(entry("there is room again"))).toThrow(expect.objectContaining({ code: "file.unwritable" }));
    const again = Journal.open(disk, path, key, clock);
    expect(again?.write(entry("line 2")).n).toBe(3);
    expect(Journal.open(disk, path, key, clock)?.lines).toHaveLength(3);
  });

  it("cuts off a torn last line and goes on after the line before", () => {
    const { disk, clock } = written(3);
    const whole = disk.read(path) ?? new Uint8Array(0);
    disk.write(path, whole.slice(0, -7));
    const journal = Journal.open(disk, path, key, clock);
    expect(journal?.head.n).toBe(2);
    journal?.write(entry("again"));
    expect(Journal.open(disk, path, key, clock)?.lines.map((line) => line.n)).toEqual([1, 2, 3]);
  });

  it("loses nothing that write returned for, wherever the process dies", () => {
    for (let at = 0; at < 12; at++) {
      for (const when of ["before", "after"] as const) {
        const disk = new MemoryDisk();
        const clock = new VirtualClock();
        const journal = Journal.begin(disk, path, key, clock);
        disk.hook = (n, w) => {
          if (n === at && w === when) throw new Death();
        };
        let promised = 0;
        try {
          for (; promised < 10; promised++) journal.write(entry(`line ${promised}`));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Death);
        }
        expect(promised, `death ${when} operation ${at}`).toBeLessThan(10);
        disk.hook = () => undefined;
        disk.reborn(seededRandom(`${at}${when}`));
        expect(Journal.open(disk, path, key, clock)?.lines.length ?? 0).toBeGreaterThanOrEqual(promised);
      }
    }
  });
});

describe("station log", () => {
  const logPath = "keys/state/log.ndjson";
  it("chains its records over several openings", () => {
    const disk = new MemoryDisk();
    const clock = new VirtualClock();
    StationLog.open(disk, logPath, clock).write({ kind: "hold", runId: "a", code: "x", holdSha256: "00" });
    const second = StationLog.open(disk, logPath, clock);
    expect(second.write({ kind: "end", runId: "a", endState: "CERT" }).recordSeq).toBe(2);
    expect(StationLog.open(disk, logPath, clock).lines.map((line) => line.record.kind)).toEqual(["hold", "end"]);
  });

  it("takes in what another run of the station wrote meanwhile", () => {
    const disk = new MemoryDisk();
    const clock = new VirtualClock();
    const [one, two] = [StationLog.open(disk, logPath, clock), StationLog.open(disk, logPath, clock)];
    one.write({ kind: "end", runId: "a", endState: "CERT" });
    expect(two.write({ kind: "end", runId: "b", endState: "CERT" }).recordSeq).toBe(2);
  });

  it("is not cut by a process that only reads it while another one writes", () => {
    const disk = new MemoryDisk();
    const clock = new VirtualClock();
    const log = StationLog.open(disk, logPath, clock);
    log.write({ kind: "end", runId: "a", endState: "CERT" });
    disk.append(logPath, Buffer.from('{"recordSeq":2,"at":"20'));
    const before = disk.read(logPath);
    expect(StationLog.open(disk, logPath, clock).lines).toHaveLength(1);
    log.refresh();
    expect(disk.read(logPath)).toEqual(before);
    expect(log.write({ kind: "end", runId: "b", endState: "CERT" }).recordSeq).toBe(2); // whoever holds the lock cuts it off
    expect(StationLog.open(disk, logPath, clock).lines).toHaveLength(2);
  });

  it("is read anew from its beginning when what was known of it has changed", () => {
    const disk = new MemoryDisk();
    const clock = new VirtualClock();
    const log = StationLog.open(disk, logPath, clock);
    for (const runId of ["a", "b"]) log.write({ kind: "end", runId, endState: "CERT" });
    const [first] = Buffer.from(disk.read(logPath) ?? [])
      .toString()
      .split("\n");
    disk.write(logPath, Buffer.from(`${first}\n`));
    log.refresh();
    expect(log.lines).toHaveLength(1);
    disk.write(logPath, Buffer.from((first ?? "").replace("CERT", "HOLD")));
    disk.append(logPath, Buffer.from("\n"));
    log.refresh();
    expect(log.lines.map(({ record }) => record)).toMatchObject([{ endState: "HOLD" }]);
  });

  it("refuses a record that does not continue the chain", () => {
    const disk = new MemoryDisk();
    const clock = new VirtualClock();
    const log = StationLog.open(disk, logPath, clock);
    for (const runId of ["a", "b", "c"]) log.write({ kind: "end", runId, endState: "CERT" });
    const lines = Buffer.from(disk.read(logPath) ?? [])
      .toString()
      .split("\n");
    disk.write(logPath, Buffer.from([lines[0], lines[2], ""].join("\n")));
    expect(() => StationLog.open(disk, logPath, clock)).toThrow(expect.objectContaining({ code: "log.rolled-back" }));
  });

  it("does not sign times before those it has signed", () => {
    const disk = new MemoryDisk();
    StationLog.open(disk, logPath, new VirtualClock(Date.UTC(2026, 5, 1))).write({ kind: "end", runId: "a", endState: "CERT" });
    const late = StationLog.open(disk, logPath, new VirtualClock(Date.UTC(2026, 4, 1)));
    expect(() => late.write({ kind: "end", runId: "b", endState: "CERT" })).toThrow(expect.objectContaining({ code: "clock.floor" }));
  });
});
