/** UDP ports of loopback that are free, kept from others until their servent is started. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** Where a servent will listen, and what keeps that port from others until then. */
export interface Reservation {
  /** `ip:port` */
  address: string;
  /** Gives the port back; resolves when it can be bound. */
  release(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';

/** Reserves a port that the system chooses. */
export async function reservePort(): Promise<Reservation> {
  const socket = createSocket('udp4');
  const bound = once(socket, 'listening');
  socket.bind(0, LOOPBACK);
  await bound;
  let closed: Promise<void> | undefined;
  return {
    address: `${LOOPBACK}:${(socket.address() as AddressInfo).port}`,
    release: () => (closed ??= new Promise((done) => socket.close(done))),
  };
}
