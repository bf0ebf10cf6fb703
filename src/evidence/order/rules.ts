// Everything that can be wrong with an order, one row each, told by its code. Nothing beyond identify is sent before all rows hold.
import { rfc3339 } from "../../base/clock.js";
import type { ErrorCode } from "../../base/codes.js";
import { DecomError } from "../../base/errors.js";
import type { GrantMaker } from "../../terminal/authority.js";
import { type AccountNumbers, sameAccount } from "../../terminal/exceptions.js";
import { type Identity, kinds } from "../../terminal/facts.js";
import type { StationFacts } from "../envelope/keys.js";
import { grantFactsOf, sameGrant } from "./granted.js";
import { told, viewsOf } from "./lookup.js";
import { policyOf } from "./policy.js";
import { type Order, PAPERWORK } from "./schema.js";

/** Versions of the certificate that this program writes. */
const SCHEMA = 1;
const DAY = 86_400_000;

/** What is known when an order is judged. A rule that needs what is absent is not checked. */
export interface OrderFacing {
  readonly now: number;
  /** The common name under which the order was signed. */
  readonly signer?: string;
  readonly identity?: Partial<Pick<Identity, "serial" | "life" | "model" | "environment" | "ownerState" | "ownerKeyIds">>;
  readonly station?: StationFacts;
  /** The people at the bench. */
  readonly atBench?: readonly string[];
  /** Who has worked on the run before. */
  readonly wereAtBench?: readonly string[];
  readonly maker?: GrantMaker;
  /** True when this nonce was used by another run. */
  readonly nonceUsed?: (nonce: string) => boolean;
}

/** What is wrong, as a sentence that says what was seen; `undefined` when nothing is. */
type Objection = string | undefined;
interface Rule {
  readonly code: ErrorCode;
  /** Whether enough is known to tell; always when absent. */
  readonly known?: (facing: OrderFacing) => boolean;
  readonly objection: (order: Order, facing: OrderFacing) => Objection;
}

export const orderRules = {
  "not-expired": {
    code: "order.expired",
    objection: ({ notAfter }, { now }) => says(rfc3339(now) > notAfter, `it was valid until ${notAfter}`),
  },
  "already-valid": {
    code: "order.early",
    objection: ({ issuedAt }, { now }) => says(rfc3339(now) < issuedAt, `it is valid from ${issuedAt} on`),
  },
  nonce: {
    code: "order.nonce",
    known: ({ nonceUsed }) => nonceUsed !== undefined,
    objection: ({ nonce }, { nonceUsed }) => says(nonceUsed?.(nonce) === true, "an earlier run has used it"),
  },
  environment: {
    code: "order.bench",
    known: ({ identity }) => identity?.environment !== undefined,
    objection: ({ environment }, { identity }) =>
      says(
        environment === "bench" && identity?.environment === "production",
        `${identity?.serial} says it is a production terminal; a bench order does not count for it`,
      ),
  },
  device: {
    code: "order.device",
    known: ({ identity }) => identity?.serial !== undefined,
    objection: ({ device }, { identity }) =>
      says(device.serial !== identity?.serial, `it is for ${device.serial}, this is ${identity?.serial}`) ??
      says(
        identity?.model !== undefined && device.model !== identity.model,
        `it is for a ${device.model}, ${device.serial} is a ${identity?.model}`,
      ),
  },
  life: {
    code: "order.life",
    known: ({ identity }) => identity?.life !== undefined,
    objection: ({ device }, { identity }) =>
      says(device.life !== identity?.life, `it is for life ${device.life}, this is ${identity?.life}`),
  },
  station: {
    code: "order.station",
    known: ({ station }) => station !== undefined,
    objection: ({ station: wanted, depot }, { station }) =>
      says(depot !== station?.depotId, `it is for depot ${depot}, this is ${station?.depotId}`) ??
      says(wanted !== undefined && wanted !== station?.stationId, `it is for station ${wanted}, this is ${station?.stationId}`),
  },
  schema: {
    code: "order.schema",
    objection: ({ acceptSchemas }) =>
      says(!acceptSchemas.includes(SCHEMA), `its back end reads versions ${acceptSchemas.join(", ")}; this program writes ${SCHEMA}`),
  },
  reason: {
    code: "order.reason",
    objection: ({ reasonCode }) =>
      says(policyOf(reasonCode).wipe === "record", `${reasonCode} is put on record; there is no terminal to connect`),
  },
  complete: { code: "order.incomplete", objection: missing },
  consent: { code: "order.consent", objection: unconsented },
  fees: {
    code: "order.fees",
    objection: ({ fees }) =>
      says(
        fees !== undefined && fees.outstanding.amount > 0 && fees.waiver === null,
        `${fees?.outstanding.amount} ${fees?.outstanding.currency} in minor units are outstanding and not waived`,
      ),
  },
  "stop-use": { code: "order.stop-use", objection: stillInUse },
  registry: {
    code: "order.registry",
    objection: (order) =>
      says(order.registry?.state === "ACTIVE", "the registry still lists the terminal as ACTIVE") ?? unsettleable(order),
  },
  custody: {
    code: "order.custody",
    objection: ({ custody }, { now }) =>
      says(custody !== undefined && custody.received > rfc3339(now), `the terminal is to be received only at ${custody?.received}`),
  },
  replacement: {
    code: "order.replacement",
    objection: ({ replacement, device }) =>
      says(replacement?.newSerial === device.serial, `${device.serial} cannot be its own replacement`),
  },
  people: { code: "order.people", objection: samePerson },
  "host-view": { code: "order.host-view", objection: viewObjection },
  exceptions: { code: "order.exception", objection: exceptionObjection },
  resolutions: { code: "order.resolution", objection: resolutionObjection },
  grant: {
    code: "order.grant",
    known: ({ maker }) => maker !== undefined,
    objection: (order, { maker }) => (maker === undefined ? undefined : grantObjection(order, maker)),
  },
  owner: {
    code: "order.owner",
    known: ({ maker, identity }) => maker !== undefined && identity?.ownerState !== undefined,
    objection: (order, { maker, identity }) => {
      const key = maker?.readGrant(grantOf(order))?.ownerKeyId ?? "";
      const known = identity?.ownerKeyIds ?? [];
      return says(identity?.ownerState === "set" && !known.includes(key), `the terminal knows owner keys ${known.join(", ")}, not ${key}`);
    },
  },
} as const satisfies Record<string, Rule>;

export type OrderRule = keyof typeof orderRules;

export interface Judged {
  readonly rule: OrderRule;
  readonly code: ErrorCode;
  readonly result: "holds" | "fails" | "not-checked";
  readonly why?: string;
}

/** Every rule with what it says, in the order in which they count. */
export function judge(order: Order, facing: OrderFacing): readonly Judged[] {
  return (Object.keys(orderRules) as OrderRule[]).map((rule) => {
    const { code, known, objection }: Rule = orderRules[rule]; // keys of a const table
    if (known?.(facing) === false) return { rule, code, result: "not-checked" };
    const why = objection(order, facing);
    return why === undefined ? { rule, code, result: "holds" } : { rule, code, result: "fails", why };
  });
}

function says(wrong: boolean, what: string): Objection {
  return wrong ? what : undefined;
}

/** A bench order says what there is to say; a production order says all of it (R03, R04, R05, R06, R07, R23). */
function missing(order: Order): Objection {
  const lacking = order.environment === "bench" ? [] : PAPERWORK.filter((field) => order[field] === undefined);
  const unseen = order.documents?.find(({ verified }) => !verified);
  const [first, ...more] = lacking;
  if (first !== undefined) return `it says nothing of ${[first, ...more].join(", ")}`;
  if (order.reasonCode === "TERMINAL_TAMPERED" && order.lifted !== undefined && order.tamper === undefined) {
    return "it lifts the hold of a tampered terminal and does not say what became of the incident (tamper)";
  }
  if (unseen !== undefined) return `its document ${unseen.reference} is not verified (documents)`;
  return undefined;
}

/** An agreement to close is not yet one to wipe: a terminal that only rests keeps what it has unless the order says otherwise. */
function unconsented(order: Order): Objection {
  const { permanence, wipeConsent, reasonCode, environment, consents = [] } = order;
  const { consent, wipe } = policyOf(reasonCode);
  if (!wipeConsent && wipe === "allowed") return `it wants a ${permanence} closing wiped, but says that nobody agreed to the wipe`;
  if (!wipeConsent && permanence === "TEMPORARY") return "a TEMPORARY closing is not wiped without consent";
  if (environment === "bench" && consents.length === 0) return undefined;
  const by = (...parties: readonly string[]) => consents.some(({ party }) => parties.includes(party));
  const given: Readonly<Record<typeof consent, boolean>> = {
    none: true,
    merchant: by("merchant"),
    "merchant-or-legal": by("merchant", "legal"),
    "both-parties": by("merchant") && by("new-merchant"),
  };
  return says(!given[consent], `${reasonCode} needs consent (${consent})`);
}

/** Since the merchant stopped, enough days have gone by and the host has seen nothing (R06). */
function stillInUse(order: Order, { now }: OrderFacing): Objection {
  const { stopUse } = order;
  if (stopUse === undefined) return undefined;
  const until = rfc3339(Date.parse(stopUse.since) + stopUse.requiredDays * DAY);
  const newer = viewsOf(order)
    .flatMap(({ lastStanAt }) => lastStanAt ?? [])
    .find((at) => at > stopUse.since);
  return (
    says(rfc3339(now) < until, `${stopUse.requiredDays} days without use are over at ${until}`) ??
    says(newer !== undefined, `the host saw a transaction at ${newer}, after use was to stop at ${stopUse.since}`)
  );
}

/** Nothing may be settled any more: then all that the host still holds has to be let go by exceptions, or the order cannot be carried out. */
function unsettleable(order: Order): Objection {
  const { registry, exceptions } = order;
  if (registry?.settlementAllowed !== false) return undefined;
  for (const view of viewsOf(order)) {
    const held = view.uncaptured.reduce((sum, { count }) => sum + count, 0);
    const named = exceptions.filter((one) => sameAccount(one, view)).reduce((sum, { count }) => sum + count, 0);
    if (held > named)
      return `the registry allows no settlement, but the host holds ${held} items of ${view.tid}, and ${named} are excepted`;
  }
  return undefined;
}

/** Two people are two, and neither is at the bench nor signs the order (R24). */
function samePerson(order: Order, { atBench = [], wereAtBench = [], signer }: OrderFacing): Objection {
  const { hostView, lifted, tamper, exceptions, environment, dualControl } = order;
  const views = Array.isArray(hostView) ? hostView.flatMap((view) => ("unavailable" in view ? [view] : [])) : [hostView];
  const strict = environment === "production";
  const asked: readonly (readonly [string, readonly string[], boolean])[] = [
    ...views.map(({ approvers }) => ["hostView", approvers, strict || approvers.length > 0] as const),
    ...(lifted === undefined ? [] : [["lifted", lifted.approvers, true] as const]),
    ...(tamper === undefined ? [] : [["tamper", tamper.approvers, true] as const]),
    ...exceptions.map(({ approvers }, i) => [`exceptions/${i}`, approvers, true] as const),
  ];
  const outside = [...atBench, ...wereAtBench, order.issuer, ...(signer === undefined ? [] : [signer])];
  for (const [where, approvers, needed] of asked) {
    if (needed && new Set(approvers).size !== 2) return `${where} needs two different approvers, not ${approvers.join(", ") || "none"}`;
    const insider = approvers.find((one) => outside.includes(one));
    if (insider !== undefined) return `${insider} approves ${where}, but works at the bench or issues the order`;
  }
  if (exceptions.length > 0 && !dualControl) return "exceptions are used under dual control only";
  if (tamper !== undefined && !dualControl) return "a tampered terminal is wiped under dual control only";
  return says(dualControl && atBench.length > 0 && new Set(atBench).size < 2, "it wants two people at the bench (dualControl)");
}

const named = ({ acquirer, mid, tid }: AccountNumbers) => `${acquirer} ${mid} ${tid}`;

/** Of all accounts that the order names, none twice and none of which another list knows nothing. */
function stranger(lists: readonly (readonly AccountNumbers[])[], accounts: readonly AccountNumbers[] | undefined): Objection {
  for (const list of lists) {
    const strange = accounts === undefined ? undefined : list.find((one) => !accounts.some((own) => sameAccount(own, one)));
    if (strange !== undefined) return `account ${named(strange)} is not among its accounts`;
  }
  return undefined;
}

function viewObjection(order: Order): Objection {
  const { hostView, accounts, environment } = order;
  if (!Array.isArray(hostView)) return undefined;
  const twice = hostView.find((one, i) => hostView.some((other, j) => j < i && sameAccount(one, other)));
  if (twice !== undefined) return `account ${named(twice)} has two views`;
  const unseen = (accounts ?? []).find((own) => !hostView.some((view) => sameAccount(view, own)));
  if (unseen !== undefined) return `account ${named(unseen)} has no view`;
  const strange = stranger([hostView], accounts);
  if (strange !== undefined) return strange;
  for (const view of viewsOf(order)) {
    if (view.items === undefined) continue;
    const sums = told(view.uncaptured);
    const listed = told(view.items.map((item) => ({ ...item, count: 1 })));
    if (sums !== listed) return `account ${named(view)}: uncaptured are ${sums || "none"}, listed ${listed || "none"}`;
  }
  return says(environment === "production" && hostView.length === 0, "it has no view at all and does not say why");
}

function exceptionObjection({ exceptions, device, accounts }: Order): Objection {
  const strange = stranger([exceptions], accounts);
  if (strange !== undefined) return strange;
  for (const [i, one] of exceptions.entries()) {
    const wrong =
      says(one.serial !== device.serial || one.life !== device.life, `is for ${one.serial} in life ${one.life}`) ??
      says(kinds[one.kind].gate !== "BLOCK-X", `${one.kind} is never excepted`) ??
      says((one.disposition === "unlisted") !== (one.items.length === 0), "lists items and is unlisted, or neither") ??
      says(one.items.length > 0 && one.items.length !== one.count, `counts ${one.count} items and lists ${one.items.length}`) ??
      says(one.kind === "U03" && one.hostReference === undefined, "excepts a reversal without the host's reference");
    if (wrong !== undefined) return `exception ${i}: ${wrong}`;
  }
  // Nobody can tell equal records apart, and no certificate that lets two of them go is accepted.
  const names = exceptions.flatMap((one) => one.items.map(({ stan, digest }) => ({ stan, name: `${named(one)} ${digest}` })));
  const twice = names.find(({ name }, i) => names.findIndex((other) => other.name === name) !== i);
  return twice === undefined ? undefined : `two exceptions name the record of STAN ${twice.stan}, or one names it twice`;
}

function resolutionObjection({ resolutions, accounts }: Order): Objection {
  const twice = resolutions.find((one, i) => resolutions.some((other, j) => j < i && sameAccount(one, other) && one.batch === other.batch));
  if (twice !== undefined) return `batch ${twice.batch} of ${named(twice)} is answered twice`;
  const untold = resolutions.find(({ answer, totals }) => answer === "closed" && totals === null);
  if (untold !== undefined) return `batch ${untold.batch} of ${named(untold)} is called closed without its totals`;
  return stranger([resolutions], accounts);
}

const grantOf = ({ grant }: Order) => new Uint8Array(Buffer.from(grant, "base64"));

function grantObjection(order: Order, maker: GrantMaker): Objection {
  const facts = maker.readGrant(grantOf(order));
  if (facts === undefined) return "there is no grant in it";
  try {
    return says(!sameGrant(facts, grantFactsOf(order, maker)), "the grant in it says something else than the order");
  } catch (thrown) {
    if (thrown instanceof DecomError) return thrown.message;
    throw thrown;
  }
}
