// Before any money moves: are these the order's merchant and terminals, and does the host's view agree with what the terminal has?
import { rfc3339 } from "../base/clock.js";
import type { ErrorCode } from "../base/codes.js";
import { DecomError } from "../base/errors.js";
import type { Seen, Stored } from "../evidence/entries.js";
import { isView, viewOf } from "../evidence/order/lookup.js";
import type { Order } from "../evidence/order/schema.js";
import type { RunRecord } from "../evidence/record.js";
import type { Terminal } from "../terminal/driver.js";
import { sameAccount } from "../terminal/exceptions.js";
import type { Account, Item } from "../terminal/facts.js";
import type { Model } from "../terminal/model.js";
import { isUnfinished, openItems, stansOf, storedItems, storedSettlement } from "./batches.js";
import type { Run } from "./context.js";
import { deviceTime } from "./device-time.js";
import { isNamed } from "./exceptions.js";
import { hostViewFindings } from "./host-view.js";
import { conditionOf } from "./tamper.js";

/** A terminal whose clock is further off dates its records wrongly. */
const CLOCK_TOLERANCE = 86_400_000;

/** Judges the first census under an order; a run that is taken up again is held to what was seen then. Throws what speaks against it. */
export async function judgeAccounts(run: Run): Promise<void> {
  const { order } = run.order;
  const { census, accounts } = run.proofs;
  refuseLapsed(run);
  const unbound = bindingObjection(order, accounts);
  if (unbound !== undefined) throw new DecomError("identity.binding", unbound);
  const unsettleable = settlementObjection(order, accounts, census?.items ?? []);
  if (unsettleable !== undefined) throw new DecomError("settle.deregistered", unsettleable);
  if (run.record().hostView === undefined) {
    const { clock } = conditionOf(run);
    const at = { order, model: run.model, accounts, items: storedItems(census?.items ?? []), clock, now: rfc3339(run.clock.wall()) };
    run.write({ kind: "seen", step: "host-view", ...(await compareViews(run.terminal, at)) });
  }
  const [finding] = run.record().hostView?.findings ?? [];
  if (finding !== undefined) throw new DecomError(finding.code, finding.why);
}

/** What was settled stays settled; nothing more is moved or erased under an order whose time has run out. */
export function refuseLapsed({ order: { order }, clock }: Pick<Run, "order" | "clock">): void {
  if (rfc3339(clock.wall()) <= order.notAfter) return;
  throw new DecomError("order.lapsed", `order ${order.id} was valid until ${order.notAfter}`, { order: order.id });
}

/** Never settles under a wrong order. A terminal that has no accounts any more is blank, not another merchant's. */
export function bindingObjection({ accounts: wanted }: Order, accounts: readonly Account[]): string | undefined {
  if (wanted === undefined || accounts.length === 0) return undefined;
  const strange = accounts.find((one) => !wanted.some((other) => sameAccount(one, other)));
  if (strange !== undefined) return `acquirer ${strange.acquirer}, terminal ${strange.tid} is in the terminal and not in the order`;
  const absent = wanted.find((one) => !accounts.some((other) => sameAccount(one, other)));
  return absent === undefined ? undefined : `acquirer ${absent.acquirer}, terminal ${absent.tid} is in the order and not in the terminal`;
}

/** Whether the acquirer still takes anything from this terminal, as the back office saw it in the registry. */
export function maySettle({ registry }: Pick<Order, "registry">): boolean {
  return registry?.settlementAllowed !== false;
}

/** What nobody may send any more has to be let go by exceptions, all of it, before anything is done. What was begun before is only looked up. */
export function settlementObjection(order: Order, accounts: readonly Account[], items: readonly Item[]): string | undefined {
  if (maySettle(order)) return undefined;
  const begun = (id: string) => items.some((item) => item.account === id && isUnfinished(item));
  const open = accounts.filter((account) => !begun(account.id) && !isNamed(order, account, items));
  if (open.length === 0) return undefined;
  const stans = stansOf(open.flatMap((account) => openItems(items, account)));
  const names = open.map(({ tid }) => tid).join(", ");
  return `the registry allows no settlement, and ${names} has items open that are not all excepted (STAN ${stans})`;
}

export interface Compared {
  readonly order: Order;
  readonly model: Model;
  readonly accounts: readonly Account[];
  readonly items: readonly Stored<Item>[];
  /** The terminal's, `YYMMDDhhmmss`. */
  readonly clock: string;
  /** This computer's, RFC 3339. */
  readonly now: string;
}

/** Asks the terminal for its last settlements, where there is a view to compare them with, and says what speaks against it. */
export async function compareViews(
  terminal: Pick<Terminal, "lastSettlement">,
  { order, model, accounts, items, clock, now }: Compared,
): Promise<Pick<Extract<Seen, { readonly step: "host-view" }>, "last" | "findings">> {
  const last = [];
  for (const account of accounts) {
    if (isView(viewOf(order, account)))
      last.push({ account: account.id, facts: storedSettlement(await terminal.lastSettlement(account.id)) });
  }
  const findings = hostViewFindings({
    order,
    accounts,
    items,
    last: new Map(last.map(({ account, facts }) => [account, facts])),
    batchWraps: model.batchWraps,
    clockAheadMs: aheadOf(clock, now),
  });
  return { last, findings };
}

/** Undefined when it is too far off for its records to be dated by it. A time zone is not too far. */
function aheadOf(clock: string, now: string): number | undefined {
  const theirs = deviceTime(clock);
  if (theirs === undefined) return undefined;
  const ahead = theirs - Date.parse(now);
  return Math.abs(ahead) > CLOCK_TOLERANCE ? undefined : ahead;
}

/** What the permit needs of it: a view that nobody compared does not agree. */
export function hostFindingsOf(record: RunRecord): readonly { readonly code: ErrorCode; readonly why: string }[] {
  return record.hostView?.findings ?? [{ code: "batch.cleared-before", why: "the host's view was not compared" }];
}
