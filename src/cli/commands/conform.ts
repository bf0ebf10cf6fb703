// decom conform: the podp conformance suite over any port. What is neither bench nor simulated is only read.
import { runConformance } from "../../../protocols/podp/conformance.js";
import { systemClock } from "../../base/clock.js";
import { systemDisk } from "../../base/disk.js";
import { DecomError } from "../../base/errors.js";
import { systemRandom } from "../../base/random.js";
import { words } from "../../base/words.js";
import { openStation } from "../../evidence/keys.js";
import { parsePortSpec } from "../../link/spec.js";
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
  const simulated = spec.kind === "sim" ? (await import("../simulated-port.js")).simulatedPort(spec, systemClock) : undefined;
  const over =
    simulated === undefined
      ? { connect: () => openPort(options, io) }
      : {
          connect: async () => simulated.connect(),
          fresh: async () => simulated.fresh(),
          powerCut: async () => simulated.powerCut(),
        };
  const cases: Row[] = [];
  const line = ({ id, title, result, reason }: Row) =>
    `${id.padEnd(4)} ${words.cli.result[result].padEnd(8)} ${title}${reason === null ? "" : ` (${reason})`}`;
  const count = await runConformance(
    { ...over, ownerKey: owner.key, clock: systemClock, random: systemRandom },
    ({ id, title, outcome }) => {
      const row = { id, title, result: outcome.end, reason: outcome.end === "passed" ? null : outcome.reason };
      cases.push(row);
      io.status(line(row));
    },
  );
  const exit = count.failed === 0 ? 0 : 1;
  return {
    exit,
    json: { ...count, code: exit === 0 ? "ok" : "conform.failed", exit, seed: seedOf(options, io), cases },
    text: [...cases.map(line), words.cli.conformed(count.passed, count.failed, count.skipped)],
  };
}
