// The one step that destroys: plan, commit, arm, and wait for what the terminal says it did.
import { hex } from "../../base/bytes.js";
import { rfc3339 } from "../../base/clock.js";
import { DecomError, unreachable } from "../../base/errors.js";
import { mayWipe } from "../../evidence/order/granted.js";
import type { WipePlan } from "../../terminal/driver.js";
import type { ContentClass } from "../../terminal/facts.js";
import { areasToWipe, type Model } from "../../terminal/model.js";
import type { Run } from "../context.js";
import { useExceptions } from "../exceptions.js";
import { areasToFill } from "../fills.js";
import { inventoryOf, refuseDifferences } from "../inventory.js";
import { inWipeOrder } from "../wipe-order.js";

/**
 * What the model holds, and what the order asks for beyond that: an order may widen a plan, never narrow it. `fills` are to be filled and
 * proven afterwards.
 */
export function planOf(model: Model, requested: readonly ContentClass[], fills: readonly number[] = []): WipePlan {
  return {
    areas: areasToWipe(model, requested).map(({ id, method }) => ({ area: id, method, ...(fills.includes(id) ? { fill: true } : {}) })),
    slots: model.slots.filter(({ after }) => after !== "retained").map(({ type, algorithm, from, to }) => ({ type, algorithm, from, to })),
    kept: model.slots
      .filter((slots) => slots.after === "retained")
      .map(({ type, algorithm, from, to, reason }) => ({ type, algorithm, from, to, reason: reason ?? "by-order" })),
  };
}

export async function plan(run: Run): Promise<void> {
  const { order } = run.order;
  if (!mayWipe(order)) throw new DecomError("order.held", `${order.reasonCode}: settled and exported, not wiped until that is lifted`);
  const found = await inventoryOf(run.terminal, run.model, run.proofs.accounts.length);
  refuseDifferences(run.model, found);
  const { areas, slots, probes } = found;
  const fills = areasToFill(order, run.model, run.terminal.identity, areas);
  const intended = inWipeOrder(run.model, planOf(run.model, order.requestedAreas, fills));
  const { planHash, censusHash } = await run.terminal.prepare(intended);
  run.write({ kind: "seen", step: "plan", plan: intended, planHash, censusHash, areas, slots, probes });
}

export async function erase(run: Run): Promise<void> {
  const { permit } = run.proofs;
  const planned = run.record().plan;
  if (permit === undefined || planned === undefined) return unreachable("the wipe follows permit and plan");
  const { planHash, censusHash } = planned;
  if (permit.seen.censusHash !== censusHash) throw new DecomError("census.changed", "the terminal counted other records than we did");
  const op = run.terminal.newOp();
  run.write({ kind: "intent", step: "commit", op, planHash, censusHash });
  const token = await run.terminal.commit(permit, op, { planHash, censusHash, seconds: 0 }, run.authority);
  run.write({ kind: "seen", step: "commit", op });
  useExceptions(run); // up to here nothing was let go, and a run that is given up leaves them to the next
  run.write({ kind: "intent", step: "arm", op });
  await run.terminal.arm(permit, op, token);
  run.write({ kind: "seen", step: "arm", op, at: rfc3339(run.clock.wall()) });
}

/** Also the first step of a run that is taken up after ARM: the terminal erases by itself, we only look. */
export async function erased(run: Run): Promise<void> {
  const op = run.record().arm?.op ?? unreachable("nothing was armed");
  const { state, wipe, resultHash, code } = await run.terminal.finished(op, run.model.limits.wipe);
  run.write({
    kind: "seen",
    step: "erase",
    op,
    state,
    ...(wipe === undefined ? {} : { wipe }),
    ...(resultHash === undefined ? {} : { resultHash }),
  });
  if (state === "DONE") return;
  const CHANGED = 1; // the wipe stopped because a record had appeared (podp: area fault CENSUS_CHANGED)
  if (code === CHANGED) throw new DecomError("batch.grown", `op ${op} stopped: a record was written after the permit`, { did: "unknown" });
  throw new DecomError("erase.failed", `op ${op} ended as ${state}, code ${code ?? "none"}`, { did: "unknown", op });
}

export function seedFor(run: Run): string {
  return hex(run.random.bytes(16));
}
