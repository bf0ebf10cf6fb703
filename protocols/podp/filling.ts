// The host's side of a fill: bytes to an erased area until the terminal has them all, and the two rounds that ask for them back.
import { equal, unhex } from "../../src/base/bytes.js";
import { DecomError } from "../../src/base/errors.js";
import type { DriverContext, Filling, ProofFacts } from "../../src/terminal/driver.js";
import { fillModes } from "./codes.js";
import type { Ask } from "./granted.js";
import { commands } from "./messages.js";
import { patternOf, proofMac } from "./pattern.js";
import type { Session } from "./session.js";

/** What filling needs of the driver. */
export interface Filler {
  readonly session: Session;
  readonly context: DriverContext;
  readonly ask: Ask;
}

const TRIES = 3;
/** A slow processor hashes a quarter of a mebibyte in a second. */
const PROOF_MS_PER_KIB = 4;
/** To read the question and to begin, and for the adapter in between. */
const PROOF_MS = 1000;
/** PROOF and its answer on the line. */
const PROOF_BYTES = 256;

/** From wherever the terminal says that it stands to FILL_END. */
export async function writeFill({ session, context, ask }: Filler, filling: Filling): Promise<void> {
  const { area, mode, seed } = filling;
  const { size } = area;
  const at = { op: unhex(filling.op), area: area.id };
  const pattern = patternOf(filling);
  let seen = 0;
  for (let tries = 0; tries < TRIES; tries++) {
    const { next } = await ask(commands.fillBegin, { ...at, mode: fillModes[mode], size, ...(mode === "seed" ? { seed } : {}) });
    if (next > (mode === "seed" ? size : filling.sent)) {
      const claim = `area ${area.id}: the terminal says it has ${next} bytes, ${filling.sent} were sent`;
      throw new DecomError("fill.implausible", claim, { did: "unknown" });
    }
    await session.send(next, size, (from, to) => {
      filling.sent = Math.max(filling.sent, to);
      context.progress?.({ what: `area ${area.id}`, permille: Math.floor((from * 1000) / size) });
      return pattern(from, to);
    });
    seen = (await ask(commands.fillEnd, at)).written;
    if (seen === size) return;
  }
  throw new DecomError("terminal.refused", `area ${area.id}: the terminal took ${seen} of ${size} bytes`);
}

/** One round. Its nonce is drawn now, when the terminal has said that it holds everything. */
export async function proveFill({ session, context, ask }: Filler, filling: Filling): Promise<ProofFacts> {
  const { clock, random } = context;
  const { id: area, size, block } = filling.area;
  const [nonce, orderSeed] = [random.bytes(32), random.bytes(16)];
  const begun = clock.monotonic();
  const { mac, deviceMs } = await ask(commands.proof, { op: unhex(filling.op), area, nonce, orderSeed });
  const elapsedMs = Math.ceil(clock.monotonic() - begun);
  return {
    macAgrees: equal(mac, proofMac({ nonce, orderSeed, area, size, block }, patternOf(filling))),
    deviceMs,
    elapsedMs,
    deadlineMs: Math.ceil(PROOF_MS + (PROOF_MS_PER_KIB * size) / 1024 + (session.lineMs(PROOF_BYTES) ?? 0)),
  };
}
