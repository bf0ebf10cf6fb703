// A hold travels: to the label, to the back office, to another station. It is read only as the station that it names has signed it.
import { describe, expect, it } from "vitest";
import { signDetached } from "../../src/evidence/envelope/cms.js";
import { readHold } from "../../src/evidence/hold.js";
import { testRoot, testStation } from "../support/identities.js";
import { World } from "../support/world.js";

const world = new World({ options: { host: { silent: "after", cannotTell: true } } });
const end = await world.clock.run(() => world.run("run"));
const file = (name: string) => world.disk.read(`${end?.folder}/${name}`) ?? new Uint8Array();
const files = { content: file("hold.json"), signature: file("hold.sig") };
const context = { trust: [testRoot.certificate], now: world.clock.wall() };
const signed = (text: string) => {
  const content = new Uint8Array(Buffer.from(text));
  return { content, signature: signDetached({ content, signer: testStation().signerFor("simulator"), signingTime: world.clock.wall() }) };
};
const text = Buffer.from(files.content).toString();

describe("a hold file", () => {
  it("says what is needed, by whom and by when, and what was saved", () => {
    const { hold } = readHold(files, context);
    expect(hold).toMatchObject({
      code: "settle.unknown",
      didItHappen: "unknown",
      owner: "back-office",
      serial: world.serial,
      station: "TEST-STATION",
      runId: end?.runId,
      certId: end?.certId,
    });
    expect(hold.need).toContain("Do not settle by hand");
    expect(hold.deadline > hold.at).toBe(true);
    const [account] = hold.saved.accounts;
    expect(account?.attempts).toHaveLength(1);
    expect(account?.attempts[0]).toMatchObject({ batch: account?.batch, counted: { debitCount: 2, creditCount: 1 }, outcome: null });
    expect(account?.asked).toMatchObject([{ op: account?.attempts[0]?.op, by: "host", answer: "cannot-tell" }]);
    expect(account?.open.map(({ kind }) => kind)).toEqual(["U01", "U01"]);
    expect(hold.saved.pendingOps).toHaveLength(2);
    expect(hold.saved.wipeOp).toBeNull();
  });

  it("has an id for the label, the same for every hold of a run", async () => {
    const { id } = readHold(files, context).hold;
    expect(id).toMatch(/^H-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
    await world.clock.run(() => world.replug().then(() => world.run("resume")));
    expect(readHold({ content: file("hold.json"), signature: file("hold.sig") }, { ...context, now: world.clock.wall() }).hold.id).toBe(id);
  });

  it.each([
    ["one byte changed", { ...files, content: files.content.map((byte, i) => (i === 400 ? byte ^ 1 : byte)) }],
    ["another's signature", { ...files, signature: signed("{}").signature }],
    ["a field that no hold has", signed(text.replace('"version":1', '"version":1,"force":true'))],
    ["a code that does not exist", signed(text.replace("settle.unknown", "settle.fine"))],
    ["another station's name", signed(text.replace("TEST-STATION", "TEST-STATION-2"))],
  ])("with %s is refused", (_, changed) => {
    expect(() => readHold(changed, context)).toThrow(expect.objectContaining({ code: "hold.invalid" }));
  });

  it("of a root that is not trusted is refused", () => {
    expect(() => readHold(files, { ...context, trust: [] })).toThrow(expect.objectContaining({ code: "hold.invalid" }));
  });
});
