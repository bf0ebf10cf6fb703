// The order as a document: its bounds, what its grant says, and what a verifier holds a certificate's exceptions against.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { podp } from "../../protocols/podp/family.js";
import { hex } from "../../src/base/bytes.js";
import { codes } from "../../src/base/codes.js";
import { sha256 } from "../../src/base/sign.js";
import { words } from "../../src/base/words.js";
import { orderOf, parseOrder } from "../../src/evidence/order/check.js";
import { exceptionsOf, grantFactsOf, mayWipe } from "../../src/evidence/order/granted.js";
import { type ReasonCode, reasonPolicies } from "../../src/evidence/order/policy.js";
import { judge, orderRules } from "../../src/evidence/order/rules.js";
import { type ExceptionField, exceptionHash, type Order, writeOrder } from "../../src/evidence/order/schema.js";
import { checkStatement } from "../../src/evidence/statement/rules.js";
import type { Statement } from "../../src/evidence/statement/statement.js";
import type { GrantFacts } from "../../src/terminal/authority.js";
import { readme } from "../podp/readme.js";
import { fullOrder, orderFor } from "../support/orders.js";
import { put, SERIAL, testOrder, testStatement } from "../support/statement.js";
import { World } from "../support/world.js";

const full = (): Order => fullOrder(new World());
const code = (change: object) => {
  try {
    orderOf(() => ({ ...structuredClone(full()), ...change }));
    return "ok";
  } catch (thrown) {
    return (thrown as { code?: string }).code;
  }
};
const uncaught = (n: number) => ({ stan: String(n).padStart(6, "0"), direction: "debit", currency: "CNY", amount: 1 });

describe("the schema of orders", () => {
  it("is closed and bounded", () => {
    expect(code({})).toBe("ok");
    const [account] = full().accounts ?? [];
    const [view] = full().hostView as object[];
    for (const change of [
      { extra: 1 },
      { reasonCode: "BECAUSE" },
      { permanence: "FOR_A_WHILE" },
      { accounts: [] },
      { accounts: Array.from({ length: 13 }, () => account) },
      { hostView: [{ ...view, items: Array.from({ length: 2001 }, (_, i) => uncaught(i % 999_999)) }] },
      { fees: { outstanding: { amount: 0.5, currency: "CNY" }, waiver: null } },
      { device: { serial: "sim 7", life: 1, model: "podp-small" } },
      { device: { serial: SERIAL, life: -1, model: "podp-small" } },
      { notAfter: "2026-02-30T00:00:00.000Z" },
      { acceptSchemas: [] },
      { grant: "not base64!" },
    ]) {
      expect(code(change), JSON.stringify(change).slice(0, 80)).toBe("order.invalid");
    }
  });

  it("is read back from its bytes unchanged", () => {
    const order = full();
    expect(parseOrder(writeOrder(order))).toEqual(order);
    expect(Buffer.from(writeOrder(order)).toString().endsWith("}\n")).toBe(true);
  });

  it("takes the draft that lies in fixtures, which is for the simulated terminal of seed 7", () => {
    const draft = JSON.parse(readFileSync("fixtures/orders/full.draft.json", "utf8")) as object;
    const world = new World({ seed: 7 });
    const order = orderOf(() => ({ ...full(), ...draft, grant: "" }));
    expect(judge(order, { now: world.clock.wall() }).filter(({ result }) => result === "fails")).toEqual([]);
    expect(order.accounts).toEqual(full().accounts);
    expect(order.device).toEqual(full().device);
  });
});

describe("reason codes", () => {
  it("each have a policy: consent, pay-out and whether the wipe is allowed", () => {
    const held = (Object.keys(reasonPolicies) as ReasonCode[]).filter((reason) => reasonPolicies[reason].wipe === "held");
    expect(held).toEqual(["VIOLATION_FROZEN", "VIOLATION_CLOSED", "TERMINAL_TAMPERED", "ILLEGALLY_MODIFIED"]);
    for (const reasonCode of held) {
      expect(reasonPolicies[reasonCode].payout).toBe("held");
      expect(mayWipe({ ...full(), reasonCode })).toBe(false);
      expect(mayWipe({ ...full(), reasonCode, lifted: { reference: "x", at: "2026-01-01T00:00:00.000Z", approvers: ["A", "B"] } })).toBe(
        true,
      );
    }
  });

  it("that hold the wipe leave the right to wipe out of the grant", () => {
    const rights = (order: Order) => grantFactsOf(order, podp.authority).rights;
    expect(rights(full())).toContain("wipe");
    expect(rights({ ...full(), reasonCode: "VIOLATION_FROZEN" })).toEqual(["read", "settle", "unlock"]);
  });
});

describe("rules", () => {
  it("each have a code that refuses, and a sentence", () => {
    for (const [rule, { code }] of Object.entries(orderRules)) {
      expect(codes[code].end, code).toBe("REFUSE");
      expect(words.orderRule).toHaveProperty(rule);
    }
  });

  it("that need what is not known say so", () => {
    const open = judge(full(), { now: 0 }).filter(({ result }) => result === "not-checked");
    expect(open.map(({ rule }) => rule)).toEqual(["nonce", "environment", "device", "life", "station", "grant", "owner"]);
  });
});

const fromReadme: ExceptionField = {
  ...{ serial: "PD-000042", life: 1, acquirer: "00000000042", mid: "M00000000000001", tid: "T0000001", batch: "000007" },
  ...{ kind: "U03", direction: "debit", currency: "CNY", count: 1, amount: 300, disposition: "book-by-acquirer" },
  items: [{ stan: "000115", digest: hex(sha256(Buffer.from("record 115"))) }],
  hostReference: "H1",
  approvers: ["A", "B"],
};

describe("a podp grant", () => {
  const rows = (exceptions: readonly ExceptionField[], resolutions: Order["resolutions"] = []) =>
    grantFactsOf({ ...full(), exceptions: [...exceptions], resolutions }, podp.authority).exceptions;

  const [, worked] = (/```hex label=exception\n([^`]*)```/.exec(readme) ?? []).map((text) => text.replaceAll(/\s/g, "").toLowerCase());

  it("carries an exception as the specification's worked bytes say", () => {
    expect(rows([fromReadme])).toEqual([worked]);
  });

  it("carries several of one kind as one row, which is the same however they are told apart", () => {
    const other = { ...fromReadme, items: [{ stan: "000116", digest: "ab".repeat(32) }], amount: 50 };
    const both = { ...fromReadme, items: [...other.items, ...fromReadme.items], amount: 350, count: 2 };
    expect(rows([fromReadme, other])).toEqual(rows([both]));
    expect(rows([fromReadme, other])).toHaveLength(1);
    expect(rows([fromReadme, { ...other, direction: "credit" }])).toHaveLength(2);
  });

  it("carries the back office's answers, and no more than sixteen rows", () => {
    const { acquirer, mid, tid } = fromReadme;
    const answer = {
      acquirer,
      mid,
      tid,
      batch: "000007",
      answer: "closed",
      totals: null,
      hostReference: "H1",
      asOf: full().issuedAt,
    } as const;
    expect(rows([], [answer])).toEqual([`2e088bc7e522675b f1 00 0000 000007 ${"0".repeat(80)}`.replaceAll(" ", "")]);
    const many = Array.from({ length: 17 }, (_, i) => ({ ...fromReadme, batch: String(i + 1) }));
    expect(() => rows(many)).toThrow(expect.objectContaining({ code: "order.exception" }));
  });

  it("must say what the order says, to the last exception", () => {
    const signed = orderFor(new World(), () => ({ exceptions: [], dualControl: false }));
    const order = parseOrder(signed.content);
    const grant = (changed: Order) => judge(changed, { now: 0, maker: podp.authority }).find(({ rule }) => rule === "grant")?.result;
    expect(grant(order)).toBe("holds");
    expect(grant({ ...order, exceptions: [fromReadme] })).toBe("fails");
    expect(grant({ ...order, requestedAreas: ["K"] })).toBe("fails");
    expect(grant({ ...order, passFloor: 9 })).toBe("fails");
    expect(grant({ ...order, reasonCode: "VIOLATION_FROZEN" })).toBe("fails");
  });

  it("must not let go of more than its order, whose hash it names all the same", () => {
    const order = parseOrder(orderFor(new World()).content);
    const facts = grantFactsOf(order, podp.authority);
    const grants = (change: Partial<GrantFacts>) => {
      const bytes = podp.authority.grant({ ...facts, ...change }, "00".repeat(8), () => new Uint8Array(64));
      const swapped = { ...order, grant: Buffer.from(bytes).toString("base64") };
      return judge(swapped, { now: 0, maker: podp.authority }).find(({ rule }) => rule === "grant")?.result;
    };
    expect(grants({})).toBe("holds");
    expect(grants({ exceptions: rows([fromReadme]) })).toBe("fails");
    expect(grants({ rights: [...facts.rights, "sealed"] })).toBe("fails");
    expect(grants({ scopeFloor: ["K"] })).toBe("fails");
  });
});

describe("a certificate's exceptions, held against the order", () => {
  const field: ExceptionField = {
    ...fromReadme,
    ...{ kind: "U08", acquirer: "ACQ-A", mid: "898440370110001", tid: "70010001", disposition: "export", approvers: ["P-A1", "P-A2"] },
  };
  const used = (change: (statement: Statement) => void = () => undefined) => {
    const statement = testStatement((s) => {
      const { kind, direction, count, amount, items, disposition } = field;
      const money = { amount, currency: "CNY" };
      s.settlement[0]!.after.push({ kind, gate: "BLOCK-X", direction, count, money });
      s.settlement[0]!.exceptions = [{ orderItemSha256: exceptionHash(field), kind, direction, items, count, money, disposition }];
      s.approvers = ["P-A1", "P-A2"];
    });
    change(statement);
    const order = { ...testOrder(statement), exceptions: [field] };
    return checkStatement(statement, { order }).map(({ code }) => code);
  };

  it("stand when they are the order's own words", () => expect(used()).toEqual([]));

  it.each<[string, (statement: Statement) => void]>([
    ["an exception that is not in the order (case 93)", (s) => put(s.settlement[0]!.exceptions![0]!, { orderItemSha256: "00".repeat(32) })],
    ["another disposition", (s) => put(s.settlement[0]!.exceptions![0]!, { disposition: "write-off" })],
    ["another item", (s) => put(s.settlement[0]!.exceptions![0]!, { items: [{ stan: "000115", digest: "cd".repeat(32) }] })],
    ["other approvers", (s) => put(s, { approvers: ["P-A1", "P-A3"] })],
  ])("fall on %s", (_, change) => expect(used(change)).toContain("ORDER_EXCEPTION"));

  it("carry the order's money into the terms of the terminal's floor", () => {
    expect(exceptionsOf({ ...full(), exceptions: [field] })[0]?.money).toEqual({ minor: 300n, currency: "156" });
  });
});
