// A terminal whose answers are changed on the line: what it says is no longer what it is.
import { commands } from "../../protocols/podp/messages.js";
import { concat } from "../../src/base/bytes.js";
import type { Response } from "../../src/wire/messages.js";
import { rewriting } from "../podp/rewriting.js";
import type { World } from "./world.js";

type Commands = typeof commands;
type Name = keyof Commands;
/** Per command, what becomes of the body of a good answer. */
type Retold = { readonly [N in Name]?: (said: Response<Commands[N]>) => Response<Commands[N]> };

const HEAD = 4; // command, its number in two bytes, result
const OK = 0;

/** Until the cable is plugged in again. Only answers of one frame are changed. */
export function retell(world: World, changes: Retold): void {
  const byCode = new Map(Object.entries(changes).map(([name, change]) => [commands[name as Name].code, { name: name as Name, change }]));
  world.line = rewriting(world.line, (frame) => {
    const { type, payload, more } = frame;
    const wanted = type === "RSP" && !more && payload[3] === OK ? byCode.get(payload[0] ?? -1) : undefined;
    if (wanted === undefined) return frame;
    const { response } = commands[wanted.name];
    const decoded = response.decode(payload.subarray(HEAD));
    if ("badTag" in decoded) throw new Error(`the simulated terminal's own answer to ${wanted.name}`);
    const change = wanted.change as (said: unknown) => never; // each command's own, by its name
    return { ...frame, payload: concat(payload.subarray(0, HEAD), response.encode(change(decoded.value))) };
  }) as World["line"];
}
