// Exceptions and rulings are used once, over all runs of a station: what is used up stands in its log before the act that uses it.
import type { ErrorCode } from "../base/codes.js";
import { sha256Hex } from "../base/sign.js";
import { exceptionsOf } from "../evidence/order/granted.js";
import { resolutionOf } from "../evidence/order/lookup.js";
import type { Order, ResolutionField } from "../evidence/order/schema.js";
import type { StationLog } from "../evidence/station-log.js";
import { sameAccount } from "../terminal/exceptions.js";
import type { Account, Item, Kind, Totals } from "../terminal/facts.js";
import { itemIds } from "../terminal/gate.js";
import { openItems } from "./batches.js";
import type { Run } from "./context.js";

/** What other runs have used up; what this run used, it may use on. */
export function usedByOthers({ stationLog, record }: Pick<Run, "stationLog" | "record">): ReadonlySet<string> {
  const { runId } = record().begin;
  stationLog.refresh();
  return usedBy(stationLog, (one) => one !== runId);
}

function usedBy({ lines }: StationLog, isMeant: (runId: string) => boolean): ReadonlySet<string> {
  return new Set(lines.flatMap(({ record }) => (record.kind === "used" && isMeant(record.runId) ? record.used : [])));
}

/** Of these the host is known to have booked nothing. */
const NOT_BOOKED: ReadonlySet<ErrorCode> = new Set([
  "pending.reversal",
  "settle.host",
  "settle.host-down",
  "settle.no-network",
  "settle.deregistered",
  "settle.mac",
  "settle.unbalanced",
]);

/** Whether the order lets go of an account that could not be settled: the host has booked nothing, and all that is there is excepted. */
export function isLetGo(run: Pick<Run, "order" | "proofs">, account: Account, code: ErrorCode): boolean {
  return NOT_BOOKED.has(code) && isExcepted(run, account);
}

/** Whether the order names every item that the last census had of this account, or those of one kind. The gate counts them one to one. */
export function isExcepted({ order, proofs }: Pick<Run, "order" | "proofs">, account: Account, only?: Kind): boolean {
  const items = proofs.census?.items ?? [];
  return exceptionsOf(order.order).some((one) => sameAccount(one, account)) && isNamed(order.order, account, items, only);
}

/** Whether exceptions name all that an account has of what stands in the way of a wipe, or all of one kind. */
export function isNamed(order: Order, account: Account, items: readonly Item[], only?: Kind): boolean {
  const named = exceptionsOf(order).filter((one) => sameAccount(one, account));
  return openItems(items, account)
    .filter(({ kind }) => only === undefined || kind === only)
    .every(({ kind, stan, digest, count }) =>
      count === undefined
        ? named.some((one) => one.items.some((item) => item.stan === stan && item.digest === digest))
        : named.some((one) => one.kind === kind && one.items.length === 0),
    );
}

/** On return the items of all exceptions that the gate let through are used up, whatever becomes of the wipe. */
export function useExceptions(run: Pick<Run, "stationLog" | "record" | "order">): void {
  const passed = run.record().gate?.exceptions ?? [];
  const exceptions = exceptionsOf(run.order.order).filter(({ id }) => passed.includes(id));
  use(
    run,
    exceptions.flatMap((one) => itemIds(one)),
  );
}

function use({ stationLog, record }: Pick<Run, "stationLog" | "record">, ids: readonly string[]): void {
  const { runId } = record().begin;
  const known = usedBy(stationLog, (one) => one === runId);
  const used = ids.filter((id) => !known.has(id));
  if (used.length > 0) stationLog.write({ kind: "used", runId, used });
}

/** Answers of one back office about one batch are the same answer, in whichever order they stand. */
function resolutionId({ acquirer, mid, tid, batch, answer, asOf, hostReference }: ResolutionField): string {
  return sha256Hex(Buffer.from(["resolution", acquirer, mid, tid, batch, answer, asOf, hostReference].join(" ")));
}

/** The back office's word on a batch. */
export type Resolution = { readonly answer: "closed"; readonly totals: Totals } | { readonly answer: "open"; readonly asOf: string };

/** What the order says about this batch, unless another run has used that up. Whether it counts is for whoever looks to say. */
export function resolutionFor(run: Pick<Run, "stationLog" | "record" | "order">, account: Account, batch: string): Resolution | undefined {
  const told = resolutionOf(run.order.order, account, batch);
  if (told === undefined || usedByOthers(run).has(resolutionId(told))) return undefined;
  const { answer, totals, asOf } = told;
  if (answer === "open") return { answer, asOf };
  if (totals === null) return undefined;
  return { answer, totals: { ...totals, debit: BigInt(totals.debit), credit: BigInt(totals.credit) } };
}

/** On return the answer about this batch is used up. */
export function useResolution(run: Pick<Run, "stationLog" | "record" | "order">, account: Account, batch: string): void {
  const told = resolutionOf(run.order.order, account, batch);
  if (told !== undefined) use(run, [resolutionId(told)]);
}
