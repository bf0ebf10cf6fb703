// How long filling, proving and blanking an area keep the simulated terminal busy before it can answer.
import { hex } from "../../../src/base/bytes.js";
import type { Terminal } from "../../../src/sim/terminal.js";
import { fillModes, limits } from "../codes.js";
import { type CommandName, commands } from "../messages.js";

export interface Work {
  readonly op: string;
  readonly area: number;
  readonly ms: number;
}

/** Undefined for everything that is answered at once, refusals too. */
export function workOf(terminal: Terminal, speed: number, name: CommandName | undefined, raw: Uint8Array): Work | undefined {
  if (name !== "fillBegin" && name !== "fillRelease" && name !== "proof") return undefined;
  const decoded = commands[name].request.decode(raw, limits.depthToDevice);
  if ("badTag" in decoded) return undefined;
  const { area } = decoded.value;
  const op = hex(decoded.value.op);
  const size = terminal.self.area(area)?.size ?? 0;
  if (!terminal.wipe.mayFill(op, area)) return undefined;
  switch (name) {
    case "fillBegin": // a seed's bytes are hashed, then programmed
      return { op, area, ms: "mode" in decoded.value && decoded.value.mode === fillModes.seed ? 2 * terminal.worksFor(size) : 0 };
    case "fillRelease":
      return { op, area, ms: terminal.fills.holds(area) ? terminal.wipe.estimate([area]) * speed : 0 };
    case "proof":
      return { op, area, ms: terminal.worksFor(size) };
  }
}
