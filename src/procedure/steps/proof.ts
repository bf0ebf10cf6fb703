// Steps after the wipe: what can still be seen, before and after a restart, and whose word it is.
import { hex, unhex } from "../../base/bytes.js";
import { rfc3339 } from "../../base/clock.js";
import { DecomError, unreachable } from "../../base/errors.js";
import { sha256 } from "../../base/sign.js";
import type { SampledArea } from "../../evidence/entries.js";
import { areasToWipe } from "../../terminal/model.js";
import { Blank } from "../../terminal/proofs.js";
import type { Run } from "../context.js";
import { probeAll } from "../inventory.js";
import { refuseTampered, status } from "../tamper.js";
import { seedFor } from "./wipe.js";

/** No command samples more blocks at once; memory of at most this many blocks is read back whole, in seeded order. */
export const SAMPLED_BLOCKS = 256;

/** Reads back every area at positions journaled before they are asked, and probes every key slot of the model. */
export function inspect(n: 1 | 2): (run: Run) => Promise<void> {
  return async (run) => {
    const record = run.record();
    const op = record.arm?.op ?? record.blank?.op ?? unreachable("nothing was armed, nor found blank");
    const facts = record.plan?.areas ?? record.blank?.areas ?? unreachable("nothing was planned");
    const wanted = areasToWipe(run.model, run.order.order.requestedAreas);
    const seeds = wanted.map(({ id }) => ({ area: id, seed: seedFor(run) }));
    run.write({ kind: "intent", step: "inspect", n, seeds });
    const areas: SampledArea[] = [];
    const blank = new Map<number, Blank>();
    for (const { area: id, seed } of seeds) {
      const area = facts.find((fact) => fact.id === id) ?? unreachable("the plan was compared with the model");
      const blocks = Math.min(SAMPLED_BLOCKS, Math.ceil(area.size / area.block));
      const startedAt = rfc3339(run.clock.wall());
      const seen = await run.terminal.sample(op, area, unhex(seed), blocks);
      const proof = Blank.look(run.terminal.identity, op, id, seen);
      if (proof !== undefined) blank.set(id, proof);
      areas.push({
        area: id,
        blocks,
        coverageBytes: Math.min(area.size, blocks * area.block),
        ...seen,
        startedAt,
        endedAt: rfc3339(run.clock.wall()),
      });
    }
    const probes = await probeAll(run.terminal, run.model);
    const { slots } = await run.terminal.slots();
    const cannotPay = await run.terminal.cannotPay();
    run.proofs = { ...run.proofs, blank };
    run.write({ kind: "seen", step: "inspect", n, bootNumber: run.terminal.identity.bootNumber, areas, slots, probes, cannotPay });
  };
}

export async function restart(run: Run): Promise<void> {
  run.write({ kind: "intent", step: "restart", bootNumber: run.terminal.identity.bootNumber });
  const { bootNumber } = await run.terminal.restart();
  run.write({ kind: "seen", step: "restart", bootNumber });
  const { serial } = run.record().begin;
  const now = run.terminal.identity.serial;
  if (now !== serial) throw new DecomError("identity.swapped", `${serial} was restarted, and ${now} answers`, { did: "done" });
  await run.terminal.open(run.authority);
}

/** Cables get moved: the terminal that is certified must be the one that was wiped, one life older, or that was found blank, in its life. */
export async function identifyAgain(run: Run): Promise<void> {
  const { identity } = run.terminal;
  const { begin, arm } = run.record();
  const { serial } = begin;
  const life = run.order.order.device.life + (arm === undefined ? 0 : 1);
  const before = run.record().tampering.length > 0;
  await status(run);
  run.write({ kind: "seen", step: "identity", identity });
  if (identity.serial !== serial || identity.life !== life) {
    throw new DecomError(
      "identity.swapped",
      `looked at was ${serial} in life ${life}, now answers ${identity.serial} in life ${identity.life}`,
    );
  }
  // Somebody was at it while it lay on the bench: whatever was seen before, it is an incident that nobody has answered yet.
  if (!before) refuseTampered(run);
}

/** A retained device key signs a nonce that follows from order and intent, so the token belongs to this run alone. */
export async function attest(run: Run): Promise<void> {
  const record = run.record();
  if (!run.terminal.identity.capabilities.includes("attest")) {
    run.write({ kind: "seen", step: "attest", supported: false, proven: false });
    return;
  }
  const { intentSha256 } = record.logged ?? unreachable("a run stands in the station's log before it opens the terminal");
  const { planHash } = record.plan ?? unreachable("nothing was planned");
  const nonce = attestNonce(run.order.order.nonce, intentSha256);
  const op = record.arm?.op ?? unreachable("nothing was armed");
  run.write({ kind: "intent", step: "attest", nonce: hex(nonce) });
  const { proven, flaw, keyId, token, certificateSha256 } = await run.terminal.attest(
    op,
    nonce,
    planHash,
    record.erase?.resultHash ?? "",
    run.model,
  );
  run.write({
    kind: "seen",
    step: "attest",
    supported: true,
    proven,
    keyId,
    token: Buffer.from(token).toString("base64"),
    ...(certificateSha256 === undefined ? {} : { certificateSha256 }),
  });
  if (flaw !== undefined)
    throw new DecomError("identity.forged", `the terminal answers as ${run.record().begin.serial}, but ${flaw}`, { did: "done" });
}

export function attestNonce(orderNonce: string, intentSha256: string): Uint8Array {
  return sha256(unhex(orderNonce), unhex(intentSha256));
}
