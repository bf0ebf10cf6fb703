// A run without its acts: connects, checks the order, opens and reads everything, and says what a run would do. Moves and erases nothing.
import { rfc3339 } from "../base/clock.js";
import type { ErrorCode } from "../base/codes.js";
import { DecomError } from "../base/errors.js";
import { mayWipe } from "../evidence/order/granted.js";
import type { Order } from "../evidence/order/schema.js";
import { isTampered, mayWipeTampered } from "../evidence/tamper.js";
import type { Family, Terminal } from "../terminal/driver.js";
import {
  type Account,
  type Census,
  type Condition,
  type Identity,
  type Kind,
  kinds,
  recordCount,
  type TotalRow,
} from "../terminal/facts.js";
import type { Model } from "../terminal/model.js";
import { bindingObjection, compareViews, settlementObjection } from "./accounts.js";
import { acceptedOrder, authorityOf } from "./admission.js";
import { openItems, storedItems } from "./batches.js";
import { lookForBlank } from "./blank.js";
import { connect, modelOf, refuseOther } from "./connect.js";
import type { Bench } from "./context.js";
import type { RunRequest } from "./decommission.js";
import { isNamed } from "./exceptions.js";
import { exclusively } from "./exclusive.js";
import { type Inventory, probeAll, refuseDifferences } from "./inventory.js";
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
  return await exclusively(bench, terminal.identity.serial, () => surveyed(bench, request, terminal, family));
}

async function surveyed(bench: Bench, request: SurveyRequest, terminal: Terminal, family: Family): Promise<Survey> {
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

  const tampered = isTampered(condition, order.order);
  const now = rfc3339(bench.clock.wall());
  const views = { order: order.order, model, accounts, items: storedItems(census.items), clock: condition.clock, now };
  const { findings } = await compareViews(terminal, views);
  const inventory = { areas, ranges, slots, probes, accounts: accounts.length };
  const stops = [...stopsOf({ order: order.order, model, condition, accounts, census, blank, findings, inventory })];
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

interface Surveyed {
  readonly order: Order;
  readonly model: Model;
  readonly condition: Condition;
  readonly accounts: readonly Account[];
  readonly census: Census;
  readonly blank: boolean;
  readonly findings: Survey["stops"];
  readonly inventory: Inventory;
}

/** In the order in which a run would meet them. */
function* stopsOf({ order, model, condition, accounts, census, blank, findings, inventory }: Surveyed): Generator<Survey["stops"][number]> {
  const tampered = isTampered(condition, order);
  if (tampered && !mayWipeTampered(condition, order)) yield { code: "terminal.tampered", why: condition.tamperCodes };
  for (const account of tampered ? accounts : []) {
    if (isNamed(order, account, census.items)) continue;
    yield { code: "batch.tampered", why: `${account.tid}: ${openItems(census.items, account).length} items are open` };
  }
  if (census.unread.length > 0) yield { code: "batch.unread", why: `areas ${census.unread.join(", ")}` };
  for (const { kind, stan } of census.items) {
    if (kinds[kind].gate === "BLOCK") yield { code: kind === "U24" ? "batch.unknown-item" : "batch.open", why: `${kind} ${stan}` };
  }
  if (accounts.length === 0 && !blank) yield { code: "batch.no-account", why: "the terminal names no acquirer" };
  const unbound = bindingObjection(order, accounts);
  if (unbound !== undefined) yield { code: "identity.binding", why: unbound };
  const unsettleable = settlementObjection(order, accounts, census.items);
  if (unsettleable !== undefined) yield { code: "settle.deregistered", why: unsettleable };
  yield* findings;
  if (!mayWipe(order)) yield { code: "order.held", why: order.reasonCode };
  try {
    refuseDifferences(model, inventory);
  } catch (thrown) {
    if (!(thrown instanceof DecomError)) throw thrown;
    yield { code: thrown.code, why: thrown.message };
  }
}
