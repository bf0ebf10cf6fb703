// decom conform: the podp conformance suite over any port. What is neither bench nor simulated is only read.
import { type ConformanceContext, runConformance } from "../../../protocols/podp/conformance.js";
import { type Clock, systemClock } from "../../base/clock.js";
import { systemDisk } from "../../base/disk.js";
import { DecomError } from "../../base/errors.js";
import { systemRandom } from "../../base/random.js";
import { pointOf } from "../../base/sign.js";
import { VirtualClock } from "../../base/virtual-clock.js";
import { words } from "../../base/words.js";
import { openStation } from "../../evidence/envelope/keys.js";
import { type PortSpec, parsePortSpec } from "../../link/spec.js";
import type { Io, Told } from "../io.js";
import { type KeyOptions, keysOf, type PortOptions, passphraseOf, portOf } from "../options.js";
import { openPort, seedOf } from "../port.js";

interface Row {
  readonly id: string;
  readonly title: string;
  readonly result: "passed" | "failed" | "skipped";
  readonly reason: string | null;
}

export async function conform(options: PortOptions & KeyOptions, io: Io): Promise<Told> {
  const spec = parsePortSpec(portOf(options, io));
  const dir = keysOf(options, io);
  const { owner } = await openStation({ dir, disk: systemDisk, passphrase: await passphraseOf(options, io) });
  if (owner === undefined) throw new DecomError("keys.missing", `${dir} holds no owner key`);
  const cases: Row[] = [];
  const line = ({ id, title, result, reason }: Row) =>
    `${id.padEnd(4)} ${words.cli.result[result].padEnd(8)} ${title}${reason === null ? "" : ` (${reason})`}`;
  const through = (clock: Clock, over: Pick<ConformanceContext, "connect" | "fresh" | "powerCut">) =>
    runConformance({ ...over, ownerKey: owner.key, clock, random: systemRandom }, ({ id, title, outcome }) => {
      const row = { id, title, result: outcome.end, reason: outcome.end === "passed" ? null : outcome.reason };
      cases.push(row);
      if (io.live) io.status(line(row));
      else io.err(line(row));
    });
  const count =
    spec.kind === "sim"
      ? await simulated(spec, pointOf(owner.key), through)
      : await through(systemClock, { connect: () => openPort(options, io) });
  const exit = count.failed === 0 ? 0 : 1;
  return {
    exit,
    json: { ...count, code: exit === 0 ? "ok" : "conform.failed", exit, seed: await seedOf(options, io), cases },
    text: [...cases.map(line), words.cli.conformed(count.passed, count.failed, count.skipped)],
  };
}

/** Time limits are part of what is tried: on a simulated port they pass in virtual time. */
async function simulated<T>(
  spec: PortSpec & { kind: "sim" },
  owner: Uint8Array,
  through: (clock: Clock, over: Pick<ConformanceContext, "connect" | "fresh" | "powerCut">) => Promise<T>,
): Promise<T> {
  const { simulatedPort } = await import("../simulated-port.js");
  const clock = new VirtualClock(systemClock.wall());
  const port = simulatedPort(spec, clock, owner);
  const over = { connect: async () => port.connect(), fresh: async () => port.fresh(), powerCut: async () => port.powerCut() };
  return clock.run(() => through(clock, over));
}
