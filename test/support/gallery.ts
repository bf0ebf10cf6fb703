// Each lie of the gallery met three times: at the floor, with a seed fill, with a streamed fill and an attestation. What stands afterwards, level by level.
import { vi } from "vitest";
import type { EvidenceLevel } from "../../src/evidence/statement/fields.js";
import type { Statement } from "../../src/evidence/statement/statement.js";
import { type Limitation, limitations } from "../../src/evidence/statement/statement-erasure.js";
import type { RunResult } from "../../src/procedure/finish.js";
import { AcquirerHost } from "../../src/sim/host/host.js";
import type { LieName } from "../../src/sim/lies.js";
import type { Scenario } from "../../src/sim/scenario/scenario.js";
import { World } from "./world.js";

/** What is asked for, and whether the terminal can attest. */
const orders = {
  floor: { areas: [], attest: false },
  seed: { areas: ["V4"], attest: false },
  stream: { areas: ["V5"], attest: true },
} as const;
export type Asked = keyof typeof orders;
export const asked = Object.keys(orders) as Asked[]; // keys() loses the key type

export interface Meeting {
  readonly world: World;
  readonly end: RunResult | undefined;
  /** As a verifier reads it; undefined where there is no certificate. */
  readonly statement: Statement | undefined;
  /** From ARM on: how many messages the acquirers' hosts heard, and what they wrote down. */
  readonly afterArm: { readonly heard: number; readonly noted: readonly string[] };
}

export type Meetings = Readonly<Record<Asked, Meeting>>;

async function meet(lie: LieName | undefined, how: Asked): Promise<Meeting> {
  const { areas, attest } = orders[how];
  const terminal: Scenario["terminal"] = { attest, environment: "bench", ...(lie === undefined ? {} : { lie }) };
  const hosts = vi.spyOn(AcquirerHost.prototype, "hear");
  let before = { heard: Number.POSITIVE_INFINITY, noted: Number.POSITIVE_INFINITY };
  const world: World = new World({
    scenario: { terminal },
    order: () => ({ bench: { areas: [...areas] } }),
    always: ({ host }) => ({
      point(name) {
        if (name === "commit.accepted") before = { heard: hosts.mock.calls.length, noted: host.lines().length };
      },
    }),
  });
  const end = await world.clock.run(() => world.run("run"));
  const [path = ""] = world.certificate().json;
  const noted = world.stores.host.lines().slice(before.noted);
  const afterArm = { heard: Math.max(0, hosts.mock.calls.length - before.heard), noted: noted.map(({ event }) => event) };
  hosts.mockRestore();
  return { world, end, statement: world.verified(path).verified?.statement, afterArm };
}

export async function meetings(lie?: LieName): Promise<Meetings> {
  return { floor: await meet(lie, "floor"), seed: await meet(lie, "seed"), stream: await meet(lie, "stream") };
}

/** What the terminal still has of what a wipe has to take, in truth. */
export function kept({ world }: Meeting): number {
  const { areas, keys, undeclared } = world.inspect();
  return [...areas, ...keys].filter(({ readable }) => readable).length + undeclared.length;
}

export const columns = ["V1", "V2", "V3", "V4", "V5", "P1", "V6 and P3"] as const;
const NOT_CAUGHT = "not caught";
/** A level that was not looked at any more, or that another one outweighed. */
const NOT_REACHED = "–";
/** What it showed proves nothing, and is not taken for a proof. */
const NOT_GIVEN = "not given";

/** One row of the table: what became of each level. */
export function fates({ floor, seed, stream }: Meetings): string[] {
  const caught = ({ end }: Meeting) => `caught \`${end?.code}\``;
  const level = (meeting: Meeting, stands: (statement: Statement) => boolean) => {
    const { statement } = meeting;
    return statement !== undefined && stands(statement) ? NOT_CAUGHT : caught(meeting);
  };
  const areasHave =
    (wanted: EvidenceLevel) =>
    ({ areas }: Statement) =>
      areas.every(({ verification }) => verification.level.includes(wanted));
  const keysHave =
    (wanted: EvidenceLevel) =>
    ({ keys }: Statement) =>
      keys.every(({ level: has }) => has.includes(wanted));
  /** A fill is caught by its own answers; where the area was read back with residue it was not made, or no longer counts. */
  const filled = (meeting: Meeting, wanted: "V4" | "V5") => {
    const { statement, end } = meeting;
    if (statement === undefined || end?.code === "fill.implausible") return caught(meeting);
    const without = statement.areas.filter(({ verification }) => !verification.level.includes(wanted));
    if (without.length === 0) return NOT_CAUGHT;
    return without.some(({ verification: { method, result } }) => method.endsWith("-fill") && result === "failed")
      ? caught(meeting)
      : NOT_REACHED;
  };
  const proven = ({ statement, end }: Meeting) => {
    if (statement?.device.identityLevel === "P3") return NOT_CAUGHT;
    if (statement === undefined || end?.code.startsWith("identity.")) return caught(stream);
    return statement.deviceAttestation === undefined ? NOT_REACHED : NOT_GIVEN;
  };
  return [
    level(floor, (statement) => areasHave("V1")(statement) && keysHave("V1")(statement)),
    level(floor, keysHave("V2")),
    level(floor, areasHave("V3")),
    filled(seed, "V4"),
    filled(stream, "V5"),
    floor.end?.code === "identity.swapped" || floor.statement === undefined ? caught(floor) : NOT_CAUGHT,
    proven(stream),
  ];
}

/** What a certificate has to say where a lie is not caught: by what was asked for, the sentences that keep it true. */
export const admits: Readonly<Record<LieName, Partial<Record<Asked, readonly (keyof typeof limitations)[]>>>> = {
  "erases-nothing": {},
  "erases-the-index": {},
  "keeps-an-area": {},
  "keeps-slot-201": {},
  "lists-empty-slots": {},
  "answers-from-a-list": { floor: ["probed"], seed: ["probed"], stream: ["probed"] },
  "replays-an-old-sample": {},
  "replays-an-old-proof": { floor: ["addressable"] },
  "replays-an-old-attestation": { floor: ["unit"], seed: ["unit"] },
  "under-reports-memory": {},
  "has-undeclared-memory": { floor: ["addressable"], seed: ["seedFill"], stream: ["streamFill"] },
  "regenerates-a-seed-fill": { floor: ["addressable"], seed: ["seedFill"] },
  "restores-after-restart": {},
  "signs-in-after-restart": {},
  "swaps-its-serial": {},
  "forges-totals": {},
  "hides-a-sale": {},
  "outruns-the-line": { floor: ["addressable"], seed: ["seedFill"] },
  "signs-with-another-units-key": { floor: ["unit"], seed: ["unit"] },
  emulator: { floor: ["unit"], seed: ["unit"], stream: ["unit"] },
  "relays-the-challenge": { floor: ["unit"], seed: ["unit"], stream: ["relay"] },
};

export function sentences(names: readonly (keyof typeof limitations)[]): Limitation[] {
  return names.map((name) => limitations[name]);
}
