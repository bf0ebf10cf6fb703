// What the simulated terminal answers to commands that move money, and to questions about operations: README "Settlement".
import { hex, unhex } from "../../../src/base/bytes.js";
import { sha256 } from "../../../src/base/sign.js";
import { resultOf } from "../../../src/sim/ops.js";
import { refuse } from "../../../src/sim/refused.js";
import { areaFaults, settleCodes } from "../codes.js";
import type { Context, Handlers } from "./context.js";
import { settlementOf, type Wire } from "./encoding.js";

export function money({ terminal, authority }: Context) {
  const { batch, ops, settlements } = terminal;
  return {
    pendingSend({ op, account: id, kind }, raw) {
      terminal.sendPending({ op: hex(op), body: hex(sha256(raw)), account: hex(id) }, kind);
      return {};
    },
    settleStart({ op, account: id, oldOp }, raw) {
      const old = oldOp === undefined ? undefined : hex(oldOp);
      const ruling = old === undefined ? undefined : authority.ruling(hex(id), batch.settlementOf(old)?.last.batch);
      terminal.settle({ op: hex(op), body: hex(sha256(raw)), account: hex(id) }, old, ruling);
      return {};
    },
    settleStatus: ({ op }) => settlementOf(settlements.status(hex(op)) ?? refuse("BAD_STATE", { detail: "NOTHING" })),
    hostQuery: ({ op }) => settlements.query(hex(op)),
    getOp({ op: id }) {
      const op = ops.get(hex(id));
      if (op === undefined) return { state: ops.state(hex(id)) as Wire<"getOp">["state"] }; // the store knows no other states
      const result = resultOf(op);
      const numbers: Readonly<Record<string, number>> = op.kind === "wipe" ? areaFaults : settleCodes;
      const code = op.code === undefined ? undefined : numbers[op.code];
      return {
        state: op.state as Wire<"getOp">["state"],
        ...(code === undefined ? {} : { code }),
        ...(result === undefined ? {} : { result }),
        ...(op.resultHash === undefined ? {} : { resultHash: unhex(op.resultHash) }),
      };
    },
    releaseOp({ op }) {
      ops.release(hex(op));
      return {};
    },
  } satisfies Partial<Handlers>;
}
