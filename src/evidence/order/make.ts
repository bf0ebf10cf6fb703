// Signing orders with an owner key: those a bench gives itself on the spot, and drafts that somebody wrote.
import { hex, unhex } from "../../base/bytes.js";
import { type Clock, rfc3339 } from "../../base/clock.js";
import { type Random, uuid7 } from "../../base/random.js";
import { keyIdOf, pointOf, signP256 } from "../../base/sign.js";
import type { GrantMaker } from "../../terminal/authority.js";
import type { Identity } from "../../terminal/facts.js";
import { type SignRequest, signDetached, signForTrial } from "../envelope/cms.js";
import type { Owner, StationFacts } from "../envelope/keys.js";
import { grantFactsOf } from "./granted.js";
import { inSchemaOrder, ORDER_TYPE, type Order, type SignedOrder, writeOrder } from "./schema.js";

const HOUR = 3_600_000;

export interface SigningRequest {
  readonly owner: Owner;
  readonly clock: Clock;
  readonly maker: GrantMaker;
}

/** Puts GRANT, and PASS where a station key is named, into the order and signs the file: the same key vouches for all of them. */
export function signOrder(order: Order, request: SigningRequest): SignedOrder {
  return grantAndSign(order, request, signDetached);
}

function grantAndSign(order: Order, { owner, clock, maker }: SigningRequest, seal: (request: SignRequest) => Uint8Array): SignedOrder {
  const sign = (bytes: Uint8Array) => signP256(owner.key, bytes);
  const ownerKeyId = hex(keyIdOf(pointOf(owner.key)));
  const { stationPass, depot } = order;
  const ungranted = inSchemaOrder({ ...order, grant: "" });
  if (stationPass !== undefined) {
    const pass = maker.pass({ ownerKeyId, depot, stationKey: unhex(stationPass.key), passNumber: stationPass.number }, sign);
    ungranted.stationPass = { ...stationPass, pass: Buffer.from(pass).toString("base64") };
  }
  const grant = maker.grant(grantFactsOf(ungranted, maker), ownerKeyId, sign);
  const content = writeOrder({ ...ungranted, grant: Buffer.from(grant).toString("base64") });
  return { content, signature: seal({ content, signer: owner.signer, signingTime: clock.wall() }) };
}

export interface BenchOrderRequest extends SigningRequest {
  readonly station: StationFacts;
  readonly identity: Pick<Identity, "serial" | "life" | "model" | "passFloor">;
  readonly random: Random;
}

/** An order that a bench gives itself: it names a real terminal, has a nonce and a validity, and is checked like any other, its signature too. */
export function makeBenchOrder(request: BenchOrderRequest): SignedOrder {
  return grantAndSign(benchDraft(request), request, signForTrial);
}

/** What such an order says; a program may say more before it signs. */
export function benchDraft({ station, identity, clock, random }: Omit<BenchOrderRequest, "owner" | "maker">): Order {
  const now = clock.wall();
  return {
    type: ORDER_TYPE,
    version: 1,
    id: uuid7(now, random),
    issuer: `${station.siteId}-BENCH`,
    nonce: hex(random.bytes(16)),
    issuedAt: rfc3339(now),
    notAfter: rfc3339(now + 24 * HOUR),
    environment: "bench",
    device: { serial: identity.serial, life: identity.life, model: identity.model },
    depot: station.depotId,
    station: station.stationId,
    passFloor: identity.passFloor,
    reasonCode: "VOLUNTARY_UNUSED",
    permanence: "PERMANENT",
    wipeConsent: true,
    requestedMethod: "clear",
    requestedAreas: ["K", "SAD", "CHD", "PII", "SEC", "BIZ"],
    minimumLevels: { keys: ["V1", "V2"], areas: ["V1", "V3"] },
    archiveDemanded: false,
    retentionPolicy: "bench",
    destination: "reuse-internal",
    dualControl: false,
    hostView: { unavailable: true, reason: "bench order", approvers: [] },
    priorRuns: [],
    resolutions: [],
    exceptions: [],
    continues: null,
    replaces: null,
    acceptSchemas: [1],
    grant: "",
  };
}
