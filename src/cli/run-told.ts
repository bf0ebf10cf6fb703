// What a run, a resume and an abandon answer: the result as JSON, or a few lines.
import { words } from "../base/words.js";
import { labelOf } from "../evidence/hold.js";
import type { RunResult } from "../procedure/finish.js";
import type { Io, Told } from "./io.js";

export function runTold(result: RunResult, seed: number | null, io: Io): Told {
  const { endState, code, exit, serial, outcome, blank, earlier, certificate, signature, hold, folder, message, remedy } = result;
  const { cli } = words;
  const label = hold === null ? null : labelOf(result.runId);
  if (earlier) io.err(cli.endedBefore(serial));
  if (exit !== 0) {
    io.err(message ?? words.endState[endState]);
    if (remedy !== null) io.err(`  ${remedy}`);
    io.err(`  (${cli.error(code, exit)})`);
  }
  const rows = [
    [cli.certificate, certificate],
    [cli.signature, signature],
    [cli.label, label],
    [cli.hold, hold],
    [cli.folder, folder],
  ] as const;
  return {
    exit,
    json: { ...result, label, seed },
    text: [
      `${endState}  ${serial}  ${blank ? cli.foundBlank : outcome === null ? words.endState[endState] : words.outcome[outcome]}`,
      ...rows.filter(([, path]) => path !== null).map(([name, path]) => `${name.padEnd(12)} ${path}`),
    ],
  };
}
