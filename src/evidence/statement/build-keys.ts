// The key rows of a statement: per range of slots, what was there, what the terminal reported and what the last probes found.
import type { ProbeState } from "../../terminal/facts.js";
import type { Model, ModelSlots } from "../../terminal/model.js";
import { holdsDefault, isEmptied, listedIn, type Stray, slotsNamed, stateIn, strays } from "../../terminal/slots.js";
import type { RunRecord } from "../record.js";
import type { SeenStep } from "../sorted.js";
import { NOT_ASKED, NOT_REPORTED } from "./fields.js";
import type { KeyRow, RetainedRow } from "./statement-erasure.js";

/** Found so, and not touched since. */
export const isBlank = ({ blank, arm }: RunRecord) => blank !== undefined && arm === undefined;

/** The hardware had done it before this run did anything. */
const isZeroised = ({ tampering, arm }: RunRecord) => tampering.some(({ at }) => arm === undefined || at <= arm.at);

type Look = SeenStep<"inspect">;

export const straysOf = ({ probes, slots = [] }: Pick<Look, "probes" | "slots">, model: Model) => strays(model, probes, slots);
const isListed = ({ slots = [] }: Pick<Look, "slots">, range: ModelSlots) => listedIn(slots, range).length > 0;
export const isEmpty = ({ probes, slots = [] }: Pick<Look, "probes" | "slots">, range: ModelSlots) => isEmptied(range, probes, slots);
const isDefault = ({ probes, slots = [] }: Pick<Look, "probes" | "slots">, range: ModelSlots) => holdsDefault(range, probes, slots);

/** Slots that a wipe leaves holding the maker's default, seen so in the last look and never otherwise than so or empty. */
function reseeded({ inspections }: RunRecord, range: ModelSlots): boolean {
  const last = inspections.at(-1);
  return last !== undefined && isDefault(last, range) && inspections.every((look) => isEmpty(look, range));
}

/** Slots that were to be emptied, and keys that were found where the model has no slots. */
export function keyRows(record: RunRecord, model: Model): KeyRow[] {
  const emptied = model.slots.filter((slots) => slots.after !== "retained" && !(reseeded(record, slots) && isErased(record, slots)));
  const beyond = new Map(record.inspections.flatMap((look) => straysOf(look, model)).map((stray) => [slotsNamed(stray), stray]));
  return [...emptied.map((slots) => keyRow(record, slots)), ...[...beyond.values()].map(strayRow)];
}

const schemes: Readonly<Partial<Record<ModelSlots["type"], KeyRow["scheme"]>>> = {
  TLS: "tls",
  IPEK: "dukpt",
  STORAGE: "other",
  LOADER: "rsa",
  FIRMWARE: "rsa",
};
const schemeOf = ({ type }: Pick<ModelSlots, "type">) => schemes[type] ?? "master-session";

function codeOf({ erase }: RunRecord, { type, algorithm, from, to }: ModelSlots): number | undefined {
  return erase?.wipe?.slots.find((done) => done.type === type && done.algorithm === algorithm && done.from <= from && done.to >= to)?.code;
}

const isErased = (record: RunRecord, slots: ModelSlots) => codeOf(record, slots) === 0 || isBlank(record);

/** What could not be read is neither there nor gone. */
function occupancy(state: ProbeState | undefined): KeyRow["before"] {
  if (state === undefined) return NOT_ASKED;
  if (state === "ERROR" || state.startsWith("unknown-")) return { unknown: "UNREADABLE" };
  return state === "ABSENT" ? "absent" : "present";
}

const isAnswer = (state: ProbeState): state is Exclude<ProbeState, `unknown-${number}`> => !state.startsWith("unknown-");

function keyRow(record: RunRecord, slots: ModelSlots): KeyRow {
  const { type, algorithm, from, to } = slots;
  const before = stateIn(record.plan?.probes ?? record.blank?.probes ?? [], slots);
  const looks = record.inspections.map(({ probes }) => stateIn(probes, slots));
  const observed =
    looks.find((state) => state !== "ABSENT" && state !== "ERROR") ?? looks.find((state) => state === "ERROR") ?? looks.at(-1);
  const code = codeOf(record, slots);
  const seen = looks.length > 0 && !looks.includes(undefined) ? observed : undefined;
  const listed = record.inspections.some((look) => isListed(look, slots));
  const done = isErased(record, slots);
  // A terminal that could still pay has keys, whatever it answers about their slots.
  const empty = seen === "ABSENT" && !listed && record.inspections.every(({ cannotPay }) => cannotPay.includes("keys"));
  // The wipe was ordered for these slots too, and found nothing: what it reports is true, and not what emptied them.
  const zeroised = before === "ABSENT" && !isBlank(record) && isZeroised(record);
  return {
    slots: { from, to },
    usage: type,
    alg: algorithm,
    scheme: schemeOf(slots),
    before: occupancy(before),
    action: code === undefined ? "none" : "zeroise",
    deviceCode: code ?? NOT_ASKED,
    after: listed ? "present" : occupancy(seen),
    probe: seen === undefined ? NOT_ASKED : { expected: "ABSENT", observed: isAnswer(seen) ? seen : NOT_REPORTED },
    level: [...(done ? (["V1"] as const) : []), ...(empty ? (["V2"] as const) : [])],
    result: listed ? "failed" : keyResult(code, done ? (zeroised ? "zeroised-by-tamper" : "erased") : undefined, seen, empty),
  };
}

/** `done` is what emptied the slots, if they are empty. */
function keyResult(
  code: number | undefined,
  done: KeyRow["result"] | undefined,
  seen: ProbeState | undefined,
  empty: boolean,
): KeyRow["result"] {
  if (code !== undefined && code !== 0) return "failed";
  if (done === undefined || seen === undefined || !isAnswer(seen) || seen === "ERROR") return "unverified";
  return empty ? done : "failed";
}

/** No plan could name it, so nothing was done to it. */
function strayRow({ type, algorithm, from, to, state }: Stray): KeyRow {
  return {
    slots: { from, to },
    usage: type,
    alg: algorithm,
    scheme: schemeOf({ type }),
    before: NOT_ASKED,
    action: "none",
    deviceCode: NOT_ASKED,
    after: "present",
    probe: { expected: "ABSENT", observed: isAnswer(state) ? state : NOT_REPORTED },
    level: [],
    result: "failed",
  };
}

/** Kept by plan, or put back by the firmware itself. */
export function retainedRows(record: RunRecord, model: Model): RetainedRow[] {
  return model.slots
    .filter((slots) => slots.after === "retained" || (slots.after === "default" && reseeded(record, slots) && isErased(record, slots)))
    .map(({ from, to, type, algorithm, reason }) => ({
      slots: { from, to },
      usage: type,
      alg: algorithm,
      reason: reason ?? "by-order",
      authority: "model",
    }));
}
