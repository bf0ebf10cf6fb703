// A terminal in another process whose power is cut at a named point: after restart and resume there is one certificate and one booking.
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { answer, at, expectWiped, inspect, resume, run, simulate } from "../tools/decom.js";
import { has } from "../tools/has.js";

const complete = process.env["DECOM_MATRIX"] === "complete";
const points = [
  "hello",
  "census",
  "settle.sent",
  "settle.booked",
  "settle.cleared",
  "commit.accepted",
  "erase:1",
  "erase:4",
  "restart",
  "attest",
];
const some = ["settle.booked", "erase:4"];
const MINUTE_MS = 60_000;

const certificates = (out: string) => readdirSync(out, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".p7s"));

/** Each cut has a terminal of its own: a second one with the same serial number would go into quarantine. */
let seed = 100;

/** Runs into the cut, gives power back, and resumes; a run that had not begun is begun. */
async function throughCut(line: readonly string[], model: string, point: string, id: string) {
  const [state, out] = [at(`state-${id}`), at(`out-${id}`)];
  const args = [...line, "--model", model, "--seed", `${seed++}`, "--state", state];
  const first = await simulate(...args, "--cut", point);
  const cut = await run(first.address, first.serial, out);
  expect((await first.child.ended).code).toBe("SIGKILL");
  const second = await simulate(...args, "--cut", point);
  const begun = readdirSync(at("."), { encoding: "utf8" }).includes(`out-${id}`) && cut.json["runId"] !== undefined;
  const end = begun ? await resume(second.address, out) : await run(second.address, second.serial, out);
  second.child.process.kill();
  return { state, out, end };
}

const lines: readonly (readonly [string, readonly string[]])[] = [
  ["tcp", ["--tcp", "0"]],
  ...(has("socat") ? [["pty", ["--pty"]] as const] : []),
];

describe.each(complete ? lines : lines.slice(0, 1))("over %s", (how, line) => {
  it.each(complete ? points : some)(
    "a cut at %s ends in one certificate, everything booked once and nothing readable",
    async (point) => {
      const { state, out, end } = await throughCut(line, "podp-small", point, `${how}-${point.replace(":", "-")}`);
      expect(end.json).toMatchObject({ endState: "CERT", outcome: "ERASED", code: "ok" });
      expect(certificates(out)).toHaveLength(1);
      await expectWiped(state);
    },
    MINUTE_MS,
  );

  it(
    "a terminal that cannot ask its host is parked as settle.unknown, booked once and not erased",
    async () => {
      const { state, out, end } = await throughCut(line, "podp-mute", "settle.sent", `${how}-mute`);
      expect(end).toMatchObject({ code: 4, json: { endState: "HOLD", code: "settle.unknown" } });
      expect(certificates(out)).toEqual([]);
      const { areas, bookings } = await inspect(state);
      expect(areas.every(({ readable }) => readable)).toBe(true);
      expect(new Set(bookings.map((one) => JSON.stringify(one))).size).toBe(bookings.length);
    },
    MINUTE_MS,
  );
});

it("refuses a cut point that does not exist", async () => {
  expect((await answer("simulate", "--tcp", "0", "--seed", "1", "--cut", "lunch", "--json")).json).toMatchObject({ code: "args.invalid" });
});
