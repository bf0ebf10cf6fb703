// What a run is doing, on stderr: one line that moves where lines can be rewritten, one line a step where they cannot.
import type { Clock } from "../base/clock.js";
import { words } from "../base/words.js";
import type { RunEvent } from "../procedure/context.js";
import type { Io } from "./io.js";

export function showProgress(io: Io, clock: Clock): (event: RunEvent) => void {
  let doing = "";
  let since = 0;
  return (event) => {
    switch (event.type) {
      case "begin":
        doing = titleOf(event);
        since = clock.monotonic();
        if (io.live) io.status(`  ${doing} …`);
        else io.err(doing);
        return;
      case "progress":
        if (doing !== "") io.status(`  ${doing} … ${Math.floor(event.permille / 10)} %`);
        return;
      case "end": {
        const seconds = ((clock.monotonic() - since) / 1000).toFixed(1);
        if (io.live) io.err(`${io.colour ? "\x1b[32m✓\x1b[0m" : "✓"} ${doing}  ${seconds} s`);
        doing = "";
        return;
      }
      default:
        return event satisfies never;
    }
  };
}

function titleOf({ step, row, rows }: Extract<RunEvent, { type: "begin" }>): string {
  const title = step in words.step ? words.step[step as keyof typeof words.step] : step; // just checked
  return `${String(row).padStart(2)}/${rows}  ${title}`;
}
