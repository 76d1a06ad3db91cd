/**
 * Whether a program has opened its port, found out without a word to it: a datagram sent to find out would be the first that it
 * hears.
 */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Said } from '../exchange';

/** In the tables of /proc/net: a TCP socket that listens, any UDP socket that is bound. */
const STATE = { tcp: '0A', udp: '07' } as const;

/** Is a port of this machine taken, at whatever address? */
export async function isListening(transport: Said['transport'], port: number): Promise<boolean> {
  if (!existsSync('/proc/net/udp')) return isTaken(transport, port);
  return [transport, `${transport}6`].some((name) => {
    const path = `/proc/net/${name}`;
    return existsSync(path) && holds(readFileSync(path, 'utf8'), port, STATE[transport]);
  });
}

function holds(table: string, port: number, state: string): boolean {
  const ending = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table.split('\n').some((line) => {
    const [, local = '', , found] = line.trim().split(/\s+/);
    return local.endsWith(ending) && found === state;
  });
}

/** Where the system has no such table: a port that we cannot bind is somebody's. */
async function isTaken(transport: Said['transport'], port: number): Promise<boolean> {
  const socket = transport === 'udp' ? createSocket('udp4') : createServer();
  try {
    const bound = once(socket, 'listening');
    if ('bind' in socket) socket.bind(port, '127.0.0.1');
    else socket.listen(port, '127.0.0.1');
    await bound;
    socket.close();
    return false;
  } catch {
    return true;
  }
}
