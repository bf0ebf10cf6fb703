// P1 to P24 (README: "Conformance") over the wire, against any podp terminal that a link leads to.
import { asDecomError } from "../../src/base/errors.js";
import { authorityCases } from "./conformance/authority.js";
import { type Case, CaseEnd, type ConformanceContext, type Outcome } from "./conformance/case.js";
import { moneyCases } from "./conformance/money.js";
import { wipeCases } from "./conformance/wipe.js";

export type { ConformanceContext, Outcome } from "./conformance/case.js";

/** What wipes the terminal comes last, so that an address with one terminal behind it sees as much as possible. */
const LAST = ["P14", "P17", "P22", "P24"];
export const conformanceCases: readonly Case[] = [...authorityCases, ...wipeCases, ...moneyCases].sort(
  (a, b) => LAST.indexOf(a.id) - LAST.indexOf(b.id) || Number(a.id.slice(1)) - Number(b.id.slice(1)),
);

export interface ConformanceCount {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export async function runCase(one: Case, context: ConformanceContext): Promise<Outcome> {
  try {
    await context.fresh?.();
    await one.run(context);
    return { end: "passed" };
  } catch (thrown) {
    if (thrown instanceof CaseEnd) return { end: thrown.end, reason: thrown.message };
    const error = asDecomError(thrown);
    return { end: "failed", reason: `${error.code}: ${error.message}` };
  }
}

export async function runConformance(
  context: ConformanceContext,
  report: (one: { readonly id: string; readonly title: string; readonly outcome: Outcome }) => void,
): Promise<ConformanceCount> {
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const one of conformanceCases) {
    const outcome = await runCase(one, context);
    count[outcome.end]++;
    report({ id: one.id, title: one.title, outcome });
  }
  return count;
}
