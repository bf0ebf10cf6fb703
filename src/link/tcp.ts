// A line over TCP: terminals with a network serial port, and simulators on machines without ptys.
import { connect, createServer, type Server, type Socket } from "node:net";
import { type Clock, within } from "../base/clock.js";
import { DecomError } from "../base/errors.js";
import { closing } from "./bounded.js";
import type { Link } from "./link.js";
import { StreamLink } from "./stream-link.js";

const OPEN_MS = 5_000;
const CLOSE_MS = 500;

export async function connectTcp(clock: Clock, host: string, port: number): Promise<Link> {
  const address = tcpAddress(host, port);
  const socket = connect({ host, port });
  const link = new TcpLink(clock, socket, address);
  try {
    const connected = new Promise<void>((resolve, reject) => void socket.once("connect", resolve).once("error", reject));
    await within(clock, OPEN_MS, "port.open", `connecting to ${address}`, connected);
    return link;
  } catch (cause) {
    socket.destroy();
    if (cause instanceof DecomError) throw cause;
    throw new DecomError("port.open", `cannot connect to ${address}: ${(cause as Error).message}`, { cause, address }); // net gives Errors
  }
}

/** One client is served, one more may wait for its turn: a client that comes back may arrive before its old connection is seen to end. */
export class TcpListener implements AsyncDisposable {
  readonly address: string;
  readonly #server: Server;
  readonly #clock: Clock;
  #next: Link | undefined;
  #wanted: ((link: Link | undefined) => void) | undefined;
  #closed = false;

  constructor(clock: Clock, server: Server, host: string) {
    const bound = server.address();
    this.address = tcpAddress(host, bound !== null && typeof bound === "object" ? bound.port : 0);
    this.#clock = clock;
    this.#server = server;
    server.on("connection", (socket: Socket) => this.#arrive(socket));
  }

  /** The next client, when there is one; `undefined` after close(). Whoever takes it closes it before asking again. */
  async next(): Promise<Link | undefined> {
    const waiting = this.#next;
    this.#next = undefined;
    if (waiting !== undefined || this.#closed) return waiting;
    return new Promise((resolve) => {
      this.#wanted = resolve;
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wanted?.(undefined);
    await this.#next?.close();
    await closing(this.#clock, CLOSE_MS, this.address, (done) => this.#server.close(done));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #arrive(socket: Socket): void {
    if (this.#next !== undefined) return void socket.resetAndDestroy();
    const link = new TcpLink(this.#clock, socket, this.address);
    if (this.#wanted === undefined) {
      this.#next = link;
      socket.once("close", () => {
        if (this.#next === link) this.#next = undefined;
      });
      return;
    }
    this.#wanted(link);
    this.#wanted = undefined;
  }
}

/** Port 0 takes any free one; `address` names it. */
export async function listenTcp(clock: Clock, port: number, host = "127.0.0.1"): Promise<TcpListener> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => void server.once("error", reject).listen(port, host, resolve));
  } catch (cause) {
    throw new DecomError("port.open", `cannot listen on ${tcpAddress(host, port)}: ${(cause as Error).message}`, { cause }); // net gives Errors
  }
  return new TcpListener(clock, server, host);
}

class TcpLink extends StreamLink {
  readonly kind = "tcp";
  readonly #socket: Socket;

  constructor(clock: Clock, socket: Socket, address: string) {
    super(clock, address, socket);
    this.#socket = socket;
    let cause: Error | undefined;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Uint8Array) => this.inbox.bytes(chunk));
    socket.on("error", (error) => {
      cause = error;
    });
    socket.on("close", () => this.inbox.end(cause));
  }

  protected async end(): Promise<void> {
    const socket = this.#socket;
    if (socket.destroyed) return;
    await closing(this.clock, CLOSE_MS, this.address, (done) => socket.once("close", () => done()).end());
    socket.destroy();
  }
}

function tcpAddress(host: string, port: number): string {
  return `tcp:${host.includes(":") ? `[${host}]` : host}:${port}`;
}
