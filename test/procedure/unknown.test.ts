import { describe, expect, it } from "vitest";
import { outcomes } from "../../src/evidence/entries.js";
import { conclude, type Look } from "../../src/procedure/unknown.js";
import { opStates, settlementStates } from "../../src/terminal/facts.js";

const ops = [...Object.keys(opStates), "unknown-99"] as Look["op"][];
const states = [...Object.keys(settlementStates), "unknown-99"] as Look["state"][];
const hosts: Look["host"][] = ["not-asked", "closed", "open", "cannot-tell", "unknown-7"];
const flags = [true, false];

function* everyLook(): Generator<Look> {
  for (const op of ops)
    for (const state of states)
      for (const outcome of outcomes)
        for (const host of hosts)
          for (const ours of flags) for (const openedBefore of flags) yield { op, state, outcome, host, ours, openedBefore };
}

describe("an earlier settlement of unknown outcome", () => {
  it("has a conclusion for every combination that can be seen", () => {
    let looks = 0;
    for (const look of everyLook()) {
      looks++;
      expect(["settled", "settle", "finish", "ask-host", "wait", "failed", "unknown"]).toContain(conclude(look).next);
    }
    expect(looks).toBe(ops.length * states.length * outcomes.length * hosts.length * 4);
  });

  it("is settled anew only where the terminal knows that nothing was sent", () => {
    for (const look of everyLook()) {
      if (conclude(look).next !== "settle") continue;
      expect(look).toMatchObject({ state: "idle", ours: true });
      expect(["NOT_STARTED", "FAILED"]).toContain(look.op);
    }
  });

  it("is never decided by us in state sent: the host says closed or open, else nobody knows", () => {
    for (const look of everyLook()) {
      if (look.op !== "UNKNOWN" || look.state !== "sent" || !look.ours) continue;
      const expected =
        look.host === "not-asked"
          ? "ask-host"
          : look.host === "closed" || (look.host === "open" && !look.openedBefore)
            ? "finish"
            : "unknown";
      expect(conclude(look).next).toBe(expected);
    }
  });

  it("counts as settled only with this batch, a cleared state and an outcome that opens the gate", () => {
    for (const look of everyLook()) {
      const conclusion = conclude(look);
      if (conclusion.next !== "settled") continue;
      expect(look).toMatchObject({ op: "DONE", ours: true });
      expect(["NOTHING_TO_SETTLE", "BALANCED", "BALANCED_AFTER_UPLOAD"]).toContain(conclusion.outcome);
      if (conclusion.outcome !== "NOTHING_TO_SETTLE") expect(look.state).toBe("cleared");
    }
  });

  it("stays unknown when the terminal's store has forgotten it", () => {
    for (const look of everyLook())
      if (["FORGOTTEN", "STORE_LOST", "unknown-99"].includes(look.op)) expect(conclude(look).next).toBe("unknown");
  });
});
