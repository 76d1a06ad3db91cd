/**
 * What a program needs of a TCP connection: bytes in, bytes out, an end, and a limit on how long the other side may keep
 * anybody waiting. Both the one that listens and the one that connects hold one of these.
 */

import { connect, type Socket } from 'node:net';

export interface Connection {
  /** The other side, `ip:port`; what was asked for, until it is connected. */
  readonly remote: string;
  /** Whom it tells; replaced by whoever takes the connection over. */
  events: ConnectionEvents;
  /** Bytes given to `send` that the system has not taken yet. */
  readonly pendingBytes: number;
  /** Sends; never throws. The bytes are kept until they are sent: they must not change. */
  send(bytes: Uint8Array): void;
  /** The other side is read no more, so that it can send no more than the system's buffers hold. */
  pause(): void;
  resume(): void;
  /** Closes at this time, milliseconds from now, unless it is set anew before; undefined: never. Each call replaces the last. */
  closeAfter(ms: number | undefined): void;
  /** Sends no more, and closes once the other side has all, at the latest after the time a slow reader has. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

/** What a connection tells its owner. */
export interface ConnectionEvents {
  /** One piece of what the other side sends. The bytes are the owner's from now on. */
  received(bytes: Uint8Array): void;
  /** The system has taken all that was sent. */
  drained(): void;
  /** The other side sends no more; it may still read. */
  ended(): void;
  /** The last call. `code` is the system's name for why (`ECONNREFUSED`, `ECONNRESET`), undefined for an end in order. */
  closed(code: string | undefined): void;
}

/** A reader that takes nothing for so long is gone, or might as well be. */
export const SLOW_READER_MS = 10_000;

/** Notices within minutes when the other machine is gone without a word. */
const KEEP_ALIVE_MS = 30_000;

/** Connects. Gives the connection at once: what is sent goes out once it stands; failing is told by `closed`. */
export function openConnection(host: string, port: number, events: ConnectionEvents): Connection {
  const socket = connect({ host, port, family: 4, allowHalfOpen: true });
  return new SocketConnection(socket, `${host}:${port}`, events);
}

export class SocketConnection implements Connection {
  readonly #socket: Socket;
  readonly remote: string;
  events: ConnectionEvents;
  #code: string | undefined;
  #deadline: NodeJS.Timeout | undefined;
  /** Runs while the system has not taken all. */
  #slow: NodeJS.Timeout | undefined;

  constructor(socket: Socket, remote: string, events: ConnectionEvents) {
    this.#socket = socket;
    this.remote = remote;
    this.events = events;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('data', (bytes: Buffer) => this.events.received(bytes));
    socket.on('end', () => this.events.ended());
    socket.on('drain', () => this.events.drained());
    socket.on('error', (error: NodeJS.ErrnoException) => void (this.#code = error.code ?? error.message));
    socket.on('close', () => {
      clearTimeout(this.#deadline);
      clearTimeout(this.#slow);
      this.events.closed(this.#code);
    });
  }

  get pendingBytes(): number {
    return this.#socket.writableLength;
  }

  send(bytes: Uint8Array): void {
    if (!this.#socket.writable) return;
    this.#socket.write(bytes, this.#taken);
    // Most of the time the system takes all before `write` returns.
    if (this.pendingBytes > 0) this.#slow ??= setTimeout(() => this.#socket.destroy(), SLOW_READER_MS);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  closeAfter(ms: number | undefined): void {
    clearTimeout(this.#deadline);
    this.#deadline = ms === undefined ? undefined : setTimeout(() => this.#socket.destroy(), ms);
  }

  end(): void {
    if (this.#socket.destroyed) return;
    // What still comes is read away: unread bytes would make the system reset the connection, and lose what was sent.
    this.#socket.resume();
    this.#socket.end();
    this.closeAfter(SLOW_READER_MS);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Called for each piece that the system took: the reader is not slow, and has its time anew for what is left. */
  readonly #taken = (): void => {
    if (this.#socket.writableLength === 0) {
      clearTimeout(this.#slow);
      this.#slow = undefined;
    } else this.#slow?.refresh();
  };
}
