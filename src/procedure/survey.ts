// A run without its acts: connects, checks the order, opens and reads everything, and says what a run would do. Moves and erases nothing.
import { rfc3339 } from "../base/clock.js";
import type { ErrorCode } from "../base/codes.js";
import { DecomError } from "../base/errors.js";
import { mayWipe } from "../evidence/order/granted.js";
import { isTampered, mayWipeTampered } from "../evidence/tamper.js";
import { type Account, type Condition, type Identity, type Kind, kinds, recordCount, type TotalRow } from "../terminal/facts.js";
import { bindingObjection, compareViews, settlementObjection } from "./accounts.js";
import { acceptedOrder, authorityOf } from "./admission.js";
import { openItems, storedItems } from "./batches.js";
import { lookForBlank } from "./blank.js";
import { connect, modelOf, refuseOther } from "./connect.js";
import type { Bench } from "./context.js";
import type { RunRequest } from "./decommission.js";
import { isExcepted } from "./exceptions.js";
import { probeAll, refuseDifferences } from "./inventory.js";
import { refuseOpenRun } from "./runs.js";
import { stepsFor } from "./steps/pending.js";
import { planOf } from "./steps/wipe.js";
import { refuseEndedLife } from "./twin.js";

export interface SurveyRequest extends Omit<RunRequest, "expectSerial" | "isolation"> {
  /** Refuses another terminal than this. */
  readonly expectSerial?: string;
}

export interface Survey {
  readonly identity: Identity;
  readonly condition: Condition;
  readonly orderSha256: string;
  readonly accounts: readonly Account[];
  readonly rows: readonly TotalRow[];
  readonly censusHash: string;
  readonly keys: number;
  /** Somebody has wiped it before: a run would only look at it. */
  readonly blank: boolean;
  readonly would: {
    readonly send: readonly { readonly kind: Kind; readonly account: string; readonly count: number }[];
    readonly settle: readonly { readonly acquirer: string; readonly tid: string; readonly batch: string }[];
    readonly erase: { readonly areas: readonly number[]; readonly slots: readonly string[] };
  };
  /** Why a run would not go through as things stand now; empty when nothing is known against it. */
  readonly stops: readonly { readonly code: ErrorCode; readonly why: string }[];
}

export async function survey(bench: Bench, request: SurveyRequest): Promise<Survey> {
  const { terminal, family } = await connect(bench, request);
  await using _ = terminal;
  const { identity } = terminal;
  refuseOther(identity, request.expectSerial);
  refuseOpenRun(bench, identity.serial);
  refuseEndedLife(bench.stationLog, identity);
  const model = modelOf(family, identity.model);
  const order = acceptedOrder(bench, family, identity, request.order);
  const condition = await terminal.condition();
  await terminal.open(authorityOf(bench, family, order, identity));
  const { accounts, rows } = await terminal.accounts();
  const census = await terminal.census();
  const areas = await terminal.areas();
  const { ranges, slots } = await terminal.slots();
  // Probing takes the right to wipe.
  const probes = mayWipe(order.order) ? await probeAll(terminal, model) : [];
  const blank = (await lookForBlank(terminal, model)) !== undefined;
  const plan = planOf(model, order.order.requestedAreas);

  const stops: Survey["stops"][number][] = [];
  const tampered = isTampered(condition, order.order);
  if (tampered && !mayWipeTampered(condition, order.order)) stops.push({ code: "terminal.tampered", why: condition.tamperCodes });
  for (const account of tampered ? accounts : []) {
    const open = openItems(census.items, account);
    if (open.length === 0 || isExcepted({ order, proofs: { census, accounts } }, account)) continue;
    stops.push({ code: "batch.tampered", why: `${account.tid}: ${open.length} items are open` });
  }
  if (census.unread.length > 0) stops.push({ code: "batch.unread", why: `areas ${census.unread.join(", ")}` });
  for (const { kind, stan } of census.items) {
    if (kinds[kind].gate === "BLOCK") stops.push({ code: kind === "U24" ? "batch.unknown-item" : "batch.open", why: `${kind} ${stan}` });
  }
  if (accounts.length === 0 && !blank) stops.push({ code: "batch.no-account", why: "the terminal names no acquirer" });
  const unbound = bindingObjection(order.order, accounts);
  if (unbound !== undefined) stops.push({ code: "identity.binding", why: unbound });
  const unsettleable = settlementObjection(order.order, accounts, census.items);
  if (unsettleable !== undefined) stops.push({ code: "settle.deregistered", why: unsettleable });
  const items = storedItems(census.items);
  const now = rfc3339(bench.clock.wall());
  const { findings } = await compareViews(terminal, { order: order.order, model, accounts, items, clock: condition.clock, now });
  stops.push(...findings);
  if (!mayWipe(order.order)) stops.push({ code: "order.held", why: order.order.reasonCode });
  try {
    refuseDifferences(model, { areas, ranges, slots, probes, accounts: accounts.length });
  } catch (thrown) {
    if (!(thrown instanceof DecomError)) throw thrown;
    stops.push({ code: thrown.code, why: thrown.message });
  }
  const waiting = stepsFor(model).flatMap(({ kind }) =>
    accounts.map(({ id }) => ({
      kind,
      account: id,
      count: recordCount(census.items.filter((item) => item.kind === kind && item.account === id)),
    })),
  );
  return {
    identity,
    condition,
    orderSha256: order.sha256,
    accounts,
    rows,
    censusHash: census.hash,
    keys: slots.length,
    blank,
    would: {
      send: tampered ? [] : waiting.filter(({ count }) => count > 0),
      settle: (tampered ? [] : accounts).map(({ acquirer, tid, batch }) => ({ acquirer, tid, batch })),
      erase: {
        areas: blank ? [] : plan.areas.map(({ area }) => area),
        slots: (blank ? [] : plan.slots).map(({ type, algorithm, from, to }) => `${type}/${algorithm}/${from}-${to}`),
      },
    },
    stops,
  };
}
