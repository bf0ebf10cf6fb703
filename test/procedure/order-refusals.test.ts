// Every order that is refused, played against a simulated terminal: what it is refused with, and every frame that the terminal saw.
import { describe, expect, it } from "vitest";
import { decodeFrame } from "../../protocols/podp/frame.js";
import { hex } from "../../src/base/bytes.js";
import { rfc3339 } from "../../src/base/clock.js";
import type { ErrorCode } from "../../src/base/codes.js";
import { DecomError } from "../../src/base/errors.js";
import { pointOf } from "../../src/base/sign.js";
import { signDetached } from "../../src/evidence/envelope/cms.js";
import { orderRules } from "../../src/evidence/order/rules.js";
import type { Order } from "../../src/evidence/order/schema.js";
import { StationLog } from "../../src/evidence/station-log.js";
import type { GivenOrder } from "../../src/procedure/admission.js";
import type { Item } from "../../src/terminal/facts.js";
import { START } from "../support/factory.js";
import { testStation, testWireKey } from "../support/identities.js";
import { exceptionsFor, fullOrder, orderFor, viewsOf } from "../support/orders.js";
import { stationLogOf } from "../support/records.js";
import { World } from "../support/world.js";

const DAY = 86_400_000;
const at = (days: number) => rfc3339(START + days * DAY);
const PRODUCTION = "podp-production";

interface Row {
  readonly code: ErrorCode;
  readonly what: string;
  readonly model?: string;
  readonly order: (world: World) => GivenOrder;
}

/** A full order with these words changed, signed as it then stands. */
const row = (code: ErrorCode, what: string, change: (order: Order, world: World) => Partial<Order>, model?: string): Row => ({
  code,
  what,
  ...(model === undefined ? {} : { model }),
  order: (world) => orderFor(world, (order) => change(order, world)),
});
const without = (field: keyof Order): Row =>
  row(
    "order.incomplete",
    `production order that says nothing of ${field}`,
    () => ({ environment: "production", [field]: undefined }),
    PRODUCTION,
  );
const some = (world: World): readonly Item[] => world.sim.terminal.batch.census().items.slice(0, 1);
const excepted = (what: string, change: (order: Order, world: World) => Partial<Order>): Row =>
  row("order.exception", what, (order, world) => ({ dualControl: true, ...change(order, world) }));

const rows: readonly Row[] = [
  { code: "order.signature", what: "unsigned (R01)", order: (w) => ({ content: orderFor(w).content, signature: new Uint8Array(0) }) },
  {
    code: "order.signature",
    what: "changed after it was signed (R01)",
    order(w) {
      const { content, signature } = orderFor(w);
      return {
        signature,
        content: new Uint8Array(Buffer.from(Buffer.from(content).toString().replace("reuse-internal", "reuse-external"))),
      };
    },
  },
  {
    code: "order.signature",
    what: "signed by a station instead of its owner (R01)",
    order(w) {
      const { content } = orderFor(w);
      return { content, signature: signDetached({ content, signer: testStation().signerFor("bench"), signingTime: START }) };
    },
  },
  {
    code: "order.invalid",
    what: "with a field that orders do not have",
    order(w) {
      const { owner } = testStation();
      const content = new Uint8Array(Buffer.from(`${JSON.stringify({ ...fullOrder(w), force: true })}\n`));
      return { content, signature: signDetached({ content, signer: owner!.signer, signingTime: START }) };
    },
  },
  row("order.expired", "expired (E26)", () => ({ issuedAt: at(-9), notAfter: at(-1) })),
  row("order.early", "not yet valid (E26)", () => ({ issuedAt: at(1), notAfter: at(9) })),
  {
    code: "order.nonce",
    what: "used by an earlier run (R01)",
    order(w) {
      const signed = orderFor(w);
      const { nonce } = JSON.parse(Buffer.from(signed.content).toString()) as Order;
      const past = { runId: "r", certId: "c", serial: w.serial, life: 1, orderSha256: "0".repeat(64) };
      w.bench().stationLog.write({ kind: "intent", ...past, nonce });
      return signed;
    },
  },
  row("order.bench", "bench order on a production terminal (E99)", () => ({}), PRODUCTION),
  { code: "order.bench", what: "--bench on a production terminal (E99)", model: PRODUCTION, order: () => "bench" },
  row("order.device", "for another serial number (E27)", ({ device }) => ({ device: { ...device, serial: "SIM9999999" } })),
  row("order.device", "for another model (E27)", ({ device }) => ({ device: { ...device, model: "podp-traditional" } })),
  row("order.life", "for another life (E27)", ({ device }) => ({ device: { ...device, life: 2 } })),
  row("order.station", "for another station", () => ({ station: "OTHER-STATION" })),
  row("order.station", "for another depot", () => ({ depot: "00000000000000d2" })),
  row("order.schema", "whose back end cannot read our certificates (E98)", () => ({ acceptSchemas: [2, 3] })),
  row("order.reason", "to put a lost terminal on record", () => ({ reasonCode: "LOST" })),
  ...(["accounts", "approvals", "documents", "contract", "fees", "stopUse", "registry", "custody"] as const).map(without),
  row("order.incomplete", "with a document nobody verified (R03)", () => ({
    documents: [{ kind: "application", reference: "A-2", verified: false }],
  })),
  row("order.consent", "TEMPORARY without consent to wipe (E71, R31)", () => ({ permanence: "TEMPORARY", wipeConsent: false })),
  row("order.consent", "PERMANENT without consent to wipe (R08)", () => ({ wipeConsent: false })),
  row("order.consent", "without the merchant's consent (R08)", () => ({ consents: [{ party: "legal", reference: "L-1", at: at(-3) }] })),
  row("order.consent", "of a shop sold, without the new merchant's consent (R33)", () => ({ reasonCode: "SHOP_TRANSFERRED" })),
  row("order.fees", "with fees outstanding and not waived (R05)", () => ({
    fees: { outstanding: { amount: 1, currency: "CNY" }, waiver: null },
  })),
  row("order.stop-use", "before the days without use are over (R06)", () => ({ stopUse: { since: at(-3), requiredDays: 7 } })),
  row("order.stop-use", "with a transaction after use was to stop (R06)", (_, w) => ({
    stopUse: { since: at(-14), requiredDays: 7 },
    hostView: viewsOf(w).map((view) => ({ ...view, lastStanAt: at(-2) })),
  })),
  row("order.registry", "while the registry says ACTIVE (R07)", () => ({ registry: { state: "ACTIVE", settlementAllowed: true } })),
  row("order.registry", "that allows no settlement, though the host holds uncaptured items that no exception names (R07)", () => ({
    registry: { state: "DEREGISTERED", settlementAllowed: false },
  })),
  row("order.exception", "that excepts one record twice: equal ones cannot be told apart", (_, w) => ({
    dualControl: true,
    exceptions: exceptionsFor(w, [...some(w), ...some(w)]),
  })),
  row("order.custody", "before the terminal was handed over (R23)", ({ custody }) => ({ custody: { ...custody!, received: at(1) } })),
  row("order.replacement", "with one serial number for old and new (R32)", (_, w) => ({ replacement: { newSerial: w.serial } })),
  row("order.people", "with one approver twice (R24)", () => ({
    hostView: { unavailable: true, reason: "closed", approvers: ["B-0002", "B-0002"] },
  })),
  row("order.people", "approved by the person at the bench (R24)", (_, w) => ({
    dualControl: true,
    exceptions: exceptionsFor(w, some(w), { approvers: ["B-0002", "P-0001"] }),
  })),
  row("order.people", "approved by who issues it (R24)", (_, w) => ({
    dualControl: true,
    exceptions: exceptionsFor(w, some(w), { approvers: ["B-0002", "BACK-OFFICE"] }),
  })),
  row("order.people", "with an exception and no dual control (R24)", (_, w) => ({ exceptions: exceptionsFor(w, some(w)) })),
  row(
    "order.people",
    "production order without a host view and nobody who answers for that (R01)",
    () => ({ environment: "production", hostView: { unavailable: true, reason: "none", approvers: [] } }),
    PRODUCTION,
  ),
  row("order.host-view", "with two views of one account", (_, w) => ({ hostView: [...viewsOf(w), ...viewsOf(w)] })),
  row("order.host-view", "without a view of one account", () => ({ hostView: [] })),
  row("order.host-view", "whose view lists less than it counts", (_, w) => ({
    hostView: viewsOf(w).map((view) => ({ ...view, items: [] })),
  })),
  excepted("that excepts what is never excepted", (_, w) => ({ exceptions: exceptionsFor(w, some(w), { kind: "U15" }) })),
  excepted("that excepts items of another terminal", (_, w) => ({ exceptions: exceptionsFor(w, some(w), { serial: "SIM9999999" }) })),
  excepted("that excepts items of another life", (_, w) => ({ exceptions: exceptionsFor(w, some(w), { life: 0 }) })),
  excepted("that excepts items of another merchant", (_, w) => ({ exceptions: exceptionsFor(w, some(w), { mid: "OTHER" }) })),
  excepted("that counts other than it lists", (_, w) => ({ exceptions: exceptionsFor(w, some(w), { count: 2 }) })),
  excepted("that lists items as unlisted", (_, w) => ({ exceptions: exceptionsFor(w, some(w), { disposition: "unlisted" }) })),
  excepted("that excepts a reversal without the host's reference", (_, w) => ({ exceptions: exceptionsFor(w, some(w), { kind: "U03" }) })),
  row("order.resolution", "with two answers about one batch", ({ accounts }) => {
    const answer = { ...accounts![0]!, batch: "000001", answer: "open", totals: null, hostReference: "H1", asOf: at(0) } as const;
    return { resolutions: [answer, answer] };
  }),
  row("order.resolution", "that calls a batch closed without its totals", ({ accounts }) => ({
    resolutions: [{ ...accounts![0]!, batch: "000001", answer: "closed", totals: null, hostReference: "H1", asOf: at(0) }],
  })),
  {
    code: "order.grant",
    what: "whose grant is another order's (R01)",
    order(w) {
      const { grant } = JSON.parse(Buffer.from(orderFor(w).content).toString()) as Order;
      const content = new Uint8Array(Buffer.from(`${JSON.stringify({ ...fullOrder(w), destination: "recycle", grant })}\n`));
      return { content, signature: signDetached({ content, signer: testStation().owner!.signer, signingTime: START }) };
    },
  },
  {
    code: "order.owner",
    what: "of an owner whom the terminal does not know (E93)",
    order(w) {
      w.sim.terminal.self.owners.set({ keys: [hex(pointOf(testWireKey))], pinned: false, rollover: 0 });
      return orderFor(w);
    },
  },
  row("order.continues", "that continues another run", () => ({ continues: id(1) })),
  {
    code: "order.ambiguous",
    what: "beside another that is as valid (E89)",
    order: (w) => [orderFor(w), orderFor(w, () => ({ id: id(2), nonce: "b".repeat(32) }))],
  },
  {
    code: "order.none",
    what: "none of several for this terminal",
    order: (w) => [8, 9].map((life) => orderFor(w, ({ device }) => ({ id: id(life), device: { ...device, life } }))),
  },
];

function id(n: number): string {
  return `019b8c1e-0000-7000-8000-00000000000${n}`;
}

/** Runs once under this order; says how that ended and which frames the terminal was sent. */
async function play(given: Row["order"], model = "podp-small") {
  const frames: string[] = [];
  const world = new World({ model, order: given, witness: "P-0002" });
  const write = world.line.write.bind(world.line);
  world.line.write = (bytes) => {
    frames.push(decodeFrame(bytes.subarray(1, -1))?.type ?? "noise");
    return write(bytes);
  };
  const end = await world.clock.run(() =>
    world.run("run").catch((thrown: unknown) => (thrown instanceof DecomError ? thrown.code : Promise.reject(thrown))),
  );
  return { world, end, frames };
}

describe("refused, with the frames that the terminal saw", () => {
  const titled = rows.map((one) => [`${one.code}: an order ${one.what}`, one] as const);
  it.each(titled)("%s", async (_, { code, order, model }) => {
    const { world, end, frames } = await play(order, model);
    expect(end).toBe(code);
    expect(frames).toEqual(["HELLO"]);
    expect(world.disk.list("out")).toEqual([]);
    expect(world.sim.violations()).toEqual([]);
    expect(stationLogOf(world)).toContain('"endState":"REFUSE"');
  });

  it("clock.floor: any order, while the clock stands before what this station has signed", async () => {
    const { world, end, frames } = await play((w) => {
      const ahead = { ...w.clock, wall: () => START + DAY, monotonic: () => 0, after: () => () => undefined };
      StationLog.open(w.disk, "keys/state/log.ndjson", ahead).write({ kind: "end", runId: "r", endState: "CERT" });
      return orderFor(w);
    });
    expect([end, frames]).toEqual(["clock.floor", ["HELLO"]]);
    expect(world.disk.list("out")).toEqual([]);
  });

  it("covers every rule there is", () => {
    const played = new Set(rows.map(({ code }) => code));
    const all = Object.values(orderRules).map(({ code }) => code);
    expect(all.filter((code) => !played.has(code))).toEqual([]);
  });
});

describe("not refused", () => {
  it("is the one of two orders that replaces the other (E89)", async () => {
    const { end } = await play((w) => {
      const old = orderFor(w);
      const { id: replaces } = JSON.parse(Buffer.from(old.content).toString()) as Order;
      return [old, orderFor(w, () => ({ id: id(2), nonce: "b".repeat(32), replaces }))];
    });
    expect(end).toMatchObject({ message: null, outcome: "ERASED" });
  });

  it("is the one of several orders that is for this terminal, in this life and not expired", async () => {
    const { end } = await play((w) => [
      orderFor(w, ({ device }) => ({ id: id(2), device: { ...device, serial: "SIM9999999" } })),
      orderFor(w, () => ({ id: id(3), issuedAt: at(-9), notAfter: at(-1) })),
      orderFor(w),
    ]);
    expect(end).toMatchObject({ message: null, outcome: "ERASED" });
  });

  it.each([
    ["waived fees", { fees: { outstanding: { amount: 9_900, currency: "CNY" }, waiver: { by: "B-0004", reference: "W-1" } } }],
    ["a temporary closing with consent to wipe", { permanence: "TEMPORARY" }],
    ["any station of the depot", { station: undefined }],
    [
      "a shop sold with both parties' consent",
      {
        reasonCode: "SHOP_TRANSFERRED",
        consents: [
          { party: "merchant", reference: "S-1", at: at(-3) },
          { party: "new-merchant", reference: "S-2", at: at(-3) },
        ],
      },
    ],
  ] as const satisfies readonly (readonly [string, Partial<Order> | object])[])("is %s", async (_, change) => {
    const { end } = await play((w) => orderFor(w, () => change as Partial<Order>));
    expect(end).toMatchObject({ message: null, outcome: "ERASED" });
  });
});
