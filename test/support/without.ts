// A scenario with one of its conditions taken away.
import type { Scenario } from "../../src/sim/scenario/scenario.js";

/** The same scenario with one of its conditions taken away, for each: a condition that changes nothing proves nothing. */
export function without(scenario: Scenario): { readonly field: string; readonly scenario: Scenario }[] {
  const { label, owner, order, ...bare } = scenario;
  const parts = (["terminal", "host"] as const).flatMap((part) =>
    Object.keys(scenario[part] ?? {}).map((field) => {
      const { [field]: _, ...rest } = scenario[part] as Record<string, unknown>; // keys() just named it
      return { field: `${part}.${field}`, scenario: { ...scenario, [part]: rest } };
    }),
  );
  const given = Object.entries({ label, owner, order }).filter(([, value]) => value !== undefined);
  const whole = given.map(([field]) => ({
    field,
    scenario: { ...bare, ...Object.fromEntries(given.filter(([name]) => name !== field)) } as Scenario, // less of what it had
  }));
  return [...parts, ...whole];
}
