// Looks for planted values in bytes, in every form in which one could have been written down.
import type { Planted } from "../../src/sim/contents.js";
import { simModel } from "../../src/sim/models.js";
import { plantedValues } from "../../src/sim/provision.js";
import type { Stores } from "../../src/sim/stores.js";
import type { MemoryDisk } from "./memory-disk.js";

/** What a terminal of this model was given to keep; MID and TID are no secrets, they belong in a certificate. */
export const secretsOf = (model: string, seed: number): Planted[] =>
  plantedValues(simModel(model)!, seed).filter(({ what }) => what !== "merchant");

/** Flash and key store of a terminal, as they are now. */
export function memoryOf({ flash, nv }: Stores): Buffer {
  const keys = nv.names().filter((name) => name.startsWith("key/"));
  return Buffer.concat([...flash.areas().map((area) => flash.bytes(area)), ...keys.map((name) => nv.get(name) ?? new Uint8Array(0))]);
}

/** Base64 of a value that stands behind 0, 1 or 2 other bytes of a longer one: only the characters that depend on it alone. */
function base64Forms(value: Buffer): Buffer[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), value])
      .toString("base64")
      .replaceAll("=", "");
    const from = Math.ceil((before * 8) / 6);
    const whole = Math.floor(((before + value.length) * 8) / 6);
    return Buffer.from(text.slice(from, whole));
  });
}

const urlSafe = (base64: Buffer) => Buffer.from(base64.toString("latin1").replaceAll("+", "-").replaceAll("/", "_"));

/** A number packed two digits to a byte; an odd one from either side. */
function packedForms(text: string): Buffer[] {
  if (!/^[0-9]+$/.test(text)) return /^(?:[0-9a-f]{2})+$/i.test(text) ? [Buffer.from(text, "hex")] : [];
  return text.length % 2 === 0 ? [Buffer.from(text, "hex")] : [Buffer.from(`${text}f`, "hex"), Buffer.from(`0${text}`, "hex")];
}

/** The value as it is, in hex of either case, packed, in UTF-16 of either order, and each of these in base64 of either alphabet. */
export function formsOf({ what, value }: Planted): { readonly form: string; readonly bytes: Buffer }[] {
  const plain = Buffer.from(value);
  const text = what === "key" ? "" : plain.toString("latin1");
  const wide = Buffer.from(text, "utf16le");
  const wides = wide.length === 0 ? [] : [wide, Buffer.from(wide).swap16()];
  const packed = packedForms(text.replace("=", "d"));
  const named: readonly (readonly [string, readonly Buffer[]])[] = [
    ["as it is", [plain]],
    ["hex", [plain, ...packed].flatMap((one) => [Buffer.from(one.toString("hex")), Buffer.from(one.toString("hex").toUpperCase())])],
    ["packed", packed],
    ["UTF-16", wides],
    ["base64", [plain, ...packed, ...wides].flatMap(base64Forms).flatMap((one) => [one, urlSafe(one)])],
  ];
  return named.flatMap(([form, all]) => all.map((bytes) => ({ form, bytes })));
}

const forms = new WeakMap<Planted, ReturnType<typeof formsOf>>();

/** `what (form)` of every planted value in these bytes. */
export function foundIn(bytes: Uint8Array, planted: readonly Planted[]): string[] {
  const where = Buffer.from(bytes);
  return planted.flatMap((one) => {
    const known = forms.get(one) ?? formsOf(one);
    forms.set(one, known);
    const found = known.find((form) => where.includes(form.bytes));
    return found === undefined ? [] : [`${one.what} (${found.form})`];
  });
}

/** Every file of a disk. */
export function filesOf(disk: MemoryDisk, folder: string): string[] {
  return disk.list(folder).flatMap((name) => {
    const path = `${folder}/${name}`;
    const inner = filesOf(disk, path);
    return inner.length > 0 ? inner : [path];
  });
}
