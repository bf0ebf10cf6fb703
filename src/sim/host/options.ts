// How a simulated host behaves when it does not behave as usual. Without options it books, agrees and answers.

export interface HostOptions {
  /** No network: the terminal knows that no host can be reached, and nothing is ever sent. */
  readonly unreachable?: boolean;
  /** There is a network, but the host takes no call. */
  readonly down?: boolean;
  /** The first answers never arrive: the host stays silent before or after it has booked. */
  readonly silent?: "before" | "after";
  /** To what it stays silent: the message that would close a batch when absent. */
  readonly silentTo?: "settle" | "send" | "upload" | "farewell";
  /** How many answers are lost that way; then it answers. */
  readonly silences?: number;
  /** Every answer arrives cut in half. */
  readonly garbled?: boolean;
  /** Answers a settlement under another batch number than it was asked about. */
  readonly wrongBatch?: boolean;
  /** A repeated advice (same account, batch, STAN, kind) is booked once. Reversals and signatures always are. */
  readonly deduplicates?: boolean;
  /** Totals differ: the host lacks this many transactions until the terminal uploads them. */
  readonly lacks?: number;
  /** Totals differ for good: the host holds this much more than the terminal will ever show. */
  readonly excess?: bigint;
  /** Says this many times that totals differ although they agree. */
  readonly differs?: number;
  /** Cannot compare the totals: the third flag, or code 06 in a dialect without flags. */
  readonly errorFlag?: boolean;
  /** Answers a settlement with this code and books nothing: 97 or 03 terminal unknown, 90, 91, 96 or 98 host down or day cut, 94 duplicate. */
  readonly rejects?: string;
  /** How often; always when absent. */
  readonly rejections?: number;
  /** Answers A0 to everything that is about money, until the terminal signs in or always. */
  readonly misreadsMac?: "until-sign-in" | "always";
  /** Gives the terminal this batch number, six digits, whenever it signs in (in a dialect whose answer names one). */
  readonly renumbers?: string;
  /** Closes again what it is told to close again, instead of answering 94. */
  readonly closesAgain?: boolean;
  /** Kinds of item it refuses. */
  readonly refusesKinds?: readonly string[];
  /** Cannot say what became of a batch. */
  readonly cannotTell?: boolean;
  /** The answers carry no MAC that the terminal could verify. */
  readonly withoutMac?: boolean;
}
