// decom order sign, decom order check and decom run --order, as somebody types them.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sealQuickly } from "../tools/quick-keys.js";
import { say } from "./console.js";

const folder = mkdtempSync(join(tmpdir(), "decom-order-"));
const keys = join(folder, "keys");
const env = { DECOM_PASSPHRASE: "only for this test", DECOM_KEYS: keys, DECOM_OUT: join(folder, "out") };
const fixture = JSON.parse(readFileSync("fixtures/orders/full.draft.json", "utf8")) as Record<string, unknown>;
let depot = "";

/** Writes a draft for this bench; the numbers in the terminal are another test's matter. */
function draft(name: string, change: Record<string, unknown> = {}): string {
  const path = join(folder, `${name}.draft.json`);
  const hostView = { unavailable: true, reason: "closed for the night", approvers: ["B-0002", "B-0003"] };
  writeFileSync(path, JSON.stringify({ ...fixture, depot, hostView, accounts: undefined, ...change }));
  return path;
}

async function signed(name: string, change: Record<string, unknown> = {}): Promise<string> {
  const { json } = await say(["order", "sign", draft(name, change), "--json"], env);
  expect(json).toMatchObject({ code: "ok", serial: "SIM7000001" });
  return String(json["order"]);
}

beforeAll(async () => {
  const made = await say(["keys", "init", "--dir", keys, "--bench", "--algorithm", "p256", "--json"], env);
  depot = String(made.json["depotId"]);
  sealQuickly(keys, env.DECOM_PASSPHRASE);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("decom order sign", () => {
  it("completes a draft and signs it, once", async () => {
    const path = await signed("once");
    expect(path).toBe(join(folder, "once.json"));
    const order = JSON.parse(readFileSync(path, "utf8"));
    expect(order).toMatchObject({ version: 1, reasonCode: "VOLUNTARY_UNUSED", grant: expect.stringMatching(/^[A-Za-z0-9+/]{100,}/) });
    expect((await say(["order", "sign", join(folder, "once.draft.json"), "--json"], env)).json).toMatchObject({ code: "args.invalid" });
  });

  it.each([
    ["order.invalid", "a draft with a field that orders do not have", { force: true }],
    ["order.fees", "a draft that would be refused", { fees: { outstanding: { amount: 5, currency: "CNY" }, waiver: null } }],
    ["args.invalid", "a production order, with bench keys", { environment: "production" }],
    ["model.unknown", "a draft for a model that nobody knows", { device: { serial: "SIM7000001", life: 1, model: "unheard-of" } }],
  ])("refuses with %s %s", async (code, what, change) => {
    const path = draft(what.replaceAll(/[^a-z]/g, ""), change);
    expect((await say(["order", "sign", path, "--json"], env)).json).toMatchObject({ code, exit: 2 });
    expect(existsSync(path.replace(".draft.json", ".p7s"))).toBe(false);
  });
});

describe("decom order check", () => {
  it("says line by line what holds, and what cannot be told without a terminal", async () => {
    const { exit, out } = await say(["order", "check", await signed("good"), "--serial", "SIM7000001"], env);
    expect(exit).toBe(0);
    expect(out).toContain("holds    for this terminal");
    expect(out).toContain("open     for this life of it");
    expect(out.filter((line) => line.startsWith("FAILS"))).toEqual([]);
  });

  it("names what does not hold, with its code and as JSON", async () => {
    const path = await signed("other");
    const { exit, out } = await say(["order", "check", path, "--serial", "SIM9999999"], env);
    expect(exit).toBe(2);
    expect(out.find((line) => line.startsWith("FAILS"))).toBe(
      "FAILS    for this terminal: it is for SIM7000001, this is SIM9999999 (order.device)",
    );
    writeFileSync(path, readFileSync(path, "utf8").replace("reuse-internal", "reuse-external"));
    const { json } = await say(["order", "check", path, "--json"], env);
    const failed = (json["checks"] as { rule: string; result: string }[]).filter(({ result }) => result === "fails");
    expect(json).toMatchObject({ code: "order.signature", exit: 2 });
    expect(failed.map(({ rule }) => rule)).toEqual(["signature", "grant"]);
  });

  it("trusts nothing by itself", async () => {
    const path = await signed("trustless");
    expect((await say(["order", "check", path, "--json"], {})).json).toMatchObject({ code: "args.invalid" });
    expect((await say(["order", "check", path, "--trust", join(keys, "root.pem"), "--json"], {})).json).toMatchObject({ code: "ok" });
    const odd = join(folder, "odd.p7s");
    writeFileSync(odd, readFileSync(path.replace(".json", ".p7s")));
    expect((await say(["order", "check", path, "--sig", odd, "--json"], env)).json).toMatchObject({ code: "ok" });
  });
});

describe("decom run --order", () => {
  const run = ["run", "--port", "sim:podp-small,seed=7", "--expect-serial", "SIM7000001", "--yes", "--json"];

  it("takes either --order or --bench", async () => {
    for (const both of [[], ["--bench", "--order", "x.json"]]) {
      expect((await say([...run, ...both], env)).json).toMatchObject({ code: "args.invalid", message: expect.stringContaining("--order") });
    }
  });

  it("reads the terminal under a file's order, or under the one of a folder that is for it", async () => {
    const file = await signed("run");
    expect((await say([...run, "--order", file, "--dry-run"], env)).json).toMatchObject({ dryRun: true, code: "ok", stops: [] });
    const several = join(folder, "several");
    mkdirSync(several);
    for (const [name, life] of [
      ["a", 1],
      ["b", 2],
    ] as const) {
      const made = await signed(`several/${name}`, { device: { serial: "SIM7000001", life, model: "podp-small" } });
      expect(existsSync(made)).toBe(true);
    }
    expect((await say([...run, "--order", several, "--dry-run"], env)).json).toMatchObject({ dryRun: true, code: "ok" });
    await signed("several/c");
    expect((await say([...run, "--order", several], env)).json).toMatchObject({ endState: "REFUSE", code: "order.ambiguous", exit: 2 });
  });

  it("refuses what an order does not allow, by its code", async () => {
    const file = await signed("life", { device: { serial: "SIM7000001", life: 2, model: "podp-small" } });
    expect((await say([...run, "--order", file], env)).json).toMatchObject({ endState: "REFUSE", code: "order.life", certificate: null });
    expect((await say([...run, "--order", join(folder, "nowhere.json")], env)).json).toMatchObject({ code: "file.unreadable" });
    const two = await signed("two", { dualControl: true });
    expect((await say([...run, "--order", two, "--dry-run"], env)).json).toMatchObject({ code: "order.people" });
    expect((await say([...run, "--order", two, "--dry-run", "--witness", "P-2"], env)).json).toMatchObject({ code: "ok" });
  });

  it("says in a dry run what the order would stop", async () => {
    const file = await signed("held", {
      reasonCode: "VIOLATION_FROZEN",
      accounts: [{ acquirer: "00100000001", mid: "OTHER", tid: "OTHER" }],
    });
    const { json } = await say([...run, "--order", file, "--dry-run"], env);
    expect((json["stops"] as { code: string }[]).map(({ code }) => code)).toEqual(["identity.binding", "order.held"]);
  });
});
