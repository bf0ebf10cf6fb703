// podp numbers: frame types, capabilities, rights, result codes and their details (README: "Numbers").

export const VERSION = 1;
export const frameTypes = { HELLO: 1, HELLO_ACK: 2, CMD: 3, RSP: 4, EVT: 5, ACK: 6, NAK: 7, RST: 8, DATA: 9 } as const;
export type FrameType = keyof typeof frameTypes;
export const MORE = 0x01;

export const capabilityBits = { "host-query": 1, fill: 2, attest: 4, locate: 8, printer: 16, rollover: 32, "sealed-read": 64 } as const;
export const environments = { production: 0, bench: 1, simulator: 2 } as const;
export const ownerStates = { unset: 0, set: 1, "first-use": 2 } as const;
export const resetReasons = { power: 0, command: 1, "forced-security": 2, watchdog: 3 } as const;
export const directions = { debit: 1, credit: 2 } as const;
export const hostAnswers = { closed: 1, open: 2, "cannot-tell": 3 } as const;

export const rights = { read: 0x01, settle: 0x02, unlock: 0x04, wipe: 0x08, fill: 0x10, sealed: 0x20 } as const;
export const ALL_RIGHTS = 0x3f;

export const results = {
  OK: 0x00,
  ACCEPTED: 0x01,
  BUSY: 0x10,
  NOT_SUPPORTED: 0x11,
  BAD_STATE: 0x12,
  BAD_FIELD: 0x13,
  AUTH: 0x14,
  CHALLENGE_USED: 0x15,
  PLAN_MISMATCH: 0x16,
  CENSUS_CHANGED: 0x17,
  OP_MISMATCH: 0x18,
  STORE_FULL: 0x19,
  UNSETTLED: 0x1a,
  NEEDS_HOST: 0x1b,
  NEEDS_POWER: 0x1c,
  REBOOT_DUE: 0x1d,
  TAMPERED: 0x1e,
  AREA_FAILED: 0x1f,
  FILE_CHANGED: 0x20,
  SCOPE: 0x21,
} as const;
export type Result = keyof typeof results | `unknown-${number}`;

export const badStates = {
  NOT_LOCKED: 1,
  SETTLE_PENDING: 2,
  NOT_ERASED: 3,
  NOT_PREPARED: 4,
  OP_COUNTER: 5,
  ARMED: 6,
  NOTHING: 7,
} as const;
/** What AUTH objects to. */
export const authFaults = {
  NOT_OPEN: 1,
  RIGHT: 2,
  GRANT: 3,
  PASS: 4,
  SIGNATURE: 5,
  SERIAL: 6,
  LIFE: 7,
  DEPOT: 8,
  PASS_FLOOR: 9,
  OWNER: 10,
  CHALLENGE: 11,
  TOKEN: 12,
} as const;
/** Why an area or a settlement ended as it did. */
export const areaFaults = { OK: 0, CENSUS_CHANGED: 1, WRITE: 2, READ: 3 } as const;
export const settleCodes = {
  NOTHING_TO_SETTLE: 0,
  BALANCED: 1,
  BALANCED_AFTER_UPLOAD: 2,
  UNBALANCED: 3,
  HOST_ERROR_FLAG: 4,
  HOST_REJECTED: 5,
  HOST_UNREACHABLE: 6,
  UPLOAD_INCOMPLETE: 7,
  PRINT_PENDING: 8,
  CLEAR_PENDING: 9,
  UNKNOWN: 10,
} as const;
export const keepReasons = { "vendor-identity": 1, "vendor-firmware": 2, "by-order": 3 } as const;
export const fillModes = { stream: 1, seed: 2 } as const;

/** Limits and timers (README: "Limits", "Timers"); milliseconds. */
export const limits = {
  minFrame: 512,
  maxFrame: 4096,
  header: 14,
  crc: 4,
  message: 1792,
  censusPage: 448,
  readUnit: 4096,
  grant: 1280,
  pass: 256,
  plan: 1024,
  exceptions: 16,
  totalsAtOnce: 4,
  sampleBlocks: 256,
  maxWindow: 8,
  depthToDevice: 4,
  depthToHost: 8,
} as const;
export const timers = {
  ackMin: 400,
  ackMax: 2400,
  resends: 3,
  response: 5000,
  stallMax: 10_000,
  progress: 2000,
  challenge: 300_000,
} as const;
