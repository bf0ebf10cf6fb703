// The order that a scenario describes, signed for a terminal as it is when the run begins.
import { rfc3339 } from "../../src/base/clock.js";
import type { Order, SignedOrder } from "../../src/evidence/order/schema.js";
import type { GivenOrder } from "../../src/procedure/admission.js";
import type { Scenario } from "../../src/sim/scenario/scenario.js";
import type { Item } from "../../src/terminal/facts.js";
import { START } from "./factory.js";
import { accountsOf, exceptionsFor, orderFor, viewsOf } from "./orders.js";
import type { World } from "./world.js";

type Told = NonNullable<Scenario["order"]>;

const DAY = 86_400_000;
const SECOND = "019b8c1e-0000-7000-8000-000000000002";
const APPROVERS = ["B-0002", "B-0003"];

export function ordered(world: World, told: Told): { readonly given: GivenOrder; readonly excepted: readonly Item[] } {
  const excepted = itemsOf(world, told.excepts ?? []);
  const first = orderFor(world, (order) => changed(world, told, order, excepted));
  if (told.second === undefined) return { given: first, excepted };
  const { id: replaces } = JSON.parse(Buffer.from(first.content).toString()) as Order; // just signed
  const other = { id: SECOND, nonce: "b".repeat(32), ...(told.second === "replacing" ? { replaces } : {}) };
  return { given: [first, orderFor(world, (order) => ({ ...changed(world, told, order, excepted), ...other }))], excepted };
}

/**
 * A full order that is issued now and goes on with the only run: handed over as before, and what the host has is no question any more.
 * None where no run has begun, or nothing is left to be ordered.
 */
export function continuing(world: World): SignedOrder | undefined {
  const [folder] = world.disk.list("out");
  if (folder === undefined || accountsOf(world).length === 0) return undefined;
  return orderFor(world, ({ custody }) => ({
    nonce: "c".repeat(32),
    continues: folder.slice(world.serial.length + 1),
    ...(custody === undefined ? {} : { custody: { ...custody, received: rfc3339(START - DAY) } }),
    hostView: { unavailable: true, reason: "settled in this run", approvers: APPROVERS },
  }));
}

/** Items of these kinds, as they will be when a host has refused offline work. */
function itemsOf(world: World, kinds: readonly string[]): Item[] {
  return world.sim.terminal.batch.census().items.flatMap((item) => {
    if (kinds.includes(item.kind)) return [item];
    return item.kind === "U05" && kinds.includes("U06") ? [{ ...item, kind: "U06" as const }] : [];
  });
}

function changed(world: World, told: Told, order: Order, excepted: readonly Item[]): Partial<Order> {
  const at = (days: number) => rfc3339(world.clock.wall() + days * DAY);
  const { serial, life, validFrom, validUntil, reason, permanence, wipeConsent, acceptSchemas, areas } = told;
  return {
    device: { ...order.device, ...(serial === undefined ? {} : { serial }), ...(life === undefined ? {} : { life }) },
    ...(validFrom === undefined ? {} : { issuedAt: at(validFrom), notAfter: at(validFrom + 8) }),
    ...(validUntil === undefined ? {} : { issuedAt: at(Math.min(0, validUntil - 8)), notAfter: at(validUntil) }),
    ...(told.otherMerchant === true ? otherMerchant(order) : {}),
    ...(reason === undefined ? {} : { reasonCode: reason as Order["reasonCode"], archiveDemanded: true }), // the order's own rules judge it
    ...(told.lifted === true ? { lifted: { reference: "court 3", at: at(-1), approvers: APPROVERS } } : {}),
    ...(permanence === undefined ? {} : { permanence }),
    ...(wipeConsent === undefined ? {} : { wipeConsent }),
    ...(areas === undefined ? {} : { minimumLevels: { keys: ["V1", "V2"], areas: ["V1", "V3", ...areas] } }),
    ...(acceptSchemas === undefined ? {} : { acceptSchemas: [...acceptSchemas] }),
    ...(told.tamper === true ? { tamper: { codes: "CASE", incident: "INC 17", at: at(-1), approvers: APPROVERS }, dualControl: true } : {}),
    ...(excepted.length === 0 ? {} : { exceptions: exceptionsFor(world, excepted), dualControl: true }),
    ...viewed(world, told.view),
  };
}

function otherMerchant({ accounts = [] }: Order): Partial<Order> {
  return {
    accounts: accounts.map((account) => ({ ...account, mid: "898100000000000" })),
    hostView: { unavailable: true, reason: "none of this merchant", approvers: APPROVERS },
  };
}

function viewed(world: World, view: Told["view"]): Partial<Order> {
  switch (view) {
    case undefined:
      return {};
    case "none":
      return { hostView: { unavailable: true, reason: "host closed", approvers: APPROVERS } };
    case "older":
      return { hostView: viewsOf(world).map((one) => ({ ...one, lastStan: one.items?.[0]?.stan ?? null })) };
    case "more": {
      const extra = { direction: "debit", currency: "CNY", amount: 100 } as const;
      return {
        hostView: viewsOf(world).map((one) => ({
          ...one,
          items: [...(one.items ?? []), { ...extra, stan: "000001" }],
          uncaptured: [...one.uncaptured, { ...extra, count: 1 }],
        })),
      };
    }
  }
}
