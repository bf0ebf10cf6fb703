// The liars' gallery: what a dishonest terminal does instead, one lie each, on top of honest firmware. Model and capabilities stay what they are.
import { ascii } from "../base/bytes.js";
import { sha256 } from "../base/sign.js";
import { cannotPay, type ProbeRange } from "../terminal/facts.js";
import { type Firmware, honest, type Scene } from "./firmware.js";
import { keyName } from "./keys.js";
import type { SimModel } from "./models/shape.js";
import { copyStores, type Stores, spareName } from "./stores.js";

interface Lie extends Partial<Firmware> {
  /** What it does, as a sentence about the terminal without its subject. */
  readonly about: string;
}

const BLANK = 0xff;
/** Outside the range of every key that a model describes. */
const HIDDEN_SLOT = 201;
const HIDDEN_KEY = keyName("TMK", "TDES", HIDDEN_SLOT);
const FOREIGN = { scalar: sha256(ascii("the key of another unit")), serial: "SIM9999999" };
const OWN_MAKER = sha256(ascii("a maker that nobody knows"));
/** Baud: 768 bytes take 800 ms. */
const SLOW_PORT = 9600;
const OLD_NONCE = new Uint8Array(32);
const NETWORK = ascii("ACQ|00100000001|898100000000001|00000001|LOADED FROM THE NETWORK|156\n");

/** The last area that a wipe has to take. */
function lastArea({ areas }: SimModel): number {
  return areas.findLast(({ classes }) => !classes.includes("ID"))?.id ?? 0;
}
const isKept = ({ model }: Scene, area: number): boolean => area === lastArea(model);
const blank = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes.length).fill(BLANK);

/** Memory that no list names takes a copy of every area. */
function copyAside({ stores, model }: Scene): void {
  for (const { id } of model.areas) stores.nv.set(spareName(id), stores.flash.bytes(id));
}

const keepsAnArea = {
  erases: (at: Scene, area: number) => !isKept(at, area),
  reports: () => true,
};
/** The same, and whoever looks at the area is shown blank memory. */
const hidesAnArea = {
  ...keepsAnArea,
  readsBack: (at: Scene, area: number, own: Uint8Array) => (isKept(at, area) ? blank(own) : own),
};

/** One row for whole ranges, as a list that was written beforehand has it. */
const absent = (ranges: readonly ProbeRange[], wiped: boolean): readonly ProbeRange[] =>
  wiped ? ranges.map((range) => ({ ...range, state: "ABSENT" })) : ranges;

/** A program on a computer that answers for a unit in a drawer: it has the unit's data, its own memory, and what key it can get. */
const emulated = new WeakMap<Stores, Stores>();
const emulator = (identity: (real: Stores) => Uint8Array | undefined) => (real: Stores) => {
  const known = emulated.get(real);
  if (known !== undefined) return known;
  const copy = copyStores(real);
  copy.nv.set(keyName("IDENTITY", "P256", 0), identity(real));
  const stores: Stores = { nv: copy.nv, flash: copy.flash, host: real.host };
  emulated.set(real, stores);
  return stores;
};

export const lies = {
  "erases-nothing": {
    about: "says OK and erases nothing",
    erases: () => false,
    forgets: () => false,
    reports: () => true,
  },
  "erases-the-index": {
    about: "erases the first block of each area, where the index is",
    erases: (_at, _area, block) => block === 0,
    reports: () => true,
  },
  "keeps-an-area": {
    about: "keeps one area",
    ...keepsAnArea,
  },
  "keeps-slot-201": {
    about: "keeps a key in slot 201, which no list and no document names",
    started: ({ stores }, wiped) => {
      if (!wiped && stores.nv.get(HIDDEN_KEY) === undefined) stores.nv.set(HIDDEN_KEY, sha256(ascii("slot 201")).subarray(0, 16));
    },
    slots: (listed) => listed.filter(({ slot }) => slot !== HIDDEN_SLOT),
  },
  "lists-empty-slots": {
    about: "keeps its keys and answers KEY_PROBE from a list",
    forgets: () => false,
    probed: absent,
  },
  "answers-from-a-list": {
    about: "keeps its keys and answers KEY_LIST, KEY_PROBE and CAN_PAY from a list",
    forgets: () => false,
    slots: (listed) => listed.filter(({ type }) => type === "IDENTITY"),
    probed: absent,
    cannotPay: (own, wiped) => (wiped ? cannotPay.merchant | cannotPay.keys : own),
  },
  "replays-an-old-sample": {
    about: "keeps one area and answers SAMPLE with a MAC that it once gave",
    ...hidesAnArea,
    nonce: (of, asked) => (of === "sample" ? OLD_NONCE.subarray(0, asked.length) : asked),
  },
  "replays-an-old-proof": {
    about: "keeps one area, reads back blank, and answers PROOF with a MAC that it once gave",
    ...hidesAnArea,
    keepsFill: (at, area) => !isKept(at, area),
    nonce: (of, asked) => (of === "proof" ? OLD_NONCE : asked),
  },
  "replays-an-old-attestation": {
    about: "answers ATTEST with what its key once signed",
    nonce: (of, asked) => (of === "attest" ? OLD_NONCE : asked),
  },
  "under-reports-memory": {
    about: "says that an area is half as large as it is",
    size: (at, area, own) => (isKept(at, area) ? own / 2 : own),
  },
  "has-undeclared-memory": {
    about: "keeps a copy of every area in memory that no list names",
    armed: copyAside,
  },
  "regenerates-a-seed-fill": {
    about: "keeps one area, reads back blank, and makes the bytes of a seed fill once more when asked for them",
    ...hidesAnArea,
    keepsFill: (at, area) => !isKept(at, area),
    proves: (_at, _area, own, again) => again?.() ?? own,
  },
  "restores-after-restart": {
    about: "puts one area back from undeclared memory when it starts again",
    armed: copyAside,
    started: ({ stores, model }, wiped) => {
      const area = lastArea(model);
      const copy = stores.nv.get(spareName(area));
      if (wiped && copy !== undefined) stores.flash.program(area, 0, copy);
    },
  },
  "signs-in-after-restart": {
    about: "calls its acquirer when it starts again, and loads keys and parameters",
    started: ({ stores, model }, wiped) => {
      if (!wiped) return;
      const merchant = model.areas.find(({ holds }) => holds.includes("merchant"))?.id ?? 0;
      stores.host.append({ event: "signed-in", account: "0".repeat(16) });
      stores.nv.set(keyName("TMK", "TDES", 0), sha256(ascii("a new master key")).subarray(0, 16));
      stores.nv.set(keyName("TPK", "TDES", 0), sha256(ascii("a new PIN key")).subarray(0, 16));
      stores.flash.program(merchant, 0, NETWORK);
    },
  },
  "swaps-its-serial": {
    about: "has another serial number once it is wiped and started again",
    serial: (own, wiped) => (wiped ? FOREIGN.serial : own),
  },
  "forges-totals": {
    about: "leaves records that it lists out of its totals",
    totals: (rows) => rows.slice(0, -1),
  },
  "hides-a-sale": {
    about: "knows nothing of its first sale: no list, no total and no settlement has it",
    records: (own) => own.filter((record) => record !== own.find(({ kind }) => kind === "U01")),
  },
  "outruns-the-line": {
    about: "takes and gives bytes faster than its port can move them",
    port: () => SLOW_PORT,
  },
  "signs-with-another-units-key": {
    about: "attests with the key of another unit and the maker's word for that one",
    signer: ({ maker }) => ({ ...FOREIGN, maker }),
  },
  emulator: {
    about: "is a program that knows a real serial number, on a computer with memory enough, and signs with a key of its own",
    memory: emulator(() => FOREIGN.scalar),
    signer: (own) => ({ ...own, maker: OWN_MAKER }),
  },
  "relays-the-challenge": {
    about: "is such a program, and has the real unit sign what it is asked",
    memory: emulator(({ nv }) => nv.get(keyName("IDENTITY", "P256", 0))),
  },
} as const satisfies Readonly<Record<string, Lie>>;

export type LieName = keyof typeof lies;
export const lieNames = Object.keys(lies) as LieName[]; // keys() loses the key type

export function firmwareOf(lie: LieName | undefined): Firmware {
  return lie === undefined ? honest : { ...honest, ...lies[lie] };
}
