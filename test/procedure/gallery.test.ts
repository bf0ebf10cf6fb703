// The liars' gallery: every lie at every level of evidence, and what a certificate says that does not find it out.
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { limitations } from "../../src/evidence/statement/statement-erasure.js";
import { type LieName, lieNames, lies } from "../../src/sim/lies.js";
import { admits, asked, columns, fates, kept, type Meetings, meetings, sentences } from "../support/gallery.js";

const readme = readFileSync("fixtures/liars/README.md", "utf8");
const met = new Map<LieName | "honest", Meetings>();

beforeAll(async () => {
  met.set("honest", await meetings());
  for (const lie of lieNames) met.set(lie, await meetings(lie));
}, 60_000);
const of = (name: LieName | "honest") => met.get(name)!;

it("an honest terminal stands at every level", () => {
  expect(new Set(fates(of("honest")))).toEqual(new Set(["not caught"]));
  for (const how of asked) {
    const meeting = of("honest")[how];
    expect(meeting.end, how).toMatchObject({ endState: "CERT", outcome: "ERASED" });
    expect(kept(meeting)).toBe(0);
  }
});

describe.each(lieNames)("a terminal that %s", (lie) => {
  it("is certified only where the sentences that stay true of it are in the certificate, and nowhere else is anything admitted", () => {
    for (const how of asked) {
      const { end, statement } = of(lie)[how];
      const names = admits[lie][how] ?? [];
      expect(end?.endState === "CERT", `${how}: ${end?.code}`).toBe(names.length > 0);
      if (end?.endState === "CERT") expect(statement?.limitations, how).toEqual(expect.arrayContaining(sentences(names)));
    }
  });

  it("gets no claim from a certificate that does not say ERASED, and no proof of a unit without its key", () => {
    for (const how of asked) {
      const { end, statement } = of(lie)[how];
      const claims: readonly string[] = statement?.claims ?? [];
      if (end?.endState !== "CERT") expect(claims, how).not.toEqual(expect.arrayContaining([expect.stringMatching(/ERASED|EMPTY/)]));
      expect(claims.includes("UNIT_PROVEN"), how).toBe(statement?.device.identityLevel === "P3");
    }
  });

  it("makes no payment and no settlement from ARM on", () => {
    const noted = lie === "signs-in-after-restart" ? ["signed-in"] : [];
    for (const how of asked) expect(of(lie)[how].afterArm, how).toEqual({ heard: 0, noted });
  });

  it("breaks nobody's rules but its own", () => {
    for (const how of asked) expect(of(lie)[how].world.inspect().violations, how).toEqual([]);
  });
});

it("the gallery's table is that of fixtures/liars", () => {
  const rows = lieNames.map((lie) => {
    const told = asked.flatMap((how) => (admits[lie][how] ?? []).map((name) => `${how}: \`${name}\``));
    return `| \`${lie}\` | ${[lies[lie].about, ...fates(of(lie)), told.join(", ") || "–"].join(" | ")} |`;
  });
  const head = `| lie | the terminal | ${columns.join(" | ")} | not caught: what the certificate says |`;
  const table = [head, head.replace(/[^|]+/g, "---"), ...rows].join("\n");
  const named = new Set(lieNames.flatMap((lie) => asked.flatMap((how) => admits[lie][how] ?? [])));
  const words = [...named]
    .sort()
    .map((name) => `- \`${name}\`: “${limitations[name]}”`)
    .join("\n");
  if (!readme.includes(table) || !readme.includes(words)) console.log(`${table}\n\n${words}`);
  expect([readme.includes(table), readme.includes(words)]).toEqual([true, true]);
});
