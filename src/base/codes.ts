// Every code of this program: who can help, how a command that ends with it exits, and what it makes of a run. Remedies are in the catalogue.

/** Who can help: the person at the bench, the acquirer's back office, or whoever maintains this program. */
export type Helper = "technician" | "back-office" | "developer";
/** What a run becomes when this code ends it. `undefined`: the code does not end a run. */
export type EndState = "CERT" | "HOLD" | "QUAR" | "DESTROY" | "REFUSE" | "ABANDONED";
export type DidItHappen = "not-done" | "unknown" | "done";

export interface CodeRow {
  readonly who: Helper;
  readonly exit: 1 | 2 | 3 | 4 | 5 | 6 | 130;
  readonly end?: EndState;
}

const bench = { who: "technician" } as const;
const office = { who: "back-office" } as const;

export const codes = {
  // arguments, files, keys
  "args.invalid": { ...bench, exit: 2 },
  "args.consent": { ...bench, exit: 2 },
  "file.unreadable": { ...bench, exit: 2 },
  "file.unwritable": { ...bench, exit: 6, end: "HOLD" },
  "file.locked": { ...bench, exit: 2 },
  "keys.missing": { ...bench, exit: 2 },
  "keys.passphrase": { ...bench, exit: 2 },
  "keys.exists": { ...bench, exit: 2 },
  "keys.invalid": { ...bench, exit: 2 },
  // the line
  "port.none": { ...bench, exit: 3 },
  "port.ambiguous": { ...bench, exit: 3 },
  "port.open": { ...bench, exit: 3 },
  "port.permission": { ...bench, exit: 3 },
  "port.busy": { ...bench, exit: 3 },
  "pty.missing": { ...bench, exit: 2 },
  "link.closed": { ...bench, exit: 6, end: "HOLD" },
  "link.stuck": { ...bench, exit: 6, end: "HOLD" },
  "wire.unsendable": { who: "developer", exit: 6, end: "HOLD" },
  // the terminal
  "terminal.silent": { ...bench, exit: 6, end: "HOLD" },
  "terminal.absent": { ...bench, exit: 3 },
  "terminal.unknown": { ...bench, exit: 3 },
  "terminal.restarted": { ...bench, exit: 6, end: "HOLD" },
  "terminal.busy": { ...bench, exit: 6, end: "HOLD" },
  "terminal.answer": { who: "developer", exit: 6, end: "HOLD" },
  "terminal.refused": { ...office, exit: 6, end: "HOLD" },
  "terminal.power": { ...bench, exit: 6, end: "HOLD" },
  "terminal.reboot-due": { ...bench, exit: 6, end: "HOLD" },
  "terminal.tampered": { ...office, exit: 5, end: "QUAR" },
  "terminal.lost": { ...office, exit: 5, end: "DESTROY" },
  "proof.stale": { who: "developer", exit: 6, end: "HOLD" },
  // identity
  "identity.serial": { ...bench, exit: 2, end: "REFUSE" },
  "identity.swapped": { ...bench, exit: 5, end: "QUAR" },
  "identity.forged": { ...office, exit: 5, end: "QUAR" },
  "identity.twice": { ...office, exit: 5, end: "QUAR" },
  "identity.unreadable": { ...bench, exit: 5, end: "QUAR" },
  "identity.binding": { ...office, exit: 5, end: "QUAR" },
  // order and authority
  "order.invalid": { ...office, exit: 2, end: "REFUSE" },
  "order.signature": { ...office, exit: 2, end: "REFUSE" },
  "order.expired": { ...office, exit: 2, end: "REFUSE" },
  "order.early": { ...office, exit: 2, end: "REFUSE" },
  "order.device": { ...office, exit: 2, end: "REFUSE" },
  "order.life": { ...office, exit: 2, end: "REFUSE" },
  "order.station": { ...office, exit: 2, end: "REFUSE" },
  "order.nonce": { ...office, exit: 2, end: "REFUSE" },
  "order.bench": { ...office, exit: 2, end: "REFUSE" },
  "order.owner": { ...office, exit: 2, end: "REFUSE" },
  "order.none": { ...office, exit: 2, end: "REFUSE" },
  "order.ambiguous": { ...office, exit: 2, end: "REFUSE" },
  "order.schema": { ...office, exit: 2, end: "REFUSE" },
  "order.reason": { ...office, exit: 2, end: "REFUSE" },
  "order.incomplete": { ...office, exit: 2, end: "REFUSE" },
  "order.consent": { ...office, exit: 2, end: "REFUSE" },
  "order.fees": { ...office, exit: 2, end: "REFUSE" },
  "order.stop-use": { ...office, exit: 2, end: "REFUSE" },
  "order.registry": { ...office, exit: 2, end: "REFUSE" },
  "order.custody": { ...office, exit: 2, end: "REFUSE" },
  "order.replacement": { ...office, exit: 2, end: "REFUSE" },
  "order.people": { ...office, exit: 2, end: "REFUSE" },
  "order.host-view": { ...office, exit: 2, end: "REFUSE" },
  "order.exception": { ...office, exit: 2, end: "REFUSE" },
  "order.resolution": { ...office, exit: 2, end: "REFUSE" },
  "order.grant": { ...office, exit: 2, end: "REFUSE" },
  "order.continues": { ...office, exit: 2, end: "REFUSE" },
  "order.lapsed": { ...office, exit: 6, end: "HOLD" },
  "order.held": { ...office, exit: 6, end: "HOLD" },
  "order.auth": { ...office, exit: 6, end: "HOLD" },
  // money
  "batch.open": { ...office, exit: 4, end: "HOLD" },
  "batch.unread": { ...office, exit: 4, end: "HOLD" },
  "batch.unknown-item": { ...office, exit: 4, end: "HOLD" },
  "batch.no-account": { ...office, exit: 4, end: "HOLD" },
  "batch.cleared-before": { ...office, exit: 4, end: "HOLD" },
  "batch.contradiction": { ...office, exit: 4, end: "HOLD" },
  "batch.shrunk": { ...office, exit: 4, end: "HOLD" },
  "batch.exception": { ...office, exit: 4, end: "HOLD" },
  "batch.tampered": { ...office, exit: 4, end: "HOLD" },
  "batch.stop-use": { ...office, exit: 4, end: "HOLD" },
  "batch.custody": { ...office, exit: 5, end: "QUAR" },
  "batch.grown": { ...office, exit: 5, end: "QUAR" },
  "pending.unsent": { ...office, exit: 4, end: "HOLD" },
  "pending.reversal": { ...office, exit: 4, end: "HOLD" },
  "settle.unknown": { ...office, exit: 4, end: "HOLD" },
  "settle.store": { ...office, exit: 4, end: "HOLD" },
  "settle.elsewhere": { ...office, exit: 4, end: "HOLD" },
  "settle.batch-changed": { ...office, exit: 4, end: "HOLD" },
  "settle.no-network": { ...bench, exit: 4, end: "HOLD" },
  "settle.host-down": { ...bench, exit: 4, end: "HOLD" },
  "settle.deregistered": { ...office, exit: 4, end: "HOLD" },
  "settle.mac": { ...bench, exit: 4, end: "HOLD" },
  "settle.duplicate": { ...office, exit: 4, end: "HOLD" },
  "settle.host": { ...office, exit: 4, end: "HOLD" },
  "settle.unbalanced": { ...office, exit: 4, end: "HOLD" },
  "settle.error-flag": { ...office, exit: 4, end: "HOLD" },
  "settle.print": { ...bench, exit: 4, end: "HOLD" },
  "settle.clear": { ...office, exit: 4, end: "HOLD" },
  "upload.incomplete": { ...office, exit: 4, end: "HOLD" },
  // wipe
  "census.changed": { ...office, exit: 6, end: "HOLD" },
  "erase.failed": { ...bench, exit: 5, end: "DESTROY" },
  "erase.residue": { ...bench, exit: 5, end: "QUAR" },
  "fill.implausible": { ...office, exit: 5, end: "QUAR" },
  "erase.unfinished": { ...bench, exit: 6, end: "HOLD" },
  "model.unknown": { ...office, exit: 2, end: "REFUSE" },
  "model.differs": { ...office, exit: 6, end: "HOLD" },
  "slot.beyond": { ...office, exit: 5, end: "QUAR" },
  "slot.foreign": { ...office, exit: 6, end: "HOLD" },
  // archive
  "archive.recipient": { ...office, exit: 2, end: "REFUSE" },
  "archive.unsealed": { ...office, exit: 6, end: "HOLD" },
  "archive.leak": { ...office, exit: 6, end: "HOLD" },
  "archive.size": { ...office, exit: 6, end: "HOLD" },
  "archive.damaged": { ...office, exit: 2 },
  "archive.key": { ...office, exit: 2 },
  // evidence
  "draft.rejected": { ...office, exit: 6, end: "HOLD" },
  "signer.unavailable": { ...bench, exit: 6, end: "HOLD" },
  "journal.forged": { ...office, exit: 5, end: "QUAR" },
  "journal.version": { ...office, exit: 6, end: "HOLD" },
  "log.rolled-back": { ...office, exit: 6, end: "HOLD" },
  "clock.floor": { ...bench, exit: 6, end: "HOLD" },
  "hold.invalid": { ...office, exit: 2 },
  // runs
  "run.open": { ...bench, exit: 2 },
  "run.none": { ...bench, exit: 2 },
  "run.locked": { ...bench, exit: 2 },
  "run.abandoned": { ...bench, exit: 1, end: "ABANDONED" },
  "run.interrupted": { ...bench, exit: 130 },
  "internal.bug": { who: "developer", exit: 1 },
} as const satisfies Record<string, CodeRow>;

export type ErrorCode = keyof typeof codes;
