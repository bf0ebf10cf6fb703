// What a production certificate must know, and the few places where nobody could.
import { isKnown, type Unknown } from "./fields.js";
import type { Statement } from "./statement.js";
import type { AreaRow, KeyRow } from "./statement-erasure.js";

/** Whatever the outcome: who the terminal is, under whose order, at whose hands. */
const ALWAYS = ["/device/serialReported", "/order", "/performedBy", "/verifiedBy"];
/** Whoever claims an erasure knows all of this. A run that stopped tells what it saw, and claims nothing. */
const CLAIMED = ["/settlement", "/keys", "/areas"];

/** What no command was sent to cannot have answered. */
const UNASKED = ["startedAt", "endedAt", "deviceCode", "errors", "retries", "verification/observed", "verification/elapsedMs"];
/** Left as it was, or found blank: with `FOUND_BLANK` no statement claims more than exceptions. */
const UNTOUCHED: readonly AreaRow["result"][] = ["retained", "not-supported", "host-cleared", "erased"];
/** What a terminal answers in one piece. */
const ANSWERED = ["errors", "retries"];
/** What an order may leave open about a host: `null` there. */
const HOST_VIEW = ["openBatch", "lastStan", "lastStanAt", "lastClosedBatch"];

/** Pointers of what is unknown and may not be. */
export function forbiddenUnknowns(statement: Statement): readonly string[] {
  const { outcome } = statement;
  const known = outcome === "ERASED" || outcome === "ERASED_WITH_EXCEPTIONS" ? [...ALWAYS, ...CLAIMED] : ALWAYS;
  const isUnder = (pointer: string) => known.some((part) => pointer === part || pointer.startsWith(`${part}/`));
  return unknownsIn(statement, "")
    .filter(({ pointer, code }) => (isUnder(pointer) && !isExcused(statement, pointer, code)) || isHalfAnswered(statement, pointer))
    .map(({ pointer }) => pointer);
}

interface Marker {
  readonly pointer: string;
  readonly code: string;
}

function unknownsIn(value: unknown, pointer: string): Marker[] {
  if (typeof value !== "object" || value === null) return [];
  if (isMarker(value)) return [{ pointer, code: value.unknown }];
  return Object.entries(value).flatMap(([key, inner]) => unknownsIn(inner, `${pointer}/${key}`));
}

const isMarker = (value: object): value is Unknown => !isKnown(value);

function isExcused({ areas, keys }: Statement, pointer: string, code: string): boolean {
  const [, list, index, ...rest] = pointer.split("/");
  const field = rest.join("/");
  if (list === "settlement") return code === "NOT_IN_ORDER" && HOST_VIEW.some((name) => field === `hostView/${name}`);
  if (code !== "NOT_ASKED" || !UNASKED.includes(field)) return false;
  if (list === "keys") return field === "deviceCode" && isFoundEmpty(keys[Number(index)]);
  const row = list === "areas" ? areas[Number(index)] : undefined;
  return row !== undefined && row.technique === "none" && UNTOUCHED.includes(row.result);
}

const isFoundEmpty = (row: KeyRow | undefined) => row?.action === "none" && row.result === "erased";

/** A result without its counts is no result, whatever became of the run. */
function isHalfAnswered({ areas }: Statement, pointer: string): boolean {
  const [, list, index, field = ""] = pointer.split("/");
  const row = list === "areas" ? areas[Number(index)] : undefined;
  return row !== undefined && ANSWERED.includes(field) && isKnown(row.deviceCode);
}
