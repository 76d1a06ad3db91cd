/** A TCP port that others connect to: so many at once, and whoever comes above that is told. */

import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { portError } from '../errors';
import { type Connection, type ConnectionEvents, SocketConnection } from './connection';

export interface Listener {
  readonly port: number;
  /** Connections held now. */
  readonly connections: number;
  /** Takes no more, closes all that are held at once, and frees the port. */
  close(): Promise<void>;
}

export interface ListenerOptions {
  /** A local IPv4 address, 0.0.0.0 for every interface, or a name of this machine. */
  host: string;
  /** 0 for one the system chooses. */
  port: number;
  /** Connections held at once. */
  connectionsMax: number;
  /** What one above that gets before it is closed. */
  refusal: Uint8Array;
  /** Whose connection this is: gives what it tells. Called before anything can come. */
  accept: (connection: Connection) => ConnectionEvents;
}

/** How long one that is refused has to read why, milliseconds. */
const REFUSAL_MS = 1000;
/** Connections that wait to be accepted while the process is busy; the system may allow fewer. */
const BACKLOG = 1024;

/** Opens a port. @throws OperatorError `port` */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const server = createServer({ allowHalfOpen: true });
  const listener = new TcpListener(server, options);
  const { host, port } = options;
  const listening = once(server, 'listening');
  server.listen({ host, port, backlog: BACKLOG });
  try {
    await listening;
  } catch (cause) {
    throw portError('TCP', `${host}:${port}`, cause);
  }
  return listener;
}

/**
 * A place that a connection takes. Emptied when it closes: a set in which something always comes and goes drags its former tables
 * along until the next full collection of garbage, and with them all that hung on what stood in them.
 */
interface Held {
  socket: Socket | undefined;
}

class TcpListener implements Listener {
  readonly #server: Server;
  readonly #options: ListenerOptions;
  /** Bounded by connectionsMax. */
  readonly #held = new Set<Held>();

  constructor(server: Server, options: ListenerOptions) {
    this.#server = server;
    this.#options = options;
    server.on('connection', (socket) => this.#accept(socket));
    // Such as no descriptor left to accept with: the next connection may find one.
    server.on('error', () => {});
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  get connections(): number {
    return this.#held.size;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const { socket } of this.#held) socket?.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    if (this.#held.size >= this.#options.connectionsMax) return refuse(socket, this.#options.refusal);
    const held: Held = { socket };
    this.#held.add(held);
    socket.once('close', () => {
      this.#held.delete(held);
      held.socket = undefined;
    });
    const connection = new SocketConnection(socket, `${socket.remoteAddress}:${socket.remotePort}`, SILENT);
    connection.events = this.#options.accept(connection);
  }
}

function refuse(socket: Socket, refusal: Uint8Array): void {
  socket.on('error', () => {});
  socket.resume();
  socket.end(refusal);
  const timer = setTimeout(() => socket.destroy(), REFUSAL_MS);
  socket.once('close', () => clearTimeout(timer));
}

const SILENT: ConnectionEvents = { received() {}, drained() {}, ended() {}, closed() {} };
