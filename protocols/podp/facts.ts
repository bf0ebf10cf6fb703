// podp's words as facts: what a decoded message says, in the terms that every family shares.
import { hex } from "../../src/base/bytes.js";
import { DecomError } from "../../src/base/errors.js";
import type { Money } from "../../src/base/money.js";
import {
  type AreaFact,
  type Capability,
  type ContentClass,
  contentClasses,
  type Identity,
  type Item,
  kindOf,
  type SlotRange,
  type TotalRow,
} from "../../src/terminal/facts.js";
import type { Response } from "../../src/wire/messages.js";
import { capabilityBits } from "./codes.js";
import type { commands } from "./messages.js";
import type { HelloAck } from "./session.js";

/** Names of the bits that are set. */
export const named = <N extends string>(bits: Readonly<Record<N, number>>, mask: number): N[] =>
  (Object.keys(bits) as N[]).filter((name) => (mask & bits[name]) !== 0); // keys() loses the key type
const money = (row: { readonly amount: bigint; readonly currency: string }): Money => ({ minor: row.amount, currency: row.currency });

export function identityOf(ack: HelloAck): Identity {
  return {
    serial: ack.serial,
    model: ack.model,
    firmware: ack.firmware,
    life: ack.life,
    bootNumber: ack.bootNumber,
    resetReason: ack.resetReason,
    // A value this version does not know is treated as the strictest one.
    environment: ack.environment === "bench" || ack.environment === "simulator" ? ack.environment : "production",
    nextOp: ack.nextOp,
    capabilities: named<Capability>(capabilityBits, ack.capabilities),
    ownerKeyIds: ack.ownerKeys.map(hex),
    ownerState: ack.ownerState === "unset" || ack.ownerState === "first-use" ? ack.ownerState : "set",
    passFloor: ack.passFloor,
    locked: ack.locked,
    ...(ack.busyOp === undefined ? {} : { busyOp: hex(ack.busyOp) }),
    secondsToReboot: ack.secondsToReboot,
  };
}

type TotalsRow = Response<typeof commands.totals>["rows"][number];
export function totalRow(row: TotalsRow): TotalRow {
  return {
    account: hex(row.account),
    kind: kindOf(row.kind),
    direction: row.direction === "credit" ? "credit" : "debit",
    count: row.count,
    money: money(row),
  };
}

/** Names outside the table would silently vanish from a comparison with the model, so they end the step instead. */
export function known<N extends string>(name: N | `unknown-${number}`): N {
  if (name.startsWith("unknown-"))
    throw new DecomError("model.differs", `the terminal names a key type or algorithm that is not known: ${name}`);
  return name as N; // the only other member of the union was just excluded
}

export function slotRange(range: Response<typeof commands.keyList>["ranges"][number]): SlotRange {
  return { type: known(range.type), algorithm: known(range.algorithm), from: range.from, to: range.to };
}

export type CensusItem = Response<typeof commands.census>["items"][number];

export function itemFact(item: CensusItem): Item {
  return {
    account: hex(item.account),
    kind: kindOf(item.kind),
    batch: item.batch,
    direction: item.direction === "credit" ? "credit" : "debit",
    money: money(item),
    stan: item.stan,
    digest: hex(item.digest),
    ...(item.count === undefined ? {} : { count: item.count }),
    ...(item.date === undefined || item.time === undefined ? {} : { recorded: item.date + item.time }),
  };
}

export function areaFact(a: Response<typeof commands.areaList>["areas"][number]): AreaFact {
  return {
    id: a.area,
    classes: named<ContentClass>(contentClasses, a.classes),
    size: a.size,
    block: a.block,
    blank: a.blank,
    generation: a.generation,
    fillable: a.fillable,
    files: a.files.map((f) => ({ id: f.id, size: f.size, generation: f.generation })),
  };
}
