// What a journal can say. Intents are written before an act, sightings after a look; money stands as whole minor units.

import type { EndState, ErrorCode } from "../base/codes.js";
import type { FillMode, ProofFacts, WipePlan } from "../terminal/driver.js";
import type {
  Account,
  AreaFact,
  Census,
  Condition,
  Environment,
  HostAnswer,
  Identity,
  Kind,
  OpState,
  ProbeRange,
  SampleFacts,
  SettlementFacts,
  SlotFact,
  TotalRow,
  Totals,
  WipeResult,
} from "../terminal/facts.js";
import type { IsolationWay, Network } from "../terminal/isolation.js";
import type { StoredRecipient } from "./archive/recipients.js";

/** Facts as JSON keeps them: amounts as safe whole numbers. */
export type Stored<T> = T extends bigint ? number : T extends string ? T : T extends object ? { readonly [K in keyof T]: Stored<T[K]> } : T;

/** How a settlement ended; only the first three open the gate. */
export const outcomes = [
  "NOTHING_TO_SETTLE",
  "BALANCED",
  "BALANCED_AFTER_UPLOAD",
  "UNBALANCED",
  "HOST_ERROR_FLAG",
  "HOST_REJECTED",
  "HOST_UNREACHABLE",
  "UPLOAD_INCOMPLETE",
  "PRINT_PENDING",
  "CLEAR_PENDING",
  "UNKNOWN",
] as const;
export type Outcome = (typeof outcomes)[number];

export interface SampledArea {
  readonly area: number;
  readonly blocks: number;
  readonly coverageBytes: number;
  readonly nonBlank: number;
  readonly macAgrees: boolean;
  readonly startedAt: string;
  readonly endedAt: string;
}

/** One area that was filled, proven in two rounds, made blank again and read back. */
export interface FilledArea {
  readonly elapsedMs: number;
  /** What the line needs for that many bytes at best; absent where it has no pace of its own. */
  readonly lineMs?: number;
  readonly rounds: readonly ProofFacts[];
  /** Of the blank area afterwards, whole or at the places that the intent's seed names. */
  readonly sample: SampleFacts;
}

/** The order's two files and its grant in base64, so that a journal needs no other file to go on. */
export interface KeptOrder {
  readonly order: string;
  readonly orderSignature: string;
  readonly orderSha256: string;
  readonly grant: string;
  readonly ownerKeyId: string;
}

export type Entry =
  | ({
      readonly kind: "begin";
      readonly runId: string;
      readonly certId: string;
      readonly serial: string;
      readonly model: string;
      readonly tool: string;
      readonly stationId: string;
      readonly environment: Environment;
      readonly address: string;
      readonly transport: string;
      readonly baud: number;
      readonly labelSerial: string;
      readonly performedBy: string;
      readonly witness?: string;
      /** As the technician stated it; empty where nobody did. */
      readonly isolation: readonly IsolationWay[];
      readonly archiveRecipients?: readonly StoredRecipient[];
    } & KeptOrder)
  /** A newer order that continues this run: from here on it is done under that. */
  | ({ readonly kind: "order" } & KeptOrder)
  | {
      readonly kind: "resumed";
      readonly tool: string;
      readonly address: string;
      /** Who took it up. Absent: those who were there went on. */
      readonly performedBy?: string;
      readonly witness?: string;
      /** How it is kept off networks, and has been since that was last said; absent where they did not say. */
      readonly isolation?: readonly IsolationWay[];
      /** Take the place of those before. */
      readonly archiveRecipients?: readonly StoredRecipient[];
    }
  /** Without a hash there is no hold file for it: the key that signs them was not there. */
  | { readonly kind: "held"; readonly code: ErrorCode; readonly message: string; readonly holdSha256: string | null }
  /** By whom; the terminal need not have been there. */
  | { readonly kind: "given-up"; readonly performedBy: string; readonly witness?: string }
  | { readonly kind: "sign.begin"; readonly statementSha256: string; readonly issuedAt: string }
  | { readonly kind: "issued"; readonly certId: string; readonly jsonSha256: string; readonly p7sSha256: string }
  | { readonly kind: "end"; readonly endState: EndState; readonly code: string }
  | Seen
  | Intent;

export type Intent =
  | { readonly kind: "intent"; readonly step: "record"; readonly intentSeq: number; readonly intentSha256: string }
  | { readonly kind: "intent"; readonly step: "pending"; readonly op: string; readonly account: string; readonly item: Kind }
  | {
      readonly kind: "intent";
      readonly step: "settle";
      readonly op: string;
      readonly account: string;
      readonly batch: string;
      readonly censusHash: string;
      /** Over everything that this account had in that census. */
      readonly accountHash?: string;
      /** Of the records that the batch consists of, as counted by us. */
      readonly totals?: Stored<Totals>;
      readonly finishing?: string;
    }
  | { readonly kind: "intent"; readonly step: "commit"; readonly op: string; readonly planHash: string; readonly censusHash: string }
  | { readonly kind: "intent"; readonly step: "arm"; readonly op: string }
  | {
      readonly kind: "intent";
      readonly step: "inspect";
      readonly n: number;
      readonly seeds: readonly { readonly area: number; readonly seed: string }[];
    }
  | {
      readonly kind: "intent";
      readonly step: "fill";
      readonly op: string;
      readonly area: number;
      readonly mode: FillMode;
      readonly sizeBytes: number;
      /** As many as a proof goes over. */
      readonly blocks: number;
      /** SHA-256 of the seed; a streamed fill's own seed never touches a disk. */
      readonly seedCommit: string;
      readonly sampleSeed: string;
    }
  | { readonly kind: "intent"; readonly step: "restart"; readonly bootNumber: number }
  | { readonly kind: "intent"; readonly step: "attest"; readonly nonce: string };

export type Seen =
  | { readonly kind: "seen"; readonly step: "identity"; readonly identity: Identity }
  | { readonly kind: "seen"; readonly step: "lock" }
  /** A wipe that this run did not order has left nothing: which op it was, and whose as far as this station knows. */
  | {
      readonly kind: "seen";
      readonly step: "blank";
      readonly op: string;
      readonly wipedBy: string | null;
      readonly areas: readonly AreaFact[];
      readonly slots?: readonly SlotFact[];
      readonly probes: readonly ProbeRange[];
    }
  | { readonly kind: "seen"; readonly step: "condition"; readonly condition: Condition }
  | {
      readonly kind: "seen";
      readonly step: "census";
      readonly when: CensusMoment;
      readonly census: Stored<Census>;
      readonly accounts: readonly Account[];
      readonly rows: readonly Stored<TotalRow>[];
    }
  | { readonly kind: "seen"; readonly step: "pending"; readonly op: string; readonly state: OpState }
  /** Trace numbers that no record of the first census has. */
  | { readonly kind: "seen"; readonly step: "traces"; readonly gaps: readonly { readonly from: string; readonly to: string }[] }
  | {
      readonly kind: "seen";
      readonly step: "host-query";
      readonly op: string;
      readonly account: string;
      readonly batch: string;
      readonly answer: HostAnswer;
      /** Whose word it is: the host's, asked by the terminal, or the back office's in an order. */
      readonly by?: "host" | "office";
    }
  | { readonly kind: "seen"; readonly step: "draft"; readonly when: "money" | "erase"; readonly codes: readonly string[] }
  | {
      readonly kind: "seen";
      readonly step: "settle";
      readonly op: string;
      readonly account: string;
      readonly outcome: Outcome;
      readonly facts: Stored<SettlementFacts>;
    }
  /** This account had nothing to settle, and the terminal, which was tampered with, cannot be asked to say so. */
  | { readonly kind: "seen"; readonly step: "nothing"; readonly account: string }
  /** The terminal never saw this op of a settlement or wipe, and from here on it is nobody's: whatever is begun next takes its number. */
  | { readonly kind: "seen"; readonly step: "unstarted"; readonly op: string }
  | {
      readonly kind: "seen";
      readonly step: "archive";
      readonly sha256: string;
      readonly size: number;
      readonly records: number;
      readonly file: string;
      /** Whom it is sealed to; nobody when it lies in the clear. */
      readonly recipients: readonly { readonly party: string; readonly certSha256: string }[];
    }
  | {
      readonly kind: "seen";
      readonly step: "host-view";
      readonly last: readonly { readonly account: string; readonly facts: Stored<SettlementFacts> }[];
      readonly findings: readonly { readonly code: ErrorCode; readonly why: string }[];
    }
  /** The gate was open: exceptions of the order by their hash, each used whole. */
  | { readonly kind: "seen"; readonly step: "gate"; readonly exceptions: readonly string[] }
  /** By the word of whoever is at it; over the networks that are left open it could still be reached. */
  | { readonly kind: "seen"; readonly step: "isolate"; readonly how: readonly IsolationWay[]; readonly open: readonly Network[] }
  | {
      readonly kind: "seen";
      readonly step: "plan";
      readonly plan: WipePlan;
      readonly planHash: string;
      readonly censusHash: string;
      readonly areas: readonly AreaFact[];
      readonly slots: readonly SlotFact[];
      readonly probes: readonly ProbeRange[];
    }
  | { readonly kind: "seen"; readonly step: "commit"; readonly op: string }
  | { readonly kind: "seen"; readonly step: "arm"; readonly op: string; readonly at: string }
  | {
      readonly kind: "seen";
      readonly step: "erase";
      readonly op: string;
      readonly state: OpState;
      readonly wipe?: WipeResult;
      readonly resultHash?: string;
    }
  | {
      readonly kind: "seen";
      readonly step: "inspect";
      readonly n: number;
      readonly bootNumber: number;
      readonly areas: readonly SampledArea[];
      /** As the terminal lists them; journals of earlier versions have none. */
      readonly slots?: readonly SlotFact[];
      readonly probes: readonly ProbeRange[];
      readonly cannotPay: readonly string[];
    }
  | {
      readonly kind: "seen";
      readonly step: "fill";
      readonly op: string;
      readonly area: number;
      /** Absent when the terminal would not. */
      readonly filled?: FilledArea;
      readonly refused?: string;
      /** It says that the memory takes nothing more, or does not become blank: the bytes may still be there. */
      readonly failed?: true;
    }
  | { readonly kind: "seen"; readonly step: "restart"; readonly bootNumber: number }
  | {
      readonly kind: "seen";
      readonly step: "attest";
      readonly supported: boolean;
      readonly proven: boolean;
      readonly keyId?: string;
      readonly token?: string;
      readonly certificateSha256?: string;
    };

export type CensusMoment = "start" | "after-pending" | "after-settle" | "permit";
