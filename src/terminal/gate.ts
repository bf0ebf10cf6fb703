// The gate before the wipe, as one pure function: nothing of a BLOCK kind, nothing unread, what is left matched one to one by the order's
// exceptions, every acquirer's settlement ended well or excepted whole, and the host agreeing. A leftover on either side closes it.
import { hex } from "../base/bytes.js";
import type { ErrorCode } from "../base/codes.js";
import { sha256 } from "../base/sign.js";
import { type AccountNumbers, type Exception, sameAccount } from "./exceptions.js";
import { type Account, type Census, type Identity, type Item, kinds, recordCount } from "./facts.js";

export interface GateFacts {
  readonly identity: Pick<Identity, "serial" | "life">;
  readonly census: Census;
  /** As the terminal had them when the run began. */
  readonly accounts: readonly Account[];
  /** How each account's settlement ended, from looking, by account id. */
  readonly outcomes: ReadonlyMap<string, string>;
  readonly exceptions: readonly Exception[];
  /** Items that other runs have used up, by `itemIds`. */
  readonly used: ReadonlySet<string>;
  /** What speaks against the terminal in the host's view of it; empty when the view agrees or there is none. */
  readonly hostFindings: readonly { readonly code: ErrorCode; readonly why: string }[];
}

export interface Stop {
  readonly code: ErrorCode;
  readonly why: string;
  readonly stans: readonly string[];
}

const OPENING: readonly string[] = ["NOTHING_TO_SETTLE", "BALANCED", "BALANCED_AFTER_UPLOAD"];

/** Whether a settlement that ended so leaves nothing of its account in the way of a wipe. */
export function opensGate(outcome: string | undefined): boolean {
  return outcome !== undefined && OPENING.includes(outcome);
}

/** Everything that keeps the gate shut, the gravest first; open when empty. */
export function stopsAt(facts: GateFacts): readonly Stop[] {
  const { census, accounts, outcomes, exceptions } = facts;
  const stops: Stop[] = [];
  const stop = (code: ErrorCode, why: string, items: readonly Item[] = []) => {
    stops.push({ code, why, stans: items.map(({ stan }) => stan) });
  };
  if (census.unread.length > 0) stop("batch.unread", `area ${census.unread.join(", ")} cannot be read`);
  const gated = (gate: string) => census.items.filter((item) => kinds[item.kind].gate === gate);
  const strange = census.items.filter(({ kind }) => kind === "U24");
  if (strange.length > 0) stop("batch.unknown-item", `${strange.length} records of unknown kind`, strange);
  for (const { code, why } of facts.hostFindings) stop(code, why);

  const open = gated("BLOCK").filter(({ kind }) => kind !== "U24");
  const { uncovered, unmatched } = match(facts, gated("BLOCK-X"));
  const left = [...open, ...uncovered];
  if (left.length > 0) stop("batch.open", `census after settle shows ${left.length} open (STAN ${stansOf(left)})`, left);
  for (const why of unmatched) stop("batch.exception", why);

  for (const account of accounts) {
    const outcome = outcomes.get(account.id);
    if (opensGate(outcome)) continue;
    // An acquirer that did not settle is let go only with all that it still has (U19); one with nothing left has nothing to show for it.
    const own = gated("BLOCK-X").filter((item) => item.account === account.id);
    const excepted = exceptions.some((one) => sameAccount(one, account)) && own.length > 0 && outcome !== "UNKNOWN";
    if (!excepted) stop("settle.unknown", `acquirer account ${account.id} has outcome ${outcome ?? "none"}`);
  }
  return stops;
}

const stansOf = (items: readonly Item[]) => items.map(({ stan }) => stan).join(", ");

/** Items and exceptions, each once: what no exception covers, and what is wrong with each exception that does not fit. */
function match(facts: GateFacts, items: readonly Item[]): { readonly uncovered: readonly Item[]; readonly unmatched: readonly string[] } {
  const { identity, accounts, exceptions, used } = facts;
  const free = new Set(items);
  const unmatched: string[] = [];
  const repeated = namedTwice(exceptions);
  for (const one of exceptions) {
    const account = accounts.find((known) => sameAccount(known, one));
    const name = `exception ${one.id.slice(0, 8)} for ${one.count} ${one.kind} of ${one.tid}`;
    const taken = account === undefined ? undefined : take(one, account, free);
    const wrong =
      one.serial !== identity.serial || one.life !== identity.life
        ? `is for ${one.serial} in life ${one.life}`
        : kinds[one.kind].gate !== "BLOCK-X"
          ? "is of a kind that is never excepted"
          : one.items.some(({ digest }) => repeated.has(recordOf(one, digest)))
            ? "names a record that is named twice, and equal records cannot be told apart"
            : taken === undefined
              ? "does not find its items"
              : amountOf(taken) !== one.money.minor
                ? `says ${one.money.minor}, its items are ${amountOf(taken)} in minor units`
                : itemIds(one).some((id) => used.has(id))
                  ? "was used by an earlier run"
                  : undefined;
    if (wrong !== undefined) unmatched.push(`${name} ${wrong}`);
    else for (const item of taken ?? []) free.delete(item);
  }
  return { uncovered: [...free], unmatched };
}

const recordOf = ({ acquirer, mid, tid }: AccountNumbers, digest: string) => [acquirer, mid, tid, digest].join(" ");

/** Records of an account that exceptions name more than once. Two that are equal byte for byte may be one that was copied: no certificate is given on that. */
function namedTwice(exceptions: readonly Exception[]): ReadonlySet<string> {
  const names = exceptions.flatMap((one) => one.items.map(({ digest }) => recordOf(one, digest)));
  return new Set(names.filter((name, i) => names.indexOf(name) !== i));
}

const amountOf = (items: readonly Item[]) => items.reduce((sum, { money }) => sum + money.minor, 0n);

/** The items that this exception names, none of them twice; `undefined` unless all are there. */
function take(one: Exception, account: Account, free: ReadonlySet<Item>): readonly Item[] | undefined {
  const group = [...free].filter(
    (item) =>
      item.account === account.id &&
      item.batch === one.batch &&
      item.kind === one.kind &&
      item.direction === one.direction &&
      item.money.currency === one.money.currency,
  );
  if (one.items.length === 0) {
    // Without a list the exception stands for all that the terminal only counts, and never for a record it can show.
    const sums = group.filter(({ count }) => count !== undefined);
    return recordCount(sums) === one.count ? sums : undefined;
  }
  const taken: Item[] = [];
  for (const { stan, digest } of one.items) {
    const listed = group.filter(({ count }) => count === undefined);
    const item = listed.find((candidate) => !taken.includes(candidate) && candidate.stan === stan && candidate.digest === digest);
    if (item === undefined) return undefined;
    taken.push(item);
  }
  return taken.length === one.count ? taken : undefined;
}

/** What is used up when this exception is used: one hash for each item, the same whichever order excepts it. */
export function itemIds(one: Exception): readonly string[] {
  const head = [one.serial, one.life, one.acquirer, one.mid, one.tid, one.batch, one.kind, one.direction, one.money.currency].join(" ");
  if (one.items.length === 0) return [nameOf(`${head} all`)];
  const times = new Map<string, number>();
  return one.items.map(({ stan, digest }) => {
    const name = `${head} ${stan} ${digest}`;
    const nth = (times.get(name) ?? 0) + 1;
    times.set(name, nth);
    return nameOf(`${name} ${nth}`);
  });
}

const nameOf = (words: string) => hex(sha256(Buffer.from(words)));
