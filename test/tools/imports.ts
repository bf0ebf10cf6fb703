// The house rules about who may import what, as a function of sources, so that a test can plant violations.
import { posix } from "node:path";

/** Path from the project's root, with `/`, to source text. */
export type Sources = ReadonlyMap<string, string>;

interface Import {
  /** Undefined where the specifier is not a literal. */
  readonly target: string | undefined;
  readonly line: number;
  readonly text: string;
}

const TOKENS =
  /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|(?<=(?:[(,=:[!&|?{};+]|return|=>)\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;

/** Comments become spaces; strings, templates and regular expressions stay, so that a `//` inside them hides nothing. */
export function withoutComments(source: string): string {
  return source.replace(TOKENS, (token) => (/^\/[*/]/.test(token) ? token.replace(/[^\n]/g, " ") : token));
}

const SPECIFIERS = [
  /\b(?:import|export)\b[^;"'`()]*?\bfrom\s*(?:"([^"]+)"|'([^']+)')/g,
  /\bimport\s*(?:"([^"]+)"|'([^']+)')/g,
  /(?<![.\w])import\s*\(\s*(?:"([^"]+)"|'([^']+)'|`([^`$]+)`|[^)])/g,
  /(?<![.\w])require\s*\(\s*(?:"([^"]+)"|'([^']+)'|[^)])/g,
];

export function importsOf(path: string, source: string): Import[] {
  const code = withoutComments(source);
  const lines = source.split("\n");
  return SPECIFIERS.flatMap((pattern) =>
    [...code.matchAll(pattern)].map((match) => {
      const line = code.slice(0, match.index + match[0].length).split("\n").length;
      const specifier = match[1] ?? match[2] ?? match[3];
      const target = specifier?.startsWith(".") ? posix.join(posix.dirname(path), specifier).replace(/\.js$/, ".ts") : specifier;
      return { target, line, text: (lines[line - 1] ?? "").trim() };
    }),
  ).sort((a, b) => a.line - b.line);
}

/** Where a file stands, from its path. */
function room(path: string): string {
  const family = /^protocols\/([^/]+)\/(.+)$/.exec(path);
  if (family !== null)
    return /^simulated\b/.test(family[2]!) ? "face" : /^(?:driver\.ts|family\.ts|models\/)/.test(family[2]!) ? "driver" : "family";
  if (path === "protocols/index.ts") return "families";
  if (path === "protocols/simulated.ts") return "faces";
  const folder = /^src\/([^/]+)\/.+$/.exec(path)?.[1];
  return folder ?? (/^src\/[^/]+\.ts$/.test(path) ? "top" : "outside");
}

const LOW = ["base", "wire", "link", "terminal"];
const ALL = [...LOW, "evidence", "procedure", "delivery", "sim", "cli", "top", "families", "faces", "family", "driver", "face"];

/** Room → rooms it may import from. A family's three rooms see their own family only. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  base: ["base"],
  wire: ["base", "wire"],
  link: ["base", "wire", "link"],
  terminal: LOW,
  family: [...LOW, "family"],
  driver: [...LOW, "family", "driver"],
  face: [...LOW, "family", "face", "sim"],
  families: [...LOW, "family", "driver"],
  faces: [...LOW, "family", "face", "sim"],
  evidence: [...LOW, "evidence"],
  procedure: [...LOW, "evidence", "procedure", "delivery"],
  delivery: [...LOW, "evidence", "procedure", "delivery"],
  sim: ["base", "wire", "link", "sim"],
  cli: ALL,
  top: ALL,
};

/** Package → the one file, or the one folder (ends in /), that may import it. */
const PACKAGES: Readonly<Record<string, string>> = {
  serialport: "src/link/serial.ts",
  "@serialport/parser-delimiter": "src/wire/delimited.ts",
  "node-forge": "src/evidence/",
  pino: "src/cli/log.ts",
  zod: "src/evidence/",
  commander: "src/cli/",
};
const ONE_FILE = ["node-forge"];

const TIME =
  /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bprocess\.hrtime\b|\bset(?:Timeout|Interval)\s*\(|\bMath\.random\b|timers\/promises|AbortSignal\.timeout/;

function judge(path: string, target: string | undefined): string | undefined {
  if (target === undefined) return "names its module by an expression, which no test can follow";
  const from = room(path);
  if (target.startsWith("node:")) return undefined;
  if (!/^(?:src|protocols)\//.test(target)) {
    if (target.startsWith("..") || posix.extname(target) === ".ts") return "leaves src and protocols";
    const name = target
      .split("/")
      .slice(0, target.startsWith("@") ? 2 : 1)
      .join("/");
    const home = PACKAGES[name];
    if (home === undefined) return `${name} has no home in this house`;
    return path === home || (home.endsWith("/") && path.startsWith(home)) ? undefined : `${name} is imported in ${home} alone`;
  }
  const to = room(target);
  if (from === "sim" && target === "src/terminal/facts.ts") return undefined;
  if (!MAY[from]?.includes(to)) return `${from} may not import ${to}`;
  const family = /^protocols\/([^/]+)\//;
  const own = family.exec(path)?.[1];
  const other = family.exec(target)?.[1];
  if (own !== undefined && other !== undefined && own !== other) return `family ${own} may not import family ${other}`;
  return undefined;
}

/** `path:line: the line — what is wrong with it`, one for each violation. */
export function violations(sources: Sources): string[] {
  const found: string[] = [];
  const users = new Map<string, string[]>();
  for (const [path, source] of sources) {
    for (const { target, line, text } of importsOf(path, source)) {
      const wrong = judge(path, target);
      if (wrong !== undefined) found.push(`${path}:${line}: ${text} — ${wrong}`);
      if (target !== undefined && ONE_FILE.includes(target)) users.set(target, [...(users.get(target) ?? []), `${path}:${line}: ${text}`]);
    }
    if (path.startsWith("src/base/")) continue;
    for (const [i, text] of withoutComments(source).split("\n").entries()) {
      if (TIME.test(text)) found.push(`${path}:${i + 1}: ${text.trim()} — time and chance come from base`);
    }
  }
  for (const [name, places] of users) {
    if (new Set(places.map((place) => place.split(":")[0])).size > 1)
      found.push(...places.map((place) => `${place} — ${name} is imported in one file alone`));
  }
  return found;
}

/** Everything a file pulls in, lazily or not: files and packages, each with the chain that leads to it. */
export function closure(sources: Sources, entry: string): ReadonlyMap<string, readonly string[]> {
  const chains = new Map<string, readonly string[]>([[entry, [entry]]]);
  for (const [path, chain] of chains) {
    const source = sources.get(path);
    if (source === undefined) continue;
    for (const { target } of importsOf(path, source)) {
      if (target !== undefined && !chains.has(target)) chains.set(target, [...chain, target]);
    }
  }
  return chains;
}
