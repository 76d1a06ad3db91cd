/**
 * The portable transport: Node's dgram socket, with what it does by surprise made regular. All peers share its one receive
 * buffer, since Node offers no way to bind a second socket without opening the port to strangers.
 */

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type Endpoint, endpointOf, ipOf, portOf } from '../endpoint';
import { ipOfText, textOfIp } from './ip-text';
import { kernelDrops } from './kernel-drops';
import type { Transport, TransportEvents, TransportOptions } from './transport';

/** Opens a UDP port through Node's dgram. @throws the system's error when the port cannot be bound. */
export async function openDgramTransport(options: TransportOptions, events: TransportEvents): Promise<Transport> {
  const socket = createSocket({
    type: 'udp4',
    // Addresses are literal here. Node looks even those up and defers the send meanwhile: answer at once instead.
    lookup: (host, _options, done) => done(null, host, 4),
  });
  const bound = once(socket, 'listening');
  socket.bind(options.port, textOfIp(options.ip));
  // `once` rejects on 'error' (a port in use), where the callback of bind() would never come.
  await bound;
  askForReceiveBuffer(socket, options.receiveBufferBytes);
  return new DgramTransport(socket, events);
}

function askForReceiveBuffer(socket: Socket, bytes: number): void {
  try {
    socket.setRecvBufferSize(bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SOCKET_BUFFER_SIZE') throw error;
    // macOS refuses more than its maximum instead of granting less; the default stays.
  }
}

class DgramTransport implements Transport {
  readonly kind = 'dgram';
  readonly local: Endpoint;
  readonly #socket: Socket;
  readonly #events: TransportEvents;
  #closed: Promise<void> | undefined;
  /** Called when nothing more waits to be sent. */
  #whenIdle: (() => void) | undefined;

  constructor(socket: Socket, events: TransportEvents) {
    this.#socket = socket;
    this.#events = events;
    const { address, port } = socket.address();
    this.local = endpointOf(ipOfText(address), port);
    // An unconnected socket without an 'error' listener ends the process; what it reports concerns no datagram we could name.
    socket.on('error', (error: NodeJS.ErrnoException) => this.#fail(error, 0));
    socket.on('message', (datagram: Buffer, from: RemoteInfo) => {
      if (this.#closed) return;
      events.received(datagram, endpointOf(ipOfText(from.address), from.port), performance.now());
    });
  }

  send(bytes: Uint8Array, to: Endpoint): void {
    if (this.#closed) return;
    try {
      // libuv may queue the datagram when the socket is full, so it gets a copy that nobody changes.
      this.#socket.send(Buffer.from(bytes), portOf(to), textOfIp(ipOf(to)), this.#sent);
    } catch (error) {
      // socket.send throws synchronously for port 0, which a forged datagram may carry.
      this.#fail(error as Error, to);
    }
  }

  sendEach(bytes: Uint8Array, destinations: readonly Endpoint[], except: Endpoint | undefined): void {
    for (const to of destinations) if (to !== except) this.send(bytes, to);
  }

  kernelDrops(): number | undefined {
    return this.#closed ? undefined : kernelDrops(this.local);
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((done) => {
      const close = () => this.#socket.close(() => done());
      // Closing takes back what still waits for the system.
      if (this.#socket.getSendQueueCount() === 0) close();
      else this.#whenIdle = close;
    });
    return this.#closed;
  }

  /** One function for all sends, since one each would be garbage each; the error tells where it was to go. */
  readonly #sent = (error: (Error & { address?: string; port?: number }) | null): void => {
    if (error) this.#fail(error, endpointOf(ipOfText(error.address ?? ''), error.port ?? 0));
    if (this.#whenIdle && this.#socket.getSendQueueCount() === 0) {
      this.#whenIdle();
      this.#whenIdle = undefined;
    }
  };

  #fail(error: NodeJS.ErrnoException, to: Endpoint): void {
    this.#events.sendFailed(error.code ?? 'UNKNOWN', to);
  }
}
