// Fills for the conformance cases: one that is to work, what is refused beside it, and one that is interrupted.
import { equal } from "../../../src/base/bytes.js";
import { fillModes, limits } from "../codes.js";
import { commands } from "../messages.js";
import { patternOf, proofMac } from "../pattern.js";
import { type Area, Bench } from "./bench.js";
import { type ConformanceContext, must } from "./case.js";
import type { Cut } from "./cuts.js";

export interface Fill {
  readonly op: Uint8Array;
  readonly area: Area;
  readonly mode: keyof typeof fillModes;
  readonly seed: Uint8Array;
}

/** The smallest area that the terminal fills; undefined when there is none. */
export async function fillableArea(bench: Bench): Promise<Area | undefined> {
  if (!bench.canFill) return undefined;
  const areas = (await bench.erasable()).filter(({ fillable }) => fillable);
  return areas.sort((a, b) => a.size - b.size)[0];
}

export function fillOf(bench: Bench, op: Uint8Array, area: Area, mode: Fill["mode"]): Fill {
  return { op, area, mode, seed: bench.context.random.bytes(mode === "stream" ? 32 : 16) };
}

const beginBody = ({ op, area, mode, seed }: Fill) => ({
  op,
  area: area.area,
  mode: fillModes[mode],
  size: area.size,
  ...(mode === "seed" ? { seed } : {}),
});

/** FILL_BEGIN; the offset is one at which a fill may go on. */
export async function begin(bench: Bench, fill: Fill): Promise<number> {
  const { next } = await bench.get(commands.fillBegin, beginBody(fill));
  const { size, area } = fill.area;
  must(next === size || next % limits.readUnit === 0, `FILL_BEGIN of area ${area} answers offset ${next}`);
  must(fill.mode === "stream" || next === size, `a seed fill of area ${area} still wants bytes from ${next} on`);
  return next;
}

/** Bytes of the fill as DATA frames. */
export async function stream(bench: Bench, fill: Fill, from: number, to = fill.area.size): Promise<void> {
  const pattern = patternOf(fill);
  const room = bench.wire.dataRoom;
  for (let at = from; at < to; at += room) await bench.wire.data(at, pattern(at, Math.min(to, at + room)));
}

/** Two rounds over a filled area, each with a nonce and an order of its own. */
async function prove(bench: Bench, fill: Fill): Promise<void> {
  const { area, size, block } = fill.area;
  for (let round = 0; round < 2; round++) {
    const [nonce, orderSeed] = [bench.context.random.bytes(32), bench.context.random.bytes(16)];
    const { mac } = await bench.get(commands.proof, { op: fill.op, area, nonce, orderSeed });
    const expected = proofMac({ nonce, orderSeed, area, size, block }, patternOf(fill));
    must(equal(mac, expected), `the proof of area ${area} is not the MAC over what it was filled with`);
  }
}

/** From FILL_BEGIN, wherever it says that it stands, to a blank area. */
export async function fillAndProve(bench: Bench, fill: Fill): Promise<void> {
  const { op, area } = fill;
  await stream(bench, fill, await begin(bench, fill));
  const { written } = await bench.get(commands.fillEnd, { op, area: area.area });
  must(written === area.size, `FILL_END of area ${area.area} counts ${written} of ${area.size} bytes`);
  await prove(bench, fill);
  await bench.get(commands.fillRelease, { op, area: area.area });
  await bench.isBlank(op, area);
}

/** Everything that may not be said to an area whose fill is under way. */
export async function refusedWhileFilling(bench: Bench, fill: Fill): Promise<void> {
  const { op, area } = fill;
  const at = { op, area: area.area };
  const fresh = { nonce: bench.context.random.bytes(32), orderSeed: bench.context.random.bytes(16) };
  const says = async (what: string, wanted: string, asked: Promise<{ readonly says: string }>) => {
    const { says: said } = await asked;
    must(said === wanted, `${what} was answered ${said}, not ${wanted}`);
  };
  await says("FILL_BEGIN with another size", "BAD_FIELD", bench.wire.say(commands.fillBegin, { ...beginBody(fill), size: area.size - 1 }));
  await says("FILL_BEGIN with an unknown mode", "BAD_FIELD", bench.wire.say(commands.fillBegin, { ...beginBody(fill), mode: 9 }));
  await begin(bench, fill);
  await bench.wire.data(area.size, new Uint8Array(16));
  await bench.wire.data(area.block, new Uint8Array(16));
  const { written } = await bench.get(commands.fillEnd, at);
  must(written === 0, `DATA at other offsets than the next one counts as ${written} bytes`);
  const other = fillOf(bench, op, area, fill.mode === "stream" ? "seed" : "stream");
  await says("FILL_BEGIN in another mode", "BAD_STATE NOT_ERASED", bench.wire.say(commands.fillBegin, beginBody(other)));
  await says("PROOF before FILL_END", "BAD_STATE NOTHING", bench.wire.say(commands.proof, { ...at, ...fresh }));
  const sample = { ...at, seed: fresh.orderSeed, blocks: 1, nonce: fresh.orderSeed };
  await says("SAMPLE of an area that is being filled", "BAD_STATE NOT_ERASED", bench.wire.say(commands.sample, sample));
  await bench.get(commands.fillRelease, at);
  await says("PROOF after FILL_RELEASE", "BAD_STATE NOTHING", bench.wire.say(commands.proof, { ...at, ...fresh }));
  await bench.isBlank(op, area);
}

/** RST and HELLO inside a fill end the stream, not the fill; bytes of the session before are not taken. */
export async function interruptedFill(bench: Bench, op: Uint8Array, area: Area): Promise<void> {
  const fill = fillOf(bench, op, area, "stream");
  await begin(bench, fill);
  await stream(bench, fill, 0, Math.min(area.size, bench.wire.dataRoom));
  const { session, seq } = bench.wire;
  await bench.wire.send({ type: "RST" });
  await bench.inspecting();
  await bench.wire.send({ type: "DATA", session, seq, payload: new Uint8Array(20) });
  await bench.wire.data(0, new Uint8Array(16));
  await fillAndProve(bench, fill);
}

/** Fills an area of a wiped terminal and cuts that; false when it was over before the cut. */
export async function cutFill(context: ConformanceContext, cut: Cut): Promise<boolean> {
  await using bench = await Bench.connect(context);
  await bench.open();
  const area = await fillableArea(bench);
  if (area === undefined) return false;
  await bench.settle();
  await bench.again();
  const armed = await bench.committed();
  await bench.get(commands.arm, armed);
  await bench.finish(armed.op);
  await bench.inspecting();
  const { bootNumber } = bench.ack;
  const fill = fillOf(bench, armed.op, area, "stream");
  await cut.during(() => fillAndProve(bench, fill));
  await bench.wire.close();
  await using after = await Bench.connect(context);
  await after.inspecting(bench.wipeGrant);
  await fillAndProve(after, fill);
  return after.ack.bootNumber !== bootNumber;
}
