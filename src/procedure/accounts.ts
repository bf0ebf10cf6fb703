// Before any money moves: are these the order's merchant and terminals, and does the host's view agree with what the terminal has?
import type { ErrorCode } from "../base/codes.js";
import { DecomError } from "../base/errors.js";
import { isView, viewOf } from "../evidence/order/lookup.js";
import type { RunRecord, SeenStep } from "../evidence/record.js";
import { sameAccount } from "../terminal/exceptions.js";
import type { Run } from "./context.js";
import { hostViewFindings } from "./host-view.js";
import { stored } from "./settle.js";

/** A terminal whose clock is further off dates its records wrongly. */
const CLOCK_TOLERANCE = 86_400_000;

/** Judges the first census; a run that is taken up again is held to what was seen then. Throws `identity.binding` or what the view says. */
export async function judgeAccounts(run: Run): Promise<void> {
  const start = run.record().census("start");
  if (start === undefined) return;
  bind(run);
  if (run.record().hostView === undefined) await compareViews(run, start);
  const [finding] = run.record().hostView?.findings ?? [];
  if (finding !== undefined) throw new DecomError(finding.code, finding.why);
}

/** Never settles under a wrong order. A terminal that has no accounts any more is blank, not another merchant's. */
function bind(run: Run): void {
  const { accounts: wanted } = run.order.order;
  const { accounts } = run.proofs;
  if (wanted === undefined || accounts.length === 0) return;
  const strange = accounts.find((one) => !wanted.some((other) => sameAccount(one, other)));
  const absent = wanted.find((one) => !accounts.some((other) => sameAccount(one, other)));
  const wrong = strange ?? absent;
  if (wrong === undefined) return;
  const where = strange === undefined ? "is in the order and not in the terminal" : "is in the terminal and not in the order";
  throw new DecomError("identity.binding", `acquirer ${wrong.acquirer}, terminal ${wrong.tid} ${where}`);
}

async function compareViews(run: Run, start: SeenStep<"census">): Promise<void> {
  const { order } = run.order;
  const viewed = start.accounts.filter((account) => isView(viewOf(order, account)));
  const last = [];
  for (const { id } of viewed) last.push({ account: id, facts: stored(await run.terminal.lastSettlement(id)) });
  const findings = hostViewFindings({
    order,
    accounts: start.accounts,
    items: start.census.items,
    last: new Map(last.map(({ account, facts }) => [account, facts])),
    batchWraps: run.model.batchWraps,
    clockDoubtful: isDoubtful(run.record().condition?.condition.clock ?? "", start.at),
  });
  run.write({ kind: "seen", step: "host-view", last, findings });
}

/** `clock` is `YYMMDDhhmmss` by the terminal, `at` RFC 3339 by this computer. */
function isDoubtful(clock: string, at: string): boolean {
  const [, ...parts] = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(clock) ?? [];
  const [year = 0, month = 1, day = 1, ...time] = parts.map(Number);
  const theirs = Date.UTC(2000 + year, month - 1, day, time[0], time[1], time[2]);
  return parts.length === 0 || Math.abs(theirs - Date.parse(at)) > CLOCK_TOLERANCE;
}

/** What the permit needs of it: a view that nobody compared does not agree. */
export function hostFindingsOf(record: RunRecord): readonly { readonly code: ErrorCode; readonly why: string }[] {
  return record.hostView?.findings ?? [{ code: "batch.cleared-before", why: "the host's view was not compared" }];
}
