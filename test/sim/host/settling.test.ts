// Terminal and host, bytes between them: what each behaviour of the host becomes in the terminal, in both dialects.
import { describe, expect, it } from "vitest";
import { unhex } from "../../../src/base/bytes.js";
import type { SimOptions } from "../../../src/sim/body.js";
import { unionpay } from "../../../src/sim/host/dialects/unionpay.js";
import { decode, encode } from "../../../src/sim/host/iso8583.js";
import type { HostOptions } from "../../../src/sim/host/options.js";
import { write } from "../../../src/sim/host/shape.js";
import { type NonVolatileHook, PowerCut } from "../../../src/sim/stores.js";
import { survive } from "../survive.js";
import { HostBench, type Items } from "./bench.js";

const both = ["unionpay", "edc"] as const;
const BATCH = 12;

interface Ends {
  readonly op: string;
  readonly code: string;
  readonly state: string;
  /** In either dialect, or one for each. */
  readonly host?: string | readonly [unionpay: string, edc: string];
  readonly booked: number;
}
const fine = { op: "DONE", state: "cleared", booked: BATCH } as const;
const refused = { op: "FAILED", state: "idle", booked: 0 } as const;
const unknown = { op: "UNKNOWN", code: "UNKNOWN", state: "sent" } as const;
const cases: readonly (readonly [string, HostOptions, Ends])[] = [
  ["agrees", {}, { ...fine, code: "BALANCED", host: ["F11", "00"] }],
  ["lacks records until they are uploaded", { lacks: 3 }, { ...fine, code: "BALANCED_AFTER_UPLOAD", host: ["F11", "00"] }],
  ["lacks all of them", { lacks: BATCH }, { ...fine, code: "BALANCED_AFTER_UPLOAD", host: ["F11", "00"] }],
  ["says once that totals differ", { differs: 1 }, { ...fine, code: "BALANCED_AFTER_UPLOAD", host: ["F11", "00"] }],
  ["says three times that totals differ", { differs: 3 }, { ...refused, code: "UNBALANCED", host: ["F21", "95"] }],
  ["holds more for good", { excess: 100n }, { ...refused, code: "UNBALANCED", host: ["F21", "95"] }],
  ["does not know the terminal, 97", { rejects: "97" }, { ...refused, code: "HOST_REJECTED", host: "97" }],
  ["does not know the terminal, 03", { rejects: "03" }, { ...refused, code: "HOST_REJECTED", host: "03" }],
  ["is at its day cut, 90", { rejects: "90" }, { ...refused, code: "HOST_REJECTED", host: "90" }],
  ["is down behind its switch, 91", { rejects: "91" }, { ...refused, code: "HOST_REJECTED", host: "91" }],
  ["is out of order, 96", { rejects: "96" }, { ...refused, code: "HOST_REJECTED", host: "96" }],
  ["misreads the MAC until the terminal signs in", { misreadsMac: "until-sign-in" }, { ...fine, code: "BALANCED", host: ["F11", "00"] }],
  ["misreads the MAC always", { misreadsMac: "always" }, { ...refused, code: "HOST_REJECTED", host: "A0" }],
  ["says that it has heard this before, 94", { rejects: "94" }, { ...unknown, host: "94", booked: 0 }],
  ["is silent before it books", { silent: "before" }, { ...unknown, booked: 0 }],
  ["is silent after it booked", { silent: "after" }, { ...unknown, booked: BATCH }],
  ["answers in bytes that are no message", { garbled: true }, { ...unknown, booked: BATCH }],
  ["answers for another batch", { wrongBatch: true }, { ...unknown, booked: BATCH }],
  ["takes no call", { down: true }, { op: "FAILED", code: "HOST_UNREACHABLE", state: "idle", booked: 0 }],
  ["loses one answer to an upload", { lacks: 3, silent: "after", silentTo: "upload" }, { ...fine, code: "BALANCED_AFTER_UPLOAD" }],
  [
    "does not hear one upload",
    { lacks: BATCH, silent: "before", silentTo: "upload" },
    { ...fine, code: "BALANCED_AFTER_UPLOAD", host: ["F11", "00"] },
  ],
  [
    "does not answer uploads",
    { lacks: 3, silent: "before", silentTo: "upload", silences: 99 },
    { op: "UNKNOWN", code: "UPLOAD_INCOMPLETE", state: "sent", host: ["F21", "95"], booked: 0 },
  ],
  ["does not answer the goodbye", { silent: "before", silentTo: "farewell", silences: 9 }, { ...fine, code: "BALANCED" }],
];

describe.each(both)("in the %s dialect a host that", (dialect) => {
  it.each(cases)("%s", async (_, host, { op, code, state, host: codes, booked }) => {
    const at = new HostBench(dialect, { host });
    const ended = await at.run(() => at.settle());
    expect(ended).toMatchObject({ state: op, code });
    const facts = at.terminal.settlements.status(ended.id);
    const hostCode = typeof codes === "object" ? codes[both.indexOf(dialect)] : codes;
    expect(facts).toMatchObject({ state, code, ...(hostCode === undefined ? {} : { hostCode }) });
    const { bookings, start, money, violations } = at.inspect();
    expect(bookings).toHaveLength(booked);
    if (booked === BATCH) expect(new Set(bookings.map(({ stan }) => stan))).toEqual(new Set(start.map(({ stan }) => stan)));
    expect(money.host).toBe(booked === BATCH ? money.start : 0n);
    expect(violations).toEqual([]);
    // Cleared means booked; and whatever is not cleared is still in the terminal.
    expect(at.terminal.batch.open(at.account, facts!.batch)).toHaveLength(state === "cleared" ? 0 : BATCH);
  });
});

describe.each(both)("a settlement in the %s dialect", (dialect) => {
  const every = async (options: SimOptions, judge: (at: HostBench, n: number) => void): Promise<number> => {
    for (let n = 0; ; n++) {
      let left = n;
      const cut: NonVolatileHook = () => {
        if (left-- === 0) throw new PowerCut(`at change ${n}`);
      };
      const at = new HostBench(dialect, options, small, cut);
      await at.run(() => survive(at, () => everything(at)));
      judge(at, n);
      if (at.cuts === 0) return n;
    }
  };
  const small: Items = [["U01", 4], ["U03", 1], ["U05", 1]]; // biome-ignore format: one line

  it.each<[string, HostOptions]>([
    ["agrees", {}],
    ["is silent before it books", { silent: "before" }],
    ["is silent after it booked", { silent: "after" }],
    ["lacks records", { lacks: 2 }],
    ["lacks records and is silent once they are uploaded", { lacks: 2, silent: "after" }],
    ["loses answers to uploads", { lacks: 4, silent: "after", silentTo: "upload", silences: 3 }],
    ["misreads the MAC until sign-in", { misreadsMac: "until-sign-in" }],
    ["answers for another batch", { wrongBatch: true }],
  ])("with a host that %s books each item once, with the power cut at every change", async (_, host) => {
    const changes = await every({ host }, (at, n) => {
      const { bookings, start, money, violations } = at.inspect();
      const names = bookings.map(({ stan, kind, direction, amount }) => `${stan} ${kind} ${direction} ${amount}`).sort();
      expect([n, names]).toEqual([n, start.map(({ stan, kind, direction, amount }) => `${stan} ${kind} ${direction} ${amount}`).sort()]);
      expect([n, money.terminal, money.host]).toEqual([n, 0n, money.start]);
      expect(violations).toEqual([]);
    });
    expect(changes).toBeGreaterThan(15);
  });

  it("reports the host's totals, reference and date as evidence, and a MAC where there was one", async () => {
    for (const withoutMac of [false, true]) {
      const at = new HostBench(dialect, { host: { withoutMac } });
      await at.run(() => at.settle());
      const { batch, terminalTotals, ...facts } = at.last!;
      expect(facts).toMatchObject({ hostTotals: terminalTotals, hostDate: "20260105", macVerified: !withoutMac });
      expect(facts.reference).toMatch(new RegExp(`^${batch}[0-9]{6}$`));
      expect(terminalTotals).toMatchObject({ debitCount: 10, creditCount: 2 });
    }
  });

  it("takes from a host that differs what it holds, without a date or reference of a closing", async () => {
    const at = new HostBench(dialect, { host: { excess: 100n } });
    await at.run(() => at.settle());
    const { terminalTotals, hostTotals, ...facts } = at.last!;
    expect(hostTotals).toEqual({ ...terminalTotals!, debit: terminalTotals!.debit + 100n });
    expect(facts).not.toHaveProperty("reference");
    expect(facts.macVerified).toBe(false);
  });

  it("that was silent and is open at the host is said once more, byte for byte", async () => {
    const at = new HostBench(dialect, { host: { silent: "before", lacks: 3 } });
    await at.run(async () => {
      const { id } = await at.settle();
      const first = at.asked.splice(0);
      expect(at.terminal.settlements.query(id)).toEqual({ answer: "open" });
      at.asked.length = 0;
      expect(await at.settle(id)).toMatchObject({ state: "DONE", code: "BALANCED_AFTER_UPLOAD" });
      expect(at.asked).toEqual(first);
    });
    expect(at.inspect().bookings).toHaveLength(BATCH);
  });

  it("whose upload stopped goes on with the same messages when it is tried again", async () => {
    const host: { -readonly [K in keyof HostOptions]: HostOptions[K] } = { lacks: 3, silent: "before", silentTo: "upload", silences: 99 };
    const at = new HostBench(dialect, { host });
    await at.run(async () => {
      const { id, code } = await at.settle();
      expect(code).toBe("UPLOAD_INCOMPLETE");
      const sent = new Set(at.asked.splice(0));
      expect(at.terminal.settlements.query(id)).toEqual({ answer: "open" });
      delete host.silent;
      at.asked.length = 0;
      expect(await at.settle(id)).toMatchObject({ state: "DONE", code: "BALANCED_AFTER_UPLOAD" });
      expect(at.asked.filter((bytes) => !sent.has(bytes))).toHaveLength(1); // only the end had not been said
    });
    expect(at.inspect().bookings).toHaveLength(BATCH);
  });

  it("that the host had closed is looked up with its totals, reference and date", async () => {
    const at = new HostBench(dialect, { host: { silent: "after" } });
    await at.run(async () => {
      const { id } = await at.settle();
      const reply = at.terminal.settlements.query(id);
      expect(reply).toMatchObject({ answer: "closed", hostTotals: at.last!.terminalTotals, hostDate: "20260105" });
      expect(await at.settle(id)).toMatchObject({ state: "DONE", code: "BALANCED" });
    });
    expect(at.last).toMatchObject({ state: "cleared", hostDate: "20260105" });
    expect(at.inspect().bookings).toHaveLength(BATCH);
  });

  it("is looked up in vain at a host that cannot tell", async () => {
    const at = new HostBench(dialect, { host: { silent: "after", cannotTell: true } });
    await at.run(async () => {
      const { id } = await at.settle();
      expect(at.terminal.settlements.query(id)).toEqual({ answer: "cannot-tell" });
    });
  });

  it("in doubt is not begun again while the host takes no call", async () => {
    const host: { -readonly [K in keyof HostOptions]: HostOptions[K] } = { silent: "before" };
    const at = new HostBench(dialect, { host });
    await at.run(async () => {
      const { id } = await at.settle();
      at.terminal.settlements.query(id);
      host.down = true;
      expect(() => at.terminal.settlements.query(id)).toThrow("NEEDS_HOST");
      await expect(at.settle(id)).rejects.toThrow("NEEDS_HOST");
    });
    expect(at.last).toMatchObject({ state: "sent", answer: "open" });
  });

  it.each([
    ["PRINT_PENDING", "booked", { printer: "out-of-paper" }],
    ["CLEAR_PENDING", "printed", { clearFails: true }],
  ] as const)(
    "ends with %s, state %s, where only a local step is missing, and says nothing more to the host",
    async (code, state, options) => {
      const at = new HostBench(dialect, options);
      await at.run(async () => {
        const { id, ...op } = await at.settle();
        expect(op).toMatchObject({ state: "FAILED", code });
        expect(at.last).toMatchObject({ state, code: "BALANCED" });
        const said = at.asked.length;
        at.terminal.powerCut();
        Object.assign(at.options, { printer: "ok", clearFails: false });
        at.terminal = at.start();
        expect(await at.settle(id)).toMatchObject({ state: "DONE", code: "BALANCED" });
        expect(at.asked).toHaveLength(said);
      });
      expect(at.inspect().bookings).toHaveLength(BATCH);
    },
  );

  it("of nothing says nothing", async () => {
    const at = new HostBench(dialect, {}, []);
    expect(await at.run(() => at.settle())).toMatchObject({ state: "DONE", code: "NOTHING_TO_SETTLE" });
    expect(at.asked).toEqual([]);
  });

  it("uses each trace number for one message only", async () => {
    const at = new HostBench(dialect, { host: { lacks: 3, rejects: "91", rejections: 1, misreadsMac: "until-sign-in" } });
    await at.run(async () => {
      await at.settle();
      await at.settle();
    });
    expect(at.last?.state).toBe("cleared");
    const traces = [...new Set(at.asked)].flatMap((bytes) => {
      const message = decode(unhex(bytes));
      return "noise" in message || message.mti === "0800" ? [] : [message.fields[11]!];
    });
    expect(new Set(traces).size).toBe(traces.length);
    expect(at.terminal.batch.records.every(({ stan }) => !traces.includes(stan))).toBe(true);
  });
});

describe("what is said", () => {
  it.each<[string, HostOptions, readonly string[]]>([
    ["when totals agree", {}, ["0500 201", "0320 207"]],
    [
      "when they differ: lists of eight, then refunds, then the count",
      { lacks: 3 },
      ["0500 201", "0320 201", "0320 201", "0320 000", "0320 000", "0320 202"],
    ],
    ["when they differ for good", { excess: 1n }, ["0500 201", "0320 201", "0320 201", "0320 000", "0320 000", "0320 202"]],
    ["after A0", { misreadsMac: "until-sign-in" }, ["0500 201", "0800 001", "0500 201", "0320 207"]],
    ["after A0 for good", { misreadsMac: "always" }, ["0500 201", "0800 001", "0500 201"]],
    ["to a host that hears no goodbye", { silent: "before", silentTo: "farewell" }, ["0500 201", "0320 207", "0320 207"]],
    ["to a host that refuses", { rejects: "97" }, ["0500 201"]],
  ])("in the UnionPay-like dialect %s", async (_, host, talk) => {
    const at = new HostBench("unionpay", { host });
    await at.run(() => at.settle());
    expect(at.talk).toEqual(talk);
  });

  it.each<[string, HostOptions, number]>([
    ["when totals agree", {}, 0],
    ["when they differ", { lacks: 3 }, 1],
    ["twice when they differ twice", { differs: 2 }, 2],
    ["and not a third time when they differ for good", { excess: 1n }, 2],
  ])("in the EDC-like dialect %s: every record, then the totals again", async (_, host, rounds) => {
    const at = new HostBench("edc", { host });
    await at.run(() => at.settle());
    const round = [...Array.from({ length: 10 }, () => "0320 000000"), "0320 200000", "0320 200000", "0500 960000"];
    expect(at.talk).toEqual(["0500 920000", ...Array.from({ length: rounds }, () => round).flat()]);
  });

  it("of an upload without answer is said again at the end of the round, unchanged", async () => {
    const at = new HostBench("unionpay", { host: { lacks: 3, silent: "after", silentTo: "upload" } });
    await at.run(() => at.settle());
    expect(at.talk).toEqual(["0500 201", "0320 201", "0320 201", "0320 000", "0320 000", "0320 201", "0320 202"]);
    expect(at.asked[5]).toBe(at.asked[1]);
    expect(at.inspect().bookings).toHaveLength(BATCH);
  });

  it("waits as long as the host's patience for an answer, and no longer", async () => {
    const at = new HostBench("unionpay", { host: { silent: "before" } });
    const begun = at.clock.monotonic();
    await at.run(() => at.settle());
    const { hostPatience } = at.model.ms;
    expect(at.clock.monotonic() - begun).toBeGreaterThanOrEqual(hostPatience);
    expect(at.clock.monotonic() - begun).toBeLessThan(hostPatience + 1000);
  });

  it("shows whole card numbers to the acquirer, and to nobody else", async () => {
    const at = new HostBench("edc", { host: { lacks: 3 } });
    await at.run(() => at.settle());
    const upload = decode(unhex(at.asked[1]!));
    expect("noise" in upload ? "" : upload.fields[2]).toMatch(/^6299990[0-9]{9}$/);
    expect(JSON.stringify(at.stores.host.lines(), (_key, value) => (typeof value === "bigint" ? `${value}` : value))).not.toContain(
      "6299990",
    );
  });

  it("takes the host's day in the year closest to the terminal's clock", async () => {
    const day = 86_400_000;
    for (const [clockOffsetMs, year] of [
      [0, 2026],
      [-6 * day, 2026],
      [-170 * day, 2026],
      [-200 * day, 2025],
    ] as const) {
      // biome-ignore format: one line
      const at = new HostBench("edc", { clockOffsetMs });
      await at.run(() => at.settle());
      expect(at.last?.hostDate).toBe(`${year}0105`);
    }
  });
});

describe.each(both)("what is pending, in the %s dialect,", (dialect) => {
  const kinds = ["U03", "U05", "U08", "U09"] as const;
  const pending: Items = [["U01", 1], ...kinds.map((kind) => [kind, 2] as const)];
  const types: Readonly<Record<string, string>> = { U03: "0400", U05: "0220", U08: "0820", U09: "0620" };

  it.each(kinds)("%s goes out in a message of its own, and is booked as what it is", async (kind) => {
    const at = new HostBench(dialect, {}, pending);
    expect(await at.run(() => at.send(Number(kind.slice(1))))).toMatchObject({ state: "DONE" });
    expect(at.talk.map((message) => message.slice(0, 4))).toEqual([types[kind], types[kind]]);
    expect(at.inspect().bookings).toEqual(at.inspect().start.filter((item) => item.kind === kind));
  });

  it.each<[string, HostOptions, number, Record<string, string>]>([
    ["refused", { refusesKinds: ["U05"] }, 0, { state: "DONE", code: "BALANCED" }],
    ["not answered", { silent: "after", silentTo: "send", silences: 2 }, 2, { state: "UNKNOWN" }],
    ["not heard", { silent: "before", silentTo: "send", silences: 2 }, 0, { state: "UNKNOWN" }],
    ["not read for its MAC", { misreadsMac: "always" }, 0, { state: "FAILED", code: "HOST_REJECTED" }],
    ["read after a sign-in", { misreadsMac: "until-sign-in" }, 2, { state: "DONE", code: "BALANCED" }],
    ["not called for", { down: true }, 0, { state: "FAILED", code: "HOST_UNREACHABLE" }],
  ])("and %s ends as such", async (_, host, booked, ended) => {
    const at = new HostBench(dialect, { host }, pending);
    expect(await at.run(() => at.send(5))).toMatchObject(ended);
    expect(at.inspect().bookings).toHaveLength(booked);
    const left = at.terminal.batch.census().items.flatMap(({ kind }) => (["U05", "U06", "U07"].includes(kind) ? [kind] : []));
    const wanted = { refused: "U06", "not answered": "U07", "not heard": "U07", "not read for its MAC": "U07", "not called for": "U05" }[_];
    expect(left).toEqual(wanted === undefined ? [] : [wanted, wanted]);
  });

  it("and sent again is the same bytes, booked once by a host that detects duplicates and twice by one that does not", async () => {
    for (const deduplicates of [true, false]) {
      const at = new HostBench(dialect, { host: { silent: "after", silentTo: "send", silences: 2, deduplicates } }, pending);
      await at.run(async () => {
        await at.send(5);
        expect(await at.send(7)).toMatchObject({ state: "DONE" });
      });
      expect(at.asked.slice(2)).toEqual(at.asked.slice(0, 2));
      expect(at.inspect().bookings).toHaveLength(deduplicates ? 2 : 4);
    }
  });
});

describe("a host", () => {
  it("answers no noise, no other dialect and no message that it does not have", () => {
    const at = new HostBench("unionpay");
    const { acquirer } = at.account;
    const other = new HostBench("edc");
    other.terminal.settle({ op: other.op(), body: "00", account: other.account.id });
    return other.run(async () => {
      await other.idle();
      const [theirs = ""] = other.asked;
      for (const bytes of [new Uint8Array(), unhex(theirs), unhex(theirs).subarray(0, 30)])
        expect(at.terminal.host.hear(acquirer, bytes)).toBeUndefined();
      expect(at.inspect()).toMatchObject({ bookings: [], violations: [] });
    });
  });

  it("that has closed a batch says 94 to whoever closes it again, and remembers who did", async () => {
    const at = new HostBench("unionpay");
    await at.run(() => at.settle());
    const again = at.terminal.host.hear(at.account.acquirer, unhex(at.asked[0]!));
    const answer = decode(again!.bytes);
    expect("noise" in answer ? answer : [answer.mti, answer.fields[39], answer.fields[48]]).toEqual(["0510", "94", undefined]);
    expect(at.inspect().violations).toEqual(["batch-closed-twice"]);
    expect(at.inspect().bookings).toHaveLength(BATCH);
  });

  it.each(both)("never drops what only it has, whatever is uploaded, in the %s dialect", async (dialect) => {
    const at = new HostBench(dialect);
    const [item] = at.inspect().start;
    at.terminal.host.authorise({ ...item!, stan: "999990", amount: 1n });
    expect(await at.run(() => at.settle())).toMatchObject({ state: "FAILED", code: "UNBALANCED" });
    expect(at.last?.hostTotals?.debitCount).toBe(11);
    expect(at.inspect().bookings).toEqual([]);
  });

  it("that lacks records gets them from the upload", async () => {
    const at = new HostBench("unionpay", { host: { lacks: 3 } });
    await at.run(() => at.settle());
    const lines = at.stores.host.lines();
    expect(lines.filter(({ event }) => event === "uploaded")).toHaveLength(BATCH);
    expect(at.inspect().bookings).toHaveLength(BATCH);
  });

  it("does not take the end of an upload whose count is not what it heard", async () => {
    const at = new HostBench("unionpay", { host: { lacks: 3 } });
    const hear = at.terminal.host.hear;
    const { tid, mid } = at.account;
    let lists = 0;
    at.terminal.host.hear = (acquirer, bytes) => {
      const message = decode(bytes);
      if ("noise" in message || message.mti !== "0320" || message.fields[60]?.endsWith("201") !== true || lists++ > 0)
        return hear(acquirer, bytes);
      // The first list is answered by someone in between, who does not pass it on.
      const values = {
        trace: message.fields[11]!,
        tid,
        mid,
        batch: message.fields[60].slice(2, 8),
        time: "000000",
        date: "0105",
        code: "00",
      };
      return { bytes: encode(write(unionpay.upload.debit.answer, values)), mac: false };
    };
    expect(await at.run(() => at.settle())).toMatchObject({ state: "FAILED", code: "UNBALANCED" });
    expect(at.inspect().bookings).toEqual([]);
  });
});

/** What an agent does that looks before it acts. */
async function everything(at: HostBench): Promise<void> {
  for (;;) {
    await at.idle();
    const { last, terminal } = at;
    terminal.setLock(true);
    const unfinished = last !== undefined && ["sent", "booked", "printed"].includes(last.state) ? last.ops.at(-1) : undefined;
    const waiting = terminal.batch.census().items.map(({ kind }) => Number(kind.slice(1)));
    const kind = [3, 5, 7].find((wanted) => waiting.includes(wanted));
    if (unfinished !== undefined) {
      if (last?.state === "sent") terminal.settlements.query(unfinished);
      await at.settle(unfinished);
    } else if (kind !== undefined) await at.send(kind);
    else if (waiting.includes(1)) await at.settle();
    else return;
  }
}
