// Writing and reading an archive: the same facts always give the same bytes, and no other bytes are taken for an archive.
import * as z from "zod";
import { concat, EMPTY, equal, hex } from "../../base/bytes.js";
import { DecomError } from "../../base/errors.js";
import { sha256 } from "../../base/sign.js";
import { Rejection } from "../codes.js";
import { readJson } from "../json.js";
import { type Archive, anyLine, CHUNK, type Line, type LineOf, MAX_ARCHIVE, recordsIn } from "./lines.js";

const LF = 0x0a;

/** NDJSON, LF after every line. Throws `terminal.answer` for facts that have no place in it, `archive.size` when there are too many. */
export function writeArchive(archive: Archive): Uint8Array {
  const { head, accounts, items, settlements, files } = archive;
  const size = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (size > MAX_ARCHIVE) tooLarge(size);
  const lines: Line[] = [head, ...accounts, ...items, ...settlements, ...files.flatMap((file) => [...linesOf(file)])];
  const before = concat(...lines.map(written));
  const end = written({ line: "end", records: recordsIn(archive), lines: lines.length, sha256: hex(sha256(before)) });
  const whole = concat(before, end);
  if (whole.length > MAX_ARCHIVE) tooLarge(whole.length);
  return whole;
}

function tooLarge(size: number): never {
  throw new DecomError("archive.size", `${size} bytes of records; an archive holds ${MAX_ARCHIVE}`, { size });
}

function* linesOf({ bytes, ...rest }: Archive["files"][number]): Generator<Line> {
  yield { line: "file", ...rest, size: bytes.length, sha256: hex(sha256(bytes)) };
  for (let at = 0; at < bytes.length; at += CHUNK) {
    yield { line: "data", offset: at, dataB64: Buffer.from(bytes.subarray(at, at + CHUNK)).toString("base64") };
  }
}

function written(line: Line): Uint8Array {
  const checked = anyLine.safeParse(line);
  if (!checked.success) throw new DecomError("terminal.answer", `a record has no place in an archive: ${z.prettifyError(checked.error)}`);
  return encode(checked.data);
}

/** Schema order, whatever order it was built in. */
const encode = (line: Line) => new Uint8Array(Buffer.from(`${JSON.stringify(line)}\n`));

/** Throws `archive.damaged` with the number of the line that is wrong. */
export function readArchive(bytes: Uint8Array): Archive {
  if (bytes.length > MAX_ARCHIVE) throw new DecomError("archive.damaged", `${bytes.length} bytes; an archive has at most ${MAX_ARCHIVE}`);
  return new Reader(bytes).archive();
}

/** Goes over the lines in the one order that they have. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #read = 0;
  #next: Line | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#next = this.#line();
  }

  archive(): Archive {
    const [head] = this.#all("archive");
    if (head === undefined || this.#read !== 2) this.#fail("no head");
    const body = {
      head,
      accounts: this.#all("account"),
      items: this.#all("item"),
      settlements: this.#all("settlement"),
      files: this.#files(),
    };
    this.#checkEnd(recordsIn(body));
    return body;
  }

  /** Every line of this sort that comes now. */
  #all<K extends Line["line"]>(sort: K): LineOf<K>[] {
    const all: LineOf<K>[] = [];
    for (let line = this.#take(sort); line !== undefined; line = this.#take(sort)) all.push(line);
    return all;
  }

  #files(): Archive["files"] {
    const files: Archive["files"][number][] = [];
    for (let line = this.#take("file"); line !== undefined; line = this.#take("file")) {
      const { line: _, size, sha256: hash, ...rest } = line;
      const bytes = this.#content(size);
      if (hex(sha256(bytes)) !== hash) this.#fail(`file ${rest.file} has another hash`);
      files.push({ ...rest, bytes });
    }
    return files;
  }

  #content(size: number): Uint8Array {
    const parts: Uint8Array[] = [];
    for (let length = 0; length < size; ) {
      const chunk = this.#take("data") ?? this.#fail(`a file ends after ${length} of ${size} bytes`);
      const bytes = new Uint8Array(Buffer.from(chunk.dataB64, "base64"));
      const canonical = Buffer.from(bytes).toString("base64") === chunk.dataB64;
      if (!canonical || chunk.offset !== length || bytes.length !== Math.min(CHUNK, size - length))
        this.#fail("not the next part of its file");
      parts.push(bytes);
      length += bytes.length;
    }
    return parts.length === 0 ? EMPTY : concat(...parts);
  }

  #checkEnd(records: number): void {
    const length = this.#at;
    const last = this.#next;
    const before = this.#bytes.subarray(0, this.#bytes.lastIndexOf(LF, length - 2) + 1);
    const sound =
      last?.line === "end" &&
      length === this.#bytes.length &&
      last.records === records &&
      last.lines === this.#read - 1 &&
      last.sha256 === hex(sha256(before));
    if (!sound) this.#fail("not the end that belongs to these lines");
  }

  #take<K extends Line["line"]>(sort: K): LineOf<K> | undefined {
    const line = this.#next;
    if (line?.line !== sort) return undefined;
    this.#next = this.#line();
    return line as LineOf<K>; // just compared
  }

  /** The next line, or undefined behind the last. */
  #line(): Line | undefined {
    const from = this.#at;
    if (from === this.#bytes.length) return undefined;
    const to = this.#bytes.indexOf(LF, from);
    if (to === -1) this.#fail("a line without end");
    this.#at = to + 1;
    this.#read++;
    const bytes = this.#bytes.subarray(from, this.#at);
    try {
      const line = anyLine.parse(readJson(bytes));
      if (!equal(encode(line), bytes)) this.#fail("not in the form that archives are written in");
      return line;
    } catch (cause) {
      if (cause instanceof Rejection) this.#fail(cause.message, cause);
      if (cause instanceof z.ZodError) this.#fail(z.prettifyError(cause), cause);
      throw cause;
    }
  }

  #fail(why: string, cause?: unknown): never {
    throw new DecomError("archive.damaged", `line ${this.#read} of the archive: ${why}`, { cause });
  }
}
