// Orders for tests: a full one for a simulated terminal, and what a back office would know of it from the terminal's and the host's books.
import { podp } from "../../protocols/podp/family.js";
import { rfc3339 } from "../../src/base/clock.js";
import { alphabetic } from "../../src/base/money.js";
import { seededRandom } from "../../src/base/random.js";
import type { Owner } from "../../src/evidence/envelope/keys.js";
import { benchDraft, signOrder } from "../../src/evidence/order/make.js";
import type { AccountView, ExceptionField, Order, SignedOrder } from "../../src/evidence/order/schema.js";
import type { Item } from "../../src/terminal/facts.js";
import { testOwner, testStation } from "./identities.js";
import type { World } from "./world.js";

const DAY = 86_400_000;

/** Numbers and open batch of every account, as the terminal has them. */
export function accountsOf(world: World) {
  const { batch } = world.sim.terminal;
  return batch.accounts.map(({ id, acquirer, mid, tid, currency }) => ({
    id,
    acquirer,
    mid,
    tid,
    currency,
    batch: batch.ledger(id).get().batch,
  }));
}

/** The acquirer's host on this terminal: what it authorised and has not booked, and no closed batch before. */
export function viewsOf(world: World): AccountView[] {
  return accountsOf(world).map(({ id, acquirer, mid, tid, currency, batch }) => {
    const open = world.sim.terminal.batch.census().items.filter((item) => item.account === id && item.kind === "U01");
    const items = open.map(({ stan, direction, money }) => ({
      stan,
      direction,
      currency: alphabetic(currency),
      amount: Number(money.minor),
    }));
    const stans = world.sim.terminal.batch
      .census()
      .items.filter((item) => item.account === id)
      .map(({ stan }) => stan);
    const uncaptured = (["debit", "credit"] as const).map((direction) => {
      const rows = items.filter((item) => item.direction === direction);
      return { direction, currency: alphabetic(currency), count: rows.length, amount: rows.reduce((sum, { amount }) => sum + amount, 0) };
    });
    return {
      ...{ acquirer, mid, tid, openBatch: batch, uncaptured, items },
      ...{ lastStan: stans.sort().at(-1) ?? null, lastStanAt: rfc3339(world.clock.wall() - 20 * DAY), lastClosedBatch: null },
      asOf: rfc3339(world.clock.wall() - 3_600_000),
    };
  });
}

/** What a bench order says, with everything a back office would add. */
export function fullOrder(world: World): Order {
  const identity = { serial: world.serial, life: world.sim.terminal.life.life, model: world.sim.model, passFloor: 0 };
  const { clock } = world;
  const draft = benchDraft({ station: testStation(), identity, clock, random: seededRandom(`order ${clock.wall()}`) });
  const past = (days: number) => rfc3339(clock.wall() - days * DAY);
  return {
    ...draft,
    issuer: "BACK-OFFICE",
    accounts: accountsOf(world).map(({ acquirer, mid, tid }) => ({ acquirer, mid, tid })),
    consents: [{ party: "merchant", reference: "letter 7", at: past(12) }],
    approvals: [{ by: "B-0001", at: past(10) }],
    documents: [{ kind: "application", reference: "A-1", verified: true }],
    contract: { state: "terminated", reference: "C-1", at: past(10) },
    fees: { outstanding: { amount: 0, currency: "CNY" }, waiver: null },
    stopUse: { since: past(14), requiredDays: 7 },
    registry: { state: "STOPPED", settlementAllowed: true },
    custody: { from: "B-0007", to: "P-0001", depot: "Depot 1", receiptNo: "R-1", received: past(1) },
    hostView: viewsOf(world),
  };
}

/** Signs what `change` makes of a full order. */
export function orderFor(world: World, change: (order: Order) => Partial<Order> = () => ({}), owner: Owner = testOwner): SignedOrder {
  const order = fullOrder(world);
  return signOrder({ ...order, ...change(order) }, { owner, clock: world.clock, maker: podp.authority });
}

/** One exception for each of these items, as they will be then. */
export function exceptionsFor(world: World, items: readonly Item[], change: Partial<ExceptionField> = {}): ExceptionField[] {
  return items.map((item) => {
    const { acquirer = "", mid = "", tid = "" } = accountsOf(world).find(({ id }) => id === item.account) ?? {};
    const { batch, kind, direction, money, stan, digest } = item;
    return {
      ...{ serial: world.serial, life: world.sim.terminal.life.life, acquirer, mid, tid, batch, kind, direction },
      ...{ currency: alphabetic(money.currency), count: 1, amount: Number(money.minor), items: [{ stan, digest }] },
      ...{ disposition: "book-by-acquirer", approvers: ["B-0002", "B-0003"] },
      ...change,
    };
  });
}
