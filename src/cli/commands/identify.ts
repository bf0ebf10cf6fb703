// decom identify: which terminal is connected, and how each ability of its family was proven. Sends nothing that changes anything.
import { families } from "../../../protocols/index.js";
import { systemClock } from "../../base/clock.js";
import { systemRandom } from "../../base/random.js";
import { words } from "../../base/words.js";
import { connect } from "../../procedure/connect.js";
import type { Io, Told } from "../io.js";
import { openLog } from "../log.js";
import { PATIENCE, type PortOptions, portOf } from "../options.js";
import { openPort } from "../port.js";

export async function identify(options: PortOptions, io: Io): Promise<Told> {
  const log = openLog(options.log);
  const link = await openPort(options, io);
  const bench = { clock: systemClock, random: systemRandom, log };
  const { terminal, family } = await connect(bench, { families, link, patience: options.patience ?? PATIENCE });
  await using _ = terminal;
  const { identity } = terminal;
  const condition = await terminal.condition();
  const { marks } = family;
  const { serial, model, firmware, environment, life } = identity;
  return {
    exit: 0,
    json: { port: portOf(options, io), family: family.name, marks, ...identity, condition },
    text: [
      words.cli.identified(serial, model, family.name),
      words.cli.firmware(firmware, environment, life),
      words.cli.battery(condition.batteryPercent, condition.mains, condition.tamper),
      Object.entries(marks)
        .map(([ability, mark]) => `${ability}: ${mark}`)
        .join(", "),
    ],
  };
}
