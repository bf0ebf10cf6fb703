// Filling every data area with bytes that we chose and asking for them back: what an order buys with V4 and V5.
import { unhex } from "../../base/bytes.js";
import { DecomError, unreachable } from "../../base/errors.js";
import { sha256Hex } from "../../base/sign.js";
import type { FilledArea } from "../../evidence/entries.js";
import type { Filling, FillMode, ProofFacts } from "../../terminal/driver.js";
import type { AreaFact } from "../../terminal/facts.js";
import type { Blank } from "../../terminal/proofs.js";
import type { Run } from "../context.js";
import { fillModeOf } from "../fills.js";
import { SAMPLED_BLOCKS } from "./proof.js";
import { seedFor } from "./wipe.js";

/** Before anything is read back: a fill that was interrupted with its seed is our own bytes, not residue. */
export async function unfill(run: Run): Promise<void> {
  for (const { intent, seen } of run.record().fills) {
    if (seen?.filled === undefined) await accepting(() => run.terminal.unfill(intent.op, intent.area));
  }
}

/** Area by area; what was proven before an interruption stays proven. */
export async function fill(run: Run): Promise<void> {
  const { plan, fills } = run.record();
  if (plan === undefined) return;
  const planned = plan.plan.areas.flatMap(({ area, fill: wanted }) => (wanted === true ? [area] : []));
  for (const id of planned) {
    const blank = run.proofs.blank?.get(id);
    const done = fills.some(({ intent, seen }) => intent.area === id && seen !== undefined);
    // An area that did not read back blank is not touched: what is in it is the evidence.
    if (done || blank === undefined) continue;
    const area = plan.areas.find((fact) => fact.id === id) ?? unreachable("the plan was made from these areas");
    await fillArea(run, blank, area, fillModeOf(run.order.order, area) ?? unreachable("the plan fills what the order wants filled"));
  }
}

const SEED_BYTES = { stream: 32, seed: 16 } as const;
const ROUNDS = 2;

async function fillArea(run: Run, blank: Blank, area: AreaFact, mode: FillMode): Promise<void> {
  const op = run.record().arm?.op ?? unreachable("nothing was armed");
  const seed = run.random.bytes(SEED_BYTES[mode]);
  const sampleSeed = seedFor(run);
  const blocks = Math.ceil(area.size / area.block);
  const at = { step: "fill", op, area: area.id } as const;
  run.write({ kind: "intent", ...at, mode, sizeBytes: area.size, blocks, seedCommit: sha256Hex(seed), sampleSeed });
  let filled: FilledArea | undefined;
  const fillIt = async () => {
    const filling: Filling = { op, area, mode, seed, sent: 0 };
    const begun = run.clock.monotonic();
    await lasting(run, () => run.terminal.fill(blank, filling));
    const elapsedMs = Math.ceil(run.clock.monotonic() - begun);
    const rounds: ProofFacts[] = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await timely(run, filling));
    await lasting(run, () => run.terminal.unfill(op, area.id));
    const sample = await lasting(run, () => run.terminal.sample(op, area, unhex(sampleSeed), Math.min(SAMPLED_BLOCKS, blocks)));
    const lineMs = run.terminal.lineMs(area.size);
    filled = { elapsedMs, ...(lineMs === undefined ? {} : { lineMs: Math.floor(lineMs) }), rounds, sample };
  };
  const refused = await accepting(fillIt).catch((thrown: unknown) => {
    const failed = thrown instanceof DecomError && thrown.code === "erase.failed";
    if (failed) run.write({ kind: "seen", ...at, refused: thrown.message, failed });
    throw thrown;
  });
  if (refused !== undefined) await accepting(() => run.terminal.unfill(op, area.id));
  run.write({ kind: "seen", ...at, ...(filled === undefined ? {} : { filled }), ...(refused === undefined ? {} : { refused }) });
  if (filled === undefined || mode !== "stream" || run.terminal.identity.environment === "simulator") return;
  const { elapsedMs, lineMs = 0 } = filled;
  // A simulated terminal may run faster than time; on any other, bytes that cannot have crossed the line were not stored.
  if (elapsedMs < lineMs) {
    throw new DecomError("fill.implausible", `area ${area.id} took ${area.size} bytes in ${elapsedMs} ms, the line needs ${lineMs} ms`, {
      did: "done",
    });
  }
}

const LATE_ROUNDS = 3;

/** A round that came late shows nothing, be it the line's fault or not; another one is drawn. */
async function timely(run: Run, filling: Filling): Promise<ProofFacts> {
  for (let tries = 1; ; tries++) {
    const round = await lasting(run, () => run.terminal.prove(filling));
    if (round.elapsedMs <= round.deadlineMs || tries === LATE_ROUNDS) return round;
  }
}

const INTERRUPTIONS: ReadonlySet<string> = new Set(["terminal.silent", "terminal.restarted"]);
const LASTING_TRIES = 4;

/** What an interruption cannot undo is gone on with in a new session, while the seed is still in memory. */
async function lasting<T>(run: Run, act: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      if (tries > 1) {
        await run.terminal.hello(run.model.limits.boot);
        await run.terminal.open(run.authority);
      }
      return await act();
    } catch (thrown) {
      if (!(thrown instanceof DecomError) || !INTERRUPTIONS.has(thrown.code) || tries === LASTING_TRIES) throw thrown;
    }
  }
}

/** A terminal that will not be filled is as it was: that costs a level, not the run. Returns what it said. */
async function accepting(act: () => Promise<void>): Promise<string | undefined> {
  try {
    await act();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof DecomError && thrown.code === "terminal.refused") return thrown.message;
    throw thrown;
  }
}
