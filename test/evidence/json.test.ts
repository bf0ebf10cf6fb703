// JSON from outside: what different readers would understand differently is refused.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat } from "../../src/base/bytes.js";
import { readJson } from "../../src/evidence/json.js";
import { answerOf } from "../support/rejection.js";

const bytes = (text: string) => new TextEncoder().encode(text);

const refusal = (file: Uint8Array): string => answerOf(() => readJson(file));

test("ordinary documents are read as JSON.parse reads them", () => {
  const text = '{ "a": [1, -2, 0, true, false, null, {}, []],\r\n\t"b/c~": "\\u00e9\\n\\"\\\\\\/ 终端 😀", "max": 9007199254740991 }\n';
  expect(readJson(bytes(text))).toEqual(JSON.parse(text));
});

test("whatever JSON.stringify writes of whole numbers and clean texts is read back", () => {
  const leaf = fc.oneof(
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    fc.string().map((text) => text.normalize("NFC").replaceAll("\0", "")),
  );
  const tree = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.array(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), leaf)), {
    noNullPrototype: true,
  });
  const named = ({ constructor: _, ...rest }: Record<string, unknown>) => rest;
  fc.assert(
    fc.property(tree, (value) => {
      fc.pre(!JSON.stringify(value).includes('"constructor"') && !JSON.stringify(value).includes('"prototype"'));
      expect(readJson(bytes(JSON.stringify(named(value))))).toEqual(value);
    }),
    { seed: 7 },
  );
});

describe("is refused with code and pointer", () => {
  test.each([
    ["58 duplicate key", '{"a":{"x":1,"x":2}}', "JSON_DUP_KEY /a/x"],
    ["58 duplicate key by escape", '{"x":1,"\\u0078":2}', "JSON_DUP_KEY /x"],
    ["59 case variant", '{"verdict":1,"VERDICT":2}', "JSON_DUP_KEY /VERDICT"],
    ["59 compatibility variant", '{"verdict":1,"verdict":2}', "JSON_DUP_KEY /verdict"],
    ["61 big integer", '{"n":9007199254740993}', "JSON_NUMBER /n"],
    ["61 big negative integer", '{"n":-9007199254740992}', "JSON_NUMBER /n"],
    ["62 float", '{"a":[0,1.0]}', "JSON_NUMBER /a/1"],
    ["62 exponent", '{"n":1e2}', "JSON_NUMBER /n"],
    ["62 minus zero", '{"n":-0}', "JSON_NUMBER /n"],
    ["62 leading zero", '{"n":01}', "JSON_NUMBER /n"],
    ["62 plus sign", '{"n":+1}', "JSON_NUMBER /n"],
    ["62 NaN", '{"n":NaN}', "JSON_NUMBER /n"],
    ["62 Infinity", '{"n":-Infinity}', "JSON_NUMBER /n"],
    ["63 lone surrogate", '{"s":"\\ud800"}', "JSON_CHARSET /s"],
    ["63 surrogates in the wrong order", '{"s":"\\udc00\\ud800"}', "JSON_CHARSET /s"],
    ["64 NFD", '{"s":"e\u0301"}', "JSON_NOT_NFC /s"],
    ["64 NFD by escape", '{"s":"e\\u0301"}', "JSON_NOT_NFC /s"],
    ["69 trailing text", '{"a":1} {"a":2}', "JSON_TRAILING "],
    ["69 trailing brace", '{"a":1}}', "JSON_TRAILING "],
    ["70 17 levels", `{"a":${"[".repeat(16)}${"]".repeat(16)}}`, `JSON_DEPTH /a${"/0".repeat(15)}`],
    ["70 depth bomb", `{"a":${"[".repeat(100_000)}`, `JSON_DEPTH /a${"/0".repeat(15)}`],
    ["71 __proto__", '{"__proto__":{"x":1}}', "JSON_UNKNOWN_FIELD /__proto__"],
    ["71 constructor", '{"a":{"constructor":1}}', "JSON_UNKNOWN_FIELD /a/constructor"],
    ["72 NUL by escape", '{"s":"a\\u0000b"}', "JSON_CHARSET /s"],
    ["72 NUL", '{"s":"a\0b"}', "JSON_CHARSET /s"],
    ["72 raw line feed", '{"s":"a\nb"}', "JSON_CHARSET /s"],
    ["73 1e400", '{"n":1e400}', "JSON_NUMBER /n"],
    ["73 4,000 digits", `{"n":${"9".repeat(4000)}}`, "JSON_NUMBER /n"],
    ["an array", "[]", "ENV_TYPE "],
    ["white space first", ' {"a":1}', "ENV_TYPE "],
    ["an empty file", "", "ENV_TYPE "],
    ["cut short", '{"a":"b', "ENV_TYPE /a"],
    ["cut short after the key", '{"a"', "ENV_TYPE /a"],
    ["cut short after the value", '{"a":1', "ENV_TYPE "],
    ["comma at the end", '{"a":[1,]}', "ENV_TYPE /a/1"],
    ["comma at the end of an object", '{"a":1,}', "ENV_TYPE "],
    ["single quotes", "{'a':1}", "ENV_TYPE "],
    ["a comment", '{"a":1/*x*/}', "ENV_TYPE "],
    ["unknown escape", '{"a":"\\x41"}', "ENV_TYPE /a"],
    ["short escape", '{"a":"\\u41"}', "ENV_TYPE /a"],
    ["unknown word", '{"a":undefined}', "ENV_TYPE /a"],
    ["a pointer with slash and tilde", '{"a/b~c":1.5}', "JSON_NUMBER /a~1b~0c"],
  ])("%s", (_name, text, expected) => expect(refusal(bytes(text))).toBe(expected));

  const document = '{"s":"é"}';
  test.each([
    ["68 byte order mark", concat(Uint8Array.of(0xef, 0xbb, 0xbf), bytes(document)), "JSON_BOM "],
    ["74 UTF-16 with mark", concat(Uint8Array.of(0xff, 0xfe), Buffer.from(document, "utf16le")), "JSON_UTF8 "],
    ["74 UTF-16 without mark", new Uint8Array(Buffer.from(document, "utf16le")), "JSON_UTF8 "],
    ["74 Latin-1", new Uint8Array(Buffer.from(document, "latin1")), "JSON_UTF8 "],
    ["75 overlong slash", concat(bytes('{"s":"'), Uint8Array.of(0xc0, 0xaf), bytes('"}')), "JSON_UTF8 "],
    ["75 surrogate in UTF-8", concat(bytes('{"s":"'), Uint8Array.of(0xed, 0xa0, 0x80), bytes('"}')), "JSON_UTF8 "],
    ["23 too large", bytes(`{"s":"${"a".repeat(256 * 1024)}"}`), "ENV_SIZE "],
  ])("%s", (_name, file, expected) => expect(refusal(file)).toBe(expected));
});

test("16 levels and 256 KiB are read", () => {
  expect(refusal(bytes(`{"a":${"[".repeat(15)}${"]".repeat(15)}}`))).toBe("read");
  expect(refusal(bytes(`{"s":"${"a".repeat(256 * 1024 - 8)}"}`))).toBe("read");
});

test("any text is either read as JSON.parse reads it or refused: a document of which a few characters are others", () => {
  const document = '{"a":[1,-20,{"b":true,"c":null}],"d":"e\\u0019\\n", "f": {"g":"","h":[]}}';
  const letter = fc.constantFrom(...'{}[]:,"\\u0019-.eE tfn ade\n'.split(""));
  const edit = fc.tuple(fc.nat(document.length), fc.nat(2), fc.string({ unit: letter, maxLength: 3 }));
  const outcomes: string[] = [];
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 2 }), (edits) => {
      const text = edits.reduce((all, [at, gone, put]) => all.slice(0, at) + put + all.slice(at + gone), document);
      const outcome = refusal(bytes(text));
      outcomes.push(outcome === "read" ? "read" : "refused");
      if (outcome === "read") expect(readJson(bytes(text))).toEqual(JSON.parse(text));
    }),
    { seed: 7, numRuns: 5000 },
  );
  for (const each of ["read", "refused"]) expect(outcomes.filter((one) => one === each).length, each).toBeGreaterThan(500);
});
