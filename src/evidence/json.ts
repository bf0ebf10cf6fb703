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
const LITERALS = ["true", "false", "null"] as const;

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
  new Checker(text).document();
  return JSON.parse(text); // of what has passed there is one reading only
}

/** A string as nearly all are, which no check can object to. */
const PLAIN = /"[\x20\x21\x23-\x5b\x5d-\x7e]*"/y;
/** How a number, or what some readers take for one, begins; and all that can belong to it. */
const NUMERIC = /[-+.0-9NI]/;
const WRITTEN = /[-+.0-9A-Za-z]{1,400}/y;

/** Walks through a text once to see that it may be read, and makes nothing of it. */
class Checker {
  readonly #text: string;
  /** Keys and positions down to where it is: a pointer is written only for what is wrong. */
  readonly #path: (string | number)[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): void {
    if (this.#text[0] !== "{") this.#reject("ENV_TYPE", "not a JSON object");
    this.#object(1);
    this.#space();
    if (this.#at < this.#text.length) this.#reject("JSON_TRAILING", "text after the end");
  }

  #reject(code: VerifierCode, detail: string): never {
    throw new Rejection(code, pointerTo(this.#path), `${detail} (character ${this.#at})`);
  }

  #space(): void {
    let code = this.#text.charCodeAt(this.#at);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = this.#text.charCodeAt(++this.#at);
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

  #value(depth: number): void {
    this.#space();
    const next = this.#text[this.#at] ?? "";
    if (next === '"') this.#plain() ?? this.#string();
    else if (next === "{") this.#object(depth + 1);
    else if (next === "[") this.#array(depth + 1);
    else if (NUMERIC.test(next)) this.#number();
    else this.#literal();
  }

  #literal(): void {
    const word = LITERALS.find((one) => this.#text.startsWith(one, this.#at));
    this.#at += word?.length ?? this.#reject("ENV_TYPE", "no JSON value");
  }

  #object(depth: number): void {
    this.#deep(depth);
    this.#expect("{");
    if (this.#take("}")) return;
    const folded = new Set<string>();
    do {
      this.#space();
      const plain = this.#plain();
      const key = plain ?? this.#string();
      this.#path.push(key);
      if (FORBIDDEN.has(key)) this.#reject("JSON_UNKNOWN_FIELD", "a key with a meaning of its own");
      // Go matches keys without regard to case; others fold compatibility forms.
      const fold = (plain ?? key.normalize("NFKC")).toLowerCase();
      if (folded.has(fold)) this.#reject("JSON_DUP_KEY", "a key that is already there");
      folded.add(fold);
      this.#expect(":");
      this.#value(depth);
      this.#path.pop();
    } while (this.#take(","));
    this.#expect("}");
  }

  #array(depth: number): void {
    this.#deep(depth);
    this.#expect("[");
    if (this.#take("]")) return;
    let n = 0;
    do {
      this.#path.push(n++);
      this.#value(depth);
      this.#path.pop();
    } while (this.#take(","));
    this.#expect("]");
  }

  #deep(depth: number): void {
    if (depth > MAX_DEPTH) this.#reject("JSON_DEPTH", `deeper than ${MAX_DEPTH} levels`);
  }

  #number(): void {
    WRITTEN.lastIndex = this.#at;
    const [written = ""] = WRITTEN.exec(this.#text) ?? [];
    if (!/^(0|-?[1-9][0-9]*)$/.test(written) || !Number.isSafeInteger(Number(written))) {
      this.#reject("JSON_NUMBER", "not a whole number within ±(2^53−1)");
    }
    this.#at += written.length;
  }

  /** The next string, if it is one of those. */
  #plain(): string | undefined {
    PLAIN.lastIndex = this.#at;
    if (!PLAIN.test(this.#text)) return undefined;
    const from = this.#at + 1;
    this.#at = PLAIN.lastIndex;
    return this.#text.slice(from, this.#at - 1);
  }

  #string(): string {
    if (this.#text[this.#at] !== '"') this.#reject("ENV_TYPE", "no string where JSON wants one");
    this.#at++;
    let out = this.#run();
    while (this.#text[this.#at] === "\\") {
      this.#at++;
      out += this.#escape() + this.#run();
    }
    const character = this.#text[this.#at];
    if (character === undefined) this.#reject("ENV_TYPE", "a string without end");
    if (character !== '"') this.#reject("JSON_CHARSET", "a control character");
    this.#at++;
    if (/\p{Surrogate}/u.test(out)) this.#reject("JSON_CHARSET", "half of a surrogate pair");
    if (out.normalize("NFC") !== out) this.#reject("JSON_NOT_NFC", "not in normal form C");
    return out;
  }

  /** Characters that stand for themselves, as many as there are. */
  #run(): string {
    const [text, from] = [this.#text, this.#at];
    let at = from;
    for (let code = text.charCodeAt(at); code >= 0x20 && code !== 0x22 && code !== 0x5c; ) code = text.charCodeAt(++at);
    this.#at = at;
    return text.slice(from, at);
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
