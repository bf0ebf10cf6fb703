// What `run --dry-run` answers. Merchant and terminal numbers are in it, since the person must see what would be settled.
import { codes } from "../base/codes.js";
import { words } from "../base/words.js";
import type { Survey } from "../procedure/survey.js";
import type { Told } from "./io.js";

export function surveyTold(found: Survey): Told {
  const { identity, blank, would, stops } = found;
  const { cli } = words;
  const [first] = stops;
  const exit = first === undefined ? 0 : codes[first.code].exit;
  return {
    exit,
    json: { dryRun: true, code: first?.code ?? "ok", exit, serial: identity.serial, endState: null, outcome: null, ...found },
    text: [
      cli.firmware(identity.firmware, identity.environment, identity.life),
      ...would.send.map(({ kind, count }) => cli.wouldSend(words.kind[kind], count)),
      ...would.settle.map(({ acquirer, tid, batch }) => cli.wouldSettle(acquirer, tid, batch)),
      blank ? cli.wouldLook : cli.wouldErase(would.erase.areas.length, would.erase.slots.length),
      ...stops.map(({ code, why }) => cli.wouldStop(code, why)),
    ],
  };
}
