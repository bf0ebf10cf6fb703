// How a run ends, in one place: the verdict read from the journal, then a certificate, a hold or a record, and never two of them.
import { codes, type EndState } from "../base/codes.js";
import { DecomError } from "../base/errors.js";
import { sha256Hex } from "../base/sign.js";
import { certificatePaths, type Issued, issueCertificate } from "../evidence/certificate.js";
import { writeHold } from "../evidence/hold.js";
import type { Journal } from "../evidence/journal.js";
import { recordOf } from "../evidence/record.js";
import { buildStatement, type Issue, type StatementSource } from "../evidence/statement/build.js";
import { type Statement, writeStatement } from "../evidence/statement/statement.js";
import type { Bench } from "./context.js";

/** What a run or resume prints as its last line. */
export interface RunResult {
  readonly endState: EndState;
  readonly code: string;
  readonly exit: number;
  readonly serial: string;
  readonly runId: string;
  readonly certId: string;
  readonly folder: string;
  readonly outcome: Statement["outcome"] | null;
  /** It was found blank: the certificate says that, and not that this run erased it. */
  readonly blank: boolean;
  /** The run had ended before: this says nothing of what has become of the terminal since. */
  readonly earlier: boolean;
  readonly certificate: string | null;
  readonly signature: string | null;
  readonly hold: string | null;
  readonly message: string | null;
  readonly remedy: string | null;
}

/** A run on disk, whether a terminal is connected or not. */
export interface Parked extends Bench {
  readonly journal: Journal;
  readonly folder: string;
  source(): StatementSource;
}

const exitOf: Readonly<Record<EndState, number>> = { CERT: 0, HOLD: 6, QUAR: 5, DESTROY: 5, REFUSE: 2, ABANDONED: 1 };

/** Issues the certificate and closes the run. `ended` names what stopped it early; without it the evidence alone decides. */
export function certify(run: Parked, ended?: Issue["ended"]): RunResult {
  const source = run.source();
  let decided: Statement | undefined;
  const issued = issueCertificate({
    disk: run.disk,
    clock: run.clock,
    folder: run.folder,
    journal: run.journal,
    signer: source.signer,
    statement: (issuedAt, journalHead) => {
      decided = buildStatement(source, { issuedAt, journalHead, ...(ended === undefined ? {} : { ended }) });
      return writeStatement(decided);
    },
  });
  const statement = decided ?? readIssued(run, issued);
  close(run, statement.endState, ended?.error.code ?? codeOf(statement), { ...issued, blank: isBlank(statement) });
  return resultOf(run, statement);
}

/** A certificate tells what was erased; that the terminal itself is an incident stays the first thing to be said of the run. */
function codeOf({ outcome, outcomeReasons, device }: Statement): string {
  const stopped = outcomeReasons.find((reason) => reason in codes); // by a process that is gone, when the statement was fixed
  if (stopped !== undefined) return stopped;
  if (outcome === "NOT_ERASED") return "erase.residue";
  return device.tamperStatus.state === "tampered" ? "terminal.tampered" : "ok";
}

function isBlank({ findings }: Statement): boolean {
  return findings.some(({ code }) => code === "FOUND_BLANK");
}

/** Of a file that anybody may have had in their hands since, only what was issued is told again. */
function readIssued({ disk, folder }: Parked, { certId, jsonSha256 }: Pick<Issued, "certId" | "jsonSha256">): Statement {
  const { certificate: path } = certificatePaths(folder, certId);
  const content = disk.read(path);
  if (content === undefined) throw new DecomError("file.unreadable", `${path} is not there any more`, { path });
  if (sha256Hex(content) !== jsonSha256) throw new DecomError("journal.forged", `${path} is not the certificate that was issued`, { path });
  return JSON.parse(Buffer.from(content).toString("utf8")) as Statement; // our own bytes, fixed before signing
}

/** Writes down that the run has ended, and under which certificate; without one a person must act, and nothing was erased. */
export function close(run: Parked, endState: EndState, code: string, issued?: Issued & { readonly blank: boolean }): void {
  const { begin, end } = recordOf(run.journal.lines);
  if (end !== undefined) return;
  const { runId } = begin;
  const logged = run.stationLog.find((record) => record.kind === "end" && record.runId === runId);
  if (logged === undefined) {
    const hashes = issued === undefined ? {} : { certId: issued.certId, jsonSha256: issued.jsonSha256, p7sSha256: issued.p7sSha256 };
    run.stationLog.write({ kind: "end", runId, endState, ...(issued?.blank === true ? { blank: true } : {}), ...hashes });
  }
  run.journal.write({ kind: "end", endState, code });
}

/** What to print for a run that had ended before. Throws when its certificate is not there as it was issued. */
export function finished(run: Parked): RunResult {
  const { issued } = recordOf(run.journal.lines);
  return { ...resultOf(run, issued === undefined ? undefined : readIssued(run, issued)), earlier: true };
}

function resultOf(run: Parked, statement: Statement | undefined): RunResult {
  const { end, issued } = recordOf(run.journal.lines);
  if (end === undefined) throw new DecomError("internal.bug", "an unfinished run has no result");
  const row = end.code in codes ? new DecomError(end.code as keyof typeof codes, "") : undefined; // the catalogue knows only agent codes
  const paths = issued === undefined ? undefined : certificatePaths(run.folder, issued.certId);
  return {
    ...named(run),
    endState: end.endState,
    code: end.code,
    exit: exitOf[end.endState],
    outcome: statement?.outcome ?? null,
    blank: statement !== undefined && isBlank(statement),
    earlier: false,
    certificate: paths?.certificate ?? null,
    signature: paths?.signature ?? null,
    hold: null,
    message: null,
    remedy: row?.remedy ?? null,
  };
}

/**
 * Parks the run with a signed hold file; it goes on with `resume`. When the key that signs is gone, journal and station log alone say that
 * and why it is parked; a file of an earlier hold stays, and does not match what they say.
 */
export function hold(run: Parked, error: DecomError): RunResult {
  const { runId } = recordOf(run.journal.lines).begin;
  const file = holdFile(run, error);
  const holdSha256 = file?.sha256 ?? null;
  run.journal.write({ kind: "held", code: error.code, message: error.message, holdSha256 });
  run.stationLog.write({ kind: "hold", runId, code: error.code, holdSha256 });
  const told = stopped(run, error, "HOLD", file?.path ?? null);
  if (file !== undefined || error.code === "signer.unavailable") return told;
  return { ...told, message: `${error.message}; the station key could not sign a hold file` };
}

function holdFile(run: Parked, error: DecomError): ReturnType<typeof writeHold> | undefined {
  const source = run.source();
  try {
    return writeHold({
      disk: run.disk,
      folder: run.folder,
      signer: source.signer,
      now: run.clock.wall(),
      deadline: source.order.notAfter,
      record: recordOf(run.journal.lines),
      error,
    });
  } catch (thrown) {
    if (thrown instanceof DecomError && thrown.code === "signer.unavailable") return undefined;
    throw thrown;
  }
}

/** The result of a run that stopped with an error and has no certificate. */
export function stopped(run: Parked, error: DecomError, endState: EndState, hold: string | null): RunResult {
  return {
    ...named(run),
    endState,
    code: error.code,
    exit: error.row.exit,
    outcome: null,
    blank: false,
    earlier: false,
    certificate: null,
    signature: null,
    hold,
    message: error.message,
    remedy: error.remedy,
  };
}

function named(run: Parked): { serial: string; runId: string; certId: string; folder: string } {
  const { serial, runId, certId } = recordOf(run.journal.lines).begin;
  return { serial, runId, certId, folder: run.folder };
}
