// Who may import what, for every file there is; and planted violations, to know that this test can fail.
import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { closure, importsOf, type Sources, violations } from "./tools/imports.js";

const root = fileURLToPath(new URL("..", import.meta.url));

function house(): Sources {
  const paths = ["src", "protocols"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => [folder, ...name.split(sep)].join("/")),
  );
  return new Map(paths.sort().map((path) => [path, readFileSync(join(root, path), "utf8")]));
}

const serial = (chains: ReadonlyMap<string, readonly string[]>) =>
  [...chains].filter(([target]) => /^(?:serialport$|@serialport\/bindings)/.test(target)).map(([, chain]) => chain.join(" → "));

describe("the house", () => {
  const sources = house();

  it("imports only from its own floor or below, and each package in its one place", () => {
    expect(sources.size).toBeGreaterThan(10);
    expect(violations(sources)).toEqual([]);
  });

  it("imports only files that exist", () => {
    const missing = [...sources].flatMap(([path, source]) =>
      importsOf(path, source)
        .filter(({ target }) => target?.endsWith(".ts") && !sources.has(target))
        .map(({ line, text }) => `${path}:${line}: ${text}`),
    );
    expect(missing).toEqual([]);
  });

  it("verifies without pulling in serial code", () => {
    const pulled = closure(sources, "src/verify.ts");
    expect([...pulled.keys()]).toContain("src/evidence/verify.ts");
    expect(serial(pulled)).toEqual([]);
  });
});

describe("a planted violation", () => {
  /** [where, the offending line, what is said about it] */
  const planted: readonly (readonly [string, string, string])[] = [
    ["src/base/x.ts", 'import { z } from "../wire/cobs.js";', "base may not import wire"],
    ["src/base/x.ts", 'import { z } from "zod";', "zod is imported in src/evidence/ alone"],
    ["src/wire/x.ts", 'import type { Link } from "../link/link.js";', "wire may not import link"],
    ["src/wire/x.ts", 'import { DelimiterParser } from "@serialport/parser-delimiter";', "is imported in src/wire/delimited.ts alone"],
    ["src/link/x.ts", 'export * from "../terminal/facts.js";', "link may not import terminal"],
    ["src/link/x.ts", 'const { SerialPort } = await import("serialport");', "serialport is imported in src/link/serial.ts alone"],
    ["src/link/x.ts", 'type Port = import("serialport").SerialPort;', "serialport is imported in src/link/serial.ts alone"],
    ["src/link/x.ts", "const it = await import(name);", "names its module by an expression"],
    ["src/link/x.ts", 'const it = require("lodash");', "lodash has no home in this house"],
    ["src/terminal/x.ts", 'import { families } from "../../protocols/index.js";', "terminal may not import families"],
    ["src/terminal/x.ts", 'import { journal } from "../evidence/journal.js";', "terminal may not import evidence"],
    ["src/evidence/x.ts", 'export type { Model } from "../../protocols/podp/models/model.js";', "evidence may not import driver"],
    ["src/evidence/x.ts", 'import { run } from "../procedure/run.js";', "evidence may not import procedure"],
    ["src/procedure/x.ts", 'import { families } from "../../protocols/index.js";', "procedure may not import families"],
    ["src/procedure/x.ts", 'import { main } from "../cli/main.js";', "procedure may not import cli"],
    ["src/delivery/x.ts", 'import { Terminal } from "../sim/terminal.js";', "delivery may not import sim"],
    ["src/sim/x.ts", 'import type { Driver } from "../terminal/driver.js";', "sim may not import terminal"],
    ["src/sim/x.ts", 'import { sign } from "../evidence/cms.js";', "sim may not import evidence"],
    ["src/cli/x.ts", 'import pino from "pino";', "pino is imported in src/cli/log.ts alone"],
    ["src/cli/x.ts", 'import { has } from "../../test/tools/has.js";', "leaves src and protocols"],
    ["protocols/podp/driver.ts", 'import { face } from "./simulated.js";', "driver may not import face"],
    ["protocols/podp/simulated.ts", 'import { driver } from "./driver.js";', "face may not import driver"],
    ["protocols/podp/simulated.ts", 'import { model } from "./models/p1.js";', "face may not import driver"],
    ["protocols/podp/frame.ts", 'import { face } from "./simulated.js";', "family may not import face"],
    ["protocols/podp/messages.ts", 'import { Bench } from "../../src/sim/bench.js";', "family may not import sim"],
    ["protocols/podp/driver.ts", 'import { x } from "../zvt/frame.js";', "family podp may not import family zvt"],
    ["protocols/index.ts", 'export { face } from "./podp/simulated.js";', "families may not import face"],
    ["src/procedure/x.ts", "setTimeout(() => undefined, 5);", "time and chance come from base"],
    ["src/evidence/x.ts", "const issuedAt = Date.now();", "time and chance come from base"],
  ];

  it.each(planted)("in %s is found: %s", (path, line, said) => {
    const found = violations(new Map([[path, `// a file\n\n${line}\n`]]));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${path}:3: ${line} — `);
    expect(found[0]).toContain(said);
  });

  it("is found across lines, after comments and behind slashes in strings", () => {
    const source = [
      'const a = "http://x"; /* " */',
      "const b = /[/*]'/;",
      "import {",
      "  type Link,",
      '} from "../link/link.js"; // why',
    ].join("\n");
    expect(violations(new Map([["src/wire/x.ts", source]]))).toEqual([
      'src/wire/x.ts:5: } from "../link/link.js"; // why — wire may not import link',
    ]);
  });

  it("is not seen in comments or in allowed imports", () => {
    const source = [
      '// import { z } from "zod";',
      '/* export * from "../cli/main.js" */',
      'import { readFileSync } from "node:fs";',
      'import type { Facts } from "../terminal/facts.js";',
      "// never Date.now or setTimeout(",
    ].join("\n");
    expect(violations(new Map([["src/sim/x.ts", source]]))).toEqual([]);
  });

  it("of a second file with node-forge names both", () => {
    const line = 'import forge from "node-forge";';
    const one: [string, string] = ["src/evidence/pki.ts", line];
    expect(violations(new Map([one]))).toEqual([]);
    expect(violations(new Map([one, ["src/evidence/cms.ts", line]]))).toHaveLength(2);
  });

  it("of the verifier's closure shows the chain, lazy imports and re-exports included", () => {
    const sources = new Map([
      ["src/verify.ts", 'export * from "./evidence/verify.js";'],
      ["src/evidence/verify.ts", 'import type { Link } from "../link/open.js";'],
      ["src/link/open.ts", 'const serial = () => import("./serial.js");'],
      ["src/link/serial.ts", 'import type { SerialPort } from "serialport";'],
    ]);
    expect(serial(closure(sources, "src/verify.ts"))).toEqual([
      "src/verify.ts → src/evidence/verify.ts → src/link/open.ts → src/link/serial.ts → serialport",
    ]);
  });
});
