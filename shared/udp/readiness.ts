/**
 * Tells when a socket made elsewhere has something to read: a dgram socket adopts its descriptor. Node reads the first datagram
 * itself, so it comes along; its owner then reads the rest.
 */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type Endpoint, endpointOf } from '../endpoint';
import { ipOfText } from './ip-text';

export interface ReadinessEvents {
  /** One datagram was read, and more may wait. */
  readable(datagram: Uint8Array, from: Endpoint): void;
  /** Reading failed with this code; it goes on. */
  failed(code: string): void;
}

/** A watched socket. */
export interface Watch {
  /** Ends the watch and closes the descriptor. */
  close(): Promise<void>;
}

/** Watches a descriptor, and owns it from then on. @throws when Node cannot adopt it; the descriptor is the caller's then. */
export type WatchSocket = (fd: number, events: ReadinessEvents) => Promise<Watch>;

export const watchSocket: WatchSocket = async (fd, events) => {
  const socket = createSocket('udp4');
  socket.on('message', (datagram, from) => events.readable(datagram, endpointOf(ipOfText(from.address), from.port)));
  const listening = once(socket, 'listening');
  // Exclusive: a worker of a cluster would otherwise ask its parent for the descriptor.
  socket.bind({ fd, exclusive: true });
  await listening;
  socket.on('error', (error: NodeJS.ErrnoException) => events.failed(error.code ?? 'UNKNOWN'));
  return { close: () => new Promise((done) => socket.close(() => done())) };
};
