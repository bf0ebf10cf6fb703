// Flaws of the unit itself: which one it is, whether it was opened by force, and whether it was looked at again after a restart.
import { hex } from "../../base/bytes.js";
import { sha256 } from "../../base/sign.js";
import { isKnown } from "./fields.js";
import type { Floor } from "./floor.js";
import type { Flaw } from "./reasons.js";
import type { Evidence } from "./statement.js";

export function* unitFlaws({ device, deviceAttestation, environment, settlement }: Evidence, floor: Floor): Generator<Flaw> {
  const production = environment.kind === "production";
  const { serialLabel, serialReported, serialMatch, identityLevel, identityEvidence, tamperStatus } = device;
  if (serialMatch !== "match" || !isKnown(serialReported) || serialLabel !== serialReported) {
    yield { reason: "SERIAL_MISMATCH", pointer: "/device/serialMatch" };
  }
  if (tamperStatus.state === "tampered" || (production && tamperStatus.state === "unknown")) {
    yield { reason: "TAMPERED", pointer: "/device/tamperStatus" };
  }
  const pointer = "/device/identityLevel";
  const shown = (kind: (typeof identityEvidence)[number]["kind"]) => identityEvidence.some((one) => one.kind === kind);
  const carried = {
    P0: true,
    P1: shown("serial-report") && isKnown(serialReported),
    P2: shown("host-mac") && settlement.some(({ level }) => level === "S2"),
    P3: shown("device-signature"),
  };
  if (!carried[identityLevel]) yield { reason: "UNIT_CLAIM", pointer };
  if (identityLevel === "P3" && deviceAttestation === undefined) yield { reason: "ATTESTATION_MISSING", pointer };
  if (deviceAttestation !== undefined && hex(sha256(Buffer.from(deviceAttestation.tokenB64, "base64"))) !== deviceAttestation.sha256) {
    yield { reason: "ATTESTATION_HASH", pointer: "/deviceAttestation/sha256" };
  }
  if (!floor.identity.includes(identityLevel)) yield { reason: "UNIT_UNPROVEN", pointer };
}

export function* inspectionFlaws({ inspections }: Evidence): Generator<Flaw> {
  if (new Set(inspections.map(({ bootNumber }) => bootNumber)).size < 2) yield { reason: "NO_RESTART", pointer: "/inspections" };
  for (const [i, { result }] of inspections.entries()) {
    if (result !== "clean") yield { reason: "INSPECTION_FAILED", pointer: `/inspections/${i}/result` };
  }
}
