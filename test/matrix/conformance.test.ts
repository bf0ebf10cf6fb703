// P1 to P24 against the simulated terminal, in virtual time; and the suite itself, which must object to terminals that do wrong.
import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { type ConformanceContext, conformanceCases, type Outcome, runCase, runConformance } from "../../protocols/podp/conformance.js";
import type { Frame } from "../../protocols/podp/frame.js";
import { commands } from "../../protocols/podp/messages.js";
import { concat } from "../../src/base/bytes.js";
import { sha256 } from "../../src/base/sign.js";
import { inspect } from "../../src/sim/inspect.js";
import { element, elements } from "../../src/wire/tlv.js";
import { simBench } from "../podp/bench.js";
import { rewriting, writing } from "../podp/rewriting.js";

const caseOf = (id: string) => conformanceCases.find((found) => found.id === id)!;
/** Getters and methods stay those of the bench. */
const but = <T extends object>(bench: T, changes: object): T => Object.assign(Object.create(bench), changes);

test("there is a case for each of P1 to P24", () => {
  const ids = conformanceCases.map(({ id }) => id).sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
  expect(ids).toEqual(Array.from({ length: 24 }, (_, i) => `P${i + 1}`));
});

test.each(conformanceCases.map(({ id, title }) => [id, title]))("%s: %s", async (id) => {
  const bench = simBench();
  expect(await bench.clock.run(() => runCase(caseOf(id), bench))).toEqual({ end: "passed" });
});

async function run(bench: ConformanceContext & { clock: ReturnType<typeof simBench>["clock"] }) {
  const outcomes = new Map<string, Outcome>();
  const count = await bench.clock.run(() => runConformance(bench, ({ id, outcome }) => outcomes.set(id, outcome)));
  return { count, outcomes };
}

test("a stranger's address passes with one terminal behind it; what needs its power, its keypad or a second one is skipped and says so", async () => {
  const { count, outcomes } = await run(
    but(simBench(), { fresh: undefined, powerCut: undefined, cutAtWrite: undefined, sale: undefined, inspect: undefined }),
  );
  const not = [...outcomes].filter(([, { end }]) => end !== "passed").map(([id]) => id);
  expect(not).toEqual(["P20", "P23", "P24"]);
  expect(outcomes.get("P23")).toEqual({ end: "skipped", reason: "nobody can try a sale at this address" });
  expect(count).toEqual({ passed: 21, failed: 0, skipped: 3 });
});

test("a terminal that cannot ask its host keeps an unknown settlement unknown and passes", async () => {
  const bench = simBench({ model: "podp-mute" });
  for (const id of ["P20", "P24"]) expect(await bench.clock.run(() => runCase(caseOf(id), bench)), id).toEqual({ end: "passed" });
});

test("with power cuts by the clock instead of by the change P20 and P24 find their states too", async () => {
  const bench = but(simBench(), { cutAtWrite: undefined });
  for (const id of ["P20", "P24"]) expect(await bench.clock.run(() => runCase(caseOf(id), bench)), id).toEqual({ end: "passed" });
});

test("a production terminal is neither settled nor wiped", async () => {
  const bench = simBench({ model: "podp-production" });
  const { count, outcomes } = await run(bench);
  expect(count.failed).toBe(0);
  expect([...outcomes].filter(([, { end }]) => end === "passed").map(([id]) => id)).toEqual(["P1", "P2", "P3", "P16", "P18", "P19", "P17"]);
  const { money, areas } = inspect(bench.stores());
  expect(money.host).toBe(0n);
  expect(areas.every(({ readable }) => readable)).toBe(true);
});

test("an owner key that the terminal does not hold skips what needs it", async () => {
  const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const bench = but(simBench(), { ownerKey: stranger });
  expect(await bench.clock.run(() => runCase(caseOf("P6"), bench))).toEqual({
    end: "skipped",
    reason: "the terminal does not hold this owner key",
  });
});

// --- terminals that do wrong -------------------------------------------------------------------------------------------------------

/** Every RSP passes through this with its command, result and TLV. */
function lying(bench: ReturnType<typeof simBench>, change: (command: number, result: number, tlv: Uint8Array) => number | Uint8Array) {
  const lie = (frame: Frame): Frame => {
    if (frame.type !== "RSP") return frame;
    const [command = 0, , , result = 0] = frame.payload;
    const changed = change(command, result, frame.payload.subarray(4));
    if (typeof changed !== "number") return { ...frame, payload: concat(frame.payload.subarray(0, 4), changed) };
    const payload = Uint8Array.from(frame.payload);
    payload[3] = changed;
    return { ...frame, payload };
  };
  return but(bench, { connect: async () => rewriting(await bench.connect(), lie) });
}

const refusals = [
  "P1",
  "P2",
  "P3",
  "P4",
  "P5",
  "P6",
  "P7",
  "P8",
  "P9",
  "P10",
  "P11",
  "P12",
  "P13",
  "P14",
  "P16",
  "P17",
  "P18",
  "P19",
  "P20",
  "P21",
];

test("P1 fails a terminal for which a pause ends a frame", async () => {
  const bench = simBench();
  const impatient = but(bench, {
    async connect() {
      const link = await bench.connect();
      let last = 0;
      return writing(link, (bytes) => {
        const late = bytes[0] !== 0 && bench.clock.monotonic() - last > 200;
        last = bench.clock.monotonic();
        return late ? Promise.resolve() : link.write(bytes);
      });
    },
  });
  const outcome = await bench.clock.run(() => runCase(caseOf("P1"), impatient));
  expect(outcome).toEqual({ end: "failed", reason: "no answer to command 01" });
});

test.each(refusals)("%s fails a terminal that says OK where it should refuse", async (id) => {
  const bench = lying(simBench(), (_, result) => (result >= 0x10 ? 0 : result));
  expect((await bench.clock.run(() => runCase(caseOf(id), bench))).end).toBe("failed");
});

test("P1 fails a terminal that refuses and changes something all the same", async () => {
  const bench = simBench();
  let looks = 0;
  const changing = but(bench, { inspect: async () => ({ ...(await bench.inspect()), state: { "area 1": String(looks++) } }) });
  const outcome = await bench.clock.run(() => runCase(caseOf("P1"), changing));
  expect(outcome).toEqual({ end: "failed", reason: "changed although refused: inside: area 1" });
});

test("P15 and P22 fail a terminal whose wipe is under way when it should not be, or not when it should", async () => {
  const state = (told: number) => (command: number, _: number, tlv: Uint8Array) =>
    command === commands.getOp.code && tlv[0] === 0xdf && tlv[1] === 0x6c ? Uint8Array.of(...tlv.subarray(0, 3), told) : tlv;
  for (const [id, told] of [
    ["P15", 2],
    ["P22", 3],
  ] as const) {
    let settled = false;
    const bench = simBench();
    // Money ops end as they do; only what is asked after a COMMIT is lied about.
    const liar = lying(bench, (command, result, tlv) => {
      if (command === commands.commit.code) settled = true;
      return settled ? state(told)(command, result, tlv) : tlv;
    });
    expect((await bench.clock.run(() => runCase(caseOf(id), liar))).end, id).toBe("failed");
  }
});

test("P14, P22 and P24 fail a terminal whose erase does nothing but says that it did", async () => {
  for (const id of ["P14", "P22", "P24"]) {
    const bench = simBench({ options: { lie: "keeps-an-area" } });
    const outcome = await bench.clock.run(() => runCase(caseOf(id), bench));
    expect(outcome, id).toMatchObject({ end: "failed", reason: expect.stringMatching(/^area 3 has \d+ bytes that are not blank$/) });
  }
});

test.each([
  ["counts nothing", (area: Uint8Array) => area.subarray(0, 8), "the wipe's result does not read: tag ff2d is missing or wrong"],
  [
    "says OK and counts errors",
    (area: Uint8Array) => concat(area.subarray(0, 12), Uint8Array.of(3), area.subarray(13)),
    "area 1 of a wipe that is done has code 0, 3 errors",
  ],
])("P14 fails a terminal that %s", async (_, change, reason) => {
  const bench = lying(simBench(), (command, result, tlv) => {
    const seen = command === commands.getOp.code && result === 0 ? commands.getOp.response.decode(tlv) : { badTag: 0 };
    if ("badTag" in seen || seen.value.result?.[0] !== 0xff || seen.value.result[1] !== 0x2d) return tlv;
    const parts = elements(seen.value.result, 2);
    if (!Array.isArray(parts)) throw new Error("our own result does not read");
    const told = concat(...parts.map(({ tag, value }) => element(tag, tag === 0xff2d ? change(value) : value)));
    return commands.getOp.response.encode({ ...seen.value, result: told, resultHash: sha256(told) });
  });
  expect(await bench.clock.run(() => runCase(caseOf("P14"), bench))).toEqual({ end: "failed", reason });
});

test("P17, P22 and P24 fail a terminal whose memory does not hold what it is filled with", async () => {
  for (const id of ["P17", "P22", "P24"]) {
    const bench = simBench({ options: { worn: [2] } });
    const outcome = await bench.clock.run(() => runCase(caseOf(id), bench));
    expect(outcome, id).toMatchObject({ end: "failed", reason: "the proof of area 2 is not the MAC over what it was filled with" });
  }
});

test("P23 fails a terminal that sells while it is locked", async () => {
  const bench = simBench();
  const seller = but(bench, {
    async sale() {
      bench.sim.terminal.setLock(false);
      const sold = bench.sim.terminal.sell(0, 1234n);
      bench.sim.terminal.setLock(true);
      return sold;
    },
  });
  expect((await bench.clock.run(() => runCase(caseOf("P23"), seller))).end).toBe("failed");
});

test.each([
  ["settles", commands.settleStart.code, "SETTLE_START of a terminal that was tampered with was answered ACCEPTED"],
  ["sends", commands.pendingSend.code, "PENDING_SEND of a terminal that was tampered with was answered ACCEPTED"],
])("P23 fails a terminal that %s after it was tampered with", async (_, money, reason) => {
  const [TAMPERED, ACCEPTED] = [0x1e, 0x01];
  const bench = lying(simBench(), (command, result) => (command === money && result === TAMPERED ? ACCEPTED : result));
  expect(await bench.clock.run(() => runCase(caseOf("P23"), bench))).toEqual({ end: "failed", reason });
});

test("P23 fails a terminal that keeps a key although it was tampered with", async () => {
  const bench = simBench();
  const keeping = but(bench, {
    async tamper() {
      await bench.tamper?.();
      bench.stores().nv.set("key/TMK/TDES/0", Buffer.alloc(16, 7));
    },
  });
  expect(await bench.clock.run(() => runCase(caseOf("P23"), keeping))).toEqual({ end: "failed", reason: "TMK slots 0–0 PRESENT" });
});

test("P24 fails a terminal whose host has booked an item twice", async () => {
  const bench = simBench();
  const twice = but(bench, { inspect: async () => ({ ...(await bench.inspect()), bookedTwice: 1 }) });
  expect(await bench.clock.run(() => runCase(caseOf("P24"), twice))).toMatchObject({ end: "failed", reason: /booked 1 items twice/ });
});

test("P18 fails a terminal whose records show card numbers", async () => {
  const bench = simBench();
  const pan = (await bench.clock.run(() => bench.inspect())).secrets[0]!;
  const bare = but(bench, { connect: async () => rewriting(await bench.connect(), (frame) => leak(frame, pan)) });
  const outcome = await bench.clock.run(() => runCase(caseOf("P18"), bare));
  expect(outcome.end).toBe("failed");
});

/** The first DATA frame shows a card number where masked bytes were. */
function leak(frame: Frame, pan: string): Frame {
  if (frame.type !== "DATA") return frame;
  const payload = Uint8Array.from(frame.payload);
  payload.set(Buffer.from(pan), 4 + 24);
  return { ...frame, payload };
}
