// Rules about time: what came first stands first. Times are RFC 3339 in UTC with milliseconds, which sort as text.
import { type Finding, finding } from "../codes.js";
import { isKnown, type Unknown } from "./fields.js";
import type { Statement } from "./statement.js";

interface Moment {
  readonly at: string;
  readonly pointer: string;
}

export function* timeFindings(statement: Statement, floor = "", maxUncertaintyMs = Number.POSITIVE_INFINITY): Generator<Finding> {
  const { runId, issuedAt, order, clock, tool, areas, inspections, isolation, settlement, custody, notified = [] } = statement;
  const begin = tool.segments[0]?.from ?? issuedAt;
  // An order that continues a run is newer than the run.
  if (begin < order.issuedAt && order.continues !== runId) yield finding("TIME_BEFORE_ORDER", "/order/issuedAt");
  if (begin > order.notAfter) yield finding("ORDER_EXPIRED", "/order/notAfter");
  if (issuedAt < clock.floor || issuedAt < floor) yield finding("TIME_BELOW_FLOOR", "/issuedAt");
  if (isKnown(clock.uncertaintyMs) && clock.uncertaintyMs > maxUncertaintyMs) yield finding("TIME_UNCERTAIN", "/clock/uncertaintyMs");

  const moment = (at: string | Unknown, pointer: string): readonly Moment[] => (isKnown(at) ? [{ at, pointer }] : []);
  const segments = tool.segments.flatMap(({ from, to }, i) => [
    ...moment(from, `/tool/segments/${i}/from`),
    ...moment(to, `/tool/segments/${i}/to`),
  ]);
  const attempts = settlement.map(({ attempts }, i) => attempts.flatMap(({ at }, j) => moment(at, `/settlement/${i}/attempts/${j}/at`)));
  const steps = areas.map(({ startedAt, endedAt }, i) => [
    ...moment(startedAt, `/areas/${i}/startedAt`),
    ...moment(endedAt, `/areas/${i}/endedAt`),
  ]);
  const looks = inspections.flatMap(({ at }, i) => moment(at, `/inspections/${i}/at`));
  const apart = isKnown(isolation) ? [...moment(isolation.from, "/isolation/from"), ...moment(isolation.to, "/isolation/to")] : [];
  const hands = custody.flatMap(({ at }, i) => moment(at, `/custody/${i}/at`));
  for (const line of [segments, ...attempts, ...steps, looks, apart, hands]) {
    for (const [i, { at, pointer }] of line.entries()) if (at < (line[i - 1]?.at ?? "")) yield finding("TIME_STEPS", pointer);
  }
  const wiping = steps.flat();
  const money = attempts.flat();
  // Money first, then the erase, then the looks.
  const firstWipe = wiping.map(({ at }) => at).sort()[0];
  const lastWipe =
    wiping
      .map(({ at }) => at)
      .sort()
      .at(-1) ?? "";
  for (const { at, pointer } of money) if (firstWipe !== undefined && at > firstWipe) yield finding("TIME_STEPS", pointer);
  for (const { at, pointer } of looks) if (at < lastWipe) yield finding("TIME_STEPS", pointer);
  for (const { at, pointer } of [...segments, ...money, ...wiping, ...looks, ...apart]) {
    if (at < begin || at > issuedAt) yield finding("TIME_STEPS", pointer);
  }
  for (const { at, pointer } of [...hands, ...notified.flatMap(({ at }, i) => moment(at, `/notified/${i}/at`))]) {
    if (at > issuedAt) yield finding("TIME_STEPS", pointer);
  }
  for (const [i, { hostView }] of settlement.entries()) {
    if (isKnown(hostView) && "asOf" in hostView && hostView.asOf > issuedAt) yield finding("TIME_STEPS", `/settlement/${i}/hostView/asOf`);
  }
  for (const [i, { seq }] of custody.entries()) if (seq !== i + 1) yield finding("TIME_STEPS", `/custody/${i}/seq`);
  for (const [i, { n, bootNumber }] of inspections.entries()) {
    const before = inspections[i - 1];
    if (n !== i + 1 || (before !== undefined && bootNumber < before.bootNumber)) yield finding("TIME_STEPS", `/inspections/${i}/n`);
  }
}
