// At a depot, with real processes: a terminal in production on a line, a back office's order in files, a key folder without an owner.
import { mkdirSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { podp } from "../../protocols/podp/family.js";
import { systemClock } from "../../src/base/clock.js";
import { pemOf } from "../../src/evidence/envelope/pem.js";
import { signOrder } from "../../src/evidence/order/make.js";
import type { Order } from "../../src/evidence/order/schema.js";
import { depotOrder, keyFiles, readersOf } from "../support/depot.js";
import { START } from "../support/factory.js";
import { testOwner } from "../support/identities.js";
import { fullOrder } from "../support/orders.js";
import { World } from "../support/world.js";
import { answer, at, env, expectWiped, simulate } from "../tools/decom.js";

/** Every point of time in it that much later. */
function later<T>(value: T, ms: number): T {
  const isTime = (text: unknown): text is string => typeof text === "string" && /^\d{4}-\d\d-\d\dT[0-9:.]+Z$/.test(text);
  const moved = JSON.stringify(value, (_, one: unknown) => (isTime(one) ? new Date(Date.parse(one) + ms).toISOString() : one));
  return JSON.parse(moved) as T; // the same value with other times
}

function files(folder: string, contents: Readonly<Record<string, string | Uint8Array>>): string {
  mkdirSync(at(folder), { recursive: true });
  for (const [name, content] of Object.entries(contents)) writeFileSync(at(folder, name), content, { mode: 0o600 });
  return at(folder);
}

it("a production terminal is settled, wiped and certified under an order of its back office", async () => {
  const model = "podp-production";
  const twin = new World({ model, seed: 7 }); // its books are those of the terminal in the other process
  const order: Order = { ...later(fullOrder(twin), Date.now() - START), ...depotOrder(twin) };
  const { content, signature } = signOrder(order, { owner: testOwner, clock: systemClock, maker: podp.authority });
  const readers = readersOf(twin.sim.terminal.batch.accounts);
  const office = files("office", {
    ...{ "order.json": content, "order.p7s": signature, "owner.pem": pemOf("CERTIFICATE", testOwner.certificate) },
    ...Object.fromEntries(readers.map(({ party, certificate }) => [`${party}.pem`, pemOf("CERTIFICATE", certificate)])),
  });
  const depot = files("depot", keyFiles(env.DECOM_PASSPHRASE));

  const sim = await simulate("--tcp", "0", "--model", model, "--seed", "7", "--state", at("terminal"), "--owner", `${office}/owner.pem`);
  const done = await answer(
    ...["run", "--port", sim.address, "--order", `${office}/order.json`, "--keys", depot, "--out", at("depot-out"), "--yes", "--json"],
    ...["--expect-serial", sim.serial, "--operator", "P-0001", "--witness", "P-0002", "--isolated", "shielded,lan-out,modem-out"],
    ...["--seal-to", ...readers.map(({ party }) => `${party}=${office}/${party}.pem`)],
  );
  expect(done.json).toMatchObject({ message: null, endState: "CERT", outcome: "ERASED" });
  expect(done.code).toBe(0);
  const verified = await answer("verify", String(done.json["certificate"]), "--trust", `${depot}/root.pem`, "--production", "--json");
  expect(verified).toMatchObject({ code: 0, json: { status: "ACCEPTED", environment: "production" } });
  sim.child.process.kill("SIGTERM");
  await sim.child.ended;
  await expectWiped(at("terminal"));
});
