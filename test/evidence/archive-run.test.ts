// The archive in a run: what it holds afterwards, what the certificate says of it, and when the wipe waits for it.
import { describe, expect, it } from "vitest";
import { ascii, hex } from "../../src/base/bytes.js";
import { seededRandom } from "../../src/base/random.js";
import { passesLuhn } from "../../src/base/redact.js";
import { sha256 } from "../../src/base/sign.js";
import { readArchive } from "../../src/evidence/archive/document.js";
import { type Archive, MAX_ARCHIVE } from "../../src/evidence/archive/lines.js";
import { type ArchiveRecipient, checkRecipients } from "../../src/evidence/archive/recipients.js";
import type { Entry } from "../../src/evidence/entries.js";
import { unseal } from "../../src/evidence/envelope/sealed.js";
import { Journal, type Line } from "../../src/evidence/journal.js";
import type { Order } from "../../src/evidence/order/schema.js";
import { recordOf } from "../../src/evidence/record.js";
import { verify } from "../../src/evidence/verify.js";
import type { Run } from "../../src/procedure/context.js";
import { archive } from "../../src/procedure/steps/archive.js";
import { RECORD } from "../../src/sim/records.js";
import { START } from "../support/factory.js";
import { testRoot, testStation } from "../support/identities.js";
import { Death, MemoryDisk } from "../support/memory-disk.js";
import { orderFor } from "../support/orders.js";
import { acquirer, escrow, recipientCertificate } from "../support/recipients.js";
import { World } from "../support/world.js";
import type { WorldSetup } from "../support/world-setup.js";

async function run(setup: WorldSetup = {}) {
  const world = new World(setup);
  const end = await world.clock.run(() => world.run("run"));
  const file = (name: string) => world.disk.read(`${end?.folder}/${name}`);
  const statement = world.verified(end?.certificate ?? "").verified?.statement;
  return { world, end, file, statement, untouched: world.inspect().areas.every(({ readable }) => readable) };
}

/** Digests of every masked record in the files. */
const digestsIn = ({ files }: Archive) =>
  files.flatMap(({ bytes }) =>
    Array.from({ length: bytes.length / RECORD }, (_, i) => hex(sha256(bytes.subarray(i * RECORD, (i + 1) * RECORD)))),
  );

const withLuhn = (digits: string) => digits + [..."0123456789"].find((digit) => passesLuhn(digits + digit));

type Named = NonNullable<Order["archiveRecipients"]>[number];
const namedOf = (to: readonly ArchiveRecipient[]): Named[] =>
  to.map(({ certificate }, i) => ({ party: PARTIES[i + PARTIES.length - to.length] ?? "", certSha256: hex(sha256(certificate)) }));
const PARTIES = ["00100000001", "ESCROW"];
const sealedTo = [acquirer, escrow].map(({ certificate }) => ({ certificate }));

describe("the archive of a simulated terminal", () => {
  it.each(["podp-small", "podp-traditional", "podp-multi"])("answers what %s held, record for record", async (model) => {
    const { world, file, statement } = await run({ model });
    const bytes = file("archive.ndjson");
    const opened = readArchive(bytes ?? new Uint8Array(0));
    const start = world.inspect().start;
    const listed = opened.items.filter(({ census, count }) => census === "start" && count === undefined);
    expect(new Set(listed.map(({ stan }) => stan))).toEqual(new Set(start.map(({ stan }) => stan)));
    for (const { digest } of listed) expect(digestsIn(opened)).toContain(digest);
    expect(opened.settlements.map(({ outcome }) => outcome)).toEqual(opened.accounts.map(() => "BALANCED"));
    expect(opened.settlements.every(({ terminal, host }) => terminal !== undefined && host !== undefined)).toBe(true);
    const before = statement?.settlement.flatMap((row) => row.before).reduce((sum, { count }) => sum + count, 0);
    expect(statement?.archive).toEqual({
      ...{ present: true, sha256: hex(sha256(bytes!)), size: bytes?.length, alg: "none", recipients: [] },
      ...{ recordCount: before, panForm: "truncated", sadScan: "clean" },
    });
  });

  it("is sealed where recipients are named, never lies in the clear, and the certificate names key and party", async () => {
    const world = new World({ archiveRecipients: sealedTo });
    const clear: string[] = [];
    world.disk.hook = (_n, when, what) => {
      const [, path = ""] = /^(?:write|append|rename) (.*)$/.exec(what) ?? [];
      if (when === "after" && Buffer.from(world.disk.read(path) ?? []).includes('"line":"item"')) clear.push(path);
    };
    const end = await world.clock.run(() => world.run("run"));
    expect(end).toMatchObject({ message: null, outcome: "ERASED" });
    expect(clear).toEqual([]);
    expect(world.disk.list(end?.folder ?? "")).not.toContain("archive.ndjson");
    const sealed = world.disk.read(`${end?.folder}/archive.p7m`) ?? new Uint8Array(0);
    const opened = [acquirer, escrow].map(({ key }) => readArchive(unseal(sealed, key)));
    expect(opened[0]).toEqual(opened[1]);
    expect(opened[0]?.head).toMatchObject({ runId: end?.runId, certId: end?.certId, serial: world.serial });
    expect(world.verified(end?.certificate ?? "").verified?.statement.archive).toMatchObject({
      ...{
        alg: "cms-aes256-gcm",
        sha256: hex(sha256(sealed)),
        size: sealed.length,
        recordCount: opened[0]?.items.filter((i) => i.census === "start").length,
      },
      recipients: [
        { party: "00100000001", certSha256: hex(sha256(acquirer.certificate)) },
        { party: "ESCROW", certSha256: hex(sha256(escrow.certificate)) },
      ],
    });
  });

  it("is compared with the certificate where both are at hand", async () => {
    const { world, end, file } = await run({ archiveRecipients: sealedTo });
    const content = world.disk.read(end?.certificate ?? "")!;
    const signature = world.disk.read(end?.signature ?? "")!;
    const judge = (bytes: Uint8Array | null) =>
      verify({ content, signature }, { trust: [testRoot.certificate], trustedTime: START, archive: bytes });
    const sealed = file("archive.p7m")!;
    expect(judge(sealed)).toMatchObject({ status: "ACCEPTED", notChecked: expect.not.arrayContaining(["archive-file"]) });
    const changed = sealed.map((byte, i) => (i === sealed.length - 1 ? byte ^ 1 : byte));
    for (const other of [changed, sealed.subarray(1), new Uint8Array(0), null]) {
      expect(judge(other)).toMatchObject({ status: "REJECTED", code: "ARCHIVE_HASH" });
    }
    expect(world.verified(end?.certificate ?? "").notChecked).toContain("archive-file");
  });
});

describe("the wipe waits", () => {
  it("before money moves, when an acquirer is not among the recipients; it goes on when all are named", async () => {
    const { world, end, untouched } = await run({ archiveRecipients: [{ certificate: escrow.certificate }] });
    expect(end).toMatchObject({ endState: "HOLD", code: "draft.rejected" });
    expect(end?.message).toContain("ARCHIVE_RECIPIENT");
    expect(world.inspect().bookings).toEqual([]);
    expect(untouched).toBe(true);
    await world.replug();
    expect(await world.clock.run(() => world.run("resume"))).toMatchObject({ code: "draft.rejected" });
    await world.replug();
    const done = await world.clock.run(() => world.run("resume", undefined, sealedTo));
    expect(done).toMatchObject({ endState: "CERT", outcome: "ERASED" });
    expect(world.disk.list(done?.folder ?? "")).toContain("archive.p7m");
  });

  const ordering: WorldSetup["order"] = (world) => orderFor(world, () => ({ archiveRecipients: namedOf(sealedTo) }));

  it("where the order names who is to read the archive and the bench has not brought their certificates; none lies in the clear", async () => {
    const { end, file, untouched, world } = await run({ order: ordering });
    expect(end).toMatchObject({ endState: "HOLD" });
    expect({ untouched, clear: file("archive.ndjson"), bookings: world.inspect().bookings }).toEqual({
      untouched: true,
      clear: undefined,
      bookings: [],
    });
    await world.replug();
    const done = await world.clock.run(() => world.run("resume", undefined, sealedTo));
    expect(done).toMatchObject({ endState: "CERT", outcome: "ERASED" });
  });

  it("nobody can be named whom the order does not name; nothing beyond identify was sent", async () => {
    const order: WorldSetup["order"] = (world) => orderFor(world, () => ({ archiveRecipients: namedOf(sealedTo).slice(0, 1) }));
    const world = new World({ order, archiveRecipients: sealedTo });
    await expect(world.clock.run(() => world.run("run"))).rejects.toMatchObject({ code: "archive.recipient", row: { end: "REFUSE" } });
    expect(world.line.frames.out).toBe(1);
  });

  it("nobody can be named to whom nothing can be sealed; nothing beyond identify was sent", async () => {
    const certificate = recipientCertificate(acquirer.key, { notAfter: START - 1000 });
    const world = new World({ archiveRecipients: [{ certificate }] });
    await expect(world.clock.run(() => world.run("run"))).rejects.toMatchObject({ code: "archive.recipient", row: { end: "REFUSE" } });
    expect(world.line.frames.out).toBe(1);
    expect(world.disk.list("out")).toEqual([]);
  });
});

describe("a run that is taken up again with recipients", () => {
  const names = (world: World) =>
    world.disk.list("out").flatMap((folder) => world.disk.list(`out/${folder}`).filter((name) => /^archive/.test(name)));

  it("before the wipe: the archive that lay in the clear is gone, a sealed one is there", async () => {
    const world = new World({ order: (w) => orderFor(w, () => ({ reasonCode: "VIOLATION_FROZEN", archiveDemanded: true })) });
    expect(await world.clock.run(() => world.run("run"))).toMatchObject({ code: "order.held" });
    expect(names(world)).toEqual(["archive.ndjson"]);
    await world.replug();
    await world.clock.run(() => world.run("resume", undefined, sealedTo));
    expect(names(world)).toEqual(["archive.p7m"]);
  });

  it.each(["", "a death before the clear one was removed"])(
    "after it: the very bytes are sealed, and the certificate is about them (%s)",
    async (death) => {
      const world = new World();
      world.sim.terminal.point = (name) => {
        if (name === "erase") world.powerOff();
      };
      const parked = await world.clock.run(() => world.run("run"));
      const clear = world.disk.read(`${parked?.folder}/archive.ndjson`) ?? new Uint8Array(0);
      expect(names(world)).toEqual(["archive.ndjson"]);
      world.powerOn();
      await world.replug();
      if (death !== "") {
        world.disk.hook = (_n, when, what) => {
          if (when === "before" && what.startsWith("remove")) throw new Death();
        };
        expect(await world.clock.run(() => world.run("resume", undefined, sealedTo))).toBeUndefined();
        world.disk.hook = () => undefined;
        expect(names(world)).toEqual(["archive.ndjson", "archive.p7m"]);
        await world.replug();
      }
      const end = await world.clock.run(() => world.run("resume", undefined, death === "" ? sealedTo : undefined));
      expect(end).toMatchObject({ endState: "CERT", outcome: "ERASED" });
      expect(names(world)).toEqual(["archive.p7m"]);
      const sealed = world.disk.read(`${end?.folder}/archive.p7m`) ?? new Uint8Array(0);
      expect(unseal(sealed, acquirer.key)).toEqual(clear);
      expect(world.verified(end?.certificate ?? "").verified?.statement.archive).toMatchObject({
        sha256: hex(sha256(sealed)),
        alg: "cms-aes256-gcm",
      });
    },
  );
});

describe("what the journal writes of the terminal's words", () => {
  it("is looked through like an archive: a card number in a merchant's name stops the run, and stands nowhere", async () => {
    const pan = withLuhn("411111111111111") ?? "";
    const world = new World();
    const { batch } = world.sim.terminal;
    const accounts = batch.accounts.map((account) => ({ ...account, name: `SHOP ${pan}` }));
    Object.defineProperty(batch, "accounts", { get: () => accounts });
    const end = await world.clock.run(() => world.run("run"));
    expect(end).toMatchObject({ endState: "HOLD", code: "archive.leak" });
    expect(world.inspect().bookings).toEqual([]);
    const journal = Buffer.from(world.disk.read(`${end?.folder}/journal.ndjson`) ?? []).toString();
    expect(journal).not.toContain(pan);
    expect(journal).not.toContain('"step":"census"');
  });
});

const finished = run().then(({ world, end }) =>
  Journal.open(world.disk, `${end?.folder}/journal.ndjson`, testStation().journalKey, world.clock),
);

interface StepSetup {
  readonly production?: boolean;
  readonly verified?: boolean;
  readonly demanded?: boolean;
  readonly to?: readonly ArchiveRecipient[];
  /** Whom the order names; those to whom it is to be sealed when absent. */
  readonly names?: readonly Named[];
  /** What the terminal serves as its one file, and how long it says that it is. */
  readonly bytes?: Uint8Array;
  readonly size?: number;
  readonly now?: number;
  /** Merchant number of a second account. */
  readonly mid?: string;
}

/** A journal's entry as it would stand in a record that no simulated terminal gives. */
function edited(entry: Entry, { production = true, verified = false, to = [], mid }: StepSetup): Entry {
  if (entry.kind === "begin") {
    const anybody = { order: {}, environment: "simulator", now: START } as const;
    return { ...entry, archiveRecipients: checkRecipients(to, anybody), environment: production ? "production" : "simulator" };
  }
  if (entry.kind !== "seen") return entry;
  if (entry.step === "settle") return { ...entry, facts: { ...entry.facts, macVerified: verified } };
  if (entry.step !== "census") return entry;
  const items = entry.when === "start" ? entry.census.items : [];
  const second = mid === undefined ? [] : entry.accounts.slice(0, 1).map((one) => ({ ...one, id: "ee".repeat(8), mid }));
  return { ...entry, census: { ...entry.census, items }, accounts: [...entry.accounts, ...second] };
}

/** The step on its own, with everything that it wrote. */
async function step(setup: StepSetup) {
  const { demanded = false, names, bytes = new Uint8Array(0), size = bytes.length, now = START } = setup;
  const journal = await finished;
  const disk = new MemoryDisk();
  const lines = (journal?.lines ?? [])
    .filter(({ entry }) => entry.kind !== "seen" || entry.step !== "archive")
    .map((line): Line => ({ ...line, entry: edited(line.entry, setup) }));
  const order = { ...JSON.parse(Buffer.from(recordOf(lines).begin.order, "base64").toString()), archiveDemanded: demanded };
  const named = names ?? namedOf(setup.to ?? []);
  Object.assign(order, named.length === 0 ? {} : { archiveRecipients: named });
  const written: string[] = [];
  const file = { id: 1, size, generation: 1 };
  const terminal = {
    areas: async () => [{ id: 1, files: [file] }],
    read: async () => bytes,
  };
  disk.hook = (_n, when, what) => void (when === "after" && written.push(what));
  const at = { clock: { wall: () => now }, disk, folder: "step", random: seededRandom("step") };
  const writes: string[] = [];
  const write = (entry: { kind: string; step?: string }) => void writes.push(`${entry.kind} ${entry.step}`);
  const given = { ...at, record: () => recordOf(lines), order: { order }, terminal, write } as unknown as Run; // what the step asks for
  const thrown = await archive(given).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { thrown, written, writes };
}

describe("in production", () => {
  it.each([
    ["an account was settled below S2", {}],
    ["the order demands it", { verified: true, demanded: true }],
  ])("nothing is wiped without an archive when %s and nobody is named", async (_why, setup) => {
    const { thrown, written, writes } = await step(setup);
    expect(thrown).toMatchObject({ code: "archive.unsealed", row: { end: "HOLD", exit: 6 } });
    expect({ written, writes }).toEqual({ written: [], writes: [] });
  });

  it("no archive is made when the host vouches for every account and nobody asks for one; never one in the clear", async () => {
    expect(await step({ verified: true })).toEqual({ thrown: undefined, written: [], writes: [] });
  });

  it("it is sealed to those who are named", async () => {
    const { thrown, written, writes } = await step({ to: sealedTo });
    expect(thrown).toBeUndefined();
    expect(writes).toEqual(["seen archive"]);
    expect(written.filter((what) => what.startsWith("rename"))).toEqual(["rename step/archive.p7m"]);
  });

  it.each([
    ["the order names nobody", []],
    ["the order names one of them only", namedOf(sealedTo).slice(0, 1)],
    ["the order names one more", [...namedOf(sealedTo), { party: "LEGAL", certSha256: "0".repeat(64) }]],
    ["the order names other certificates", namedOf(sealedTo).map((one) => ({ ...one, certSha256: "0".repeat(64) }))],
  ])("nothing is sealed to those whom the bench names where %s", async (_what, names) => {
    const { thrown, written, writes } = await step({ to: sealedTo, names });
    expect(thrown).toMatchObject({ code: "archive.unsealed", row: { end: "HOLD" } });
    expect({ written, writes }).toEqual({ written: [], writes: [] });
  });

  it("a recipient whose certificate has expired meanwhile, or an acquirer without one, parks the run", async () => {
    const late = { to: sealedTo, now: Date.UTC(2100, 0, 1) };
    for (const setup of [late, { to: sealedTo.slice(1) }, { to: sealedTo.slice(1), production: false }]) {
      const { thrown, written } = await step(setup);
      expect(thrown).toMatchObject({ code: "archive.unsealed" });
      expect(written).toEqual([]);
    }
  });

  it("a Luhn-valid merchant number of any acquirer is no card number; another one in the same bytes is", async () => {
    const [mid, other] = ["340000000000017", "370000000000002"].map((digits) => digits.slice(0, 14)).map(withLuhn);
    const bytes = (number = "") => ascii(`MERCHANT ${number} `);
    expect(await step({ to: sealedTo, mid: mid!, bytes: bytes(mid) })).toMatchObject({ thrown: undefined, writes: ["seen archive"] });
    const refused = await step({ to: sealedTo, mid: mid!, bytes: bytes(other) });
    expect(refused).toMatchObject({ thrown: { code: "archive.leak", row: { end: "HOLD" } }, written: [], writes: [] });
  });

  it("more than an archive may hold is not read at all", async () => {
    expect(await step({ to: sealedTo, size: MAX_ARCHIVE + 1 })).toMatchObject({
      thrown: { code: "archive.size", row: { end: "HOLD" } },
      written: [],
    });
  });
});
