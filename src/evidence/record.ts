// What a journal adds up to. Where to go on, the verdict and the certificate are read from this and from nothing else.
import type { Kind } from "../terminal/facts.js";
import type { IsolationWay } from "../terminal/isolation.js";
import type { CensusMoment, Entry, KeptOrder, Outcome } from "./entries.js";
import { type Isolation, isolationIn } from "./isolation.js";
import type { Line } from "./journal.js";
import { type Dated, type EntryOf, Index, type IntentStep, Part, type SeenStep } from "./sorted.js";

export interface SettleAttempt {
  readonly intent: IntentStep<"settle">;
  readonly seen: SeenStep<"settle"> | undefined;
}

export interface FillAttempt {
  readonly intent: IntentStep<"fill">;
  readonly seen: SeenStep<"fill"> | undefined;
  /** What it was filled with may still be there: nobody has looked at the area since. */
  readonly open: boolean;
}

export interface Hands {
  readonly at: string;
  readonly performedBy: string;
  readonly witness?: string;
}

function handsIn(entries: readonly Dated<Entry>[]): readonly Hands[] {
  return entries.flatMap((entry): Hands[] => {
    if (entry.kind !== "begin" && entry.kind !== "resumed") return [];
    const { at, performedBy, witness } = entry;
    return performedBy === undefined ? [] : [{ at, performedBy, ...(witness === undefined ? {} : { witness }) }];
  });
}

/** Journals only grow: a line that was sorted in is not sorted again. */
const known = new WeakMap<readonly Line[], { readonly index: Index; readonly record: RunRecord }>();

export function recordOf(lines: readonly Line[]): RunRecord {
  const before = known.get(lines);
  if (before?.record.length === lines.length) return before.record;
  const index = before?.index ?? new Index();
  for (const line of lines.slice(index.entries.length)) index.add(line);
  const record = new RunRecord(index);
  known.set(lines, { index, record });
  return record;
}

/** Each question is answered from the lines as they stood: a record is a snapshot. */
export class RunRecord {
  readonly begin: EntryOf<"begin">;
  readonly length: number;
  readonly #entries: readonly Dated<Entry>[];
  readonly #all: Part;
  /** Since the run was last taken up: looks at the wiped terminal do not outlive an interruption, they are made again. */
  readonly #fresh: Part;
  readonly #underOrder: Part;

  constructor(index: Index) {
    this.#entries = [...index.entries];
    this.length = this.#entries.length;
    this.#all = new Part(index, 0, this.length);
    const [begin] = this.#all.of("begin");
    if (begin === undefined) throw new RangeError("a journal begins with its run");
    this.begin = begin;
    const behind = (kind: "resumed" | "order") => this.#entries.findLastIndex((entry) => entry.kind === kind) + 1;
    this.#fresh = new Part(index, behind("resumed"), this.length);
    this.#underOrder = new Part(index, behind("order"), this.length);
  }

  /** The order that counts now: the newest. */
  get order(): KeptOrder {
    return this.#all.of("order").at(-1) ?? this.begin;
  }

  /** Hashes of every order that it has been under. */
  get orders(): readonly string[] {
    return [this.begin, ...this.#all.of("order")].map(({ orderSha256 }) => orderSha256);
  }

  /** Who was at the bench and from when on, oldest first. */
  get hands(): readonly Hands[] {
    return handsIn(this.#entries);
  }

  /** Who ordered the wipe; where none was begun, who was there last. */
  get wiper(): Hands {
    const wipe = this.#entries.findLastIndex((entry) => entry.kind === "intent" && entry.step === "arm");
    return handsIn(wipe === -1 ? this.#entries : this.#entries.slice(0, wipe)).at(-1) ?? this.begin;
  }

  get logged() {
    return this.#all.intents("record").at(-1);
  }

  get identities() {
    return this.#all.seen("identity");
  }

  /** In this walk. */
  get locked() {
    return this.#fresh.seen("lock").length > 0;
  }

  get condition() {
    return this.#all.seen("condition").at(-1);
  }

  /** Looks at which the tamper switch had triggered, oldest first. */
  get tampering() {
    return this.#all.seen("condition").filter(({ condition }) => condition.tamper !== "ok");
  }

  census(when: CensusMoment): SeenStep<"census"> | undefined {
    const censuses = this.#all.seen("census");
    return when === "start" ? censuses.find((c) => c.when === when) : censuses.findLast((c) => c.when === when);
  }

  get traceGaps() {
    return this.#all.seen("traces").at(0)?.gaps ?? [];
  }

  /** The newest count there is. */
  get lastCensus() {
    return this.#all.seen("census").at(-1);
  }

  /** All that were intended, oldest first. */
  attempts(account: string): readonly SettleAttempt[] {
    const settled = this.#all.seen("settle");
    return this.#all
      .intents("settle")
      .filter((intent) => intent.account === account)
      .map((intent) => ({ intent, seen: settled.findLast((s) => s.op === intent.op) }));
  }

  /** Accounts with nothing to settle, of a terminal that could not be asked. */
  get nothing(): ReadonlySet<string> {
    return new Set(this.#all.seen("nothing").map(({ account }) => account));
  }

  /** Those that the terminal may have begun, oldest first; the end of the newest decides. */
  begun(account: string): readonly SettleAttempt[] {
    const ops = this.#unstarted();
    return this.attempts(account).filter(({ intent: { op } }) => !ops.has(op));
  }

  /** Ids of every op that this run may have begun. */
  get ops(): readonly string[] {
    return this.#entries.flatMap((e) =>
      e.kind === "intent" && (e.step === "pending" || e.step === "settle" || e.step === "arm") ? [e.op] : [],
    );
  }

  /** Ids of ops that the terminal has said something of: it has counted them. */
  get usedOps(): readonly string[] {
    return [...this.#all.seen("settle"), ...this.#all.seen("pending").filter(({ state }) => state !== "NOT_STARTED")].map(({ op }) => op);
  }

  get pendingOps(): string[] {
    return this.#all.intents("pending").map(({ op }) => op);
  }

  /** Answers about settlements of an account, oldest first. */
  asked(account: string): readonly SeenStep<"host-query">[] {
    return this.#all.seen("host-query").filter((s) => s.account === account);
  }

  /** Sending was begun, and nobody has seen how it ended. */
  get interruptedPending(): readonly IntentStep<"pending">[] {
    const ends = new Set(this.#all.seen("pending").map(({ op }) => op));
    return this.#all.intents("pending").filter(({ op }) => !ends.has(op));
  }

  /** Kinds of item of an account that were to be sent. */
  sentKinds(account: string): ReadonlySet<Kind> {
    return new Set(this.#all.intents("pending").flatMap((intent) => (intent.account === account ? [intent.item] : [])));
  }

  /** Host or back office said that this batch was open, and a settlement was begun on that word. */
  reopened(account: string, batch: string): boolean {
    const opened = this.#entries.findIndex(
      (e) => e.kind === "seen" && e.step === "host-query" && e.account === account && e.batch === batch && e.answer === "open",
    );
    const ops = this.#unstarted();
    return (
      opened !== -1 &&
      this.#entries
        .slice(opened)
        .some((e) => e.kind === "intent" && e.step === "settle" && e.account === account && e.batch === batch && !ops.has(e.op))
    );
  }

  get hostView() {
    return this.#underOrder.seen("host-view").at(0);
  }

  get gate() {
    return this.#underOrder.seen("gate").at(-1);
  }

  /** The newest that were named. */
  get archiveRecipients() {
    return [this.begin, ...this.#all.of("resumed")].findLast((entry) => entry.archiveRecipients !== undefined)?.archiveRecipients ?? [];
  }

  get archive() {
    return this.#all.seen("archive").at(-1);
  }

  /** What the newest person at it says of networks, begin or taken up; no ways at all: it is not kept off them. Undefined: not a word. */
  get isolationSaid(): readonly IsolationWay[] | undefined {
    return [this.begin, ...this.#all.of("resumed")].findLast(({ performedBy }) => performedBy !== undefined)?.isolation;
  }

  /** That of the erase and of the looks after it, as far as it was said. */
  get isolation(): Isolation | undefined {
    return isolationIn(this.#entries);
  }

  get plan() {
    return this.#all.seen("plan").at(-1);
  }

  get commit() {
    return this.#all.intents("commit").at(-1);
  }

  get arm() {
    return this.#all.intents("arm").at(-1);
  }

  /** The newest wipe op of which the terminal has not said that it never saw it. */
  get wipeOp(): string | undefined {
    const ops = this.#unstarted();
    return [...this.#all.intents("commit"), ...this.#all.intents("arm")].map(({ op }) => op).findLast((op) => !ops.has(op));
  }

  /** The newest that was intended. */
  get restart() {
    return this.#all.intents("restart").at(-1);
  }

  /** As this walk found it: what was blank when the run began may have been filled since. */
  get blank() {
    return this.#fresh.seen("blank").at(-1);
  }

  get erase() {
    return this.#all.seen("erase").at(-1);
  }

  get inspections() {
    return this.#fresh.seen("inspect");
  }

  seeds(n: number) {
    return this.#fresh.intents("inspect").findLast((i) => i.n === n)?.seeds ?? [];
  }

  /** The newest fill of each area: what was begun and, once the area was blank again, what was seen. Interruptions do not undo a proof. */
  get fills(): readonly FillAttempt[] {
    const newest = new Map(this.#all.intents("fill").map((intent) => [intent.area, intent]));
    return [...newest.values()].map((intent) => {
      const after = this.#entries.slice(this.#entries.indexOf(intent));
      const isItsEnd = (e: Dated<Entry>): e is SeenStep<"fill"> => e.kind === "seen" && e.step === "fill" && e.area === intent.area;
      const end = after.find(isItsEnd);
      const looked = after.some((e) => e.kind === "seen" && e.step === "inspect");
      return { intent, seen: end, open: end === undefined && !looked };
    });
  }

  get finalIdentity() {
    return this.#fresh.seen("identity").at(-1);
  }

  get attest() {
    return this.#fresh.seen("attest").at(-1);
  }

  get signing() {
    return this.#all.of("sign.begin").at(-1);
  }

  get issued() {
    return this.#all.of("issued").at(-1);
  }

  get end() {
    return this.#all.of("end").at(-1);
  }

  get resumptions() {
    return this.#all.of("resumed");
  }

  #unstarted(): ReadonlySet<string> {
    return new Set(this.#all.seen("unstarted").map(({ op }) => op));
  }
}

/** The settlement that counts for an account: the newest one that was looked at. */
export function settlementOf(record: RunRecord, account: string): SeenStep<"settle"> | undefined {
  return record.attempts(account).findLast((attempt) => attempt.seen !== undefined)?.seen;
}

/** How settling an account ended, as far as it was seen. */
export function outcomeFor(record: RunRecord, account: string): Outcome | undefined {
  return settlementOf(record, account)?.outcome ?? (record.nothing.has(account) ? "NOTHING_TO_SETTLE" : undefined);
}
