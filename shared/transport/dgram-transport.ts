/** The portable transport: Node's dgram socket, with what it does by surprise made regular. */

import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { type Endpoint, endpointOf, formatIp, ipOf, parseIp, portOf } from '../endpoint';
import type { Transport, TransportEvents, TransportOptions } from './transport';

/** Opens a UDP port through Node's dgram. @throws the system's error when the port cannot be bound. */
export async function openDgramTransport(options: TransportOptions, events: TransportEvents): Promise<Transport> {
  const socket = createSocket({
    type: 'udp4',
    // Addresses are literal here. Node looks even those up and defers the send meanwhile: answer at once instead.
    lookup: (host, _options, done) => done(null, host, 4),
  });
  let closed = false;
  const bound = once(socket, 'listening');
  socket.bind(options.port, formatIp(options.ip));
  // `once` rejects on 'error' (a port in use), where the callback of bind() would never come.
  await bound;
  // An unconnected socket without an 'error' listener ends the process; what it reports concerns no datagram we could name.
  socket.on('error', (error: NodeJS.ErrnoException) => events.sendFailed(error.code ?? 'UNKNOWN', 0));
  askForReceiveBuffer(options.receiveBufferBytes);
  socket.on('message', (datagram: Buffer, from: RemoteInfo) => {
    if (!closed) events.received(datagram, endpointOf(parseIp(from.address) ?? 0, from.port));
  });
  const address = socket.address();

  function askForReceiveBuffer(bytes: number): void {
    try {
      socket.setRecvBufferSize(bytes);
    } catch {
      // macOS refuses more than its maximum instead of granting less; the default stays.
    }
  }

  return {
    kind: 'dgram',
    local: endpointOf(parseIp(address.address) ?? 0, address.port),
    send(bytes: Uint8Array, to: Endpoint): void {
      if (closed) return;
      try {
        // libuv may queue the datagram when the socket is full, so it gets a copy that nobody changes.
        socket.send(Buffer.from(bytes), portOf(to), formatIp(ipOf(to)), (error: NodeJS.ErrnoException | null) => {
          if (error) events.sendFailed(error.code ?? 'UNKNOWN', to);
        });
      } catch (error) {
        // socket.send throws synchronously for port 0, which a forged datagram may carry.
        events.sendFailed((error as NodeJS.ErrnoException).code ?? 'UNKNOWN', to);
      }
    },
    kernelDrops: () => undefined,
    close(): Promise<void> {
      closed = true;
      return new Promise((done) => socket.close(() => done()));
    },
  };
}
