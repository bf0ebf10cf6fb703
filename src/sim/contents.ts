// What a working life leaves in a terminal's areas, as text: each maker writes one sort of content, and says which secrets are in it.
import { ascii, hex } from "../base/bytes.js";
import { digitsFrom, type Random, seededRandom } from "../base/random.js";
import type { Content, RecordFile, SimModel } from "./models/shape.js";
import type { Account } from "./unit.js";

export interface Planted {
  readonly what: "pan" | "track" | "pin-block" | "key" | "password" | "phone" | "id-number" | "token" | "merchant";
  readonly value: Uint8Array;
}

/** Keeps the value as one to be looked for, and gives it back. */
export type Plants = (what: Planted["what"], value: string) => string;

export interface WorkingLife {
  readonly model: SimModel;
  readonly seed: number;
  readonly serial: string;
  readonly accounts: readonly (Account & { readonly batch: string })[];
  readonly plant: Plants;
  /** Tracks of cards that were used. */
  readonly tracks: readonly string[];
  readonly random: Random;
}

export type Writers = Readonly<Record<Exclude<Content, RecordFile>, () => string>>;

const digitsOf = (random: Random) => (n: number) => digitsFrom(random.bytes(n));
const wordOf = (random: Random) => () => hex(random.bytes(5));

/** Each maker is asked at most once, in the order of the areas: what it draws depends on that. */
export function writersOf({ model, seed, serial, accounts, plant, tracks, random }: WorkingLife): Writers {
  const [digits, word] = [digitsOf(random), wordOf(random)];
  const personal = seededRandom(`personal ${model.name} ${seed}`);
  const more = seededRandom(`more ${model.name} ${seed}`);
  const secret = wordOf(more);
  const idNumber = () => plant("id-number", `11010119${digitsOf(personal)(10)}`);
  const parameters = () => accounts.map((a) => `ACQ|${a.acquirer}|${a.mid}|${a.tid}|${a.name}|${a.currency}\n`).join("");
  const strokes = Math.min(400, model.block / 8);
  return {
    merchant: parameters,
    operators: () => `OP|99|${plant("password", word())}\nOP|01|${plant("password", word())}\n`,
    comms: () => `APN|depot|${plant("password", word())}\nTMS|https://tms.example/|${plant("password", word())}\n`,
    signatures: () => Array.from({ length: 2 }, () => `JBIG${hex(random.bytes(strokes))}\n`).join(""),
    traces: () => [...tracks.map((track, i) => `${i} T2 ${track}\n`), `PIN ${plant("pin-block", hex(personal.bytes(8)))}\n`].join(""),
    receipt: () => `SALE 629999******${digits(4)}\nTEL ${plant("phone", `139${digits(8)}`)}\nID ${idNumber()}\n`,
    identity: () => `SERIAL ${serial}\nCALIBRATION ${word()}\n`,
    history: () => accounts.map(({ tid, batch }) => `CLOSED|${tid}|${batch}|${digitsOf(more)(6)}\n`).join(""),
    location: () => `CELL|460|00|${digitsOf(more)(5)}\nSHOP|${plant("phone", `138${digitsOf(more)(8)}`)}\n`,
    orders: () => `QR|pay.example/${plant("token", secret())}\nORDER|${digitsOf(more)(12)}|open|${plant("token", secret())}\n`,
    apps: () => `com.example.members\nMEMBER|${plant("phone", `137${digitsOf(more)(8)}`)}|${digitsOf(more)(3)}\n`,
    people: () => `ACCOUNT|shop${digitsOf(more)(3)}@example.com|${plant("token", secret())}\nPHOTO|${hex(more.bytes(24))}\n`,
    updates: () => `QUEUED|menu-7.apk\nDIAG|${plant("token", secret())}\n`,
    crash: () => `SIGSEGV at settle\nFIELD 48 ${plant("id-number", `31010119${digitsOf(more)(10)}`)}\n`,
    backup: () => `PARABACK\n${parameters()}OP|99|${plant("password", secret())}\n`,
    "key-file": () => `szMacKey=${plant("key", hex(more.bytes(8)))}\nszMsgBodyKey=${plant("key", hex(more.bytes(8)))}\n`,
    lists: () => "BIN|629999|debit\nAID|A0000003330101\nCAPK|09\n",
  };
}

export const asPlanted = (what: Planted["what"], value: string): Planted => ({ what, value: ascii(value) });
