// Standing on the line between agent and terminal: to change what the terminal says, or to hear what it is asked.
import { decodeFrame, type Frame } from "../../protocols/podp/frame.js";
import { commands } from "../../protocols/podp/messages.js";
import { concat } from "../../src/base/bytes.js";
import type { Request, Response } from "../../src/wire/messages.js";
import { rewriting } from "../podp/rewriting.js";
import type { World } from "./world.js";

type Commands = typeof commands;
export type CommandName = keyof Commands;
/** Per command, what becomes of the body of a good answer. */
type Retold = { readonly [N in CommandName]?: (said: Response<Commands[N]>) => Response<Commands[N]> };
/** Per command, who wants to hear its request. */
type Heard = { readonly [N in CommandName]?: (asked: Request<Commands[N]>) => void };

const byCode = new Map(Object.entries(commands).map(([name, { code }]) => [code, name as CommandName])); // entries() loses the key type
const HEAD = 4; // of an answer: command, the number of the question in two bytes, result
const OK = 0;

/** Tells the frames that are a whole message from the parts of a longer one. */
function wholeOnes(): (frame: Frame) => boolean {
  let began = false;
  return ({ more }) => {
    const isWhole = !began && !more;
    began = more;
    return isWhole;
  };
}

/** Changes what the terminal says until the cable is plugged in again: answers of one frame, and no refusals. */
export function retell(world: World, changes: Retold): void {
  const isWhole = wholeOnes();
  world.line = rewriting(world.line, (frame) => {
    const { type, payload } = frame;
    if (type !== "RSP" || !isWhole(frame) || payload[3] !== OK) return frame;
    const name = byCode.get(payload[0] ?? -1);
    const change = name === undefined ? undefined : (changes[name] as ((said: unknown) => never) | undefined); // each command's own
    if (name === undefined || change === undefined) return frame;
    const { response } = commands[name];
    const decoded = response.decode(payload.subarray(HEAD));
    if ("badTag" in decoded) throw new Error(`the simulated terminal's own answer to ${name}`);
    return { ...frame, payload: concat(payload.subarray(0, HEAD), response.encode(change(decoded.value))) };
  }) as World["line"];
}

/** Hears what the terminal is asked until the cable is plugged in again, before it leaves: questions of one frame. */
export function overhear(world: World, heard: Heard): void {
  const isWhole = wholeOnes();
  const write = world.line.write.bind(world.line);
  world.line.write = (bytes) => {
    const frame = decodeFrame(bytes.subarray(1, -1));
    const name = frame?.type === "CMD" && isWhole(frame) ? byCode.get(frame.payload[0] ?? -1) : undefined;
    const hear = name === undefined ? undefined : (heard[name] as ((asked: unknown) => void) | undefined); // each command's own
    if (frame !== undefined && name !== undefined && hear !== undefined) {
      const decoded = commands[name].request.decode(frame.payload.subarray(1));
      if ("badTag" in decoded) throw new Error(`the agent's own question ${name}`);
      hear(decoded.value);
    }
    return write(bytes);
  };
}
