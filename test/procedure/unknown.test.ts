import { describe, expect, it } from "vitest";
import { outcomes } from "../../src/evidence/entries.js";
import { type Conclusion, conclude, type Look } from "../../src/procedure/unknown.js";
import { opStates, settlementStates } from "../../src/terminal/facts.js";

const ops = [...Object.keys(opStates), "unknown-99"] as Look["op"][];
const states = [...Object.keys(settlementStates), "unknown-99"] as Look["state"][];
const hosts: Look["host"][] = ["not-asked", "closed", "open", "cannot-tell", "unknown-7"];
const offices: Look["office"][] = ["none", "closed", "open"];
const batches: Look["batch"][] = ["same", "successor", "other"];
const flags = [true, false];
const SIZE = ops.length * states.length * outcomes.length * hosts.length * offices.length * batches.length * 2 ** 4;

/** Every look there is, with what it means, computed once for all tests. */
const table: readonly (readonly [Look, Conclusion])[] = ops.flatMap((op) =>
  states.flatMap((state) =>
    outcomes.flatMap((outcome) =>
      hosts.flatMap((host) =>
        offices.flatMap((office) =>
          batches.flatMap((batch) =>
            flags.flatMap((untouched) =>
              flags.flatMap((ours) =>
                flags.flatMap((confirmed) =>
                  flags.map((reopened) => {
                    const look = { op, state, outcome, host, office, batch, untouched, ours, confirmed, reopened };
                    return [look, conclude(look)] as const;
                  }),
                ),
              ),
            ),
          ),
        ),
      ),
    ),
  ),
);
const where = (matches: (look: Look, conclusion: Conclusion) => boolean) => table.filter(([look, conclusion]) => matches(look, conclusion));
/** Of the looks for which `matches`, those that break the rule; expected to be none. */
const broken = (matches: Parameters<typeof where>[0], rule: (look: Look, conclusion: Conclusion) => boolean) => {
  const found = where(matches);
  expect(found.length).toBeGreaterThan(0);
  return found.filter(([look, conclusion]) => !rule(look, conclusion)).slice(0, 3);
};

describe("an earlier settlement of unknown outcome", () => {
  it("has a conclusion for every combination that can be seen", () => {
    expect(table).toHaveLength(SIZE);
    const known = new Set(["settled", "settle", "finish", "ask-host", "wait", "failed", "unknown"]);
    expect(where((_, { next }) => !known.has(next))).toEqual([]);
  });

  it("is settled anew only where the terminal knows that nothing is under way and nothing was booked", () => {
    const rule = (look: Look) =>
      look.state === "idle" &&
      look.batch === "same" &&
      (look.op === "NOT_STARTED" ? look.untouched : look.op === "FAILED" && look.ours && look.office === "open" && !look.reopened);
    expect(broken((_, { next }) => next === "settle", rule)).toEqual([]);
    const again = (_: Look, conclusion: Conclusion) => conclusion.next === "failed" && conclusion.again;
    expect(
      broken(
        again,
        ({ op, state, batch, ours, outcome }) =>
          [op, state, batch, ours].join() === "FAILED,idle,same,true" &&
          ["HOST_REJECTED", "HOST_UNREACHABLE", "UNBALANCED"].includes(outcome),
      ),
    ).toEqual([]);
  });

  it("is never decided by us in state sent: host and back office say closed or open with one voice, else nobody knows", () => {
    const inDoubt = ({ op, state, ours, batch }: Look) =>
      (op === "UNKNOWN" || op === "FAILED") && state === "sent" && ours && batch === "same";
    const expected = ({ host, office, reopened }: Look): Conclusion["next"] => {
      if (host === "not-asked") return "ask-host";
      const said = [host, office].filter((answer) => answer === "open" || answer === "closed");
      if (said.length === 0 || new Set(said).size > 1) return "unknown";
      return said[0] === "closed" || !reopened ? "finish" : "unknown";
    };
    expect(broken(inDoubt, (look, { next }) => next === expected(look))).toEqual([]);
  });

  it("is taken up again for its local steps only when the host has booked this batch with these totals", () => {
    const local = ({ op, state }: Look) => (op === "UNKNOWN" || op === "FAILED") && (state === "booked" || state === "printed");
    expect(broken(local, ({ ours, batch }, { next }) => next === (ours && batch === "same" ? "finish" : "unknown"))).toEqual([]);
    expect(
      broken(
        (_, { next }) => next === "finish",
        ({ ours, batch }) => ours && batch === "same",
      ),
    ).toEqual([]);
  });

  it("counts as settled only with this batch, these totals, the host's reference and a batch number that is ours or its successor", () => {
    const settled = (look: Look, { next }: Conclusion) => next === "settled" && !byOffice(look);
    const rule = ({ op, state, ours, confirmed, batch, outcome }: Look, conclusion: Conclusion) =>
      conclusion.next === "settled" &&
      conclusion.outcome === outcome &&
      ours &&
      (outcome === "NOTHING_TO_SETTLE"
        ? op === "DONE" && state === "idle" && batch === "same"
        : outcome.startsWith("BALANCED") && state === "cleared" && confirmed && batch !== "other");
    expect(broken(settled, rule)).toEqual([]);
  });

  /** Cleared on the back office's word, after which no host was heard. */
  const byOffice = ({ state, office, outcome }: Look) => state === "cleared" && office === "closed" && outcome === "UNKNOWN";

  it("counts as balanced without the host's reference where the back office closed this very batch with these totals", () => {
    const settled = (look: Look, { next }: Conclusion) => next === "settled" && byOffice(look);
    const rule = ({ ours, batch }: Look, conclusion: Conclusion) =>
      conclusion.next === "settled" && conclusion.outcome === "BALANCED" && ours && batch !== "other";
    expect(broken(settled, rule)).toEqual([]);
  });

  it("stays unknown when the terminal's store has forgotten it, whatever anybody says", () => {
    const lost = ({ op }: Look) => ["FORGOTTEN", "STORE_LOST", "unknown-99"].includes(op);
    expect(broken(lost, (_, { next }) => next === "unknown")).toEqual([]);
  });

  it("stays unknown when its totals or its batch are others", () => {
    const foreign = ({ op, ours, batch }: Look) => op !== "RUNNING" && op !== "NOT_STARTED" && (!ours || batch === "other");
    expect(broken(foreign, (_, { next }) => next === "unknown")).toEqual([]);
  });

  it("is never settled a third time", () => {
    const moves = (_: Look, { next }: Conclusion) => next === "settle" || next === "finish";
    const rule = ({ op, state, host, office, reopened }: Look) =>
      !reopened || op === "NOT_STARTED" || state === "booked" || state === "printed" || host === "closed" || office === "closed";
    expect(broken(moves, rule)).toEqual([]);
  });
});
