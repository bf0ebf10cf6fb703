// What every line is to the floors above: bytes out, bytes in, an end. Nothing here knows a protocol.

export interface LinkEvents {
  /** The chunk is valid during the call only; copy what you keep. */
  bytes(chunk: Uint8Array): void;
  /** Once, when the other side or the cable is gone; never after close(). */
  closed(cause?: Error): void;
}

export interface Link extends AsyncDisposable {
  readonly kind: "serial" | "tcp" | "memory";
  /** What a person would write after --port to open this again. */
  readonly address: string;
  /** Bits per second, 10 bits a byte (8N1); undefined where the line has no pace of its own. */
  readonly baud: number | undefined;
  /** Resolves when the bytes have left this machine, within a deadline. Throws `link.closed` or `link.stuck`. */
  write(bytes: Uint8Array): Promise<void>;
  /** One listener; a second call replaces the first. Bytes that arrived before the first call are delivered to it. */
  listen(events: LinkEvents): void;
  /** Bounded in time, idempotent, quiet. */
  close(): Promise<void>;
}
