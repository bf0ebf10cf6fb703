// decom order check and decom order sign: what an order says of itself, before a terminal is connected.
import { families } from "../../../protocols/index.js";
import { hex } from "../../base/bytes.js";
import { rfc3339, systemClock } from "../../base/clock.js";
import type { ErrorCode } from "../../base/codes.js";
import { replaceDurably, systemDisk } from "../../base/disk.js";
import { DecomError } from "../../base/errors.js";
import { systemRandom, uuid7 } from "../../base/random.js";
import { words } from "../../base/words.js";
import { openStation, readStation } from "../../evidence/envelope/keys.js";
import { readCertificates } from "../../evidence/envelope/pem.js";
import { readJson } from "../../evidence/json.js";
import { orderOf, parseOrder, type ReadOrder, readOrder } from "../../evidence/order/check.js";
import { signOrder } from "../../evidence/order/make.js";
import { judge, type OrderFacing, type OrderRule } from "../../evidence/order/rules.js";
import { ORDER_TYPE, type Order } from "../../evidence/order/schema.js";
import { familyOf } from "../../terminal/driver.js";
import { readFile } from "../files.js";
import type { Io, Told } from "../io.js";
import { type CommonOptions, type KeyOptions, keysOf, passphraseOf, wanted } from "../options.js";
import { readOrderFile, signatureBeside } from "../order-files.js";

/** How long an order is valid when its draft does not say. */
const DAY = 86_400_000;

interface CheckOptions extends CommonOptions {
  readonly file: string;
  readonly sig?: string;
  readonly serial?: string;
  readonly trust?: string;
  readonly keys?: string;
}

interface Line {
  readonly rule: OrderRule | "signature";
  readonly result: "holds" | "fails" | "not-checked";
  readonly code: ErrorCode;
  readonly why: string | null;
}

export async function orderCheck(options: CheckOptions, io: Io): Promise<Told> {
  const { file, sig, serial } = options;
  const keys = options.keys ?? io.env["DECOM_KEYS"];
  const station = keys === undefined ? undefined : readStation({ dir: keys, disk: systemDisk });
  const trust =
    options.trust === undefined && station !== undefined
      ? [station.root]
      : readCertificates(readFile(wanted(options.trust, undefined, "--trust")));
  const now = systemClock.wall();
  const signed = readOrderFile(systemDisk, file, sig);
  const order = parseOrder(signed.content);
  const signature = signatureLine(() => readOrder(signed, trust, now));
  const maker = familyOf(families, order.device.model)?.authority;
  const facing: OrderFacing = {
    now,
    ...(signature.signer === undefined ? {} : { signer: signature.signer }),
    ...(serial === undefined ? {} : { identity: { serial } }),
    ...(station === undefined ? {} : { station }),
    ...(maker === undefined ? {} : { maker }),
  };
  const lines: readonly Line[] = [signature.line, ...judge(order, facing).map(({ why = null, ...judged }) => ({ ...judged, why }))];
  const failed = lines.find(({ result }) => result === "fails");
  const exit = failed === undefined ? 0 : new DecomError(failed.code, "").row.exit;
  const { id, issuer, device, notAfter, reasonCode } = order;
  return {
    exit,
    json: { code: failed?.code ?? "ok", exit, id, issuer, serial: device.serial, life: device.life, reasonCode, notAfter, checks: lines },
    text: lines.map(told),
  };
}

function signatureLine(look: () => ReadOrder): { readonly line: Line; readonly signer?: string } {
  const code = "order.signature";
  try {
    const { signer } = look();
    return { signer, line: { rule: "signature", code, result: "holds", why: signer } };
  } catch (thrown) {
    if (!(thrown instanceof DecomError)) throw thrown;
    return { line: { rule: "signature", code: thrown.code, result: "fails", why: thrown.message } };
  }
}

function told({ rule, result, code, why }: Line): string {
  const { cli, orderRule } = words;
  const detail = result === "fails" ? `: ${why} (${code})` : "";
  return `${cli.orderResult[result].padEnd(8)} ${orderRule[rule]}${detail}`;
}

interface SignOptions extends KeyOptions {
  readonly file: string;
}

/** Writes the order beside its draft, under the same name without `.draft`, with its signature. */
export async function orderSign(options: SignOptions, io: Io): Promise<Told> {
  const { file } = options;
  const dir = keysOf(options, io);
  const path = file.replace(/(?:\.draft)?\.json$/, ".json");
  const signaturePath = signatureBeside(path);
  if (systemDisk.read(signaturePath) !== undefined) throw new DecomError("args.invalid", words.cli.orderSigned(signaturePath));
  const order = completed(readFile(file));
  if (order.environment !== "bench") throw new DecomError("args.invalid", words.cli.benchOrdersOnly);
  const maker = familyOf(families, order.device.model)?.authority;
  if (maker === undefined) throw new DecomError("model.unknown", `no family describes model ${order.device.model}`);
  const failed = judge(order, { now: systemClock.wall() }).find(({ result }) => result === "fails");
  if (failed !== undefined) throw new DecomError(failed.code, `order ${order.id}: ${failed.why}`, { rule: failed.rule });
  const { owner } = await openStation({ dir, disk: systemDisk, passphrase: await passphraseOf(options, io) });
  if (owner === undefined) throw new DecomError("keys.missing", `${dir} holds no owner key`);
  const { content, signature } = signOrder(order, { owner, clock: systemClock, maker });
  replaceDurably(systemDisk, path, content);
  replaceDurably(systemDisk, signaturePath, signature);
  return {
    exit: 0,
    json: { code: "ok", exit: 0, id: order.id, serial: order.device.serial, order: path, signature: signaturePath },
    text: [words.cli.orderMade(order.device.serial, path)],
  };
}

/** A draft may leave out what only names and dates it. */
function completed(draft: Uint8Array): Order {
  const now = systemClock.wall();
  const own = { type: ORDER_TYPE, version: 1, id: uuid7(now, systemRandom), nonce: hex(systemRandom.bytes(16)) };
  const validity = { issuedAt: rfc3339(now), notAfter: rfc3339(now + DAY) };
  return orderOf(() => ({ ...own, ...validity, ...readJson(draft), grant: "" }));
}
