// One run of the simulated terminal as podp sees it: sessions, the order of checks, and what becomes a command, an answer or a refusal.
import { EMPTY, hex, readUint, unhex } from "../../../src/base/bytes.js";
import { sha256 } from "../../../src/base/sign.js";
import { type Reason, Refused } from "../../../src/sim/refused.js";
import type { ResetReason } from "../../../src/sim/setup.js";
import type { Terminal } from "../../../src/sim/terminal.js";
import { elements } from "../../../src/wire/tlv.js";
import { areaFaults, authFaults, badStates, capabilityBits, limits, results, VERSION } from "../codes.js";
import { payloadRoom } from "../frame.js";
import { type CommandName, commands, FILL_DATA, hello, helloAck, refusal } from "../messages.js";
import { Authority, isCritical } from "./authority.js";
import { handlers } from "./commands.js";
import type { Plan, Streams } from "./context.js";
import { rowOf } from "./encoding.js";
import type { Conversation, Reply } from "./line.js";
import { accepted, always, capable, needs, signing } from "./rules.js";
import { type Work, workOf } from "./work.js";

type Answer = Pick<Reply, "result" | "body">;

/** What DF6D of a refusal says. */
const details: Readonly<Partial<Record<Reason, Readonly<Record<string, number>>>>> = {
  AUTH: authFaults,
  BAD_STATE: badStates,
  AREA_FAILED: areaFaults,
};
const byCode = new Map(Object.entries(commands).map(([name, { code }]) => [code, name as CommandName])); // entries() loses the key type
/** Critical elements that may stand inside a constructed one of a request. */
const insidePlan: ReadonlySet<number> = new Set([0xdf4a, 0xdf4b, 0xdf4f, 0xdf58, 0xdf5a, 0xdf5b, 0xdf5c, 0xdf5d]);

/** One run of the terminal, from boot to restart or death: everything here is RAM. */
export class PodpConversation implements Conversation {
  readonly #terminal: Terminal;
  readonly #authority: Authority;
  readonly #plan: Plan = { current: undefined };
  readonly #streams: Streams = { out: undefined, into: undefined };
  readonly #handlers;
  readonly #speed: number;
  readonly #announce: (work: Work) => () => void;
  #quiet: () => void = () => undefined;
  /** Ops that this session began: their repetition is still transport. */
  readonly #own = new Set<string>();
  #hellos = 0;
  #maxFrame: number = limits.minFrame;

  constructor(terminal: Terminal, speed: number, announce: (work: Work) => () => void) {
    this.#terminal = terminal;
    this.#speed = speed;
    this.#announce = announce;
    this.#authority = new Authority(terminal);
    this.#handlers = handlers({
      terminal,
      authority: this.#authority,
      plan: this.#plan,
      room: () => payloadRoom(this.#maxFrame),
      streams: this.#streams,
    });
  }

  hello(payload: Uint8Array) {
    const decoded = hello.decode(payload, limits.depthToDevice);
    if ("badTag" in decoded || decoded.value.maxFrame < limits.minFrame) return undefined;
    return this.#terminal.guard(() => {
      const terminal = this.#terminal;
      this.ended();
      this.#maxFrame = Math.min(decoded.value.maxFrame, limits.maxFrame);
      terminal.point("hello");
      const { capabilities, busyOp, ownerKeyIds, resetReason, ...identity } = terminal.identity();
      const ack = helloAck.encode({
        ...identity,
        hostNonce: decoded.value.hostNonce,
        nonce: terminal.self.random("nonce", 8),
        version: VERSION,
        resetReason: resetReason as ResetReason, // identity() passes it on
        maxFrame: terminal.model.maxFrame,
        window: terminal.model.window,
        capabilities: capabilities.reduce((set, name) => set | capabilityBits[name], 0),
        ownerKeys: ownerKeyIds.map(unhex),
        ...(busyOp === undefined ? {} : { busyOp: unhex(busyOp) }),
      });
      const session = ((terminal.self.boot & 0xffff) * 0x10000 + (++this.#hellos & 0xffff)) >>> 0;
      return { session, payload: ack, maxFrame: this.#maxFrame };
    });
  }

  ended(): void {
    this.#quiet();
    this.#authority.void();
    this.#plan.current = undefined;
    this.#streams.into = undefined;
    this.#own.clear();
  }

  impatient(): void {
    this.#terminal.violate("window-ignored");
  }

  thinks(message: Uint8Array): number {
    const name = byCode.get(message[0] ?? -1);
    const { signature, answer } = this.#terminal.model.ms;
    const ms = (name !== undefined && signing.has(name) ? signature : answer) * this.#speed;
    const work = this.#terminal.guard(() => workOf(this.#terminal, this.#speed, name, message.subarray(1)));
    if (work === undefined) return ms;
    this.#quiet();
    this.#quiet = this.#announce(work);
    return ms + work.ms;
  }

  data(payload: Uint8Array): boolean {
    const { into } = this.#streams;
    if (into === undefined || payload.length < 4) return true;
    const { fills } = this.#terminal;
    this.#terminal.guard(() => fills.write(into, readUint(payload, 0, 4), payload.subarray(4)));
    return this.#terminal.alive;
  }

  command(message: Uint8Array, tooLong: boolean): Reply | undefined {
    const name = byCode.get(message[0] ?? -1);
    const pure = name !== undefined && commands[name].effect === "read";
    this.#streams.out = undefined;
    const answer = this.#terminal.guard(() => {
      try {
        return this.#answer(name, message, tooLong);
      } catch (thrown) {
        if (!(thrown instanceof Refused)) throw thrown;
        return this.#refusal(thrown);
      }
    });
    if (answer === undefined) return undefined;
    const { result, body } = answer;
    const restart = () => this.#terminal.guard(() => this.#terminal.restart("command"));
    const after = name === "reboot" && result === results.OK ? restart : undefined;
    return { result, body, pure, data: this.#streams.out, after };
  }

  /** README "Order of checks". */
  #answer(name: CommandName | undefined, message: Uint8Array, tooLong: boolean): Answer {
    if (tooLong || message.length === 0) throw new Refused("BAD_FIELD", { tag: 0 });
    if (name === undefined) {
      if (message[0] === FILL_DATA) this.#authority.demand("fill");
      throw new Refused("NOT_SUPPORTED");
    }
    const need = needs[name];
    if (need !== "none") this.#authority.demand(...(need === "any" ? [] : need));
    const raw = message.subarray(1);
    const { request: shape, effect } = commands[name];
    const decoded = shape.decode(raw, limits.depthToDevice);
    if ("badTag" in decoded) throw new Refused("BAD_FIELD", { tag: decoded.badTag });
    const unknown = decoded.unknown.find(isCritical) ?? (name === "prepare" ? strangersIn(raw).find(isCritical) : undefined);
    if (unknown !== undefined) throw new Refused("BAD_FIELD", { tag: unknown });
    const request: { readonly op?: unknown } = decoded.value;
    const capability = capable[name];
    if (capability !== undefined && !this.#terminal.self.capabilities.includes(capability)) throw new Refused("NOT_SUPPORTED");
    const op = accepted.has(name) && request.op instanceof Uint8Array ? hex(request.op) : undefined;
    if (op !== undefined && this.#terminal.ops.look(op, hex(sha256(raw))) !== undefined) {
      if (!this.#own.has(op)) this.#terminal.violate(effect === "money" ? "money-repeated" : "destroy-repeated");
      return { result: results.ACCEPTED, body: EMPTY };
    }
    const { busy } = this.#terminal;
    if (busy !== undefined && !always.has(name)) throw new Refused("BUSY", { op: busy });
    const handle = this.#handlers[name] as (request: unknown, raw: Uint8Array) => unknown; // each name's own request was just decoded
    const response = handle(request, raw);
    if (op !== undefined) this.#own.add(op);
    const write = commands[name].response as { encode(value: unknown): Uint8Array }; // likewise its response
    const body = response instanceof Uint8Array ? response : write.encode(response);
    return { result: accepted.has(name) ? results.ACCEPTED : results.OK, body };
  }

  #refusal({ reason, facts }: Refused): Answer {
    const { detail, field, op, unsettled = [], ...rest } = facts;
    const number = detail === undefined ? undefined : details[reason]?.[detail];
    const body = refusal.encode({
      ...rest,
      ...(number === undefined ? {} : { detail: number }),
      ...(field === "account" ? { tag: 0xdf48 } : {}),
      ...(op === undefined ? {} : { op: unhex(op) }),
      unsettled: unsettled.map(rowOf),
    });
    return { result: results[reason], body };
  }
}

function strangersIn(raw: Uint8Array): number[] {
  const outer = elements(raw, limits.depthToDevice);
  if (!Array.isArray(outer)) return [];
  return outer.flatMap(({ tag, value }) => {
    const inner = tag >= 0xff40 && tag <= 0xff42 ? elements(value, limits.depthToDevice) : [];
    return Array.isArray(inner) ? inner.map((element) => element.tag).filter((found) => !insidePlan.has(found)) : [];
  });
}
