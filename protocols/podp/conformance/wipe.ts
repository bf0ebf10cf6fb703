// P6 to P19 and P22: nothing is erased unless everything fits, and what has begun is finished.
import { concat, EMPTY, hex, text, uint } from "../../../src/base/bytes.js";
import { sleep } from "../../../src/base/clock.js";
import { passesLuhn } from "../../../src/base/redact.js";
import { sha256 } from "../../../src/base/sign.js";
import { element } from "../../../src/wire/tlv.js";
import { limits, rights, timers } from "../codes.js";
import { commands, FILL_DATA } from "../messages.js";
import { Bench } from "./bench.js";
import { type Case, type ConformanceContext, disagree, must } from "./case.js";
import { fillAndProve, fillableArea, fillOf, interruptedFill, refusedWhileFilling } from "./fill.js";
import type { Reply } from "./wire.js";

const COMMIT = commands.commit.code;
const ARM = commands.arm.code;

function answered(reply: Reply, what: string, ...allowed: string[]): void {
  must(allowed.includes(reply.says), `${what} was answered ${reply.says}, not ${allowed.join(" or ")}`);
}

/** A settled, locked terminal; `work` runs in an open session and must change nothing. */
async function settledAndUnchanged(context: ConformanceContext, work: (bench: Bench) => Promise<void>): Promise<void> {
  await using bench = await Bench.connect(context);
  bench.mayAct();
  await bench.open();
  await bench.settle();
  await bench.unchanged(async () => {
    await bench.again();
    await work(bench);
  });
}

const armBody = (op: Uint8Array, token: Uint8Array) => commands.arm.request.encode({ op, token });

/** Every command of FILL and PROOF for one area. */
async function tryFill(bench: Bench, op: Uint8Array, area: number, ...allowed: string[]): Promise<void> {
  const bodies = [
    [commands.fillBegin.code, commands.fillBegin.request.encode({ op, area, mode: 1, size: 4096 })],
    [FILL_DATA, new Uint8Array(68)],
    [commands.fillEnd.code, commands.fillEnd.request.encode({ op, area })],
    [commands.fillRelease.code, commands.fillRelease.request.encode({ op, area })],
    [commands.proof.code, commands.proof.request.encode({ op, area, nonce: new Uint8Array(32), orderSeed: new Uint8Array(16) })],
  ] as const;
  for (const [code, body] of bodies) {
    const reply = await bench.wire.ask(code, body);
    answered(reply, `command ${code.toString(16)} for area ${area}`, ...allowed);
    if (code === FILL_DATA) {
      await bench.wire.send({ type: "DATA", payload: new Uint8Array(68) });
      await bench.wire.take(timers.ackMin);
      await bench.again(); // the DATA frame may have used up a number
    }
  }
}

async function beginWipe(bench: Bench): Promise<{ readonly op: Uint8Array; readonly token: Uint8Array; readonly life: number }> {
  bench.mayAct();
  await bench.open();
  await bench.settle();
  await bench.again();
  const { life } = bench.ack;
  const { op, token } = await bench.committed();
  answered(await bench.wire.ask(ARM, armBody(op, token)), "a good ARM", "ACCEPTED");
  return { op, token, life };
}

export const wipeCases: readonly Case[] = [
  {
    id: "P6",
    title: "COMMIT with an old challenge is refused",
    run: (context) =>
      settledAndUnchanged(context, async (bench) => {
        const prepared = await bench.prepare();
        const old = await bench.challenge(COMMIT);
        await bench.challenge(COMMIT);
        answered(await bench.commit(bench.newOp(), old, prepared), "COMMIT with a replaced challenge", "AUTH SIGNATURE");
        answered(await bench.commit(bench.newOp(), old, prepared), "COMMIT after the challenge's use", "CHALLENGE_USED");
        const forOpen = await bench.challenge(commands.open.code);
        answered(await bench.commit(bench.newOp(), forOpen, prepared), "COMMIT with OPEN's challenge", "AUTH CHALLENGE");
        const late = await bench.challenge(COMMIT);
        await sleep(context.clock, timers.challenge + 1000);
        answered(await bench.commit(bench.newOp(), late, prepared), "COMMIT with a challenge of 301 s", "CHALLENGE_USED");
      }),
  },
  {
    id: "P7",
    title: "COMMIT signed before a restart is refused after it",
    run: (context) =>
      settledAndUnchanged(context, async (bench) => {
        const prepared = await bench.prepare();
        const old = await bench.challenge(COMMIT);
        await bench.restart();
        await bench.open();
        answered(await bench.commit(bench.newOp(), old, prepared), "COMMIT without a plan", "BAD_STATE NOT_PREPARED");
        const again = await bench.prepare();
        answered(await bench.commit(bench.newOp(), old, again), "COMMIT with the challenge of another boot", "CHALLENGE_USED");
      }),
  },
  {
    id: "P8",
    title: "COMMIT of another plan is refused",
    run: (context) =>
      settledAndUnchanged(context, async (bench) => {
        const prepared = await bench.prepare();
        const other = { ...prepared, planHash: sha256(prepared.planHash) };
        answered(await bench.commit(bench.newOp(), await bench.challenge(COMMIT), other), "COMMIT of another plan", "PLAN_MISMATCH");
        answered(
          await bench.commit(bench.newOp(), await bench.challenge(COMMIT), other, prepared),
          "COMMIT signed for another plan",
          "AUTH SIGNATURE",
        );
      }),
  },
  {
    id: "P9",
    title: "COMMIT of another census is refused",
    run: (context) =>
      settledAndUnchanged(context, async (bench) => {
        const prepared = await bench.prepare();
        const other = { ...prepared, censusHash: sha256(prepared.censusHash) };
        answered(await bench.commit(bench.newOp(), await bench.challenge(COMMIT), other), "COMMIT of another census", "CENSUS_CHANGED");
      }),
  },
  {
    id: "P10",
    title: "COMMIT twice is refused, its link duplicate gets the same answer",
    run: (context) =>
      settledAndUnchanged(context, async (bench) => {
        const prepared = await bench.prepare();
        const [op, challenge] = [bench.newOp(), await bench.challenge(COMMIT)];
        const first = await bench.commit(op, challenge, prepared);
        answered(first, "a good COMMIT", "OK");
        const duplicate = await bench.wire.repeat();
        must(duplicate.says === "OK" && hex(duplicate.tlv) === hex(first.tlv), "the link duplicate of COMMIT got another answer");
        answered(await bench.commit(op, challenge, prepared), "the second COMMIT", "CHALLENGE_USED");
      }),
  },
  {
    id: "P11",
    title: "ARM without COMMIT is refused",
    run: (context) =>
      settledAndUnchanged(context, async (bench) => {
        answered(await bench.wire.ask(ARM, armBody(bench.newOp(), new Uint8Array(16))), "ARM without a plan", "BAD_STATE NOT_PREPARED");
        await bench.prepare();
        answered(await bench.wire.ask(ARM, armBody(bench.newOp(), new Uint8Array(16))), "ARM without COMMIT", "BAD_STATE NOT_PREPARED");
      }),
  },
  {
    id: "P12",
    title: "ARM with a wrong token, a wrong op or a counter used since COMMIT is refused",
    run: (context) =>
      settledAndUnchanged(context, async (bench) => {
        const { op, token } = await bench.committed();
        answered(await bench.wire.ask(ARM, armBody(op, sha256(token).subarray(16))), "ARM with a wrong token", "AUTH TOKEN");
        const other = await bench.committed();
        answered(await bench.wire.ask(ARM, armBody(bench.newOp(), other.token)), "ARM of another op", "AUTH TOKEN");
      }).then(() => armAfterMoney(context)),
  },
  {
    id: "P13",
    title: "ARM after a restart or in a new session is refused",
    run: (context) =>
      settledAndUnchanged(context, async (bench) => {
        const first = await bench.committed();
        await bench.again();
        answered(await bench.wire.ask(ARM, armBody(first.op, first.token)), "ARM in a new session", "BAD_STATE NOT_PREPARED");
        const { op, token } = await bench.committed();
        await bench.restart();
        await bench.open();
        answered(await bench.wire.ask(ARM, armBody(op, token)), "ARM after a restart", "BAD_STATE NOT_PREPARED");
      }),
  },
  {
    id: "P15",
    title: "link frames alone never arm",
    run: (context) =>
      settledAndUnchanged(context, async (bench) => {
        const { op } = await bench.committed();
        for (const type of ["ACK", "NAK", "ACK"] as const) await bench.wire.send({ type });
        await bench.wire.send({ type: "ACK", ack: bench.wire.expected + 1 });
        await sleep(context.clock, 5000);
        const { state } = await bench.get(commands.getOp, { op });
        must(state === "NOT_STARTED", `after ACKs alone the wipe is ${state}`);
      }),
  },
  {
    id: "P16",
    title: "FILL before ARM is refused",
    async run(context) {
      await using bench = await Bench.connect(context);
      await bench.unchanged(async () => {
        await bench.again();
        const { areas } = await bench.get(commands.areaList, {});
        for (const { area } of areas) {
          await tryFill(bench, bench.newOp(), area, ...(bench.canFill ? ["BAD_STATE NOT_ERASED", "NOT_SUPPORTED"] : ["NOT_SUPPORTED"]));
        }
      });
    },
  },
  {
    id: "P18",
    title: "SAMPLE of an area that is not erased is refused, READ shows no card number",
    async run(context) {
      await using bench = await Bench.connect(context);
      await bench.unchanged(async () => {
        await bench.again();
        const { areas } = await bench.get(commands.areaList, {});
        const secrets = (await context.inspect?.())?.secrets ?? [];
        for (const { area, files } of areas) {
          const sample = { op: bench.newOp(), area, seed: new Uint8Array(16), blocks: 0, nonce: new Uint8Array(16) };
          answered(await bench.wire.say(commands.sample, sample), `SAMPLE of area ${area}`, "BAD_STATE NOT_ERASED");
          for (const file of files) {
            const bytes = await readFile(bench, file);
            const found = secrets.filter((secret) => Buffer.from(bytes).includes(secret) || hex(bytes).includes(secret));
            must(found.length === 0 && !showsCardNumber(bytes), `READ of file ${file.id} shows a card number or track`);
          }
        }
      });
    },
  },
  {
    id: "P19",
    title: "KEY_PROBE takes no input and gives no output",
    async run(context) {
      await using bench = await Bench.connect(context);
      await bench.unchanged(async () => {
        await bench.again();
        const range = (await bench.get(commands.keyList, {})).ranges[0] ?? disagree("KEY_LIST names no range");
        const body = commands.keyProbe.request.encode(range);
        const probe = commands.keyProbe.code;
        for (const extra of [element(0xdf5e, new Uint8Array(16)), Uint8Array.of(0x99, 2, 1, 2), Uint8Array.of(0x5a, 2, 1, 2)]) {
          answered(await bench.wire.ask(probe, concat(body, extra)), `KEY_PROBE with ${hex(extra)}`, "BAD_FIELD");
        }
        const { tlv } = await bench.wire.ask(probe, body);
        const decoded = commands.keyProbe.response.decode(tlv, limits.depthToHost);
        must(!("badTag" in decoded) && decoded.unknown.length === 0, "KEY_PROBE answers more than ranges");
        await bench.hello();
        await bench.open({ grant: { rights: rights.read } });
        answered(await bench.wire.ask(probe, body), "KEY_PROBE without the right to wipe", "AUTH RIGHT");
      });
    },
  },
  {
    id: "P14",
    title: "ARM twice gets the stored answer, and one wipe",
    async run(context) {
      await using bench = await Bench.connect(context);
      const { op, token, life } = await beginWipe(bench);
      answered(await bench.wire.ask(ARM, armBody(op, token)), "the second ARM", "ACCEPTED");
      answered(await bench.wire.ask(ARM, armBody(op, sha256(token).subarray(16))), "ARM of the same op with another token", "OP_MISMATCH");
      await bench.wiped(op, life);
    },
  },
  {
    id: "P17",
    title: "FILL never reaches the op store or an area that is not fillable; what it fills is proven and then blank",
    async run(context) {
      await using bench = await Bench.connect(context);
      await bench.open();
      const fill = bench.canFill;
      let op = bench.newOp();
      if (fill && bench.isForTests) {
        const wipe = await beginWipe(bench);
        await bench.wiped(wipe.op, wipe.life);
        op = wipe.op;
        await bench.inspecting();
        const area = await fillableArea(bench);
        if (area !== undefined) {
          for (const mode of ["stream", "seed"] as const) await fillAndProve(bench, fillOf(bench, op, area, mode));
          await refusedWhileFilling(bench, fillOf(bench, op, area, "stream"));
        }
      }
      await bench.unchanged(async () => {
        await bench.again();
        const listed = (await bench.get(commands.areaList, {})).areas;
        // A grant of the new life is in force now, so not even what could be filled before may be.
        const never = listed.map(({ area }) => area);
        const unlisted = [0x00, 0xfe, 0xff].filter((id) => !listed.some(({ area }) => area === id));
        for (const area of [...never, ...unlisted]) {
          await tryFill(bench, op, area, ...(fill ? ["BAD_STATE NOT_ERASED", "BAD_FIELD", "NOT_SUPPORTED"] : ["NOT_SUPPORTED"]));
        }
      });
    },
  },
  {
    id: "P22",
    title: "RST, HELLO and late frames inside the erase or a fill change nothing about it",
    async run(context) {
      await using bench = await Bench.connect(context);
      const { op, token, life } = await beginWipe(bench);
      const late = bench.wire.session;
      await bench.wire.send({ type: "RST" });
      await bench.hello();
      await bench.hello();
      const body = concat(uint(ARM, 1), armBody(op, token));
      for (const [seq, payload] of [
        [0, body],
        [bench.wire.seq, concat(uint(commands.abortPrepared.code, 1), EMPTY)],
        [1, concat(uint(commands.reboot.code, 1), EMPTY)],
      ] as const) {
        await bench.wire.send({ type: "CMD", session: late, seq, payload });
        const frame = await bench.wire.take(timers.ackMin);
        const silent = frame === undefined || frame.type === "EVT" || (frame.type === "RST" && frame.session === late);
        must(silent, `a late frame of the last session was answered ${frame?.type}`);
      }
      await bench.wire.send({ type: "RST", session: late });
      await bench.inspecting();
      await bench.wiped(op, life);
      const area = await fillableArea(bench);
      if (area !== undefined) await interruptedFill(bench, op, area);
    },
  },
];

/** Settling a settled account changes nothing but the counter, which the wipe may then no longer use. */
async function armAfterMoney(context: ConformanceContext): Promise<void> {
  await using bench = await Bench.connect(context);
  await bench.open();
  const [account] = await bench.accounts();
  if (account === undefined) return;
  const { op, token } = await bench.committed();
  const other = bench.newOp();
  await bench.money(other, bench.wire.say(commands.settleStart, { op: other, account }));
  answered(await bench.wire.ask(ARM, armBody(op, token)), "ARM with a counter used since COMMIT", "BAD_STATE OP_COUNTER");
}

async function readFile(
  bench: Bench,
  file: { readonly id: number; readonly size: number; readonly generation: number },
): Promise<Uint8Array> {
  if (file.size === 0) return EMPTY;
  const perFrame = 448;
  const body = { file: file.id, generation: file.generation, offset: 0, length: file.size, perFrame };
  const reply = await bench.wire.say(commands.read, body);
  const decoded = commands.read.response.decode(reply.tlv, limits.depthToHost);
  if (reply.says !== "OK" || "badTag" in decoded) return disagree(`READ of file ${file.id} was answered ${reply.says}`);
  must(hex(decoded.value.sha256 ?? EMPTY) === hex(sha256(reply.file)), `file ${file.id} is not what its hash says`);
  return reply.file;
}

/** True when ASCII text of the bytes holds an unmasked card number: 13 to 19 digits that satisfy Luhn. */
function showsCardNumber(bytes: Uint8Array): boolean {
  const runs = text(bytes).match(/[0-9]{13,19}/g) ?? [];
  return runs.some((run) => passesLuhn(run) && !/^0+$/.test(run));
}
