// The rules the simulated world holds its host to, one line each. A lawful host breaks none, whatever the line and the power do.

export const violations = {
  "before-open": "a command that needs an open session came before OPEN",
  "without-right": "a command came that the grant does not cover",
  unlocked: "a money or destroy command came while the terminal was not locked",
  "op-counter": "an op id's counter was not the next one",
  "op-reused": "an op id came again with another body",
  "money-repeated": "a money command of an earlier session was sent again instead of being looked up",
  "destroy-repeated": "an ARM of an earlier session was sent again instead of being looked up",
  "settle-beside-unfinished": "SETTLE_START came beside an unfinished settlement without naming it",
  "settle-unlooked": "an unknown settlement was to be finished before anyone had learned what the host knows",
  "settle-before-pending": "SETTLE_START came beside items that could still be sent",
  "advice-resent": "an advice without answer was sent again to a host that does not detect duplicates",
  "batch-closed-twice": "the host was asked to close a batch that it had closed",
  "scope-narrowed": "PREPARE left out what the grant's scope floor demands",
  "commit-unprepared": "COMMIT came without a plan in this session, or for another plan",
  "commit-unsettled": "COMMIT came beside unsettled items that the grant does not except",
  "commit-stale": "COMMIT named a census that is not the present one",
  "signature-wrong": "a station signature or grant did not verify",
  "challenge-dead": "a signature came for a challenge that was not alive",
  "arm-unaccepted": "ARM came without the token of an accepted COMMIT of this session",
  "sample-early": "SAMPLE or ATTEST came before the erase was done under that op",
  "fill-early": "FILL or PROOF came for an area that no wipe under inspection had erased to be filled",
  "release-unfinished": "RELEASE_OP named an op that is not finished",
  "window-ignored": "a CMD came before the answer to the last one",
} as const;

export type Violation = keyof typeof violations;
