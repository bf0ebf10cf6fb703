// A terminal that was tampered with: its keys are gone, so nothing can be settled; what is in its memory is wiped only if the order knows of it.
import { DecomError } from "../../base/errors.js";
import { openItems, stansOf } from "../batches.js";
import type { Run } from "../context.js";
import { isExcepted } from "../exceptions.js";
import { refuseTampered, tampering } from "../tamper.js";
import { archive } from "./archive.js";
import { lock } from "./money.js";

/**
 * What stands in place of settling. Throws `batch.tampered` while anything is open that the order does not except, the masked export of it
 * made; then `terminal.tampered` unless the order asks for the wipe. An account that has nothing is noted as such: it cannot be asked.
 */
export async function letGo(run: Run): Promise<void> {
  const open = run.proofs.accounts.flatMap((account) => (isExcepted(run, account) ? [] : openItems(itemsOf(run), account)));
  if (open.length > 0) {
    const without = await archived(run);
    const stans = open.map(({ stan }) => stan);
    const why = `${tampering(run)}, so nothing can be settled: ${open.length} items are open (STAN ${stansOf(open)})`;
    throw new DecomError("batch.tampered", `${why}${without}`, { stans });
  }
  refuseTampered(run);
  for (const account of run.proofs.accounts) {
    if (openItems(itemsOf(run), account).length === 0) run.write({ kind: "seen", step: "nothing", account: account.id });
  }
  await lock(run);
}

/** That nobody can be sealed to must not hide that the terminal was tampered with: it is said behind it. */
async function archived(run: Run): Promise<string> {
  try {
    await archive(run);
    return "";
  } catch (thrown) {
    if (!(thrown instanceof DecomError) || thrown.code !== "archive.unsealed") throw thrown;
    return `; not archived: ${thrown.message}`;
  }
}

const itemsOf = ({ proofs }: Run) => proofs.census?.items ?? [];
