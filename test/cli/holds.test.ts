// decom holds: what is parked, for whom, and since when; a hold file that was touched is shown as one that cannot be believed.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { World } from "../support/world.js";
import { say } from "./console.js";

const folder = mkdtempSync(join(tmpdir(), "decom-holds-"));
const argv = ["holds", "--out", join(folder, "out"), "--trust", "fixtures/keys/TEST-ONLY-root.pem", "--json"];
let serial = "";
let hold = "";

const save = (world: World, out = "out") => {
  for (const run of world.disk.list("out")) {
    for (const name of world.disk.list(`out/${run}`)) {
      const path = join(folder, out, run, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, world.disk.read(`out/${run}/${name}`) ?? "");
    }
  }
};

beforeAll(async () => {
  const world = new World({ options: { host: { rejects: "97" } } });
  const end = await world.clock.run(() => world.run("run"));
  serial = world.serial;
  hold = end?.hold ?? "";
  save(world);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the parked runs of an output folder", () => {
  it("are listed with label, code, owner, need and deadline", async () => {
    const { exit, json } = await say(argv);
    expect(exit).toBe(0);
    expect(json).toMatchObject({ doubtful: [], holds: [{ serial, code: "settle.deregistered", owner: "back-office", overdue: true }] });
    expect((await say(argv.slice(0, -1))).out[0]).toMatch(
      new RegExp(`^H-.{4}-.{4} {2}${serial} {2}settle.deregistered {2}parked for .*OVERDUE`),
    );
  });

  it("are left out while they are younger than what was asked for", async () => {
    expect((await say([...argv, "--older-than", "999999d"])).json).toEqual({ holds: [], doubtful: [] });
    expect((await say([...argv, "--older-than", "soon"])).json).toMatchObject({ code: "args.invalid" });
  });

  it("are not hidden by a hold file that was touched", async () => {
    const path = join(folder, hold);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace("settle.deregistered", "settle.host-down"));
    expect((await say(argv)).json).toMatchObject({ holds: [], doubtful: [{ code: "hold.invalid" }] });
  });

  it("are shown as unsigned when the key was gone, and never by the file of an earlier hold (E64)", async () => {
    const world = new World({ options: { host: { rejects: "97" } } });
    await world.clock.run(() => world.run("run"));
    world.computer.canSign = false;
    await world.clock.run(() => world.replug().then(() => world.run("resume")));
    save(world, "unsigned");
    const { json } = await say(argv.map((one) => (one === join(folder, "out") ? join(folder, "unsigned") : one)));
    expect(json).toMatchObject({
      holds: [],
      doubtful: [{ code: "signer.unavailable", message: expect.stringContaining("could not sign") }],
    });
    expect((await say(["status", "--out", join(folder, "unsigned"), "--json"])).json).toMatchObject({
      runs: [{ state: "held", holdSha256: null }],
    });
  });
});
