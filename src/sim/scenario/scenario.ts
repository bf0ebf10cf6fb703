// A scenario as a file: how a terminal and its host are, what happens to them, what is done at the bench, and how it must end.
import { DecomError } from "../../base/errors.js";
import { type Algorithm, algorithms, type KeyType, type Kind, keyTypes, kinds } from "../../terminal/facts.js";
import { cutPoints, type SimOptions } from "../body.js";
import type { HostOptions } from "../host/options.js";
import { lieNames } from "../lies.js";
import type { Planting } from "../planting.js";
import { byField, closed, either, list, Misread, minor, oneOf, orNull, type Read, type Reading, text, whole, yes } from "./closed.js";

const name = text(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, "a name of small letters, digits and hyphens");
const code = text(/^[a-z]+(?:\.[a-z-]+)?$/, "a code like settle.unknown");
const row = text(/^(?:E[0-9]{2}|U[0-9]{2})$/, "a row like E06 or U15");
const kind = oneOf(...(Object.keys(kinds) as Kind[])); // keys() loses the key type
const sentence = text(/^[A-Z0-9][^\n]{10,200}\.$/, "one sentence");
const count = whole(1, 100_000);
const area = whole(1, 254);
const point = oneOf(...cutPoints);

/** One reader for every field of `T`: a new option of the simulator does not compile until scenarios can name it. */
type ReadersOf<T> = { readonly [K in keyof Required<T>]: Read<Required<T>[K]> };

const host = closed({}, {
  unreachable: yes,
  down: yes,
  silent: oneOf("before", "after"),
  silentTo: oneOf("settle", "send", "upload", "farewell"),
  silences: count,
  garbled: yes,
  wrongBatch: yes,
  deduplicates: yes,
  lacks: count,
  excess: minor,
  differs: count,
  errorFlag: yes,
  rejects: text(/^[0-9A-Z]{2}$/, "a response code of two characters"),
  rejections: count,
  misreadsMac: oneOf("until-sign-in", "always"),
  renumbers: text(/^[0-9]{6}$/, "six digits"),
  closesAgain: yes,
  refusesKinds: list(kind),
  cannotTell: yes,
  withoutMac: yes,
} satisfies ReadersOf<HostOptions>);

const terminal = closed({}, {
  hostQuery: yes,
  batteryPercent: whole(0, 100),
  mains: yes,
  tampered: yes,
  tamperCleared: yes,
  clockOffsetMs: whole(-4_000_000_000_000, 4_000_000_000_000),
  printer: oneOf("ok", "out-of-paper"),
  rebootAfter: whole(1, 1_000_000),
  settlesAfter: whole(1, 1_000_000),
  unreadable: list(area),
  stuck: list(area),
  weak: list(area),
  worn: list(area),
  attest: yes,
  environment: oneOf("bench", "production"),
  lie: oneOf(...lieNames),
  skipsZeroTotals: yes,
  clearFails: yes,
  keyStore: oneOf("fills-00", "fills-ff", "unreadable"),
} satisfies ReadersOf<Omit<SimOptions, "host">>);

const planting = closed({ kind }, {
  account: whole(0, 11),
  count,
  direction: oneOf("debit", "credit"),
  amount: whole(0, 999_999_999_999),
  batch: text(/^[0-9]{6}$/, "six digits"),
  time: text(/^[0-9]{12}$/, "a time as YYMMDDhhmmss"),
  fate: oneOf("unsent", "unanswered", "rejected", "failed", "sent"),
  tries: whole(1, 3),
} satisfies ReadersOf<Omit<Planting, "kind">>);

const plantedKey = closed(
  {
    type: oneOf(...(Object.keys(keyTypes) as KeyType[])),
    algorithm: oneOf(...(Object.keys(algorithms) as Algorithm[])),
    slot: whole(0, 65_535),
  }, // keys() loses the key type
  { foreign: yes },
);

/** Frames count from 1 on the first line; `after` names the next frame once the terminal has passed that point. */
const frame = { on: oneOf("out", "in") };
const where = { frame: count, after: point, nth: count };
const fault = byField("fault", {
  drop: either("frame", "after", closed({ fault: oneOf("drop"), ...frame }, where)),
  double: either("frame", "after", closed({ fault: oneOf("double"), ...frame }, where)),
  cut: either("frame", "after", closed({ fault: oneOf("cut"), ...frame }, where)),
  flip: either("frame", "after", closed({ fault: oneOf("flip"), ...frame, bit: whole(0, 1_000_000) }, where)),
  delay: either("frame", "after", closed({ fault: oneOf("delay"), ...frame, ms: whole(1, 600_000) }, where)),
  /** The terminal loses power at a named point, or at its n-th change of memory, and has it again after `back` ms. */
  power: either(
    "at",
    "write",
    closed({ fault: oneOf("power") }, { at: point, write: oneOf("nv", "program", "erase"), nth: count, back: whole(1, 86_400_000) }),
  ),
  /** The agent's process ends at the first thing it writes once the terminal has passed a point, or around its n-th write. */
  death: either("at", "write", closed({ fault: oneOf("death") }, { at: point, nth: count, write: count, when: oneOf("before", "after") })),
  /** From that point on the agent's disk takes nothing more, until somebody makes room after the run. */
  "disk-full": closed({ fault: oneOf("disk-full"), at: point }, { nth: count }),
  /** From that point on the station's key cannot be used, until the run has stopped. */
  "key-gone": closed({ fault: oneOf("key-gone"), at: point }, { nth: count }),
  /** Somebody tries to pay while the run is under way. */
  customer: closed({ fault: oneOf("customer"), at: point }, { nth: count }),
  /** The same, and the terminal books it although it is locked. */
  sale: closed({ fault: oneOf("sale"), at: point }, { nth: count }),
  /** Something in the terminal writes to an area behind the agent's back. */
  disturb: closed({ fault: oneOf("disturb"), at: point, area }, { nth: count }),
  /** Something puts data back into an area. */
  reload: closed({ fault: oneOf("reload"), at: point, area }, { nth: count }),
});

/** What a person does. Between two acts the cable is plugged in again and power comes back. */
const act = byField("do", {
  run: closed({ do: oneOf("run") }),
  resume: closed({ do: oneOf("resume") }),
  wait: closed({ do: oneOf("wait"), hours: count }),
  /** This computer's clock, from now on, against the true time. */
  clock: closed({ do: oneOf("clock"), hours: whole(-1_000_000, 1_000_000) }),
  sell: closed({ do: oneOf("sell"), amount: minor }, { account: whole(0, 11) }),
  host: closed({ do: oneOf("host"), host }),
  /** The terminal is started again in another condition: paper in, battery charged. */
  condition: closed({ do: oneOf("condition"), terminal }),
  swap: closed({ do: oneOf("swap"), seed: whole(0, 999_999) }),
  "swap-back": closed({ do: oneOf("swap-back") }),
  "power-off": closed({ do: oneOf("power-off") }),
  "power-on": closed({ do: oneOf("power-on") }),
  "copy-folder": closed({ do: oneOf("copy-folder") }),
  "restore-folder": closed({ do: oneOf("restore-folder") }),
  "other-station": closed({ do: oneOf("other-station") }),
  "new-version": closed({ do: oneOf("new-version") }),
  /** The back office issues another order, which continues the last run; the next resume is under it. */
  "new-order": closed({ do: oneOf("new-order") }),
  /** Another terminal with the same serial number, as this one was when it came. */
  twin: closed({ do: oneOf("twin") }),
  /** The terminal is given to a merchant again, and comes back with other sales. */
  "serve-again": closed({ do: oneOf("serve-again"), seed: whole(0, 999_999) }),
  /** The terminal forgets which operations it was ever asked for. */
  "lose-op-store": closed({ do: oneOf("lose-op-store") }),
  "hold-lock": closed({ do: oneOf("hold-lock") }),
  /** The run is given up. */
  abandon: closed({ do: oneOf("abandon") }),
});

/** A back office's order: a full one that fits the terminal and its host, with these differences. Without it the bench makes its own. */
const order = closed(
  {},
  {
    serial: text(/^[A-Z0-9]{1,32}$/, "a serial number"),
    life: whole(0, 1000),
    /** Days from now; at midnight of the clock they are counted by. */
    validFrom: whole(-1000, 1000),
    validUntil: whole(-1000, 1000),
    /** The merchant number in the order is another one than in the terminal. */
    otherMerchant: yes,
    reason: text(/^[A-Z_]+$/, "a reason code"),
    /** The hold that the reason puts on the wipe was lifted. */
    lifted: yes,
    permanence: oneOf("TEMPORARY", "PERMANENT"),
    wipeConsent: yes,
    acceptSchemas: list(whole(1, 1000)),
    /** Signed exceptions for every item that will be of these kinds. */
    excepts: list(kind),
    /** What it demands to be seen of every area beyond the floor. */
    areas: list(oneOf("V4", "V5")),
    /** `more`: the host has an item that the terminal lacks; `older`: it has not seen the last one; `none`: two people say there is none. */
    view: oneOf("more", "older", "none"),
    /** Another order for the same terminal that is as valid, or that replaces the first. */
    second: oneOf("beside", "replacing"),
    /** It knows that the terminal was tampered with, and wants its memory wiped. */
    tamper: yes,
  },
);

/** Where items are at the end, counted; `doubt`: asked for or sent by the terminal, and nobody answered it. */
const items = closed({ host: whole(0, 10_000), terminal: whole(0, 10_000) }, { doubt: count, exception: count });

const expectation = closed(
  {
    endState: orNull(oneOf("CERT", "HOLD", "QUAR", "DESTROY", "REFUSE", "ABANDONED")),
    code,
    exit: whole(0, 130),
    outcome: orNull(oneOf("ERASED", "ERASED_WITH_EXCEPTIONS", "NOT_ERASED", "ABORTED")),
    items,
  },
  {
    /** What each turn said, the last included; `died` where the agent's process was killed. */
    codes: list(code),
    violations: list(text(/^[a-z-]+$/, "a broken rule")),
    /** The terminal lies, and what is asked for does not show it: the certificate says ERASED, and something is still there. */
    undetected: yes,
  },
);

const scenario = closed(
  {
    name,
    rows: list(row),
    title: sentence,
    model: text(/^[a-z][a-z0-9-]*$/, "a model's name"),
    seed: whole(0, 999_999_999_999),
    expect: expectation,
  },
  {
    /** What lies in the terminal besides, or instead of, what its model comes with. */
    plant: closed({ items: list(planting) }, { alone: yes, keys: list(plantedKey) }),
    terminal,
    host,
    label: text(/^[A-Za-z0-9-]{1,32}$/, "a serial number"),
    owner: oneOf("another"),
    order,
    faults: list(fault),
    /** Without one the run is begun, and resumed until it ends or says the same twice. */
    script: list(act),
  },
);

export type Scenario = Reading<typeof scenario>;
export type ScenarioFault = NonNullable<Scenario["faults"]>[number];
export type ScenarioAct = NonNullable<Scenario["script"]>[number];

/** Throws `args.invalid` with the file's name and the path in it. `where` is for the message only. */
export function readScenario(json: string, where: string): Scenario {
  try {
    return scenario(JSON.parse(json), "");
  } catch (cause) {
    if (!(cause instanceof Misread) && !(cause instanceof SyntaxError)) throw cause;
    throw new DecomError("args.invalid", `scenario ${where}: ${cause.message}`, { cause, path: where });
  }
}
