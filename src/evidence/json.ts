// A JSON reader that takes only what every reader in every language understands alike (RFC 8259, I-JSON and stricter).
import { pointerTo, Rejection, type VerifierCode } from "./codes.js";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

const MAX_BYTES = 256 * 1024;
const MAX_DEPTH = 16;
/** Keys that mean something to JavaScript objects; no document of ours has them. */
const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);
const ESCAPES: Readonly<Record<string, string>> = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const LITERALS: Readonly<Record<string, Json>> = { true: true, false: false, null: null };

/** One object and nothing else. Throws a Rejection with the JSON pointer of what is wrong. */
export function readJson(bytes: Uint8Array): JsonObject {
  if (bytes.length > MAX_BYTES) throw new Rejection("ENV_SIZE", "", `${bytes.length} bytes`);
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) throw new Rejection("JSON_BOM", "", "byte order mark");
  if (bytes[0] === 0 || bytes[1] === 0) throw new Rejection("JSON_UTF8", "", "UTF-16 or UTF-32"); // 7B 00 or 00 7B
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Rejection("JSON_UTF8", "", "not UTF-8");
  }
  return new Reader(text).document();
}

/** The common case, which no later check can object to. */
const PLAIN = /^[\x20-\x7e]*$/;

class Reader {
  readonly #text: string;
  /** Keys and positions down to where the reader is: a pointer is written only for what is wrong. */
  readonly #path: (string | number)[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): JsonObject {
    if (this.#text[0] !== "{") this.#reject("ENV_TYPE", "not a JSON object");
    const object = this.#object(1);
    this.#space();
    if (this.#at < this.#text.length) this.#reject("JSON_TRAILING", "text after the end");
    return object;
  }

  #reject(code: VerifierCode, detail: string): never {
    throw new Rejection(code, pointerTo(this.#path), `${detail} (character ${this.#at})`);
  }

  #space(): void {
    while (" \t\r\n".includes(this.#text[this.#at] ?? "x")) this.#at++;
  }

  /** Takes the next character, after white space, if it is this one. */
  #take(character: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#take(character)) this.#reject("ENV_TYPE", `no ${character} where JSON wants one`);
  }

  #value(depth: number): Json {
    this.#space();
    const next = this.#text[this.#at] ?? "";
    if (next === "{") return this.#object(depth + 1);
    if (next === "[") return this.#array(depth + 1);
    if (next === '"') return this.#string();
    if (/[-+.0-9NI]/.test(next)) return this.#number();
    for (const [word, value] of Object.entries(LITERALS)) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    return this.#reject("ENV_TYPE", "no JSON value");
  }

  #object(depth: number): JsonObject {
    this.#deep(depth);
    this.#expect("{");
    const object: Record<string, Json> = {};
    const folded = new Set<string>();
    if (this.#take("}")) return object;
    do {
      this.#space();
      const key = this.#string();
      this.#path.push(key);
      if (FORBIDDEN.has(key)) this.#reject("JSON_UNKNOWN_FIELD", "a key with a meaning of its own");
      // Go matches keys without regard to case; others fold compatibility forms.
      const fold = (PLAIN.test(key) ? key : key.normalize("NFKC")).toLowerCase();
      if (folded.has(fold)) this.#reject("JSON_DUP_KEY", "a key that is already there");
      folded.add(fold);
      this.#expect(":");
      object[key] = this.#value(depth);
      this.#path.pop();
    } while (this.#take(","));
    this.#expect("}");
    return object;
  }

  #array(depth: number): Json[] {
    this.#deep(depth);
    this.#expect("[");
    const array: Json[] = [];
    if (this.#take("]")) return array;
    do {
      this.#path.push(array.length);
      array.push(this.#value(depth));
      this.#path.pop();
    } while (this.#take(","));
    this.#expect("]");
    return array;
  }

  #deep(depth: number): void {
    if (depth > MAX_DEPTH) this.#reject("JSON_DEPTH", `deeper than ${MAX_DEPTH} levels`);
  }

  #number(): number {
    const [written = ""] = /^[-+.0-9A-Za-z]*/.exec(this.#text.slice(this.#at, this.#at + 400)) ?? [];
    const value = Number(written);
    if (!/^(0|-?[1-9][0-9]*)$/.test(written) || !Number.isSafeInteger(value)) {
      this.#reject("JSON_NUMBER", "not a whole number within ±(2^53−1)");
    }
    this.#at += written.length;
    return value;
  }

  #string(): string {
    if (this.#text[this.#at] !== '"') this.#reject("ENV_TYPE", "no string where JSON wants one");
    this.#at++;
    let out = "";
    for (;;) {
      out += this.#run();
      const character = this.#text[this.#at];
      if (character === undefined) this.#reject("ENV_TYPE", "a string without end");
      if (character < " ") this.#reject("JSON_CHARSET", "a control character");
      this.#at++;
      if (character === '"') break;
      out += this.#escape();
    }
    if (PLAIN.test(out)) return out;
    if (/\p{Surrogate}/u.test(out)) this.#reject("JSON_CHARSET", "half of a surrogate pair");
    if (out.normalize("NFC") !== out) this.#reject("JSON_NOT_NFC", "not in normal form C");
    return out;
  }

  /** Characters that stand for themselves, as many as there are. */
  #run(): string {
    const from = this.#at;
    for (let code = this.#text.charCodeAt(from); code >= 0x20 && code !== 0x22 && code !== 0x5c; ) code = this.#text.charCodeAt(++this.#at);
    return this.#text.slice(from, this.#at);
  }

  #escape(): string {
    const letter = this.#text[this.#at++] ?? "";
    if (letter !== "u") return ESCAPES[letter] ?? this.#reject("ENV_TYPE", "an escape that JSON does not have");
    const digits = this.#text.slice(this.#at, this.#at + 4);
    if (!/^[0-9A-Fa-f]{4}$/.test(digits)) this.#reject("ENV_TYPE", "an escape that JSON does not have");
    this.#at += 4;
    if (digits === "0000") this.#reject("JSON_CHARSET", "NUL");
    return String.fromCharCode(Number.parseInt(digits, 16));
  }
}
